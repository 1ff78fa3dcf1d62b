"""The compiled loops, nothing else.

Each kernel is a plain Python function over NumPy arrays. It runs as it stands until it has been given so
much work that compiling would have paid; then numba compiles it (cached on disk). So a first answer on a
small instance never waits for a compiler. Kernels call no other function of ours: both ways are one code.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

PATIENCE = 100_000
"""Steps (about a microsecond each in Python) after which a kernel is compiled or read from the cache."""


class Kernel:
    """A loop that runs as Python at first and as machine code once it has had much to do."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.python = function
        self.steps = 0
        self._compiled: Callable[..., Any] | None = None

    @property
    def compiled(self) -> Callable[..., Any]:
        """The machine code; compiled, or read from numba's cache, on first use."""
        if self._compiled is None:
            import numba

            self._compiled = numba.njit(cache=True, nogil=True)(self.python)
        return self._compiled

    def __call__(self, steps: int, *args: Any) -> Any:
        """Run on inputs that take about this many steps."""
        self.steps += steps
        return (self.python if self.steps < PATIENCE else self.compiled)(*args)


@Kernel
def group_arcs(ends: Ints, vertices: int) -> tuple[Ints, Ints]:
    """Counting sort of arcs by one of their ends: start of each vertex's group, arcs in group order."""
    start = np.zeros(vertices + 1, np.int32)
    for end in ends:
        start[end + 1] += 1
    for v in range(vertices):
        start[v + 1] += start[v]
    place = start.copy()
    order = np.empty(ends.size, np.int32)
    for a in range(ends.size):
        order[place[ends[a]]] = a
        place[ends[a]] += 1
    return start, order


@Kernel
def shortest_paths(
    start: Ints,
    order: Ints,
    far: Ints,
    cost: Floats,
    resource: Floats,
    unit: float,
    multiplier: Floats,
    seeds: Ints,
) -> tuple[Floats, Ints, Floats, Floats]:
    """Dijkstra at weight ``unit * cost + multiplier . resource`` from all seeds at once.

    ``order[start[v]:start[v + 1]]`` are the arcs that leave v and ``far`` is their other end (swap the ends
    for a backward pass). Returns per vertex the distance, the arc it was reached by (-1: seed or not
    reached), and the cost and resources along the tree. Dijkstra (1959), with a binary heap.
    """
    vertices, resources = start.size - 1, resource.shape[1]
    distance = np.full(vertices, np.inf)
    via = np.full(vertices, -1, np.int32)
    tree_cost = np.full(vertices, np.inf)
    tree_resource = np.full((vertices, resources), np.inf)
    settled = np.zeros(vertices, np.bool_)
    heap = [(0.0, np.int32(0), np.int32(-1)) for _ in range(0)]
    for v in seeds:
        distance[v] = 0.0
        tree_cost[v] = 0.0
        tree_resource[v] = 0.0
        heapq.heappush(heap, (0.0, np.int32(v), np.int32(-1)))
    while heap:
        reached, u, parent = heapq.heappop(heap)
        if settled[u]:
            continue
        settled[u] = True
        if parent >= 0:
            arc = via[u]
            tree_cost[u] = tree_cost[parent] + cost[arc]
            for k in range(resources):
                tree_resource[u, k] = tree_resource[parent, k] + resource[arc, k]
        for i in range(start[u], start[u + 1]):
            a = order[i]
            v = far[a]
            weight = unit * cost[a]
            for k in range(resources):
                weight += multiplier[k] * resource[a, k]
            if reached + weight < distance[v]:
                distance[v] = reached + weight
                via[v] = a
                heapq.heappush(heap, (reached + weight, v, u))
    return distance, via, tree_cost, tree_resource


@Kernel
def best_completion(
    tail: Ints,
    head: Ints,
    cost: Floats,
    resource: Floats,
    budget: Floats,
    cost_to: Floats,
    resource_to: Floats,
    cost_from: Floats,
    resource_from: Floats,
) -> tuple[float, int]:
    """Cheapest forward tree + arc + backward tree within every budget, and its arc; inf and -1 if none."""
    best, best_arc = np.inf, -1
    for a in range(tail.size):
        u, v = tail[a], head[a]
        total = cost_to[u] + cost[a] + cost_from[v]
        if total < best:
            fits = True
            for k in range(budget.size):
                if resource_to[u, k] + resource[a, k] + resource_from[v, k] > budget[k]:
                    fits = False
            if fits:
                best, best_arc = total, a
    return best, best_arc


