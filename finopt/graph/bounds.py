"""Bounds and lossless reduction of a ResourceGraph.

Lagrangian relaxation of the budgets: for a multiplier mu >= 0 the shortest path at weight
cost + mu . resource, less mu . budget, is a lower bound on the optimum. With one resource the multiplier is
raised as LARAC does (Juettner, Szviatovszki, Mecs, Rajko: Lagrange relaxation based method for the QoS
routing problem, INFOCOM 2001); with several it follows the subgradient (Beasley and Christofides: An
algorithm for the resource constrained shortest path problem, Networks 19, 1989). At every multiplier all
arcs are completed by the forward and backward trees: the best completion within the budgets is the
incumbent, and arcs whose bound exceeds it are dropped (Dumitrescu and Boland: Improved preprocessing,
labeling and scaling algorithms for the weight-constrained shortest path problem, Networks 42, 2003).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.clock import Clock
from finopt.graph.kernels import Floats, Ints, best_completion, within
from finopt.graph.path import simple_path
from finopt.graph.resource import ROUNDING, ResourceGraph, Tree

SUBGRADIENT_STEPS = 60
LARGE = 50_000
"""Arcs from which a copy of the graph has to be worth it."""

WORTHWHILE = 0.8
"""The bounds are computed again as long as the arcs shrink to less than this share."""


@dataclass
class Reduction:
    """What the bounds leave of a graph.

    Attributes
    ----------
    graph : ResourceGraph
        The surviving arcs; vertices are numbered anew once few are left.
    arcs : ndarray of int32
        Their numbers in the original graph.
    lower : float
        Proven lower bound; inf: there is no path within the budgets.
    upper : float
        Cost of the incumbent, or the cut-off as long as there is none below it.
    path : ndarray of int32 or None
        The incumbent, by arcs of the original graph.
    multiplier : ndarray, shape (K,)
        The multiplier of the best bound.
    least : ndarray, shape (K,)
        Least use of each resource, alone, on any path; inf where there is no path at all.
    passes : int
        Shortest-path trees computed.
    """

    graph: ResourceGraph
    arcs: Ints
    upper: float
    multiplier: Floats
    least: Floats
    lower: float = 0.0
    path: Ints | None = None
    passes: int = 0
    integer: bool = False
    history: list[int] = field(default_factory=list)

    @property
    def infeasible(self) -> bool:
        """Whether it is proven that no path keeps the budgets."""
        return self.lower == math.inf or bool((self.least > self.graph.limit).any())

    @property
    def closed(self) -> bool:
        """Whether the incumbent (or the cut-off) is proven optimal."""
        return self.lower >= self.upper * (1 - ROUNDING)

    def stats(self) -> dict[str, Any]:
        """Figures for `Result.stats`."""
        return {
            "arcs": self.history[0],
            "arcs_kept": 0 if self.closed else self.graph.arcs,
            "passes": self.passes,
            "lower": self.lower,
            "upper": self.upper,
        }

    def worst_weight(self, constant: float) -> float:
        """Weight above which an arc cannot be on a better path; the constant is mu . budget."""
        return (self.upper + constant) * (1 + ROUNDING)

    def trees(self, unit: float, multiplier: Floats) -> tuple[Tree, Tree]:
        """Forward and backward shortest paths on the surviving arcs."""
        self.passes += 2
        return self.graph.forward(unit, multiplier), self.graph.backward(unit, multiplier)

    def offer(self, cost: float, path: Ints) -> None:
        """Take a path within the budgets (by arcs of ``graph``) as incumbent if it is better."""
        if cost < self.upper:
            self.upper, self.path = float(cost), self.arcs[simple_path(self.graph, path)]

    def raise_lower(self, bound: float, multiplier: Floats) -> None:
        """Take a bound on the surviving paths; what was dropped costs at least ``upper``."""
        if self.integer and math.isfinite(bound):
            bound = math.ceil(bound - 1e-6)
        bound = min(bound, self.upper)
        if bound > self.lower:
            self.lower, self.multiplier = float(bound), multiplier

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the arcs that are not in the mask."""
        kept = np.flatnonzero(mask)
        if kept.size < mask.size and (mask.size < LARGE or kept.size < WORTHWHILE * mask.size):
            self.graph, self.arcs = self.graph.keep(kept), self.arcs[kept]
        if 4 * self.graph.arcs < self.graph.vertices:
            self.graph = self.graph.compact()
        self.history.append(self.graph.arcs)


