"""The compiled loops over graphs whose layers repeat one pattern, nothing else; see `finopt.graph.layered`.

What an arc costs and uses at a stage is computed where it is needed, from the figures of the pattern arc
and of the stage; nothing is stored per stage and arc. The figures come in tuples:

In a sweep the distance is at first 0 at the seeds, -1 at vertices to leave out, else inf; the sweep fills
distance, cost, latency and the pattern arc by which each vertex is reached, shape (layers, nodes). A layer
ends when no link could bring a vertex nearer any more, and blocks of links that could not are passed over.

links
    Per node those that leave or enter it, in blocks of alike ones. Node v has the blocks
    ``begin[v]:begin[v + 1]``, block k the links ``edge[k]:edge[k + 1]``. Two lower bounds on the figures of
    links: ``node_bound`` has per node v the least of the links with v at their other end, ``block_bound`` per
    block the least of what its links have beyond the bound of the nodes at their other ends. Then per link:
    the pattern arc, the node at its other end, its figures, and the most bit/s that it carries. ``charged``
    tells whether any link takes energy per hop: the loops over links wait for memory, and do not read a
    figure that is 0 everywhere.
nodes
    Per node: the pattern arc that computes there and the class of the device; per stage and class: cost
    and latency; per stage and node: whether the stage may be computed there.
weight
    The unit of the cost and the multiplier of the latency.
factors
    What the stages multiply the figures of links with: bits, share, time_bits and time_share of
    `finopt.problem.coefficients.StageFactors`.
spare
    Latency on this side and on the other side of each vertex, and the most they and a link between may take.

Loops over links count in unsigned numbers: signed ones could be negative, and each access would ask.
"""

from __future__ import annotations

import numpy as np

from finopt.problem.array_types import Bools, Floats, Ints
from finopt.solvers.jit import Kernel

# Plain tuples: it takes numba ten times as long to look through named ones.
Figures = tuple[Floats, Floats, Floats, Floats]
"""Energy per bit and per hop, seconds per bit and per hop, as `LinkFigures` has them."""

Links = tuple[Ints, Ints, Figures, Figures, Ints, Ints, Figures, bool, Floats]
"""Begin, edge, block_bound, node_bound, arc, far, figures, charged, room; see above."""

Nodes = tuple[Ints, Ints, Floats, Floats, Bools]
"""Arc, device_class, cost, seconds, usable; see above."""

Sent = tuple[Floats, Floats, Floats, Floats]
"""Bits, share, time_bits and time_share of `StageFactors`."""

Weight = tuple[float, float]
Spare = tuple[Floats, Floats, float]
Tree = tuple[Floats, Floats, Floats, Ints]


@Kernel
def alike_links(
    first: Ints, energy: Floats, seconds: Floats, figures: Floats, size: int
) -> tuple[Ints, Ints, Ints, Floats]:
    """Sort the links of each node, ``first[v]:first[v + 1]``, so that neighbours are alike.

    First by energy into about as many strips as a strip has blocks of ``size``, then within each strip by
    seconds. ``figures`` has a row per figure of a link. Returns the order, and begin, edge and bound of
    the blocks, the latter with a row per figure too.
    """
    nodes, order = first.size - 1, np.arange(energy.size).astype(np.int32)
    begin, edge = np.zeros(nodes + 1, np.int32), np.zeros(order.size + 1, np.int32)
    block_bound, count = np.zeros((len(figures), order.size + 1)), 0
    for v in range(nodes):
        links = order[first[v] : first[v + 1]]
        strip = size * max(1, int(np.sqrt(links.size / size)))
        if links.size > size:
            links[:] = links[np.argsort(energy[links], kind="mergesort")]
        for low in range(0, links.size, strip):
            part = links[low : low + strip]
            if part.size > size:
                part[:] = part[np.argsort(seconds[part], kind="mergesort")]
            for start in range(0, part.size, size):
                block = part[start : start + size]
                for k in range(len(figures)):
                    block_bound[k, count] = figures[k][block].min()
                edge[count + 1] = edge[count] + block.size
                count += 1
        begin[v + 1] = count
    return order, begin, edge[: count + 1].copy(), block_bound[:, : max(count, 1)].copy()


