"""From an instance, or from descriptions of its partitions, to a checked result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from fractions import Fraction

import numpy as np

from finopt.evaluation.certify import checked, conclude
from finopt.evaluation.result import Result
from finopt.evaluation.violations import overload
from finopt.heuristics.joint.distributed.commands import Check, ExactLoads, Rows
from finopt.heuristics.joint.distributed.division import Division
from finopt.heuristics.joint.distributed.ending import Checked
from finopt.heuristics.joint.distributed.gathering import gathered
from finopt.heuristics.joint.distributed.joint_over_workers import JointOverWorkers
from finopt.heuristics.joint.distributed.partition import refuse_indivisible
from finopt.heuristics.joint.distributed.shared_capacities import SharedCapacities
from finopt.heuristics.joint.distributed.sources import InMemory, Source
from finopt.problem.errors import BackendError
from finopt.problem.instance import Instance
from finopt.problem.options import Admit, OptionError
from finopt.problem.placement import Placement
from finopt.problem.tolerances import LIMIT_FACTOR, UNIT
from finopt.solvers.call import Call

OBJECTS = 1000
"""Placements of so many applications, given as objects, come back as objects."""


def solve_over_workers(
    instance: Instance, executor: Executor, call: Call, admit: Admit, *, gap: float, gamma: int | None
) -> Result:
    """Solve an instance that the caller has; its partitions are sent to the workers.

    Raises
    ------
    OptionError
        Not all have to be placed.
    InstanceError
        Its nodes have slices, its applications share weights, or results of early exits may be late: see
        `refuse_indivisible`.
    BackendError
        The executor fails, or the answer fails the check of the cost model.
    """
    if admit != "all":
        raise OptionError("an executor needs admit='all'")
    refuse_indivisible(instance)
    division = Division.of(instance)
    sources = [InMemory(f"partition {p + 1}", division.partition_instance(p)) for p in range(division.count)]
    joint = JointOverWorkers(sources, executor, call, gap, gamma)
    try:
        joint.run()
        placement = _placement(joint, division) if joint.complete else None
    finally:
        joint.conversation.end()
    evaluation = checked(instance, placement, "fin") if placement is not None else None
    result = _concluded(joint, evaluation.objective if evaluation else None)
    return replace(result, placement=placement, evaluation=evaluation)


def solve_sources(
    sources: Sequence[Source],
    executor: Executor,
    call: Call,
    *,
    gap: float,
    gamma: int | None,
    write_to: Sequence[str] | None = None,
) -> Result:
    """Solve an instance that nobody has as a whole: workers read its partitions.

    Parameters
    ----------
    sources : sequence of Source
        Of the partitions.
    executor, call, gap, gamma
        As in `solve_over_workers`.
    write_to : sequence of str, optional
        Result files, one per partition, which workers write.

    Raises
    ------
    InstanceError
        Partitions that are not of one instance, or one that is wrong in itself.
    BackendError
        The executor fails, or the answer fails the check of the cost model.
    """
    joint = JointOverWorkers(sources, executor, call, gap, gamma)
    try:
        joint.run()
        objective = _checked_in_parts(joint, write_to) if joint.complete else None
    finally:
        joint.conversation.end()
    return _concluded(joint, objective)


def _concluded(joint: JointOverWorkers, objective: float | None) -> Result:
    return conclude(
        method="fin",
        solver="finopt FIN with prices",
        termination=joint.termination,
        objective=objective,
        bound=joint.bound,
        build=joint.build,
        total=joint.whole.elapsed,
        stats=joint.stats,
        explain=joint.explain,
        explain_unplaced=joint.explain_unplaced,
    )


def _placement(joint: JointOverWorkers, division: Division) -> Placement:
    """The placements of all partitions as one."""
    joint.conversation.crew.patient = True
    table = gathered(division, joint.conversation.all(Rows()))
    small = isinstance(division.instance.applications, tuple) and len(table) <= OBJECTS
    return Placement(tuple(table) if small else table)


def _checked_in_parts(joint: JointOverWorkers, write_to: Sequence[str] | None) -> float:
    """The power of what was chosen [W], every limit checked as `finopt.evaluate` does.

    Partitions check what concerns only them; what they use of shared capacities is added up here, exactly
    where rounding could matter.
    """
    assert joint.rounds is not None
    conversation, shared = joint.conversation, joint.rounds.shared
    conversation.crew.patient = True
    names: Sequence[str | None] = write_to or [None] * conversation.size
    found: list[Checked] = conversation.each({p: Check(name) for p, name in enumerate(names)})
    broken = [told for one in found for told in one.violations]
    broken += _overloads(joint, shared, _doubtful(shared, found))
    if broken:
        raise BackendError(f"the answer of method 'fin' fails the check: {'; '.join(broken)}")
    return math.fsum(one.objective for one in found)


def _doubtful(shared: SharedCapacities, found: Sequence[Checked]) -> np.ndarray:
    """Shared capacities of which sums with rounding do not tell whether they are exceeded."""
    used = sum(one.used for one in found)
    error = sum(one.error for one in found) + len(found) * UNIT * used
    return np.flatnonzero(used + error > shared.limit * LIMIT_FACTOR * (1 - 8 * UNIT))


def _overloads(joint: JointOverWorkers, shared: SharedCapacities, doubtful: np.ndarray) -> list[str]:
    if not doubtful.size:
        return []
    loads = joint.conversation.all(ExactLoads(doubtful))
    totals = [sum((Fraction(*one) for one in column), Fraction(0)) for column in zip(*loads, strict=True)]
    units = {"compute": ("node", "op/s"), "memory": ("node", "byte"), "bandwidth": ("link", "bit/s")}
    told: list[str] = []
    for k, total in zip(doubtful.tolist(), totals, strict=True):
        name, limit = shared.names[k], float(shared.limit[k])
        told += [str(one) for one in overload(name.kind, *units[name.kind], name.id, total, limit)]
    return told
