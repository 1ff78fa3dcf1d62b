"""The compiled loops of the value tables; see `finopt.graph.kernels` for how they run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finopt.heuristics.joint.computing import Tables
from finopt.problem.array_types import Floats, Ints
from finopt.problem.coefficients import LinkFigures, NodeFigures, StageFactors
from finopt.solvers.jit import Kernel

Decisions = NDArray[np.int16]


@Kernel
def fill_table(
    compute_cost: Floats,
    compute_increment: Ints,
    links: LinkFigures,
    sending_increment: Ints,
    sending_fits: NDArray[np.bool_],
    factors: StageFactors,
    entering: Ints,
    tail: Ints,
    place: Ints,
    levels: int,
    steps: Ints,
    level: Ints,
    cost: Floats,
    decision: Decisions,
) -> bool:
    """Least cost to finish from every (stage, node) within every number of levels, from the last stage back.

    The cost falls in steps as levels grow: step k of row r, stage i, node v begins at ``level[r, i, v, k]``
    with ``cost[r, i, v, k]`` and ``decision[r, i, v, k]``: compute (-1), or cross the link that is number
    ``decision`` of those that leave v. There are ``steps[r, i, v]``; those of the last stage are given.
    Arcs ``entering[v]:entering[v + 1]`` of the links sorted by head enter v; ``place`` is their number among
    the links that leave their tail; ``links`` has their figures, prices included. Crossing link a at stage i
    takes ``sending_increment[i, a]`` levels, if ``sending_fits[r, i, a]``; paths of more than ``levels`` do
    not count. Returns whether there was room for all steps.
    """
    rows, stages, nodes, room = level.shape[0], level.shape[1] - 1, level.shape[2], level.shape[3]
    new_level, new_cost = np.empty(room + 1, np.int32), np.empty(room + 1)
    new_decision = np.empty(room + 1, np.int16)
    per_bit, per_hop = links.energy_per_bit, links.energy_per_hop
    for turn in range(rows * stages):
        r, i = turn // stages, stages - 1 - turn % stages
        bits, share = factors.bits[i], factors.share[i]
        waiting = np.zeros(nodes, np.bool_)
        for v in range(nodes):
            count = 0
            for k in range(steps[r, i + 1, v]):
                reached = level[r, i + 1, v, k] + compute_increment[i, v]
                if reached > levels or compute_cost[r, i, v] == np.inf:
                    break
                level[r, i, v, k] = reached
                cost[r, i, v, k] = cost[r, i + 1, v, k] + compute_cost[r, i, v]
                decision[r, i, v, k] = -1
                count += 1
            steps[r, i, v] = count
            waiting[v] = count > 0
        while waiting.any():
            for v in range(nodes):
                if not waiting[v]:
                    continue
                waiting[v] = False
                size = steps[r, i, v]
                for a in range(entering[v], entering[v + 1]):
                    u, increment = tail[a], sending_increment[i, a]
                    price = bits * per_bit[a] + share * per_hop[a]
                    if level[r, i, v, 0] + increment > levels or not sending_fits[r, i, a]:
                        continue
                    own = steps[r, i, u]
                    later = own > 0 and level[r, i, v, 0] + increment >= level[r, i, u, 0]
                    if later and cost[r, i, v, size - 1] + price >= cost[r, i, u, 0]:
                        continue  # at best no better than u at its first step
                    x, y, count, better = 0, 0, 0, False
                    least = np.inf
                    while x < own or y < size:
                        mine = level[r, i, u, x] if x < own else np.int32(2147483647)
                        other = np.int32(2147483647)
                        if y < size and level[r, i, v, y] + increment <= levels:
                            other = level[r, i, v, y] + increment
                        if mine == other == 2147483647:
                            break
                        if count > room:
                            return False
                        if mine <= other and (mine < other or cost[r, i, u, x] <= cost[r, i, v, y] + price):
                            if cost[r, i, u, x] < least:
                                least = cost[r, i, u, x]
                                new_level[count], new_cost[count] = mine, least
                                new_decision[count] = decision[r, i, u, x]
                                count += 1
                            x += 1
                        else:
                            if cost[r, i, v, y] + price < least:
                                least = cost[r, i, v, y] + price
                                new_level[count], new_cost[count] = other, least
                                new_decision[count] = place[a]
                                count += 1
                                better = True
                            y += 1
                    if better:
                        if count > room:
                            return False
                        for k in range(count):
                            level[r, i, u, k], cost[r, i, u, k] = new_level[k], new_cost[k]
                            decision[r, i, u, k] = new_decision[k]
                        steps[r, i, u] = count
                        waiting[u] = True
    return True


@Kernel
def shorten(seconds: Floats, tail: Ints, head: Ints, least: Floats) -> None:
    """Shorten the least latencies of one stage over links, in place, until nothing changes (Bellman-Ford)."""
    changed = True
    while changed:
        changed = False
        for a in range(tail.size):
            over = seconds[a] + least[head[a]]
            if over < least[tail[a]]:
                least[tail[a]] = over
                changed = True


@Kernel
def look_up(
    source: Ints,
    position: Ints,
    rate: Floats,
    limit: Floats,
    nodes: NodeFigures,
    device_class: Ints,
    tables: Tables,
    speed: Floats,
    per_op: Floats,
    compute: Floats,
    memory: Floats,
    memory_price: Floats,
    uplinks: Ints,
    uplink_head: Ints,
    links: LinkFigures,
    bandwidth: Floats,
    factors: StageFactors,
    at_home: NDArray[np.bool_],
    least: Floats,
    inverse: Floats,
    levels: int,
    steps: Ints,
    table_level: Ints,
    table_cost: Floats,
    per_level: float,
    level_tolerance: float,
    slack_tolerance: float,
    value: Floats,
    leave: Ints,
    link: Ints,
    step: Ints,
    row: Ints,
) -> None:
    """The cheapest start of every application: blocks at home, then one link into the table, or none.

    Nodes and links are numbered as in the network; ``position`` is that of a node in the table or -1, links
    ``uplinks[v]:uplinks[v + 1]`` leave node v for nodes ``uplink_head`` of the table. Figures of nodes and
    uplinks include prices, those of classes that were measured do not: ``per_op`` has the price of compute
    and ``speed`` how much of it a busy second takes. ``compute``, ``memory`` and ``bandwidth`` are what is
    left of them. They and the limits have their tolerance. ``least`` is
    the least latency to finish from a (stage, node) of the table, and levels count what is left beyond it.
    Results per application: cost per sample, the stage at which it leaves home, the uplink (-1: none), the
    step of the table that it is on then and the row. ``inverse`` are the inverse rates of the rows,
    ascending. Least costs are concave in the inverse rate, so that those in between, interpolated, come out
    too low rather than too high.
    """
    share, ops_of, bits, memory_of, wait, time_ops, time_bits = factors
    energy_per_bit, energy_per_hop, seconds_per_bit, seconds_per_hop = links
    stages = share.size
    found, begun = np.empty(2), np.zeros(2, np.int32)
    for k in range(source.size):
        home = source[k]
        value[k], leave[k], link[k], step[k] = np.inf, -1, -1, -1
        low = 0
        while low + 2 < inverse.size and inverse[low + 1] <= 1 / rate[k]:
            low += 1
        high = min(low + 1, inverse.size - 1)
        weight = 0.0
        if high > low:
            weight = min(max((1 / rate[k] - inverse[low]) / (inverse[high] - inverse[low]), 0.0), 1.0)
        if weight == 1.0:
            low, weight = high, 0.0
        row[k] = high if weight > 0.5 else low
        inside = position[home] >= 0
        kind = device_class[home]
        measured = tables.measured[0, kind]
        cost, seconds, ops, held = 0.0, 0.0, 0.0, 0.0
        for i in range(stages + 1):
            if i == stages or (inside and i > 0):
                if not inside and cost < value[k]:
                    value[k], leave[k], link[k], step[k] = cost, i, -1, 0
                break
            first, last = uplinks[home], uplinks[home + 1]
            if inside:
                first, last = -1, 0
            for a in range(first, last):
                gate, total, rest = position[home], cost, limit[k] - seconds
                if a >= 0:
                    if rate[k] * bits[i] > bandwidth[a]:
                        continue
                    gate = position[uplink_head[a]]
                    total = cost + (bits[i] * energy_per_bit[a] + share[i] * energy_per_hop[a])
                    rest -= time_bits[i] * seconds_per_bit[a] + wait[i] * seconds_per_hop[a]
                rest -= least[i, gate]
                if not rest >= 0:
                    continue
                left = int(min(float(levels), rest * per_level * (1 + level_tolerance) + slack_tolerance))
                for side in range(2):
                    r = low if side == 0 else high
                    x, y = 0, steps[r, i, gate]
                    while x < y:  # how many steps begin within what is left
                        middle = (x + y) // 2
                        if table_level[r, i, gate, middle] <= left:
                            x = middle + 1
                        else:
                            y = middle
                    found[side], begun[side] = table_cost[r, i, gate, x - 1] if x > 0 else np.inf, x - 1
                    if weight == 0:
                        found[1] = found[0]
                        break
                if found[0] == np.inf or found[1] == np.inf:
                    continue
                total += found[0] + weight * (found[1] - found[0])
                if total < value[k]:
                    value[k], leave[k], link[k] = total, i, a
                    step[k] = begun[1 if weight > 0.5 else 0]
            held += memory_of[i]
            if measured:
                load = tables.busy[i, kind] * speed[home]
                ops += rate[k] * load
                cost += tables.energy[i, kind] + load * per_op[home]
                cost += memory_of[i] * memory_price[home] / rate[k]
                seconds += tables.seconds[i, kind]
            else:
                ops += rate[k] * ops_of[i]
                cost += ops_of[i] * nodes.energy_per_op[home] + memory_of[i] * memory_price[home] / rate[k]
                seconds += time_ops[i] * nodes.seconds_per_op[home]
            fits = ops <= compute[home] and held <= memory[home]
            if not (at_home[i] and tables.runs[i, kind] and fits and seconds <= limit[k]):
                break


@Kernel
def most_slack(
    source: Ints,
    position: Ints,
    limit: Floats,
    nodes: NodeFigures,
    device_class: Ints,
    tables: Tables,
    uplinks: Ints,
    uplink_head: Ints,
    links: LinkFigures,
    factors: StageFactors,
    least: Floats,
    slack: Floats,
) -> None:
    """The most time beyond the least that each application can have left where it enters a table.

    Arguments as for `look_up`; ``slack`` is -inf where it cannot enter in time.
    """
    for k in range(source.size):
        home, slack[k] = source[k], -np.inf
        if position[home] >= 0:
            slack[k] = limit[k] - least[0, position[home]]
            continue
        seconds = 0.0
        for i in range(factors.share.size):
            for a in range(uplinks[home], uplinks[home + 1]):
                spent = seconds + factors.time_bits[i] * links.seconds_per_bit[a]
                spent += factors.time_share[i] * links.seconds_per_hop[a]
                slack[k] = max(slack[k], limit[k] - spent - least[i, position[uplink_head[a]]])
            kind = device_class[home]
            if tables.measured[0, kind]:
                seconds += tables.seconds[i, kind]
            else:
                seconds += factors.time_ops[i] * nodes.seconds_per_op[home]
            if not tables.runs[i, kind]:
                break


@Kernel
def follow(
    row: Ints,
    stage: Ints,
    node: Ints,
    begin: Ints,
    compute_increment: Ints,
    sending_increment: Ints,
    leaving: Ints,
    order: Ints,
    head: Ints,
    steps: Ints,
    level: Ints,
    decision: Decisions,
    nodes: Ints,
    hops: Ints,
) -> int:
    """The paths that a table means from some of its entries on.

    ``nodes[k, i]`` becomes the node of block i (-1 before the path starts); ``hops`` gets rows of (path,
    stage, link), as many as fit. Returns how many rows there are.
    """
    stages = decision.shape[1] - 1
    count = 0
    for k in range(stage.size):
        r, i, v = row[k], stage[k], node[k]
        rest = level[r, i, v, begin[k]]
        while i < stages:
            step = steps[r, i, v] - 1
            while level[r, i, v, step] > rest:
                step -= 1
            rest = level[r, i, v, step]
            if decision[r, i, v, step] == -1:
                nodes[k, i] = v
                rest -= compute_increment[i, v]
                i += 1
                continue
            a = order[leaving[v] + decision[r, i, v, step]]
            if count < hops.shape[0]:
                hops[count, 0], hops[count, 1], hops[count, 2] = k, i, a
            count += 1
            rest -= sending_increment[i, a]
            v = head[a]
    return count
