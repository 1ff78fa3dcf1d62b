"""What a partition hands back at the end: its placement, or the account of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from finopt.evaluation.bulk import evaluate_table
from finopt.evaluation.bulk_partial import PartialLoads
from finopt.evaluation.result import Result
from finopt.heuristics.joint.assignments import Assignments, placement_table
from finopt.heuristics.joint.distributed.partition import Partition
from finopt.problem.array_types import Floats, Ints
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement
from finopt.problem.placement_table import PlacementTable
from finopt.problem.status import Status, Termination


class Rows(NamedTuple):
    """The columns of a placement, in the numbers of the partition's own instance."""

    application: Ints
    configuration: Ints
    blocks: Ints
    node: Ints
    hops: Ints
    hop_stage: Ints
    hop_link: Ints


class Checked(NamedTuple):
    """The exact account of a partition.

    Attributes
    ----------
    objective : float
        Power [W].
    violations : list of str
        Of everything that only concerns the partition; empty if all is well.
    used, error : ndarray, shape (shared capacities,)
        What it uses of these, and a bound on the rounding of that.
    """

    objective: float
    violations: list[str]
    used: Floats
    error: Floats


def rows(partition: Partition) -> Rows:
    """The placement as columns."""
    table = _table(partition, partition.instance)
    return Rows(
        table.application,
        table.configuration,
        np.diff(table.node_start).astype(np.int32),
        table.node,
        np.diff(table.hop_start).astype(np.int32),
        table.hop_stage,
        table.hop_link,
    )


def check(partition: Partition, write_to: str | None) -> Checked:
    """Evaluate the placement, and write it as a result file if a name is given."""
    instance = partition.instance
    table = _table(partition, instance)
    evaluation = evaluate_table(instance, table)
    used, error = PartialLoads(instance, table).sums()
    if write_to is not None and evaluation.feasible:
        result = Result(
            status=Status.FEASIBLE,
            termination=Termination.COMPLETED,
            method="fin",
            solver="finopt FIN with prices",
            placement=Placement(table),
            objective=evaluation.objective,
            evaluation=evaluation,
            minimised=instance.objective,
        )
        result.save(write_to, instance)
    told = [str(violation) for violation in evaluation.violations]
    return Checked(evaluation.objective, told, used[partition.place], error[partition.place])


def exact_loads(partition: Partition, shared: Ints) -> list[tuple[int, int]]:
    """What the placement uses of some shared capacities, as fractions of whole numbers."""
    instance = partition.instance
    found = PartialLoads(instance, _table(partition, instance)).exact(partition.place[shared])
    return [one.as_integer_ratio() for one in found]


def _table(partition: Partition, instance: Instance) -> PlacementTable:
    return placement_table(instance, partition.figures, partition.selected or Assignments.joined([]))
