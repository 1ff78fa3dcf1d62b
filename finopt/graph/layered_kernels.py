"""The compiled loops over graphs whose layers repeat one pattern, nothing else; see `finopt.graph.layered`.

What an arc costs and uses at a stage is computed where it is needed, from the figures of the pattern arc
and of the stage; nothing is stored per stage and arc. The figures come in tuples:

rows
    ``first, last, order, far, least, compute``: the links at node v are the pattern arcs
    ``order[first[v]:last[v]]`` (an empty ``order``: they are in order), which lead to the nodes ``far``.
    ``least[v]`` has the least energy per bit, seconds per bit and delay among them, ``least[-1]`` among all.
    ``compute[v]`` is the pattern arc that computes on v.
figures
    Per pattern arc: energy per bit, seconds per bit, delay, room (the most bit/s that it carries), energy
    per op, seconds per op.
stages
    Per stage: bit/s (which is also the power for an energy per bit of 1), seconds for 1 second per bit,
    weight of delays; op/s (power for an energy per op of 1), seconds for 1 second per op.
usable
    Per stage and node: whether the stage may be computed there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finopt.graph.kernels import Floats, Ints, Kernel

Bools = NDArray[np.bool_]
Rows = tuple[Ints, Ints, Ints, Ints, Floats, Ints]
Figures = tuple[Floats, Floats, Floats, Floats, Floats, Floats]


@Kernel
def sweep_layers(
    rows: Rows,
    figures: Figures,
    stages: Floats,
    usable: Bools,
    unit: float,
    multiplier: float,
    backward: bool,
    distance: Floats,
    cost: Floats,
    latency: Floats,
    via: Ints,
) -> None:
    """Dijkstra at weight ``unit * cost + multiplier * latency``, layer after layer, forward or backward.

    Fills distance, cost, latency and the pattern arc by which each vertex is reached, shape (layers, nodes).
    The distance is 0 at the seeds, -1 at vertices to leave out, else inf. A vertex whose least link leads
    none below the largest distance of the layer is passed over; a layer ends when no vertex could.
    """
    first, last, order, far, least, compute = rows
    bit_energy, bit_seconds, delay, room, op_energy, op_seconds = figures
    layers, nodes = distance.shape
    heap, place = np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    for step in range(layers):
        layer = layers - 1 - step if backward else step
        before, s = (layer + 1, layer) if backward else (layer - 1, layer - 1)
        near, size = distance[layer], 0
        for v in range(nodes):
            if step > 0 and usable[s, v] and 0 <= distance[before, v] < np.inf and near[v] > 0:
                a = compute[v]
                price, time = stages[s, 3] * op_energy[a], stages[s, 4] * op_seconds[a]
                near[v], via[layer, v] = distance[before, v] + unit * price + multiplier * time, a
                cost[layer, v], latency[layer, v] = cost[before, v] + price, latency[before, v] + time
            if 0 <= near[v] < np.inf:
                hole, size = size, size + 1
                while hole > 0 and near[heap[(hole - 1) // 2]] > near[v]:
                    heap[hole] = heap[(hole - 1) // 2]
                    place[heap[hole]] = hole
                    hole = (hole - 1) // 2
                heap[hole], place[v] = v, hole
            else:
                place[v] = -1
        if layer == layers - 1:
            continue
        bits, seconds, weight = stages[layer, :3]
        worst, looked = near.max(), 0
        while size > 0:
            u, size = heap[0], size - 1
            moved, hole = heap[size], 0
            while 2 * hole + 1 < size:
                child = 2 * hole + 1
                if child + 1 < size and near[heap[child + 1]] < near[heap[child]]:
                    child += 1
                if near[heap[child]] >= near[moved]:
                    break
                heap[hole] = heap[child]
                place[heap[hole]] = hole
                hole = child
            heap[hole], place[moved] = moved, hole
            nearest = near[u] + unit * (bits * least[-1, 0])
            if nearest + multiplier * (seconds * least[-1, 1] + weight * least[-1, 2]) >= worst:
                break
            nearest = near[u] + unit * (bits * least[u, 0])
            if nearest + multiplier * (seconds * least[u, 1] + weight * least[u, 2]) >= worst:
                continue
            for i in range(first[u], last[u]):
                a = order[i] if order.size > 0 else i
                price, time = bits * bit_energy[a], seconds * bit_seconds[a] + weight * delay[a]
                v, total = far[a], near[u] + unit * price + multiplier * time
                if total < near[v] and bits <= room[a]:
                    near[v], via[layer, v] = total, a
                    cost[layer, v], latency[layer, v] = cost[layer, u] + price, latency[layer, u] + time
                    hole = place[v]
                    if hole < 0:
                        hole, size = size, size + 1
                    while hole > 0 and near[heap[(hole - 1) // 2]] > total:
                        heap[hole] = heap[(hole - 1) // 2]
                        place[heap[hole]] = hole
                        hole = (hole - 1) // 2
                    heap[hole], place[v] = v, hole
            looked += last[u] - first[u]
            if looked >= nodes:
                worst, looked = near.max(), 0


@Kernel
def complete_layers(
    rows: Rows,
    figures: Figures,
    stages: Floats,
    usable: Bools,
    multiplier: float,
    limit: float,
    to: tuple[Floats, Floats, Floats],
    back: tuple[Floats, Floats, Floats],
    upper: float,
) -> tuple[float, int]:
    """Cheapest forward tree + arc + backward tree below ``upper`` and within the latency limit, and its arc.

    Arc a of stage s has the number ``s * arcs + a``; -1 if there is none. ``to`` and ``back`` are distance
    at this multiplier, cost and latency; the distances tell which paths need not be tried.
    """
    first, last, _, far, least, compute = rows
    bit_energy, bit_seconds, delay, room, op_energy, op_seconds = figures
    (distance_to, cost_to, latency_to), (distance_back, cost_back, latency_back) = to, back
    best, best_arc = upper, -1
    for s in range(len(stages)):
        bits, seconds, weight = stages[s, :3]
        nearest = distance_back[s].min()
        for u in range(compute.size):
            reached = distance_to[s, u] - multiplier * limit
            if reached >= best:
                continue
            a = compute[u]
            if usable[s, u] and reached + distance_back[s + 1, u] < best:
                total = cost_to[s, u] + stages[s, 3] * op_energy[a] + cost_back[s + 1, u]
                time = latency_to[s, u] + stages[s, 4] * op_seconds[a] + latency_back[s + 1, u]
                if total < best and time <= limit:
                    best, best_arc = total, s * far.size + a
            hop = reached + bits * least[u, 0]
            if hop + multiplier * (seconds * least[u, 1] + weight * least[u, 2]) + nearest >= best:
                continue
            for a in range(first[u], last[u]):
                v, price = far[a], bits * bit_energy[a]
                time = seconds * bit_seconds[a] + weight * delay[a]
                if reached + price + multiplier * time + distance_back[s, v] < best and bits <= room[a]:
                    total = cost_to[s, u] + price + cost_back[s, v]
                    if total < best and latency_to[s, u] + time + latency_back[s, v] <= limit:
                        best, best_arc = total, s * far.size + a
    return best, best_arc


@Kernel
def surviving_arcs(
    rows: Rows,
    figures: Figures,
    stages: Floats,
    usable: Bools,
    multiplier: float,
    most: float,
    limit: float,
    weight_to: Floats,
    weight_back: Floats,
    latency_to: Floats,
    latency_back: Floats,
    found: Ints,
) -> int:
    """Number the arcs on a path of weight at most ``most``, and on one of latency at most ``limit``.

    The weight is cost + multiplier * latency. As many as there is room for are written to ``found``, in
    ascending order; returns how many there are.
    """
    first, last, _, far, least, compute = rows
    bit_energy, bit_seconds, delay, room, op_energy, op_seconds = figures
    count = 0
    for s in range(len(stages)):
        bits, seconds, weight = stages[s, :3]
        nearest, soonest = weight_back[s].min(), latency_back[s].min()
        for u in range(compute.size):
            reached, since = weight_to[s, u], latency_to[s, u]
            if not (reached <= most and since <= limit):
                continue
            time = seconds * least[u, 1] + weight * least[u, 2]
            hop = reached + bits * least[u, 0] + multiplier * time + nearest
            if hop <= most and since + time + soonest <= limit:
                for a in range(first[u], last[u]):
                    v, time = far[a], seconds * bit_seconds[a] + weight * delay[a]
                    total = reached + bits * bit_energy[a] + multiplier * time + weight_back[s, v]
                    if total <= most and since + time + latency_back[s, v] <= limit and bits <= room[a]:
                        if count < found.size:
                            found[count] = s * far.size + a
                        count += 1
            a, time = compute[u], stages[s, 4] * op_seconds[compute[u]]
            total = reached + stages[s, 3] * op_energy[a] + multiplier * time + weight_back[s + 1, u]
            if usable[s, u] and total <= most and since + time + latency_back[s + 1, u] <= limit:
                if count < found.size:
                    found[count] = s * far.size + a
                count += 1
    return count
