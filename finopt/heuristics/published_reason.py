"""Why FIN as published found no path, and which gamma or lambda would do."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np

from finopt.graph.feasible_graph import cheapest, fewest_levels
from finopt.graph.path import least_cost
from finopt.graph.resource import ResourceGraph
from finopt.problem.formatting import counted
from finopt.problem.options import LARGEST_GAMMA, LamRule

TRIED_ONE_BY_ONE = 64
"""So many levels above gamma are tried one by one: one more level can do where twice as many do not."""

ELSE = "without reduce=False fin finds one"


def reason(lost: Sequence[ResourceGraph], gamma: int, lam: float | None, lam_rule: LamRule) -> str:
    """In words, of the configurations in which nothing was found the one that needs least.

    Parameters
    ----------
    lost : sequence of ResourceGraph
        Where no path was found; with more than two limits none was looked for.
    gamma, lam, lam_rule
        As they were.
    """
    graphs = [graph for graph in lost if graph.resources <= 2]
    if not graphs:
        return f"FIN as published has levels for one capacity, and several bind; {ELSE} or says why not"
    costs = [cheapest(graph, gamma, up=True).cost for graph in graphs]
    if min(costs) == math.inf:
        return _too_few_levels(graphs, gamma)
    if lam_rule == "levels":
        return _too_late(graphs, gamma, lam)
    needed = min(
        cost / least - 1 if (least := least_cost(graph)) else math.inf
        for graph, cost in zip(graphs, costs, strict=True)
    )
    advice = f"lam = {_rounded_up(needed):g} would do" if math.isfinite(needed) else "leave lam out"
    return f"lambda = {lam:g} leaves out every path within {counted(gamma, 'level')}; {advice}"


def _rounded_up(value: float) -> float:
    """Three digits, not less."""
    scale = 10.0 ** (2 - math.floor(math.log10(value))) if value > 0 else 1.0
    return math.ceil(value * scale) / scale


def _too_few_levels(graphs: Sequence[ResourceGraph], gamma: int) -> str:
    what = f"rounded up to {counted(gamma, 'level')} of the limit, every path exceeds it"
    enough = min((levels_that_do(graph, gamma) for graph in graphs), default=LARGEST_GAMMA + 1)
    if enough > LARGEST_GAMMA:
        return f"{what}; no other gamma was found that would do, but {ELSE} or says why not"
    return f"{what}; gamma = {enough} would do"


def _too_late(graphs: Sequence[ResourceGraph], gamma: int, lam: float | None) -> str:
    def lost(least_level: int) -> bool:
        return all(cheapest(g, gamma, up=True, least_level=least_level).path is None for g in graphs)

    most = bisect_left(range(gamma + 2), True, key=lost)
    return f"lambda = {lam:g} leaves out every path, for all end on lower levels; lam = {most} would do"


def levels_that_do(graph: ResourceGraph, gamma: int) -> int:
    """The least number of levels found, above gamma, at which rounding up leaves a path.

    Returns
    -------
    int
        Above ``LARGEST_GAMMA`` if none was found, as where the fastest path meets the limit exactly.
    """
    if graph.resources > 1:
        return LARGEST_GAMMA + 1
    return next(
        (more for more in _candidates(graph, gamma) if fewest_levels(graph, more) <= more), LARGEST_GAMMA + 1
    )


def _candidates(graph: ResourceGraph, gamma: int) -> Iterator[int]:
    """Some levels one by one, then by doubling, and at last what is enough for the fastest path."""
    yield from range(gamma + 1, gamma + TRIED_ONE_BY_ONE)
    tree = graph.forward(0.0, np.ones(1))
    fastest = graph.path_to(tree, graph.nearest_target(tree))
    used = graph.resource[fastest, 0]
    left = 1 - float(used.sum()) / float(graph.budget[0]) if graph.budget[0] > 0 else 0.0
    enough = math.ceil(np.count_nonzero(used) / left) if left > 0 else LARGEST_GAMMA
    more = gamma + TRIED_ONE_BY_ONE
    while more < min(enough, LARGEST_GAMMA):
        yield more
        more *= 2
    yield min(enough, LARGEST_GAMMA)
