"""The compiled loops of `finopt.heuristics.joint.annealing`; see `finopt.graph.kernels` for how they run."""

from __future__ import annotations

import numpy as np

from finopt.problem.array_types import Floats, Ints
from finopt.solvers.jit import Kernel

PAIR_DISTANCE = 64
"""How far apart the two applications of a double move are at most."""


@Kernel
def relief(
    start: Ints,
    chosen: Ints,
    priced: Floats,
    load_start: Ints,
    load_of: Ints,
    load: Floats,
    used: Floats,
    capacity: Floats,
    loss: Floats,
) -> None:
    """What it costs per unit of overload, at best, to move each application; inf if it takes no part.

    Candidates ``start[h]:start[h + 1]`` are those of application h, ``chosen[h]`` the one it has (-1: none).
    Candidate c uses ``load[j]`` of capacity ``load_of[j]`` for j in ``load_start[c]:load_start[c + 1]``.
    Loads are shares of capacities, and so is ``used``.
    """
    for h in range(chosen.size):
        now = chosen[h]
        loss[h] = np.inf
        if now < 0:
            continue
        over = 0.0
        for j in range(load_start[now], load_start[now + 1]):
            over += min(max(used[load_of[j]] - capacity[load_of[j]], 0.0), load[j])
        if over <= 0:
            continue
        for c in range(start[h], start[h + 1]):
            if c != now:
                loss[h] = min(loss[h], (priced[c] - priced[now]) / over)


@Kernel
def move(
    order: Ints,
    start: Ints,
    chosen: Ints,
    value: Floats,
    load_start: Ints,
    load_of: Ints,
    load: Floats,
    used: Floats,
    capacity: Floats,
    only_overloaded: bool,
    evict: bool,
) -> int:
    """Move applications, in order, to the candidate of least value that fits; returns how many moved.

    With ``only_overloaded``, those that use an overloaded capacity, wherever they fit; ``evict``: nowhere, if
    they fit nowhere. Otherwise any, but only to a candidate of less value than theirs.
    """
    moved = 0
    for h in order:
        now = chosen[h]
        if only_overloaded:
            over = False
            if now >= 0:
                for j in range(load_start[now], load_start[now + 1]):
                    over = over or used[load_of[j]] > capacity[load_of[j]]
            if not over:
                continue
        if now >= 0:
            for j in range(load_start[now], load_start[now + 1]):
                used[load_of[j]] -= load[j]
        best, least = -1, np.inf
        if now >= 0 and not only_overloaded:
            best, least = now, value[now]
        for c in range(start[h], start[h + 1]):
            if value[c] >= least:
                continue
            fits = True
            for j in range(load_start[c], load_start[c + 1]):
                if used[load_of[j]] + load[j] > capacity[load_of[j]]:
                    fits = False
                    break
            if fits:
                best, least = c, value[c]
        if best < 0 and not evict:
            best = now
        if best >= 0:
            for j in range(load_start[best], load_start[best + 1]):
                used[load_of[j]] += load[j]
        if best != now:
            moved += 1
            chosen[h] = best
    return moved


@Kernel
def anneal(
    open_: Ints,
    start: Ints,
    chosen: Ints,
    power: Floats,
    load_start: Ints,
    load_of: Ints,
    load: Floats,
    used: Floats,
    capacity: Floats,
    fine: Floats,
    hottest: float,
    coldest: float,
    growth: float,
    moves: int,
    seed: int,
) -> None:
    """Simulated annealing of the power plus ``fine`` per share of overload, over the applications ``open_``.

    A move gives one application another of its candidates, every other move two that are close to each other
    in ``open_``. Kirkpatrick, Gelatt and Vecchi: Optimization by simulated annealing, Science 220 (1983).
    Random numbers: a linear congruential generator (Knuth's MMIX) of which the upper bits are used.
    """
    state = np.int64(seed * 2654435761 + 1442695040888963407)
    who, where = np.zeros(2, np.int32), np.zeros(2, np.int32)
    for t in range(moves):
        temperature = hottest * (coldest / hottest) ** (t / moves)
        steep = growth ** (t / moves)
        change, pair, at = 0.0, 1 + t % 2, np.int64(0)
        for side in range(pair):
            state = state * np.int64(6364136223846793005) + np.int64(1442695040888963407)
            draw = (state >> np.int64(33)) & np.int64(0x3FFFFFFF)
            at = draw % open_.size if side == 0 else (at + 1 + draw % PAIR_DISTANCE) % open_.size
            h = open_[at]
            state = state * np.int64(6364136223846793005) + np.int64(1442695040888963407)
            draw = (state >> np.int64(33)) & np.int64(0x3FFFFFFF)
            c = start[h] + np.int32(draw % (start[h + 1] - start[h]))
            if power[c] == np.inf:
                c = chosen[h]
            who[side], where[side] = h, chosen[h]
            now = chosen[h]
            chosen[h] = c
            change += power[c] - power[now]
            for j in range(load_start[now], load_start[now + 1]):
                k = load_of[j]
                over = max(used[k] - capacity[k], 0.0)
                used[k] -= load[j]
                change -= steep * fine[k] * (over - max(used[k] - capacity[k], 0.0))
            for j in range(load_start[c], load_start[c + 1]):
                k = load_of[j]
                over = max(used[k] - capacity[k], 0.0)
                used[k] += load[j]
                change += steep * fine[k] * (max(used[k] - capacity[k], 0.0) - over)
        if change <= 0:
            continue
        state = state * np.int64(6364136223846793005) + np.int64(1442695040888963407)
        uniform = ((state >> np.int64(33)) & np.int64(0x3FFFFFFF)) / 1073741824.0
        if uniform < np.exp(-change / temperature):
            continue
        for side in range(pair - 1, -1, -1):
            h, now = who[side], where[side]
            c = chosen[h]
            for j in range(load_start[c], load_start[c + 1]):
                used[load_of[j]] -= load[j]
            for j in range(load_start[now], load_start[now + 1]):
                used[load_of[j]] += load[j]
            chosen[h] = now
