"""How much of every shared capacity each partition may use.

Allotments of all partitions never sum to more than there is, and a partition never uses more than its own:
whatever happens to a worker, together they overload nothing.
"""

from __future__ import annotations

import numpy as np

from finopt.problem.array_types import Floats

BY_USE = 0.9
"""Share of what is free that is allotted in proportion to use, the rest in proportion to applications."""


def allotted(limit: Floats, used: Floats, size: Floats) -> Floats:
    """What each uses, and a part of what is free.

    Parameters
    ----------
    limit : ndarray, shape (capacities,)
    used : ndarray, shape (partitions, capacities)
        By the mix, or by what is chosen.
    size : ndarray, shape (partitions,)
        Number of applications.

    Examples
    --------
    >>> allotted(np.array([10.0]), np.array([[6.0], [2.0]]), np.array([1.0, 1.0])).round(2).tolist()
    [[7.45], [2.55]]
    """
    total = used.sum(axis=0)
    by_size = np.broadcast_to((size / size.sum())[:, None], used.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_use = np.where(total > 0, used / total, by_size)
    weight = BY_USE * by_use + (1 - BY_USE) * by_size
    free = _free(limit, total)
    part = np.where(np.isinf(free), np.inf, weight * np.where(np.isinf(free), 0.0, free))
    return _within(limit, used + part)


def everything_left(limit: Floats, used: Floats, number: int) -> Floats:
    """What one partition may use while the others stay as they are."""
    allotment = used.copy()
    allotment[number] += _free(limit, used.sum(axis=0))
    own: Floats = _within(limit, allotment)[number]
    return own


def with_room_for(limit: Floats, used: Floats, number: int, wanted: Floats) -> Floats:
    """What each may use if the others make room for what one would like, in proportion to their use."""
    lacking = np.maximum(wanted - _free(limit, used.sum(axis=0)), 0.0)
    others = used.copy()
    others[number] = 0.0
    total = others.sum(axis=0)
    share = np.divide(np.minimum(lacking, total), total, out=np.zeros_like(total), where=total > 0)
    left: Floats = used - others * share
    return left


def _free(limit: Floats, total: Floats) -> Floats:
    free: Floats = np.where(np.isinf(limit), np.inf, np.maximum(limit - total, 0.0))
    return free


def _within(limit: Floats, allotment: Floats) -> Floats:
    """Scaled down where rounding, or tolerances that were used, made them more than there is."""
    total = allotment.sum(axis=0)
    over = np.isfinite(limit) & (total > limit)
    factor = np.divide(limit, total, out=np.ones_like(total), where=over)
    scaled: Floats = allotment * factor
    return scaled
