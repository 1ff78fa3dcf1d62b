"""The compiled loops, nothing else.

Each kernel is a plain Python function over NumPy arrays. It runs as it stands until it has been given so
much work that compiling would have paid; then numba compiles it (cached on disk). So a first answer on a
small instance never waits for a compiler. Kernels call no other function of ours: both ways are one code.
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.problem.array_types import Floats, Ints
from finopt.solvers.jit import Kernel


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
) -> tuple[Floats, Ints, Ints, Ints]:
    """Dijkstra at weight ``unit * cost + multiplier . resource`` from all seeds at once.

    Arcs ``order[start[v]:start[v + 1]]`` join v with the vertices ``far``; an empty ``order`` means that
    the arcs are in order. Returns per vertex the distance, the arc and the vertex it was reached by (-1:
    seed or not reached), and the vertices in the order in which they were settled.
    Dijkstra (1959) with an indexed binary heap: on dense stages the heap, not the arcs, takes the time.
    """
    vertices, resources = start.size - 1, resource.shape[1]
    distance, via = np.full(vertices, np.inf), np.full(vertices, -1, np.int32)
    parent = np.full(vertices, -1, np.int32)
    settled, count = np.empty(vertices, np.int32), 0
    widest = np.diff(start).max() if order.size > 0 else 0
    far_group, cost_group = np.empty(widest, np.int32), np.empty(widest)
    resource_group = np.empty((widest, resources))
    heap, size = np.empty(vertices, np.int32), 0
    place = np.full(vertices, -1, np.int32)  # of a vertex in the heap; -1 before
    for v in seeds:
        distance[v], heap[size], place[v] = 0.0, v, size
        size += 1
    while size > 0:
        u, size = heap[0], size - 1
        moved, hole = heap[size], 0
        while 2 * hole + 1 < size:
            child = 2 * hole + 1
            if child + 1 < size and distance[heap[child + 1]] < distance[heap[child]]:
                child += 1
            if distance[heap[child]] >= distance[moved]:
                break
            heap[hole] = heap[child]
            place[heap[hole]] = hole
            hole = child
        heap[hole], place[moved] = moved, hole
        settled[count], count = u, count + 1
        first, last = start[u], start[u + 1]
        heads, prices, used = far[first:last], cost[first:last], resource[first:last]
        if order.size > 0:
            for i in range(last - first):
                a = order[first + i]
                far_group[i], cost_group[i] = far[a], cost[a]
                for k in range(resources):
                    resource_group[i, k] = resource[a, k]
            heads, prices, used = far_group, cost_group, resource_group
        reached = distance[u]
        for i in range(last - first):
            v, weight = heads[i], reached + unit * prices[i] + multiplier[0] * used[i, 0]
            for k in range(1, resources):
                weight += multiplier[k] * used[i, k]
            if weight < distance[v]:
                distance[v], parent[v] = weight, u
                via[v] = order[first + i] if order.size > 0 else first + i
                hole = place[v]
                if hole < 0:
                    hole, size = size, size + 1
                while hole > 0 and distance[heap[(hole - 1) // 2]] > weight:
                    heap[hole] = heap[(hole - 1) // 2]
                    place[heap[hole]] = hole
                    hole = (hole - 1) // 2
                heap[hole], place[v] = v, hole
    return distance, via, parent, settled[:count]


@Kernel
def along_tree(
    settled: Ints, via: Ints, parent: Ints, cost: Floats, resource: Floats
) -> tuple[Floats, Floats]:
    """Cost and resources of the paths of a tree; inf where there is none."""
    total, used = np.full(via.size, np.inf), np.full((via.size, resource.shape[1]), np.inf)
    for v in settled:
        if via[v] < 0:
            total[v], used[v] = 0.0, 0.0
        else:
            total[v] = total[parent[v]] + cost[via[v]]
            for k in range(resource.shape[1]):
                used[v, k] = used[parent[v], k] + resource[via[v], k]
    return total, used


@Kernel
def best_completion(
    start: Ints,
    head: Ints,
    cost: Floats,
    resource: Floats,
    limit: Floats,
    multiplier: Floats,
    distance_to: Floats,
    distance_from: Floats,
    cost_to: Floats,
    cost_from: Floats,
    resource_to: Floats,
    resource_from: Floats,
    upper: float,
) -> tuple[float, int]:
    """Cheapest forward tree + arc + backward tree below ``upper`` and within every limit, and its arc.

    The arc is -1 if there is none. The Lagrangian bound of an arc tells when its path need not be tried.
    """
    best, best_arc = upper, -1
    constant = 0.0
    for k in range(limit.size):
        constant += multiplier[k] * limit[k]
    for u in range(start.size - 1):
        reached = distance_to[u] - constant
        for a in range(start[u], start[u + 1]):
            v = head[a]
            weight = reached + cost[a] + distance_from[v]
            for k in range(limit.size):
                weight += multiplier[k] * resource[a, k]
            if weight < best:
                total = cost_to[u] + cost[a] + cost_from[v]
                fits = total < best
                for k in range(limit.size):
                    if resource_to[u, k] + resource[a, k] + resource_from[v, k] > limit[k]:
                        fits = False
                if fits:
                    best, best_arc = total, a
    return best, best_arc


@Kernel
def within(
    start: Ints,
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
    keep = np.empty(head.size, np.bool_)
    for u in range(start.size - 1):
        reached = distance_to[u]
        for a in range(start[u], start[u + 1]):
            weight = reached + unit * cost[a] + distance_from[head[a]]
            for k in range(multiplier.size):
                weight += multiplier[k] * resource[a, k]
            keep[a] = weight <= limit
    return keep


@Kernel
def expand_labels(
    start: Ints,
    head: Ints,
    cost: Floats,
    resource: Floats,
    budget: Floats,
    to_go: tuple[Floats, Floats, Floats],
    multiplier: Floats,
    limit: float,
    is_target: NDArray[np.bool_],
    labels: tuple[Ints, Floats, Floats],
    latest: Ints,
    open_keys: Floats,
    open_labels: Ints,
    count: int,
    most: int,
) -> tuple[int, int, Floats, Ints]:
    """Settle labels for about ``most`` steps, cheapest completion first; see `finopt.graph.label_setting`.

    ``to_go``: least cost, resources and weight from each vertex. ``labels``: rows of (vertex, arc, parent,
    previous), cost and resources, of which ``count`` are taken; ``latest`` is the last settled label of
    each vertex, chained by ``previous``. Returns the settled label of a target or -1, the new count, and the
    open labels (none left: nothing cheaper than the limit exists). Stops when rows run out.
    """
    cost_to_go, resource_to_go, weight_to_go = to_go
    label, spent, used = labels
    room = len(label) - np.diff(start).max() - 1
    resources = budget.size
    heap = [(open_keys[i], open_labels[i]) for i in range(open_keys.size)]
    heapq.heapify(heap)
    goal = -1
    while heap and most > 0 and count <= room:
        _, this = heapq.heappop(heap)
        u = label[this, 0]
        most -= 1 + start[u + 1] - start[u]
        if is_target[u]:
            goal = this
            break
        other = latest[u]
        while other >= 0:
            most -= 1
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
        label[this, 3], latest[u] = latest[u], this
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
                label[count, 0], label[count, 1], label[count, 2] = v, a, this
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
    level_increment: Ints,
    cost: NDArray[np.floating[Any]],
    source: int,
    rows: int,
    lowest: Ints,
    highest: Ints,
    base: NDArray[np.int64],
    best: NDArray[np.floating[Any]],
    block: int,
) -> int:
    """Cheapest cost to every replica (vertex, row, level): label correcting over whole rows of levels.

    Replica (v, row, level) is ``best[base[v] + row * (highest[v] - lowest[v] + 1) + level - lowest[v]]``;
    all are inf but the source's. Arc a leads ``level_increment[a, 0]`` rows and ``level_increment[a, 1]``
    levels up. ``block`` levels at a time, from below because no arc leads down, vertices are swept in
    ``order`` until nothing changes. Returns how many replicas were relaxed.
    """
    relaxed = 0
    waiting = np.zeros((max(0, highest.max()) // block + 1, order.size), np.bool_)
    waiting[0, source] = True
    for now in range(len(waiting)):
        lower, upper = now * block, (now + 1) * block - 1
        changed = True
        while changed:
            changed = False
            for u in order:
                if not waiting[now, u]:
                    continue
                waiting[now, u] = False
                for a in range(start[u], start[u + 1]):
                    v, up, shift, price = head[a], level_increment[a, 0], level_increment[a, 1], cost[a]
                    first = max(lower, lowest[u], lowest[v] - shift)
                    count = min(upper, highest[u], highest[v] - shift) + 1 - first
                    if count <= 0:
                        continue
                    improved = False
                    for row in range(rows - up):
                        i = base[u] + row * (highest[u] - lowest[u] + 1) + first - lowest[u]
                        j = base[v] + (row + up) * (highest[v] - lowest[v] + 1) + first + shift - lowest[v]
                        here, there = best[i : i + count], best[j : j + count]
                        moved = np.int32(0)
                        for k in range(count):  # written so that it vectorises
                            new, old = here[k] + price, there[k]
                            moved += np.int32(new < old)
                            there[k] = new if new < old else old
                        improved = improved or bool(moved > 0)
                        relaxed += count
                    if improved:
                        bottom, top = (first + shift) // block, (first + shift + count - 1) // block
                        waiting[bottom, v] = waiting[top, v] = True
                        changed = changed or bottom == now
    return relaxed
