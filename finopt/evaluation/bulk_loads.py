"""Rows (6) to (8) of the model for placements in columns: loads, and the capacities they exceed.

Sums in double precision with a bound on their error; where the bound does not tell, or the capacity is
exceeded, the load is added up exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from finopt.evaluation.bulk_entries import Array, Entries, Index, Mask
from finopt.evaluation.bulk_stages import StageColumns
from finopt.evaluation.loads import Loads
from finopt.evaluation.sums import exact_sum, sums
from finopt.evaluation.violations import Violation, overload
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance
from finopt.problem.tolerances import LIMIT_FACTOR, UNIT


class _Resource(NamedTuple):
    """A kind of capacity, what is asked of it entry by entry, and by how many samples per second."""

    rule: str
    kind: str
    unit: str
    owners: Mapping[str, Any]
    limit: Array
    owner: Index
    stage: Index
    rate: Array
    amount: Array
    exact_amount: Sequence[Fraction]


def bulk_loads(
    instance: Instance, entries: Entries, network: Network, demand: Demand, figures: StageColumns
) -> tuple[dict[str, Loads], list[Violation]]:
    """Compute, memory and bandwidth in use by name, and what is overloaded, in order of first use."""
    nodes, links = instance.node_by_id, instance.link_by_id
    rate = demand.rate[entries.application]
    on_node, on_link = (entries.node, entries.stage), (entries.link, entries.hop_stage)
    once = np.ones(len(entries.node))
    resources = (
        _Resource(
            *("compute", "node", "op/s", nodes, network.compute, *on_node),
            *(rate[entries.row], figures.reach_ops, figures.exact_ops),
        ),
        _Resource(
            *("memory", "node", "byte", nodes, network.memory, *on_node),
            *(once, figures.memory, figures.exact_memory),
        ),
        _Resource(
            *("bandwidth", "link", "bit/s", links, network.bandwidth, *on_link),
            *(rate[entries.hop_row], figures.reach_bits, figures.exact_bits),
        ),
    )
    loads: dict[str, Loads] = {}
    overloads: list[Violation] = []
    for resource in resources:
        loads[resource.rule], broken = _load(resource)
        overloads += broken
    return loads, overloads


def _load(resource: _Resource) -> tuple[Loads, list[Violation]]:
    names = list(resource.owners)
    used, error = sums(resource.owner, resource.rate * resource.amount[resource.stage], len(names))
    most = resource.limit * LIMIT_FACTOR
    # two roundings in a product, two in the limit; the rest is reserve
    doubtful = used * (1 + 8 * UNIT) + error > most * (1 - 8 * UNIT)
    overloads: list[Violation] = []
    for at, amount in _exact_loads(resource, doubtful):
        used[at] = float(amount)
        limit = float(resource.limit[at])
        overloads += overload(resource.rule, resource.kind, resource.unit, names[at], amount, limit)
    present = np.flatnonzero(np.bincount(resource.owner, minlength=len(names)))
    figures = {names[i]: value for i, value in zip(present.tolist(), used[present].tolist(), strict=True)}
    return Loads(figures, resource.owners, resource.rule), overloads


def _exact_loads(resource: _Resource, chosen: Mask) -> Iterator[tuple[int, Fraction]]:
    """The exact load of some nodes or links, in the order in which the entries first use them."""
    mine = np.flatnonzero(chosen[resource.owner])
    owner = resource.owner[mine]
    order = np.argsort(owner, kind="stable")
    distinct, begin = np.unique(owner[order], return_index=True)
    pieces = np.split(mine[order], begin[1:]) if len(distinct) else []
    for at, rows in sorted(zip(distinct.tolist(), pieces, strict=True), key=lambda item: int(item[1][0])):
        stage, rate = resource.stage[rows], resource.rate[rows]
        parts = (exact_sum(rate[stage == s]) * resource.exact_amount[s] for s in np.unique(stage).tolist())
        yield at, sum(parts, Fraction(0))
