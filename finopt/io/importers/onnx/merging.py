"""A wanted number of blocks: which of the possible cuts to keep."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from finopt.problem.extras import extra_module

MOST_CANDIDATES = 2000
"""Cuts that are compared; of more, the smallest tensors of equal spans of operations are."""


def chosen_cuts(ops: Sequence[float], bits: Sequence[float], count: int, forced: Set[int]) -> list[int]:
    """Indices of the cuts to keep, so that `count` blocks result.

    Parameters
    ----------
    ops : sequence of float
        Operations before each cut, counted from the start, and at the end those of the whole trunk;
        shape (cuts + 1,).
    bits : sequence of float
        Size of the tensor at each cut [bit], shape (cuts,).
    count : int
        Blocks, from ``len(forced) + 1`` to ``len(bits) + 1``.
    forced : frozenset of int
        Cuts that are kept in any case.

    Notes
    -----
    Dynamic programming minimises the sum over the blocks of ``(ops of the block / (total / count) - 1)^2``
    plus the sum over the cuts of ``bits / largest bits at any possible cut``: equal work and small tensors
    weigh the same. Ties go to earlier cuts.
    """
    np = extra_module("numpy", "onnx", "choosing cuts")
    kept = _candidates(bits, count, forced)
    done = np.array([0.0, *(ops[index] for index in kept), ops[-1]]) * (count / max(ops[-1], 1))
    charge = np.array([0.0, *(bits[index] for index in kept), 0.0]) / max(*bits, 1)
    barrier = {1 + place for place, index in enumerate(kept) if index in forced}  # no block goes across
    least = np.full(len(done), np.inf)  # cost of the blocks up to each place: the start, the cuts, the end
    least[0] = 0.0
    before = []
    for _ in range(count):
        least, nearest = _one_more_block(np, least, done, charge, barrier)
        before.append(nearest)
    return _followed_back(before, kept)


def _one_more_block(np: Any, least: Any, done: Any, charge: Any, barrier: Set[int]) -> tuple[Any, list[int]]:
    """Least cost with a further block that ends at each place, and where it begins."""
    new = np.full(len(done), np.inf)
    nearest = [0] * len(done)
    low = 0
    for end in range(1, len(done)):
        cost = least[low:end] + (done[end] - done[low:end] - 1) ** 2
        nearest[end] = low + int(np.argmin(cost))
        new[end] = cost[nearest[end] - low] + charge[end]
        low = end if end in barrier else low
    return new, nearest


def _followed_back(before: Sequence[Sequence[int]], kept: Sequence[int]) -> list[int]:
    """The cuts on the way to the end."""
    place, found = len(kept) + 1, []
    for nearest in reversed(before[1:]):
        place = nearest[place]
        found.append(kept[place - 1])
    return found[::-1]


def _candidates(bits: Sequence[float], count: int, forced: Set[int]) -> list[int]:
    """All cuts, or the forced ones and the smallest of equal shares."""
    most = max(MOST_CANDIDATES, 2 * count)
    if len(bits) <= most:
        return list(range(len(bits)))
    smallest: dict[int, int] = {}
    for index, size in enumerate(bits):
        share = index * most // len(bits)
        if share not in smallest or size < bits[smallest[share]]:
            smallest[share] = index
    return sorted({*forced, *smallest.values()})
