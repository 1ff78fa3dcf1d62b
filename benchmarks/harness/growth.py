"""How run time grows: median and quartiles, exponent of time against size."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

Point = tuple[float, float]
"""Size and seconds of one run."""


class Spread(NamedTuple):
    """Median and quartiles."""

    median: float
    low: float
    high: float


class Fit(NamedTuple):
    """time = factor * size ** exponent, with the standard error of the exponent (None for two points)."""

    exponent: float
    factor: float
    error: float | None
    points: int


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles of at least one value."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(middle, low, high)


def by_size(points: Iterable[Point]) -> list[list[Point]]:
    """The points of each size, smallest first."""
    groups: dict[float, list[Point]] = defaultdict(list)
    for point in points:
        groups[point[0]].append(point)
    return [groups[size] for size in sorted(groups)]


def fits(sizes: Sequence[Sequence[Point]]) -> tuple[Fit | None, Fit | None]:
    """The fit over all sizes, and that over the larger half of them.

    On the larger half constant costs weigh less, so its exponent says more.
    """
    larger = sizes[len(sizes) // 2 :]
    return fit(chain.from_iterable(sizes)), fit(chain.from_iterable(larger))


def fit(points: Iterable[Point]) -> Fit | None:
    """Least squares of log time against log size; None with fewer than two different sizes."""
    logs = [(math.log(size), math.log(seconds)) for size, seconds in points if size > 0 and seconds > 0]
    if len({x for x, _ in logs}) < 2:
        return None
    xs, ys = zip(*logs, strict=True)
    slope, intercept = statistics.linear_regression(xs, ys)
    return Fit(slope, math.exp(intercept), _error(logs, slope, intercept), len(logs))


def _error(logs: Sequence[Point], slope: float, intercept: float) -> float | None:
    """The standard error of the slope."""
    if len(logs) <= 2:
        return None
    squares = sum((y - slope * x - intercept) ** 2 for x, y in logs)
    centre = statistics.fmean(x for x, _ in logs)
    return math.sqrt(squares / (len(logs) - 2) / sum((x - centre) ** 2 for x, _ in logs))
