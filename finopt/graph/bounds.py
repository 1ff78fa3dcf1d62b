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

import numpy as np

from finopt.graph.kernels import best_completion, within
from finopt.graph.larac import Point, raise_multiplier
from finopt.graph.layered import LayeredGraph
from finopt.graph.layered_bounds import reduce_layers
from finopt.graph.reduction import WORTHWHILE, Reduction
from finopt.graph.resource import ResourceGraph, Tree
from finopt.problem.array_types import Floats
from finopt.problem.tolerances import ROUNDING
from finopt.solvers.clock import Clock
from finopt.solvers.progress import report

SUBGRADIENT_STEPS = 60


def reduce(
    graph: ResourceGraph | LayeredGraph, cutoff: float = math.inf, clock: Clock | None = None
) -> Reduction:
    """Bound the optimum from both sides and drop every arc that no better path can use.

    Parameters
    ----------
    graph : ResourceGraph or LayeredGraph
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
    if isinstance(graph, LayeredGraph):
        state = reduce_layers(graph, cutoff, clock)
    else:
        state = _begin(graph, cutoff, clock)
    before = math.inf
    while not (state.closed or clock.expired) and state.graph.arcs < WORTHWHILE * before:
        before = state.graph.arcs
        report("reduction", bound=state.lower, best=state.upper)
        cheapest = _cheapest(state)
        if state.graph.resources == 1:
            _larac(state, cheapest, clock)
        else:
            _subgradient(state, clock)
        if not state.closed:
            tighten(state)
    return state


def _begin(graph: ResourceGraph, cutoff: float, clock: Clock) -> Reduction:
    """The least use of each resource, and a first incumbent."""
    state = Reduction(
        graph=graph,
        arcs=np.arange(graph.arcs, dtype=np.int32),
        upper=cutoff,
        history=[graph.arcs],
        multiplier=np.zeros(graph.resources),
        least=np.full(graph.resources, np.inf),
        integer=_whole(graph.cost[:1000]) and _whole(graph.cost),
    )
    state.fastest = [_least(state, k) for k in range(graph.resources)]
    if state.infeasible:
        state.lower = math.inf
    elif state.path is None and graph.resources > 1:
        _seek_incumbent(state, clock)
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


def _larac(state: Reduction, cheapest: Point, clock: Clock) -> None:
    """Raise the single multiplier until the cheap and the fast path agree, dropping arcs on the way."""

    def step(multiplier: float) -> Point:
        cost, used = lagrangian_step(state, np.array([multiplier]))
        return cost, float(used[0])

    budget = float(state.graph.limit[0])
    raise_multiplier(step, cheapest, state.fastest[0], budget, lambda: state.closed or clock.expired)


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