@Kernel
def within(
    tail: Ints,
    head: Ints,
    cost: Floats,
    resource: Floats,
    unit: float,
    multiplier: Floats,
    distance_to: Floats,
    distance_from: Floats,
    limit: float,
) -> NDArray[np.bool_]:
    """Which arcs lie on a path of weight at most ``limit``; the weight is that of `shortest_paths`."""
    keep = np.empty(tail.size, np.bool_)
    for a in range(tail.size):
        weight = unit * cost[a]
        for k in range(multiplier.size):
            weight += multiplier[k] * resource[a, k]
        keep[a] = distance_to[tail[a]] + weight + distance_from[head[a]] <= limit
    return keep


@Kernel
def expand_labels(
    start: Ints,
    head: Ints,
    cost: Floats,
    resource: Floats,
    budget: Floats,
    cost_to_go: Floats,
    resource_to_go: Floats,
    weight_to_go: Floats,
    multiplier: Floats,
    limit: float,
    is_target: NDArray[np.bool_],
    label: Ints,
    spent: Floats,
    used: Floats,
    latest: Ints,
    open_keys: Floats,
    open_labels: Ints,
    count: int,
    room: int,
    most: int,
) -> tuple[int, int, Floats, Ints]:
    """Settle up to ``most`` labels, cheapest completion first; see `finopt.graph.labels` for the method.

    The first ``count`` rows of ``label`` (vertex, arc, parent, previous), ``spent`` (cost) and ``used``
    (resources) are taken; ``latest`` is the last settled label of each vertex, chained by ``previous``.
    Returns the settled label of a target or -1, the new count, and the open labels (none left: nothing
    cheaper than the limit exists). Stops when more than ``room`` rows are taken.
    """
    resources = budget.size
    heap = [(open_keys[i], open_labels[i]) for i in range(open_keys.size)]
    heapq.heapify(heap)
    goal = -1
    while heap and most > 0 and count <= room:
        most -= 1
        _, this = heapq.heappop(heap)
        u = label[this, 0]
        if is_target[u]:
            goal = this
            break
        other = latest[u]
        while other >= 0:
            dominated = True
            for k in range(resources):
                if used[other, k] > used[this, k]:
                    dominated = False
            if dominated:
                break
            # Labels settle in the order of their cost: with one resource the latest has used least.
            other = label[other, 3] if resources > 1 else -1
        if other >= 0:
            continue
        label[this, 3] = latest[u]
        latest[u] = this
        for a in range(start[u], start[u + 1]):
            v = head[a]
            total = spent[this] + cost[a]
            weight = total + weight_to_go[v]
            fits = total + cost_to_go[v] < limit
            for k in range(resources):
                used[count, k] = used[this, k] + resource[a, k]
                weight += multiplier[k] * (used[count, k] - budget[k])
                if used[count, k] + resource_to_go[v, k] > budget[k]:
                    fits = False
            if fits and weight < limit:
                label[count, 0] = v
                label[count, 1] = a
                label[count, 2] = this
                spent[count] = total
                heapq.heappush(heap, (total + cost_to_go[v], np.int32(count)))
                count += 1
    keys = np.array([entry[0] for entry in heap])
    left = np.array([entry[1] for entry in heap], np.int32)
    return goal, count, keys, left


@Kernel
def relax_levels(
    order: Ints,
    start: Ints,
    head: Ints,
    climb: Ints,
    cost: NDArray[np.floating[Any]],
    source: int,
    lowest: Ints,
    highest: Ints,
    best: NDArray[np.floating[Any]],
) -> int:
    """Cheapest cost to every replica (vertex, level, level): label correcting over whole rows of levels.

    ``best`` has shape (V, G1 + 1, G2 + 1) and holds inf except at the source; arc a climbs ``climb[a]``
    levels and costs ``cost[a]``. Row v matters only on second levels lowest[v] .. highest[v]. Vertices are
    swept in ``order`` until nothing changes. Returns how many replicas were relaxed.
    """
    rows = best.shape[1]
    relaxed = 0
    waiting = np.zeros(order.size, np.bool_)
    waiting[source] = True
    changed = True
    while changed:
        changed = False
        for u in order:
            if not waiting[u]:
                continue
            waiting[u] = False
            for a in range(start[u], start[u + 1]):
                v = head[a]
                up, shift, price = climb[a, 0], climb[a, 1], cost[a]
                first = max(lowest[u], lowest[v] - shift)
                last = min(highest[u], highest[v] - shift) + 1
                if last <= first:
                    continue
                improved = False
                for row in range(rows - up):
                    here = best[u, row, first:last]
                    there = best[v, row + up, first + shift : last + shift]
                    better = 0
                    for i in range(last - first):
                        new = here[i] + price
                        better |= new < there[i]
                        there[i] = min(new, there[i])
                    improved |= better != 0
                    relaxed += last - first
                if improved:
                    waiting[v] = True
                    changed = True
    return relaxed
