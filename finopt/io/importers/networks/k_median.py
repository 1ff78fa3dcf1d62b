"""The k-median problem on a topology: sites of the least mean delay from all places, approximately.

Greedy construction, then the swap of one site by one place that helps most, until none does; a local optimum
of single swaps costs at most five times the optimum (Arya et al., SIAM J. Comput. 33(3), 2004).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from finopt.io.importers.networks.topology import Topology

MOST_NODES = 5000
"""The distances of more places would not fit into memory."""

MOST_SWAPS = 1000

TOLERANCE = 1e-9
"""Costs that differ by less than this share are the same."""

SHORTEST = 1e-9
"""Stands for a delay of 0, which a sparse matrix cannot hold [s]."""

Array = NDArray[np.float64]


def medians(topology: Topology, candidates: Sequence[int], count: int) -> list[int]:
    """Positions of so many candidates; places count by their population where that is known of all."""
    cost = _weights(topology)[:, None] * delays(topology)[:, list(candidates)]
    return [candidates[i] for i in swapped(cost, greedy(cost, count))]


def delays(topology: Topology) -> Array:
    """Least delay between all places [s], shape (V, V)."""
    links = [(topology.position[link.source], topology.position[link.target]) for link in topology.links]
    ends = np.array(links, dtype=np.intp).reshape(-1, 2)
    least = np.array([max(link.delay, SHORTEST) for link in topology.links])
    size = len(topology.nodes)
    matrix = coo_array((least, (ends[:, 0], ends[:, 1])), shape=(size, size)).tocsr()
    return np.asarray(shortest_path(matrix, method="D", directed=False))


def _weights(topology: Topology) -> Array:
    populations = [node.population for node in topology.nodes]
    if None in populations or not any(populations):
        return np.ones(len(populations))
    return np.array(populations, dtype=float)


def greedy(cost: Array, count: int) -> list[int]:
    """Columns chosen one by one, each the one that lowers the cost most; of several the first."""
    chosen: list[int] = []
    nearest = np.full(len(cost), np.inf)
    for _ in range(count):
        totals = np.minimum(nearest[:, None], cost).sum(axis=0)
        totals[chosen] = np.inf
        chosen.append(_least(totals))
        nearest = np.minimum(nearest, cost[:, chosen[-1]])
    return chosen


def swapped(cost: Array, chosen: list[int]) -> list[int]:
    """The columns after the best swaps, as long as one helps."""
    for _ in range(MOST_SWAPS):
        present = cost[:, chosen].min(axis=1).sum()
        totals = swap_costs(cost, chosen)
        leaving, coming = divmod(_least(totals.ravel()), cost.shape[1])
        if totals[leaving, coming] >= present * (1 - TOLERANCE):
            break
        chosen = [*chosen[:leaving], coming, *chosen[leaving + 1 :]]
    return chosen


def swap_costs(cost: Array, chosen: list[int]) -> Array:
    """The cost after each of the chosen columns leaves and each other one comes, shape (k, C).

    Who is nearest to the one that leaves goes to the second nearest or to the new one, others to the nearest
    or to the new one.
    """
    order = np.argsort(cost[:, chosen], axis=1, kind="stable")
    ranked = np.take_along_axis(cost[:, chosen], order, axis=1)
    second = ranked[:, 1:2] if len(chosen) > 1 else np.full((len(cost), 1), np.inf)
    stay, move = np.minimum(ranked[:, :1], cost), np.minimum(second, cost)
    served = (order[:, 0] == np.arange(len(chosen))[:, None]).astype(float)
    totals = stay.sum(axis=0) + served @ (move - stay)
    totals[:, chosen] = np.inf
    return np.asarray(totals)


def _least(totals: Array) -> int:
    """The first of those that are least but for rounding, on every machine the same."""
    least = totals.min()
    return int(np.flatnonzero(totals <= least + abs(least) * TOLERANCE)[0])
