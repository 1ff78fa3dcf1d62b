"""How run time grows: median and quartiles per size, exponent of time against arcs."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.rows import Row


class Spread(NamedTuple):
    """Median and quartiles."""

    median: float
    low: float
    high: float


class Fit(NamedTuple):
    """time = factor * arcs ** exponent, with the standard error of the exponent (None for two points)."""

    exponent: float
    factor: float
    error: float | None
    points: int


class Size(NamedTuple):
    """The runs of one method on one size: (arcs, seconds) of each, and how many the limit cut off."""

    topology: str
    nodes: int
    blocks: int
    points: list[tuple[int, float]]
    cut: int

    @property
    def arcs(self) -> float:
        """Median number of arcs: random networks of one size differ a little."""
        return statistics.median(arcs for arcs, _ in self.points)

    @property
    def times(self) -> list[float]:
        """Seconds of each run."""
        return [seconds for _, seconds in self.points]

    @property
    def label(self) -> str:
        """Topology and nodes x blocks."""
        return f"{self.topology} {self.nodes}x{self.blocks}"


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles of at least one value."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(middle, low, high)


def cut_off(row: Row) -> bool:
    """Whether the run would have gone on: its time is a lower bound only."""
    return row["termination"] in ("TIME_LIMIT", "KILLED")


def sizes(rows: Iterable[Row]) -> list[Size]:
    """Runs that were timed, grouped by size, by growing number of arcs; failed runs have no time."""
    groups: dict[tuple[str, int, int], list[Row]] = defaultdict(list)
    for row in rows:
        if row.get("total_s") is not None and row.get("arcs") and row["termination"] != "ERROR":
            groups[row["topology"], row["nodes"], row["blocks"]].append(row)
    found = [
        Size(topology, nodes, blocks, [(r["arcs"], r["total_s"]) for r in group], sum(map(cut_off, group)))
        for (topology, nodes, blocks), group in groups.items()
    ]
    return sorted(found, key=lambda size: size.arcs)


def fit(points: Iterable[tuple[float, float]]) -> Fit | None:
    """Least squares of log time against log arcs; None with fewer than two different numbers of arcs."""
    logs = [(math.log(arcs), math.log(seconds)) for arcs, seconds in points if arcs > 0 and seconds > 0]
    if len({x for x, _ in logs}) < 2:
        return None
    xs, ys = zip(*logs, strict=True)
    slope, intercept = statistics.linear_regression(xs, ys)
    error = None
    if len(logs) > 2:
        squares = sum((y - slope * x - intercept) ** 2 for x, y in logs)
        centre = statistics.fmean(xs)
        error = math.sqrt(squares / (len(logs) - 2) / sum((x - centre) ** 2 for x in xs))
    return Fit(slope, math.exp(intercept), error, len(logs))


def growth(rows: Iterable[Row], *, larger_half: bool = False) -> Fit | None:
    """Fit over the sizes on which no run was cut off: cut-off times would flatten the line.

    On the larger half of those sizes constant costs weigh less, so the exponent says more.
    """
    whole = [size for size in sizes(rows) if not size.cut]
    return fit(point for size in whole[len(whole) // 2 if larger_half else 0 :] for point in size.points)
