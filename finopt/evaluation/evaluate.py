"""THE cost model: what a placement costs, and every rule it breaks, in exact rational arithmetic.

Independent of the graphs that the methods search: it reads the instance and the placement, nothing else.
The rows of ``docs/model.md`` are cited as (n). Each term is a fraction of integers, so whether a limit is
met never depends on the order of a sum.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from finopt.evaluation.account import Evaluation, Totals, judged, summary
from finopt.evaluation.exact_sums import ExactSums
from finopt.evaluation.loads import Load, Loads
from finopt.evaluation.reserved import Reserved, reservations
from finopt.evaluation.slice_rules import overbooked, slices_of
from finopt.evaluation.steps import WHOLE, Account, Part
from finopt.evaluation.violations import (
    Violation,
    miscounted,
    not_asked_for,
    overload,
)
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.placement import Placement

if TYPE_CHECKING:
    from finopt.problem.placement_table import PlacementTable

__all__ = [
    "BULK_FROM",
    "Violation",
    "evaluate",
]

BULK_FROM = 300
"""From so many applications on arrays are faster than fractions, see :mod:`finopt.evaluation.bulk`."""


def evaluate(instance: Instance, placement: Placement) -> Evaluation:
    """Energy, carbon, cost, latency, accuracy, loads and violations of a placement.

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
    bound leaves open is decided in fractions. Where moving costs something all is in fractions.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> at_home = finopt.ApplicationPlacement("b-alexnet", 1, ("device",) * 3, ((),) * 3)
    >>> print(finopt.evaluate(instance, finopt.Placement((at_home,))).violations[0])
    application 'b-alexnet': accuracy 0.7805 is below the target 0.8
    """
    placed = placement.applications
    large = max(len(placed), len(instance.applications)) >= BULK_FROM
    many = large and not (instance.moves or instance.has_slices)
    table = _table(placed) if many else None
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
        own, broken = judged(instance, application, placed)
        violations += broken
        if own is not None:
            applications.append(summary(instance, application, placed, own))
            accounts.append((application, own, reservations(instance, application, placed)))
    compute, memory, bandwidth, overloads = _loads(instance, accounts)
    complete = len({a.application for a in applications}) == len(instance.applications)
    rates = [application.rate for application, *_ in accounts]
    totals = Totals.of(
        complete,
        power=[one.power for one in applications],
        carbon=[rate * one.carbon for rate, one in zip(rates, applications, strict=True)],
        cost=[rate * one.cost for rate, one in zip(rates, applications, strict=True)],
    )
    moving = math.fsum(one.moving for one in applications)
    return Evaluation(
        objective=totals.objective(instance.objective) + moving if complete else math.nan,
        moving=moving,
        applications=tuple(applications),
        compute=compute,
        memory=memory,
        bandwidth=bandwidth,
        violations=(*violations, *overloads),
        power=totals.power,
        carbon=totals.carbon,
        cost=totals.cost,
    )


def _unmatched(instance: Instance, placements: Sequence[ApplicationPlacement]) -> Iterator[Violation]:
    count = Counter(placed.application for placed in placements)
    for application in instance.applications:
        if count[application.id] != 1:
            yield miscounted(application.id, count[application.id])
    for name in count:
        if name not in instance.application_by_id:
            yield not_asked_for(name)


def _loads(
    instance: Instance, accounts: list[tuple[Application, Account, list[Reserved]]]
) -> tuple[Loads, Loads, Loads, list[Violation]]:
    """Rows (6) to (8): compute, memory and bandwidth in use, and where they exceed the capacity."""
    ops, memory, bits = ExactSums(), ExactSums(), ExactSums()
    shared: defaultdict[str, dict[Part, Fraction]] = defaultdict(dict)
    for application, own, reserved in accounts:
        for node, parts in own.shared_memory.items():
            shared[node] |= parts
        rate = application.rate.as_integer_ratio()
        for total_of, amounts, factor in (
            (ops, own.node_ops, rate),
            (memory, {} if own.shared_memory else own.node_memory, WHOLE),
            (bits, own.link_bits, rate),
        ):
            for name, amount in amounts.items():
                total_of.add(name, factor, [amount])
        for one in reserved:
            (ops if one.kind == "node" else bits).add(one.name, WHOLE, [one.amount(instance)])
    for node, parts in shared.items():
        memory.add(node, WHOLE, parts.values())
    nodes, links = instance.node_by_id, instance.link_by_id
    used = ops.totals(), memory.totals(), bits.totals()
    in_floats = [{name: float(amount) for name, amount in amounts.items()} for amounts in used]
    compute, room = Loads(in_floats[0], nodes, "compute"), Loads(in_floats[1], nodes, "memory")
    bandwidth = Loads(in_floats[2], links, "bandwidth")
    overloads = [
        *_overloads(instance, "compute", "node", "op/s", used[0], compute),
        *_overloads(instance, "memory", "node", "byte", used[1], room),
        *_overloads(instance, "bandwidth", "link", "bit/s", used[2], bandwidth),
    ]
    return compute, room, bandwidth, overloads


def _overloads(
    instance: Instance,
    rule: str,
    kind: str,
    unit: str,
    used: Mapping[str, Fraction],
    loads: Mapping[str, Load],
) -> Iterator[Violation]:
    sliced = instance.has_slices and rule != "memory"
    for name, amount in used.items():
        capacity = loads[name].capacity
        if sliced and capacity and slices_of(instance, kind, name):
            yield from overbooked(rule, kind, unit, name, amount, capacity)
        else:
            yield from overload(rule, kind, unit, name, amount, capacity)