def reduce(graph: ResourceGraph, cutoff: float = math.inf, clock: Clock | None = None) -> Reduction:
    """Bound the optimum from both sides and drop every arc that no better path can use.

    Parameters
    ----------
    graph : ResourceGraph
        With any number of resources.
    cutoff : float
        Only paths cheaper than this are wanted.
    clock : Clock, optional
        Stop early when it runs out; everything found until then is valid.

    Returns
    -------
    Reduction
        ``lower`` is inf when no path keeps the budgets. No path that is cheaper than ``upper`` is lost.

    Notes
    -----
    Every step is a pass over the surviving arcs, O(A + V log V); one resource takes 5 to 8 steps.

    Examples
    --------
    >>> from finopt.graph.resource import ResourceGraph
    >>> graph = ResourceGraph.build(3, [0, 0, 1], [1, 2, 2], [1, 5, 1], [[2], [1], [2]], 0, [2], [3])
    >>> found = reduce(graph)
    >>> found.upper, found.lower
    (5.0, 5.0)
    """
    clock = clock or Clock()
    state = Reduction(
        graph=graph,
        arcs=np.arange(graph.arcs, dtype=np.int32),
        upper=cutoff,
        history=[graph.arcs],
        multiplier=np.zeros(graph.resources),
        least=np.full(graph.resources, np.inf),
        integer=_whole(graph.cost[:1000]) and _whole(graph.cost),
    )
    fastest = [_least(state, k) for k in range(graph.resources)]
    if state.infeasible:
        state.lower = math.inf
        return state
    if state.path is None and graph.resources > 1:
        _seek_incumbent(state, clock)
    before = math.inf
    while not (state.closed or clock.expired) and state.graph.arcs < WORTHWHILE * before:
        before = state.graph.arcs
        cheapest = _cheapest(state)
        if graph.resources == 1:
            _larac(state, cheapest, fastest[0], clock)
        else:
            _subgradient(state, clock)
        if not state.closed:
            tighten(state)
    return state


def lagrangian_step(state: Reduction, multiplier: Floats) -> tuple[float, Floats]:
    """Bound, complete and drop at one multiplier.

    Returns
    -------
    cost : float
        Cost of the shortest path at this multiplier; inf when nothing survives.
    used : ndarray, shape (K,)
        Its resources.
    """
    graph = state.graph
    forward, backward = state.trees(1.0, multiplier)
    constant = float(multiplier @ graph.limit)
    target = graph.nearest_target(forward)
    cost, used = float(forward.cost[target]), forward.resource[target]
    state.raise_lower(float(forward.distance[target]) - constant, multiplier)
    _complete(state, forward, backward, multiplier)
    if not state.closed:
        _drop(state, forward, backward, 1.0, multiplier, state.worst_weight(constant))
    return cost, used


def _least(state: Reduction, k: int) -> tuple[float, float]:
    """Cost and use of the path that uses least of resource k."""
    graph = state.graph
    only = np.eye(graph.resources)[k]
    forward = graph.forward(0.0, only)
    state.passes += 1
    target = graph.nearest_target(forward)
    state.least[k] = forward.distance[target]
    if math.isfinite(state.least[k]):
        _offer_path(state, forward, target)
    return float(forward.cost[target]), float(forward.resource[target, k])


def _cheapest(state: Reduction) -> tuple[float, float]:
    """Cost and first resource of the cheapest path; settles the matter if it keeps the budgets."""
    graph = state.graph
    forward = graph.forward(1.0, np.zeros(graph.resources))
    state.passes += 1
    target = graph.nearest_target(forward)
    state.raise_lower(float(forward.distance[target]), np.zeros(graph.resources))
    _offer_path(state, forward, target)
    return float(forward.cost[target]), float(forward.resource[target, 0])


def _offer_path(state: Reduction, forward: Tree, target: int) -> None:
    if (forward.resource[target] <= state.graph.limit).all():
        state.offer(float(forward.cost[target]), state.graph.path_to(forward, target))


def _larac(state: Reduction, cheap: tuple[float, float], fast: tuple[float, float], clock: Clock) -> None:
    """Raise the single multiplier until the cheap and the fast path agree, dropping arcs on the way."""
    budget = float(state.graph.limit[0])
    while not (clock.expired or state.closed):
        if cheap[1] <= fast[1] or cheap[0] >= fast[0]:
            return
        slope = np.array([(fast[0] - cheap[0]) / (cheap[1] - fast[1])])
        cost, used = lagrangian_step(state, slope)
        weight = cost + slope[0] * used[0]
        if not math.isfinite(weight) or weight >= (cheap[0] + slope[0] * cheap[1]) * (1 - ROUNDING):
            return
        if used[0] <= budget:
            fast = cost, float(used[0])
        else:
            cheap = cost, float(used[0])


