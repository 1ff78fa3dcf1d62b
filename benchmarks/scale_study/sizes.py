"""The runs of one size, and how time grows with the sizes."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import NamedTuple

from harness.growth import Fit, fits
from harness.rows import Row, cut_off, grouped


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


def name_of(row: Row) -> tuple[str, int, int]:
    """What the size of a row is called."""
    return row["topology"], row["nodes"], row["blocks"]


def sizes(rows: Iterable[Row]) -> list[Size]:
    """Runs that were timed, grouped by size, by growing number of arcs; failed runs have no time."""
    timed = (
        row
        for row in rows
        if row.get("total_s") is not None and row.get("arcs") and row["termination"] != "ERROR"
    )
    found = [
        Size(*name, [(row["arcs"], row["total_s"]) for row in group], sum(map(cut_off, group)))
        for name, group in grouped(timed, name_of).items()
    ]
    return sorted(found, key=lambda size: size.arcs)


def growth(rows: Iterable[Row]) -> tuple[Fit | None, Fit | None]:
    """Fits over all sizes and over the larger half of them, without sizes on which a run was cut off.

    Cut-off times would flatten the line.
    """
    return fits([size.points for size in sizes(rows) if not size.cut])
