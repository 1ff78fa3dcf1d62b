"""FIN as published on the papers' grid: where its three stages alone match the optimum, and where not."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.quality import TOLERANCE
from harness.rows import Row
from harness.tables import NOTHING, markdown

from finopt.problem.formatting import percent
from paper_study import grid
from paper_study.scenario import NETWORKS

TEXT = """The three stages of the papers and nothing else (`finopt.solve(instance, "fin-published", gamma=)`),
with the gammas of the authors' scripts and without lambda: how far their energy is above the optimum, over
the points at which they have a plan. *Lost*: points with a plan that rounding up loses, because every path
that keeps the limit ends above level gamma."""


class Found(NamedTuple):
    """Relative distances to the optimum where there is a plan, and points at which it was lost."""

    gaps: list[float]
    lost: int

    @property
    def points(self) -> int:
        """Points that can be met."""
        return len(self.gaps) + self.lost

    @property
    def matched(self) -> int:
        """Points at which the optimum is found."""
        return sum(gap <= TOLERANCE for gap in self.gaps)

    @property
    def worst(self) -> str:
        """The largest distance in words."""
        return percent(max(0.0, *self.gaps)) if self.gaps else NOTHING


def found(rows: Sequence[Row], method: str) -> Found:
    """What a method finds at the points that the optimum can meet."""
    best, own = grid.energies(rows, grid.OPTIMUM), grid.energies(rows, method)
    pairs = [(energy, own[at]) for at, energy in best.items() if energy is not None]
    gaps = [energy / least - 1 for least, energy in pairs if energy is not None]
    return Found([gap if gap > TOLERANCE else 0.0 for gap in gaps], len(pairs) - len(gaps))


def claims(rows: Sequence[Row]) -> Iterator[list[str]]:
    """The claim that FIN matches the optimum, for each gamma of FIN as published."""
    for method in grid.PUBLISHED:
        own = found(rows, method)
        measured = f"at {own.matched} of {own.points} points; at most {own.worst} above it, {own.lost} lost"
        holds = "yes" if own.matched == own.points else "no, see below"
        yield [f"FIN matches the optimum: as {method}", measured, holds]


def section(rows: Sequence[Row]) -> str:
    """What is found, in words and for each sweep."""
    lines = [
        [f"{network.name}, {sweep}", *(cell for method in grid.PUBLISHED for cell in _cells(own, method))]
        for network in NETWORKS
        for sweep in ("latency", "accuracy")
        if (own := grid.where(rows, network=network.name, sweep=sweep))
    ]
    heads = [head for method in grid.PUBLISHED for head in (f"{method.partition(', ')[2]}: optimal", "worst")]
    return f"{TEXT}\n\n{_verdict(rows)}\n\n{markdown(['network, what varies', *heads], lines)}"


def _cells(rows: Sequence[Row], method: str) -> list[str]:
    own = found(rows, method)
    lost = f" [{own.lost} lost]" if own.lost else ""
    return [f"{own.matched} of {own.points}{lost}", own.worst]


def _verdict(rows: Sequence[Row]) -> str:
    """Whether the papers' claim holds without the reduction."""
    every = {method: found(rows, method) for method in grid.PUBLISHED}
    short = [method for method, own in every.items() if own.matched < own.points]
    if not short:
        return "It matches the optimum at every point, as the papers say."
    shares = ", ".join(
        f"{percent(own.matched / own.points)} of the points with {method.partition(', ')[2]} ({_mean(own)})"
        for method, own in every.items()
    )
    return f"The papers say that FIN matches the optimum; these three stages alone do so at {shares}."


def _mean(own: Found) -> str:
    return f"mean distance {percent(statistics.fmean(own.gaps))}" if own.gaps else "no plan"
