"""THE cost model: what a placement costs, and every rule it breaks, in exact rational arithmetic.

Independent of the graphs that the methods search: it reads the instance and the placement, nothing else.
The rows of ``docs/model.md`` are cited as (n). Each term is a fraction of integers, so whether a limit is
met never depends on the order of a sum. Sending the result back to the source is not charged.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from finopt.evaluation.exact_sums import ExactSums, total
from finopt.evaluation.loads import Load, Loads
from finopt.evaluation.violations import (
    TOLERANCE,
    Violation,
    broken_rules,
    late,
    miscounted,
    not_asked_for,
    overload,
    unknown_names,
)
from finopt.problem.formatting import counted
from finopt.problem.instance import Application, Block, Configuration, Exit, Instance, Model
from finopt.problem.placement import ApplicationPlacement, Placement

if TYPE_CHECKING:
    from finopt.problem.placement_table import PlacementTable

__all__ = ["MANY", "TOLERANCE", "ApplicationEvaluation", "Evaluation", "Violation", "evaluate", "reach"]

MANY = 300
"""From so many applications on arrays are faster than fractions, see :mod:`finopt.evaluation.bulk`."""


@dataclass(frozen=True)
class ApplicationEvaluation:
    """What one application costs per inference; energies in J, latencies in s.

    ``node_energy`` and ``link_energy`` split ``compute_energy`` and ``communication_energy`` by id.
    """

    application: str
    configuration: int
    energy: float
    compute_energy: float
    communication_energy: float
    latency: float
    compute_latency: float
    communication_latency: float
    accuracy: float
    power: float
    node_energy: Mapping[str, float]
    link_energy: Mapping[str, float]


@dataclass(frozen=True)
class Evaluation:
    """The full account of a placement.

    Attributes
    ----------
    objective : float
        Total power P [W]; with one application at rate 1 the energy per inference [J]. NaN when an
        application is not placed or its placement names objects that do not exist.
    applications : sequence of ApplicationEvaluation
        One per application that could be evaluated; of many each is made when it is asked for.
    compute, memory : mapping of node id to Load
        op/s and byte.
    bandwidth : mapping of link id to Load
        bit/s.
    violations : tuple of Violation
        Empty for a feasible placement.
    """

    objective: float
    applications: Sequence[ApplicationEvaluation]
    compute: Mapping[str, Load]
    memory: Mapping[str, Load]
    bandwidth: Mapping[str, Load]
    violations: tuple[Violation, ...]

    @property
    def feasible(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations

    def __repr__(self) -> str:
        """Objective and verdict on one line."""
        verdict = "feasible" if self.feasible else counted(len(self.violations), "violation")
        count = counted(len(self.applications), "application")
        return f"<Evaluation of {count}: objective {self.objective:.6g}, {verdict}>"


WHOLE = (1, 1)
"""The share of all samples, as a ratio."""


@dataclass
class Account:
    """What one application takes, exact."""

    node_energy: dict[str, Fraction]
    link_energy: dict[str, Fraction]
    node_ops: dict[str, Fraction]
    node_memory: dict[str, Fraction]
    link_bits: dict[str, Fraction]
    compute_latency: Fraction
    communication_latency: Fraction

    @property
    def latency(self) -> Fraction:
        """Computing and communication together [s]."""
        return self.compute_latency + self.communication_latency


def evaluate(instance: Instance, placement: Placement) -> Evaluation:
    """Energy, latency, accuracy, loads and violations of a placement.

    Parameters
    ----------
    instance : Instance
        What is to be placed where.
    placement : Placement
        Any placement, also a wrong one.

    Returns
    -------
    Evaluation
        With every violation, each in words with its figure. Feasibility is decided as in exact rational
        arithmetic; limits count as met up to 1e-9 relative.

    Notes
    -----
    Work grows with the total number of blocks and hops of the placement. Many applications are evaluated in
    double precision with a bound on the error: figures are then right to about 1e-15 relative, and what the
    bound leaves open is decided in fractions.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> at_home = finopt.ApplicationPlacement("b-alexnet", 1, ("device",) * 3, ((),) * 3)
    >>> print(finopt.evaluate(instance, finopt.Placement((at_home,))).violations[0])
    application 'b-alexnet': accuracy 0.7805 is below the target 0.8
    """
    placed = placement.applications
    table = _table(placed) if max(len(placed), len(instance.applications)) >= MANY else None
    if table is None:
        return evaluate_exactly(instance, placed)
    from finopt.evaluation.bulk import evaluate_table  # loads numpy

    return evaluate_table(instance, table)


def _table(placements: Sequence[ApplicationPlacement]) -> PlacementTable | None:
    """The placements in columns; None when they do not fit, with more routes than nodes or fewer."""
    from finopt.problem.placement_table import PlacementTable

    try:
        return PlacementTable.of(placements)
    except ValueError:
        return None


def evaluate_exactly(instance: Instance, placements: Sequence[ApplicationPlacement]) -> Evaluation:
    """What `evaluate` says, every figure and verdict in rational arithmetic."""
    violations = list(_unmatched(instance, placements))
    applications, accounts = [], []
    for placed in placements:
        application = instance.application_by_id.get(placed.application)
        if application is None:
            continue
        unknown = list(unknown_names(instance, application, placed))
        violations += unknown
        if unknown:
            continue
        own = account(instance, application, placed)
        violations += broken_rules(instance, application, placed)
        violations += late(application, own.latency)
        applications.append(summary(instance, application, placed, own))
        accounts.append((application, own))
    compute, memory, bandwidth, overloads = _loads(instance, accounts)
    complete = len({a.application for a in applications}) == len(instance.applications)
    objective = math.fsum(a.power for a in applications) if complete else math.nan
    return Evaluation(objective, tuple(applications), compute, memory, bandwidth, (*violations, *overloads))


def reach(model: Model, configuration: Configuration) -> tuple[Fraction, ...]:
    """r_0 .. r_F: share of the samples that reach each block, exact.

    Samples that never became confident leave at the final exit, so its share does not enter. Shares that
    sum to 1 only up to rounding never give a negative reach.
    """
    leaving: defaultdict[int, Fraction] = defaultdict(Fraction)
    for name, share in zip(configuration.exits[:-1], configuration.shares[:-1], strict=True):
        leaving[model.exit_block(name)] += Fraction(share)
    shares, left = [], Fraction(1)
    for block in range(model.final_block(configuration) + 1):
        shares.append(left)
        if block in leaving:
            left = max(left - leaving[block], Fraction(0))
    return tuple(shares)


def _unmatched(instance: Instance, placements: Sequence[ApplicationPlacement]) -> Iterator[Violation]:
    count = Counter(placed.application for placed in placements)
    for application in instance.applications:
        if count[application.id] != 1:
            yield miscounted(application.id, count[application.id])
    for name in count:
        if name not in instance.application_by_id:
            yield not_asked_for(name)


def account(instance: Instance, application: Application, placed: ApplicationPlacement) -> Account:
    """Rows (1) and (2): energy and latency.

    Operations and bits are added up per node and link, and only then divided by what these manage.
    """
    model = instance.model_of(application)
    configuration = model.configurations[placed.configuration]
    exits = defaultdict(list)
    for name in configuration.exits:
        exits[model.exit_block(name)].append(model.exit_by_id[name])
    ops, memory, bits = ExactSums(), ExactSums(), ExactSums()
    computing, crossing, waiting = ExactSums(), ExactSums(), ExactSums()
    for i, reached in enumerate(reach(model, configuration)):
        share, node = reached.as_integer_ratio(), placed.nodes[i]
        weight = WHOLE if application.latency == "worst" else share
        parts: tuple[Block | Exit, ...] = (model.blocks[i], *exits[i])
        ops.add(node, share, [part.ops for part in parts])
        memory.add(node, WHOLE, [part.memory for part in parts])
        computing.add(node, weight, [part.ops for part in parts])
        for link in placed.routes[i]:
            bits.add(link, share, [model.stage_bits[i]])
            crossing.add(link, weight, [model.stage_bits[i]])
            waiting.add(link, weight, [instance.link_by_id[link].delay])
    nodes, links = instance.node_by_id, instance.link_by_id
    node_ops, link_bits = ops.totals(), bits.totals()
    speed = {v: Fraction(nodes[v].compute) for v in node_ops}
    return Account(
        node_energy={v: n * Fraction(nodes[v].power) / speed[v] for v, n in node_ops.items()},
        link_energy={e: n * Fraction(links[e].energy) for e, n in link_bits.items()},
        node_ops=node_ops,
        node_memory=memory.totals(),
        link_bits=link_bits,
        compute_latency=total({v: n / speed[v] for v, n in computing.totals().items()}),
        communication_latency=total(waiting.totals())
        + total({e: n / Fraction(links[e].bandwidth) for e, n in crossing.totals().items()}),
    )


def summary(
    instance: Instance, application: Application, placed: ApplicationPlacement, account: Account
) -> ApplicationEvaluation:
    """The account in double precision, each figure rounded once."""
    compute, communication = total(account.node_energy), total(account.link_energy)
    configuration = instance.model_of(application).configurations[placed.configuration]
    return ApplicationEvaluation(
        application=application.id,
        configuration=placed.configuration,
        energy=float(compute + communication),
        compute_energy=float(compute),
        communication_energy=float(communication),
        latency=float(account.latency),
        compute_latency=float(account.compute_latency),
        communication_latency=float(account.communication_latency),
        accuracy=configuration.accuracy,
        power=float(Fraction(application.rate) * (compute + communication)),
        node_energy={name: float(energy) for name, energy in account.node_energy.items()},
        link_energy={name: float(energy) for name, energy in account.link_energy.items()},
    )


def _loads(
    instance: Instance, accounts: list[tuple[Application, Account]]
) -> tuple[Loads, Loads, Loads, list[Violation]]:
    """Rows (6) to (8): compute, memory and bandwidth in use, and where they exceed the capacity."""
    ops, memory, bits = ExactSums(), ExactSums(), ExactSums()
    for application, own in accounts:
        rate = application.rate.as_integer_ratio()
        for total_of, amounts, factor in (
            (ops, own.node_ops, rate),
            (memory, own.node_memory, WHOLE),
            (bits, own.link_bits, rate),
        ):
            for name, amount in amounts.items():
                total_of.add(name, factor, [amount])
    nodes, links = instance.node_by_id, instance.link_by_id
    used = ops.totals(), memory.totals(), bits.totals()
    in_floats = [{name: float(amount) for name, amount in amounts.items()} for amounts in used]
    compute, room = Loads(in_floats[0], nodes, "compute"), Loads(in_floats[1], nodes, "memory")
    bandwidth = Loads(in_floats[2], links, "bandwidth")
    overloads = [
        *_overloads("compute", "node", "op/s", used[0], compute),
        *_overloads("memory", "node", "byte", used[1], room),
        *_overloads("bandwidth", "link", "bit/s", used[2], bandwidth),
    ]
    return compute, room, bandwidth, overloads


def _overloads(
    rule: str, kind: str, unit: str, used: Mapping[str, Fraction], loads: Mapping[str, Load]
) -> Iterator[Violation]:
    for name, amount in used.items():
        yield from overload(rule, kind, unit, name, amount, loads[name].capacity)
