"""The feasible graph: every vertex replicated on latency levels, so that its paths cannot be late.

With gamma levels, an arc that uses r of a budget W climbs ``ceil(gamma r / W)`` levels; a path that stays
within level gamma keeps the budget. Rounded down instead, no path within the budget is lost and the
cheapest one is a lower bound. Up to two resources have levels of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from finopt.graph.bounds import Reduction
from finopt.graph.kernels import Floats, Ints, relax_levels
from finopt.graph.path import simple_path
from finopt.graph.resource import ResourceGraph

LEVEL_TOLERANCE = 4e-10
"""A figure this close to a level, relative, is on it. Below the 1e-9 up to which budgets count as kept."""

LARGEST_GAMMA = 10**8
"""Beyond, the tolerance would exceed a level and rounding down would no longer be a relaxation."""


def levels(used: Floats, budget: float, gamma: int, *, up: bool) -> Ints:
    """Levels that arcs climb.

    Parameters
    ----------
    used : ndarray, shape (A,)
        What the arcs use of the resource.
    budget : float
        All that may be used; with 0, arcs that use something climb gamma + 1 levels.
    gamma : int
        Number of levels, at most ``LARGEST_GAMMA``.
    up : bool
        Round up (paths found are feasible) or down (no feasible path is lost).

    Returns
    -------
    ndarray of int32, shape (A,)
        At most gamma + 1.

    Notes
    -----
    A figure within ``LEVEL_TOLERANCE`` of a level is on that level either way, so sums of decimals that
    meet a limit exactly do not climb one more. Then sum(levels) <= gamma implies
    sum(used) <= budget / (1 - LEVEL_TOLERANCE), within the tolerance 1e-9 of budgets; and
    sum(used) <= budget (1 + 1e-9) implies sum(levels rounded down) < gamma + 1, that is <= gamma.

    Examples
    --------
    >>> import numpy as np
    >>> levels(np.array([0.1, 0.2, 0.25]), 0.3, 3, up=True)
    array([1, 2, 3], dtype=int32)
    >>> levels(np.array([0.1, 0.2, 0.25]), 0.3, 3, up=False)
    array([1, 2, 2], dtype=int32)
    """
    if budget <= 0:
        return np.where(used > 0, gamma + 1, 0).astype(np.int32)
    exact = np.minimum(used / budget, 2.0) * gamma
    rounded = np.ceil(exact * (1 - LEVEL_TOLERANCE)) if up else np.floor(exact * (1 + LEVEL_TOLERANCE))
    return np.minimum(rounded, gamma + 1).astype(np.int32)


@dataclass(frozen=True)
class Pass:
    """What one pass over the feasible graph found.

    Attributes
    ----------
    cost : float
        Of the cheapest path to any target replica; inf where there is none.
    path : ndarray of int32 or None
        That path, by arcs; rounded down, it may miss a budget.
    relaxed : int
        Replicas relaxed.
    """

    cost: float
    path: Ints | None
    relaxed: int


def cheapest(graph: ResourceGraph, gamma: int, *, up: bool, order: Floats, single: bool = False) -> Pass:
    """The cheapest path on the feasible graph with gamma levels per resource.

    Parameters
    ----------
    graph : ResourceGraph
        With one or two resources.
    gamma : int
        Levels per resource.
    up : bool
        Round up: the path keeps the budgets; or down: the cost is a lower bound.
    order : ndarray, shape (V,)
        Key by which vertices are swept; close to a topological order means few sweeps.
    single : bool
        Compute in single precision; the lower bound then takes the rounding into account.

    Returns
    -------
    Pass

    Notes
    -----
    O(arcs gamma) per sweep with one resource, O(arcs gamma^2) with two.
    """
    compact = _Compact.of(graph)
    small = compact.graph
    if small.source not in small.tail:
        trivial = small.source in small.targets
        return Pass(0.0 if trivial else math.inf, np.zeros(0, np.int32) if trivial else None, 0)
    climb = np.column_stack(
        [levels(small.resource[:, k], float(small.budget[k]), gamma, up=up) for k in range(small.resources)]
    )
    shape = (gamma + 1,) * small.resources
    if small.resources == 1:
        climb, shape = np.column_stack([np.zeros_like(climb), climb]), (1, gamma + 1)
    dtype = np.float32 if single else np.float64
    best = np.full((small.vertices, *shape), np.inf, dtype)
    best[small.source, 0, 0] = 0.0
    lowest, highest = _window(small, climb[:, 1], gamma)
    start, _ = small.leaving
    unit = float(small.cost.max()) or 1.0 if single else 1.0  # single precision has a narrow range
    sequence = np.argsort(order[compact.vertices], kind="stable").astype(np.int32)
    relaxed = relax_levels(
        small.arcs * best[0].size,
        sequence,
        start,
        small.head,
        climb,
        (small.cost / unit).astype(dtype),
        small.source,
        lowest,
        highest,
        best,
    )
    relaxed = int(relaxed)
    cost = float(best[small.targets].min()) * unit
    path = _backtrack(small, (small.cost / unit).astype(dtype), climb, best) if math.isfinite(cost) else None
    if not up:
        # Each of at most V sums and conversions is off by half a unit in the last place.
        cost *= 1 - small.vertices * float(np.finfo(dtype).eps)
    return Pass(cost, path if path is None else simple_path(graph, path), relaxed)


def nearby(state: Reduction, lam: float) -> np.ndarray:
    """lambda-proximity: the arcs whose best energy through them is at most (1 + lambda) of the bound.

    The energy through an arc is bounded by the potentials at the multiplier of the best bound.

    Returns
    -------
    ndarray of bool, shape (arcs,)
        Which arcs of ``state.graph`` stay.
    """
    graph, multiplier = state.graph, state.multiplier
    forward, backward = graph.forward(1.0, multiplier), graph.backward(1.0, multiplier)
    weight = graph.cost + graph.resource @ multiplier
    through = forward.distance[graph.tail] + weight + backward.distance[graph.head]
    return np.asarray(through - multiplier @ graph.limit <= (1 + lam) * state.lower * (1 + 1e-12))


@dataclass(frozen=True)
class _Compact:
    """The graph on only the vertices that an arc, the source or a target needs."""

    graph: ResourceGraph
    vertices: Ints

    @classmethod
    def of(cls, graph: ResourceGraph) -> _Compact:
        used = np.zeros(graph.vertices, bool)
        used[graph.tail] = used[graph.head] = used[graph.source] = True
        vertices = np.flatnonzero(used).astype(np.int32)
        number = np.cumsum(used, dtype=np.int32) - 1
        small = ResourceGraph(
            vertices=vertices.size,
            tail=number[graph.tail],
            head=number[graph.head],
            cost=graph.cost,
            resource=graph.resource,
            source=int(number[graph.source]),
            targets=number[graph.targets[used[graph.targets]]],
            budget=graph.budget,
        )
        return cls(small, vertices)


def _window(graph: ResourceGraph, climb: Ints, gamma: int) -> tuple[Ints, Ints]:
    """First level each vertex can be reached on, and last level from which a target can still be reached."""
    counted = ResourceGraph(
        graph.vertices,
        graph.tail,
        graph.head,
        graph.cost,
        climb.astype(float).reshape(-1, 1),
        graph.source,
        graph.targets,
        np.array([float(gamma)]),
    )
    most = float(gamma + 1)
    below = np.minimum(counted.forward(0.0, np.ones(1)).distance, most)
    above = np.minimum(counted.backward(0.0, np.ones(1)).distance, most)
    return below.astype(np.int32), (gamma - above).astype(np.int32)


def _backtrack(graph: ResourceGraph, cost: np.ndarray, climb: Ints, best: np.ndarray) -> Ints:
    """Walk back from the cheapest target replica over arcs that explain its cost exactly.

    Arcs without cost and climb can form cycles of such arcs, so replicas are visited once, depth first.
    """
    rows = best[graph.targets].reshape(graph.targets.size, -1)
    place = int(rows.argmin())
    level = np.unravel_index(place % rows.shape[1], best.shape[1:])
    goal = (int(graph.targets[place // rows.shape[1]]), int(level[0]), int(level[1]))
    start, entering = graph.entering
    stack: list[tuple[tuple[int, int, int], int]] = [(goal, 0)]
    arcs: list[int] = []
    seen = {goal}
    while stack:
        (v, upper, lower), tried = stack[-1]
        if (v, upper, lower) == (graph.source, 0, 0):
            break
        group = entering[start[v] + tried : start[v + 1]]
        for step, a in enumerate(group, start=tried + 1):
            replica = (int(graph.tail[a]), upper - int(climb[a, 0]), lower - int(climb[a, 1]))
            if min(replica) < 0 or replica in seen:
                continue
            if best[replica] + cost[a] == best[v, upper, lower]:
                stack[-1] = ((v, upper, lower), step)
                stack.append((replica, 0))
                arcs.append(int(a))
                seen.add(replica)
                break
        else:
            stack.pop()
            if arcs:
                arcs.pop()
    return np.array(arcs[::-1], np.int32)
