"""Many sums of many figures at once, with a bound on their rounding, and single ones exactly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from finopt.problem.tolerances import UNIT

Array = NDArray[np.float64]


def sums(group: NDArray[np.integer], values: Array, groups: int) -> tuple[Array, Array]:
    """The sum of the values of each group, and a bound on its error.

    Parameters
    ----------
    group : array of int, shape (n,)
        Group of each value, from 0 on.
    values : array, shape (n,)
        Not negative.
    groups : int
        How many there are.

    Returns
    -------
    total, error : arrays, shape (groups,)
        Each value counts as exact: what went wrong before is for the caller to add.

    Notes
    -----
    Every value is split into a multiple of a power of two that is so coarse that sums of such multiples are
    exact, and a rest. Only the sums of the rests are rounded, n rests each a part in 2^52 of the largest
    value times n. O(n).

    Examples
    --------
    >>> total, error = sums(np.zeros(10, dtype=int), np.full(10, 0.1), 1)
    >>> total.tolist(), bool(error[0] < 1e-15)
    ([1.0], True)
    """
    largest = float(values.max(initial=0.0)) * len(values)
    grid = 2.0 ** max(np.frexp(largest)[1] - 51, -1000)
    anchor = 1.5 * 2.0**52 * grid
    coarse = (values + anchor) - anchor
    rest = values - coarse
    exact = by_group(group, coarse, groups)
    rests = by_group(group, rest, groups)
    magnitude = by_group(group, np.abs(rest), groups)
    count = np.bincount(group, minlength=groups)
    total = exact + rests
    return total, UNIT * (total + 1.01 * count * magnitude)


def by_group(group: NDArray[np.integer], values: Array, groups: int) -> Array:
    """The sum of the values of each group, added one after the other."""
    total: Array = np.bincount(group, weights=values, minlength=groups).astype(np.float64)
    return total


def exact_sum(values: Array) -> Fraction:
    """The sum of figures as a fraction, without any rounding; O(n) in array operations.

    Examples
    --------
    >>> exact_sum(np.full(10, 0.1)) == 10 * Fraction(0.1)
    True
    """
    mantissa, exponent = np.frexp(values)
    whole = (mantissa * 2.0**53).astype(np.int64)
    total = Fraction(0)
    for power in np.unique(exponent).tolist():
        part = whole[exponent == power]
        high, low = part >> 26, part & (2**26 - 1)  # sums of either fit 64 bits
        total += ((int(high.sum()) << 26) + int(low.sum())) * Fraction(2) ** (power - 53)
    return total
