"""Loads of some of many applications: sums that can be added to those of others, and single ones exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.evaluation.bulk_entries import Array, Entries, application_index, translation
from finopt.evaluation.bulk_loads import exact_loads, resources_of
from finopt.evaluation.bulk_results import returned_rows
from finopt.evaluation.bulk_stages import StageColumns
from finopt.evaluation.bulk_work import WorkColumns
from finopt.evaluation.sums import sums
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance
from finopt.problem.placement_table import PlacementTable
from finopt.problem.tolerances import UNIT


class PartialLoads:
    """The loads of a placement that breaks no rule of its own.

    Capacities are numbered as in `finopt.problem.arrays.Network`: V of compute, V of memory, E of bandwidth.

    Parameters
    ----------
    instance : Instance
    table : PlacementTable
    """

    def __init__(self, instance: Instance, table: PlacementTable) -> None:
        network, demand = Network.of(instance, "energy"), Demand.of(instance)
        figures = StageColumns.of(instance)
        work = WorkColumns.of(instance, network, figures)
        nodes = translation(table.node_ids, list(instance.node_by_id))[table.node]
        links = translation(table.link_ids, list(instance.link_by_id))[table.hop_link]
        rows = application_index(instance, table)
        entries = Entries(table, rows, nodes, links, demand, figures, work)
        returned = returned_rows(instance, table, entries, demand)
        self._resources = resources_of(instance, entries, returned, network, demand, figures, work)

    def sums(self) -> tuple[Array, Array]:
        """Loads, and bounds on their rounding errors; each of shape (2 V + E,)."""
        found = [sums(one.owner, one.figure, len(one.owners)) for one in self._resources]
        used = np.concatenate([own for own, _ in found])
        error = np.concatenate([own for _, own in found])
        return used, error + 8 * UNIT * used  # three roundings in a product; the rest is reserve

    def exact(self, capacities: NDArray[np.integer[Any]]) -> list[Fraction]:
        """The loads of some capacities without any rounding."""
        size = np.array([len(one.owners) for one in self._resources])
        start = np.concatenate([[0], np.cumsum(size)])
        found: dict[int, Fraction] = {}
        for kind, resource in enumerate(self._resources):
            mine = capacities[(capacities >= start[kind]) & (capacities < start[kind + 1])] - start[kind]
            chosen = np.isin(np.arange(size[kind]), mine)
            found |= {int(start[kind]) + at: amount for at, amount in exact_loads(resource, chosen)}
        return [found.get(int(k), Fraction(0)) for k in capacities]