@Kernel
def sweep_layers(
    links: Links,
    nodes: Nodes,
    factors: Sent,
    weight: Weight,
    backward: bool,
    spare: Spare,
    tree: Tree,
) -> None:
    """Dijkstra at the weight ``unit * cost + multiplier * latency``, layer after layer; see above."""
    begin, edge, block_bound, node_bound, arc, far, figures, charged, room = links
    bit_energy, hop_energy, bit_seconds, hop_seconds = figures
    block_bit_energy, block_hop_energy, block_bit_seconds, block_hop_seconds = block_bound
    node_bit_energy, node_hop_energy, node_bit_seconds, node_hop_seconds = node_bound
    stage_bits, stage_share, stage_seconds, stage_wait = factors
    compute, kind, compute_cost, compute_time, usable = nodes
    (unit, multiplier), (since, until, last), (distance, cost, latency, via) = weight, spare, tree
    layers, width = distance.shape
    heap, place = np.empty(width, np.int32), np.empty(width, np.int32)
    for step in range(layers):
        layer = layers - 1 - step if backward else step
        before, s = (layer + 1, layer) if backward else (layer - 1, layer - 1)
        near, size = distance[layer], 0
        for v in range(width):
            if step > 0 and usable[s, v] and 0 <= distance[before, v] < np.inf and near[v] > 0:
                price, time = compute_cost[s, kind[v]], compute_time[s, kind[v]]
                near[v], via[layer, v] = distance[before, v] + unit * price + multiplier * time, compute[v]
                cost[layer, v], latency[layer, v] = cost[before, v] + price, latency[before, v] + time
            place[v] = -1
            if 0 <= near[v] < np.inf:
                hole, size = size, size + 1
                while hole > 0 and near[heap[(hole - 1) // 2]] > near[v]:
                    heap[hole] = heap[(hole - 1) // 2]
                    place[heap[hole]] = hole
                    hole = (hole - 1) // 2
                heap[hole], place[v] = v, hole
        if layer == layers - 1:
            continue
        bits, share = stage_bits[layer], stage_share[layer]
        seconds, wait = stage_seconds[layer], stage_wait[layer]
        node_bounds = unit * (bits * node_bit_energy + share * node_hop_energy) + multiplier * (
            seconds * node_bit_seconds + wait * node_hop_seconds
        )
        block_bounds = unit * (bits * block_bit_energy + share * block_hop_energy) + multiplier * (
            seconds * block_bit_seconds + wait * block_hop_seconds
        )
        worst, looked, shortest = (near - node_bounds).max(), 0, block_bounds.min()
        while size > 0:
            u, size = heap[0], size - 1
            moved, hole = heap[size], 0
            while 2 * hole + 1 < size:  # down to the bottom and up from there: it mostly stays far below
                child = 2 * hole + 1
                child += int(child + 1 < size and near[heap[child + 1]] < near[heap[child]])
                heap[hole] = heap[child]
                place[heap[hole]] = hole
                hole = child
            while hole > 0 and near[heap[(hole - 1) // 2]] > near[moved]:
                heap[hole] = heap[(hole - 1) // 2]
                place[heap[hole]] = hole
                hole = (hole - 1) // 2
            heap[hole], place[moved] = moved, hole
            if near[u] + shortest >= worst:
                break
            here, spent = near[u], since[layer, u]
            for k in range(np.uint64(begin[u]), np.uint64(begin[u + 1])):
                if here + block_bounds[k] >= worst:
                    continue
                looked += edge[k + 1] - edge[k]
                for i in range(np.uint64(edge[k]), np.uint64(edge[k + 1])):
                    price = bits * bit_energy[i]
                    if charged:
                        price += share * hop_energy[i]
                    time = seconds * bit_seconds[i] + wait * hop_seconds[i]
                    w, total = np.uint64(far[i]), here + unit * price + multiplier * time
                    if total >= near[w] or spent + time + until[layer, w] > last or bits > room[i]:
                        continue
                    near[w], via[layer, w] = total, arc[i]
                    cost[layer, w], latency[layer, w] = cost[layer, u] + price, latency[layer, u] + time
                    hole = place[w]
                    if hole < 0:
                        hole, size = size, size + 1
                    while hole > 0 and near[heap[(hole - 1) // 2]] > total:
                        heap[hole] = heap[(hole - 1) // 2]
                        place[heap[hole]] = hole
                        hole = (hole - 1) // 2
                    heap[hole], place[w] = w, hole
            if looked >= 4 * width:
                worst, looked = -np.inf, 0
                for v in range(width):
                    worst = max(worst, near[v] - node_bounds[v])


@Kernel
def complete_layers(
    links: Links,
    nodes: Nodes,
    factors: Sent,
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
    begin, edge, block_bound, node_bound, arc, far, figures, charged, room = links
    bit_energy, hop_energy, bit_seconds, hop_seconds = figures
    block_bit_energy, block_hop_energy, block_bit_seconds, block_hop_seconds = block_bound
    node_bit_energy, node_hop_energy, node_bit_seconds, node_hop_seconds = node_bound
    stage_bits, stage_share, stage_seconds, stage_wait = factors
    compute, kind, compute_cost, compute_time, usable = nodes
    (distance_to, cost_to, latency_to), (distance_back, cost_back, latency_back) = to, back
    arcs, best, best_arc = arc.size + compute.size, upper, -1
    for s in range(stage_bits.size):
        bits, share = stage_bits[s], stage_share[s]
        seconds, wait = stage_seconds[s], stage_wait[s]
        node_bounds = (bits * node_bit_energy + share * node_hop_energy) + multiplier * (
            seconds * node_bit_seconds + wait * node_hop_seconds
        )
        block_bounds = (bits * block_bit_energy + share * block_hop_energy) + multiplier * (
            seconds * block_bit_seconds + wait * block_hop_seconds
        )
        block_bounds += (distance_back[s] + node_bounds).min()
        for u in range(compute.size):
            reached = distance_to[s, u] - multiplier * limit
            if reached >= best:
                continue
            if usable[s, u] and reached + distance_back[s + 1, u] < best:
                total = cost_to[s, u] + compute_cost[s, kind[u]] + cost_back[s + 1, u]
                time = latency_to[s, u] + compute_time[s, kind[u]] + latency_back[s + 1, u]
                if total < best and time <= limit:
                    best, best_arc = total, s * arcs + compute[u]
            for k in range(np.uint64(begin[u]), np.uint64(begin[u + 1])):
                if reached + block_bounds[k] >= best:
                    continue
                for i in range(np.uint64(edge[k]), np.uint64(edge[k + 1])):
                    w, price = np.uint64(far[i]), bits * bit_energy[i]
                    if charged:
                        price += share * hop_energy[i]
                    time = seconds * bit_seconds[i] + wait * hop_seconds[i]
                    if reached + price + multiplier * time + distance_back[s, w] < best:
                        total = cost_to[s, u] + price + cost_back[s, w]
                        time = latency_to[s, u] + time + latency_back[s, w]
                        if total < best and time <= limit and bits <= room[i]:
                            best, best_arc = total, s * arcs + arc[i]
    return best, best_arc


@Kernel
def surviving_arcs(
    links: Links,
    nodes: Nodes,
    factors: Sent,
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

    The weight is cost + multiplier * latency. As many as there is room for are written to ``found``, in no
    order; returns how many there are.
    """
    begin, edge, block_bound, node_bound, arc, far, figures, charged, room = links
    bit_energy, hop_energy, bit_seconds, hop_seconds = figures
    block_bit_energy, block_hop_energy, block_bit_seconds, block_hop_seconds = block_bound
    node_bit_energy, node_hop_energy, node_bit_seconds, node_hop_seconds = node_bound
    stage_bits, stage_share, stage_seconds, stage_wait = factors
    compute, kind, compute_cost, compute_time, usable = nodes
    arcs, count = arc.size + compute.size, 0
    for s in range(stage_bits.size):
        bits, share = stage_bits[s], stage_share[s]
        seconds, wait = stage_seconds[s], stage_wait[s]
        node_seconds = seconds * node_bit_seconds + wait * node_hop_seconds
        block_seconds = seconds * block_bit_seconds + wait * block_hop_seconds
        node_energy = bits * node_bit_energy + share * node_hop_energy
        block_bounds = bits * block_bit_energy + share * block_hop_energy + multiplier * block_seconds
        block_bounds += (weight_back[s] + node_energy + multiplier * node_seconds).min()
        block_seconds += (latency_back[s] + node_seconds).min()
        for u in range(compute.size):
            reached, since = weight_to[s, u], latency_to[s, u]
            if not (reached <= most and since <= limit):
                continue
            time = compute_time[s, kind[u]]
            total = reached + compute_cost[s, kind[u]] + multiplier * time + weight_back[s + 1, u]
            if usable[s, u] and total <= most and since + time + latency_back[s + 1, u] <= limit:
                if count < found.size:
                    found[count] = s * arcs + compute[u]
                count += 1
            for k in range(np.uint64(begin[u]), np.uint64(begin[u + 1])):
                if reached + block_bounds[k] > most or since + block_seconds[k] > limit:
                    continue
                for i in range(np.uint64(edge[k]), np.uint64(edge[k + 1])):
                    w, price = np.uint64(far[i]), bits * bit_energy[i]
                    if charged:
                        price += share * hop_energy[i]
                    time = seconds * bit_seconds[i] + wait * hop_seconds[i]
                    total = reached + price + multiplier * time + weight_back[s, w]
                    if total <= most and since + time + latency_back[s, w] <= limit and bits <= room[i]:
                        if count < found.size:
                            found[count] = s * arcs + arc[i]
                        count += 1
    return count
