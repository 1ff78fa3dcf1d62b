"""The loop of `finopt.heuristics.joint.branching.enumeration`, compiled by `finopt.solvers.jit`."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from finopt.problem.array_types import Floats, Ints
from finopt.problem.tolerances import ROUNDING
from finopt.solvers.jit import Kernel


@Kernel
def enumerate_labels(
    start: Ints,
    head: Ints,
    cost: Floats,
    resource: Floats,
    budget: Floats,
    figures: Floats,
    room: Floats,
    to_go: tuple[Floats, Floats, Floats],
    multiplier: Floats,
    most: float,
    is_target: NDArray[np.bool_],
    labels: tuple[Ints, Floats, Floats, Floats],
    latest: Ints,
    goals: Ints,
    steps: int,
    width: int,
    settled: Ints,
) -> int:
    """Settle all labels that no other one on their vertex beats, cheapest completion first.

    ``figures``: what arcs take of all that decides whether a label beats another, ``room`` the most of it;
    ``to_go``: least cost, resources and weight from each vertex. ``labels``: rows of (vertex, arc, parent,
    previous), cost, resources and figures; ``latest`` is the last settled label of each vertex. The settled
    labels of targets are written to ``goals``. Returns how many there are; -1: rows, goals or steps ran out.
    With a ``width`` above 0 each vertex settles at most so many labels, counted in ``settled``, and the
    search ends when the goals are full.
    """
    cost_to_go, resource_to_go, weight_to_go = to_go
    label, spent, used, taken = labels
    last = len(label) - np.diff(start).max() - 1
    heap = [(cost_to_go[label[0, 0]], np.int32(0))]
    count, found = 1, 0
    while heap:
        _, this = heapq.heappop(heap)
        u = label[this, 0]
        steps -= 1
        if width > 0 and settled[u] == width:
            continue
        other = latest[u]
        while other >= 0:
            steps -= 1
            beaten = True
            for k in range(figures.shape[1]):
                if taken[other, k] > taken[this, k] * (1 + ROUNDING):
                    beaten = False
                    break
            if beaten:
                break
            other = label[other, 3]
        if other >= 0:
            continue
        label[this, 3], latest[u] = latest[u], this
        settled[u] += 1
        if is_target[u]:
            if found == goals.size:
                return -1
            goals[found] = this
            found += 1
            if width > 0 and found == goals.size:
                return found
            continue
        if count > last or steps < 0:
            return -1
        for a in range(start[u], start[u + 1]):
            v = head[a]
            total = spent[this] + cost[a]
            weight = total + weight_to_go[v]
            fits = total + cost_to_go[v] <= most
            for k in range(budget.size):
                used[count, k] = used[this, k] + resource[a, k]
                weight += multiplier[k] * (used[count, k] - budget[k])
                if used[count, k] + resource_to_go[v, k] > budget[k]:
                    fits = False
            if not (fits and weight <= most):
                continue
            for k in range(figures.shape[1]):
                taken[count, k] = taken[this, k] + figures[a, k]
                if taken[count, k] > room[k]:
                    fits = False
            if fits:
                label[count, 0], label[count, 1], label[count, 2] = v, a, this
                spent[count] = total
                heapq.heappush(heap, (total + cost_to_go[v], np.int32(count)))
                count += 1
    return found