def _seek_incumbent(state: Reduction, clock: Clock) -> None:
    """Several budgets and no path yet: weigh the budgets until a path keeps all, or none can.

    When even the lightest path weighs more than the budgets together, there is none. Weights of budgets that
    the lightest path breaks grow (multiplicative weights: Plotkin, Shmoys, Tardos, Fast approximation
    algorithms for fractional packing and covering problems, Math. Oper. Res. 20, 1995).
    """
    limit = state.graph.limit
    scale, weight = np.where(limit > 0, limit, 1.0), np.ones(limit.size)
    for _ in range(SUBGRADIENT_STEPS):
        if clock.expired or state.path is not None or state.graph.arcs == 0:
            return
        multiplier = weight / weight.sum() / scale
        forward, backward = state.trees(0.0, multiplier)
        target, most = state.graph.nearest_target(forward), float(multiplier @ limit)
        if forward.distance[target] > most * (1 + ROUNDING):
            state.lower = math.inf
            return
        _offer_path(state, forward, target)
        _complete(state, forward, backward, np.zeros(limit.size), free=True)
        _drop(state, forward, backward, 0.0, multiplier, most * (1 + ROUNDING))
        weight *= np.exp(np.clip((forward.resource[target] - limit) / scale, -1, 1))


def _subgradient(state: Reduction, clock: Clock) -> None:
    """Raise several multipliers along the subgradient with Polyak's step."""
    budget = state.graph.limit
    scale = np.where(budget > 0, budget, 1.0)
    multiplier, step, stalled = np.zeros(budget.size), 1.0, 0
    for _ in range(SUBGRADIENT_STEPS):
        if clock.expired or state.closed or state.graph.arcs == 0:
            return
        before = state.lower
        cost, used = lagrangian_step(state, multiplier)
        if not math.isfinite(cost):
            return
        excess = (used - budget) / scale
        bound = cost + float(multiplier @ (used - budget))
        aim = state.upper if math.isfinite(state.upper) else 1.1 * max(state.lower, cost)
        length = float(excess @ excess)
        if length == 0:
            return
        multiplier = np.maximum(
            0.0, multiplier + step * max(aim - bound, 1e-9 * aim) / length * excess / scale
        )
        stalled = 0 if state.lower > before * (1 + 1e-6) else stalled + 1
        if stalled >= 5:
            step, stalled = step / 2, 0
            multiplier = state.multiplier


def tighten(state: Reduction) -> None:
    """Drop arcs whose least use of some resource, source to target, misses its budget."""
    for k in range(state.graph.resources):
        only = np.eye(state.graph.resources)[k]
        forward, backward = state.trees(0.0, only)
        if state.path is None:
            _complete(state, forward, backward, np.zeros(state.graph.resources), free=True)
        budget = float(state.graph.limit[k])
        _drop(state, forward, backward, 0.0, only, budget + ROUNDING * budget)


def _whole(figures: Floats) -> bool:
    return bool((figures == np.floor(figures)).all() and figures.max(initial=0) < 2**52)


def _complete(
    state: Reduction, forward: Tree, backward: Tree, multiplier: Floats, free: bool = False
) -> None:
    """Take the best of all paths forward tree + arc + backward tree as incumbent.

    The trees are those of cost and multiplier, whose bound saves work; or ``free``: of any weight.
    """
    graph = state.graph
    to, back = (forward.distance, backward.distance) if not free else (np.zeros(graph.vertices),) * 2
    cost, arc = best_completion(
        graph.steps,
        graph.start,
        graph.head,
        graph.cost,
        graph.resource,
        graph.limit,
        multiplier,
        to,
        back,
        forward.cost,
        backward.cost,
        forward.resource,
        backward.resource,
        state.upper,
    )
    if arc >= 0:
        before = graph.path_to(forward, int(graph.tail[arc]))
        after = graph.path_from(backward, int(graph.head[arc]))
        state.offer(cost, np.concatenate([before, [arc], after]).astype(np.int32))


def _drop(
    state: Reduction, forward: Tree, backward: Tree, unit: float, multiplier: Floats, limit: float
) -> None:
    graph = state.graph
    mask = within(
        graph.steps,
        graph.start,
        graph.head,
        graph.cost,
        graph.resource,
        unit,
        multiplier,
        forward.distance,
        backward.distance,
        limit,
    )
    state.keep(mask)
