"""Rows (6) to (8) of the model for placements in columns: loads, and the capacities they exceed.

Sums in double precision with a bound on their error; where the bound does not tell, or the capacity is
exceeded, the load is added up exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from finopt.evaluation.bulk_entries import Array, Entries, Index, Mask
from finopt.evaluation.bulk_memory import held
from finopt.evaluation.bulk_results import ReturnedRows
from finopt.evaluation.bulk_stages import StageColumns, rounded
from finopt.evaluation.bulk_work import WorkColumns
from finopt.evaluation.loads import Loads
from finopt.evaluation.sums import exact_sum, sums
from finopt.evaluation.violations import Violation, overload
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance
from finopt.problem.tolerances import LIMIT_FACTOR, UNIT


class Resource(NamedTuple):
    """A kind of capacity, and what is asked of it entry by entry.

    An entry asks ``figure`` of the node or link ``owner``; exactly it is ``rate`` times the fraction that
    ``exact`` says of an ``amount`` and an owner. Entries come first whose ``order`` is lower.
    """

    rule: str
    kind: str
    unit: str
    owners: Mapping[str, Any]
    limit: Array
    order: Index
    owner: Index
    figure: Array
    rate: Array
    amount: Index
    exact: Callable[[int, int], Fraction]


def bulk_loads(
    instance: Instance,
    entries: Entries,
    returned: ReturnedRows,
    network: Network,
    demand: Demand,
    figures: StageColumns,
    work: WorkColumns,
) -> tuple[dict[str, Loads], list[Violation]]:
    """Compute, memory and bandwidth in use by name, and what is overloaded, in order of first use."""
    resources = resources_of(instance, entries, returned, network, demand, figures, work)
    loads: dict[str, Loads] = {}
    overloads: list[Violation] = []
    for resource in resources:
        loads[resource.rule], broken = _load(resource)
        overloads += broken
    return loads, overloads


def resources_of(
    instance: Instance,
    entries: Entries,
    returned: ReturnedRows,
    network: Network,
    demand: Demand,
    figures: StageColumns,
    work: WorkColumns,
) -> tuple[Resource, Resource, Resource]:
    """What entries ask of compute, memory and bandwidth."""
    rate = demand.rate[entries.application]
    return (
        _compute(instance, entries, network, rate, work),
        _memory(instance, entries, network, figures),
        _bandwidth(instance, entries, returned, network, rate, figures),
    )


def _compute(
    instance: Instance, entries: Entries, network: Network, rate: Array, work: WorkColumns
) -> Resource:
    """Row (6)."""
    rates = rate[entries.row]
    figure = rates * (work.share_work[entries.cell] * work.ops_per_unit[entries.unit])
    return Resource(
        *("compute", "node", "op/s", instance.node_by_id, network.compute),
        *(entries.row, entries.node, figure),
        *(rates, entries.cell, work.exact_ops),
    )


def _memory(instance: Instance, entries: Entries, network: Network, figures: StageColumns) -> Resource:
    """Row (7)."""
    order, node, amount, exact = held(instance, entries, figures)
    return Resource(
        *("memory", "node", "byte", instance.node_by_id, network.memory),
        *(order, node, rounded(exact)[amount]),
        *(np.ones(len(node)), amount, lambda amount, _: exact[amount]),
    )


def _bandwidth(
    instance: Instance,
    entries: Entries,
    returned: ReturnedRows,
    network: Network,
    rate: Array,
    figures: StageColumns,
) -> Resource:
    """Row (8): what is sent on, and then results."""
    exact = [*figures.exact_bits, *returned.bits]
    row = np.concatenate([entries.hop_row, returned.hop_row])
    amount = np.concatenate([entries.hop_stage, returned.amount + len(figures.exact_bits)])
    rates = rate[row]
    return Resource(
        *("bandwidth", "link", "bit/s", instance.link_by_id, network.bandwidth),
        *(row, np.concatenate([entries.link, returned.link]), rates * rounded(exact)[amount]),
        *(rates, amount, lambda amount, _: exact[amount]),
    )


def _load(resource: Resource) -> tuple[Loads, list[Violation]]:
    names = list(resource.owners)
    used, error = sums(resource.owner, resource.figure, len(names))
    most = resource.limit * LIMIT_FACTOR
    # three roundings in a product, two in the limit; the rest is reserve
    doubtful = used * (1 + 8 * UNIT) + error > most * (1 - 8 * UNIT)
    overloads: list[Violation] = []
    for at, amount in exact_loads(resource, doubtful):
        used[at] = float(amount)
        limit = float(resource.limit[at])
        overloads += overload(resource.rule, resource.kind, resource.unit, names[at], amount, limit)
    present = np.flatnonzero(np.bincount(resource.owner, minlength=len(names)))
    figures = {names[i]: value for i, value in zip(present.tolist(), used[present].tolist(), strict=True)}
    return Loads(figures, resource.owners, resource.rule), overloads


def exact_loads(resource: Resource, chosen: Mask) -> Iterator[tuple[int, Fraction]]:
    """The exact load of some nodes or links, in the order in which they are first used."""
    mine = np.flatnonzero(chosen[resource.owner])
    mine = mine[np.argsort(resource.order[mine], kind="stable")]
    owner = resource.owner[mine]
    by_owner = np.argsort(owner, kind="stable")
    distinct, begin = np.unique(owner[by_owner], return_index=True)
    pieces = np.split(by_owner, begin[1:]) if len(distinct) else []
    for at, piece in sorted(zip(distinct.tolist(), pieces, strict=True), key=lambda item: int(item[1][0])):
        yield at, _exact_load(resource, at, mine[piece])


def _exact_load(resource: Resource, at: int, which: Index) -> Fraction:
    """What some entries ask of one node or link."""
    amount, rate = resource.amount[which], resource.rate[which]
    parts = (exact_sum(rate[amount == a]) * resource.exact(a, at) for a in np.unique(amount).tolist())
    return sum(parts, Fraction(0))
