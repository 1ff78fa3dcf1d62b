"""The two curves: optimality gap against size, run time against arcs."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.growth import spread
from harness.rows import Row, grouped, known, variants

from finopt.io.atomic import new_file
from scale_study.sizes import growth, name_of, sizes

STYLES = (
    # Okabe-Ito colours: colour-blind safe, and of different lightness in grey.
    ("#000000", "o"),
    ("#0072B2", "s"),
    ("#D55E00", "^"),
    ("#009E73", "D"),
    ("#CC79A7", "v"),
    ("#E69F00", "P"),
    ("#56B4E9", "X"),
)
DASHES = {"sparse": "-", "mesh": "--"}
SMALLEST_GAP = 1e-3
"""Percent: the gap axis is logarithmic down to here and linear from here to 0."""


def plot(rows: Sequence[Row], path: Path) -> None:
    """Draw both curves into a file whose ending says the format."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 5.2), layout="constrained")
    for (name, own), (colour, marker) in zip(variants(rows).items(), itertools.cycle(STYLES), strict=False):
        style = {"color": colour, "marker": marker, "markersize": 6, "linewidth": 1.2, "capsize": 2.5}
        for topology, some in _topologies(own):
            _draw_gaps(left, some, {**style, **topology})
            _draw_times(right, some, {**style, **topology})
        right.plot([], [], color=colour, marker=marker, label=_with_exponent(name, own))
    for name in dict.fromkeys(row["topology"] for row in rows):
        fill = None if name == "sparse" else "white"
        line = {"linestyle": DASHES[name], "marker": "o", "markerfacecolor": fill}
        right.plot([], [], color="0.3", label=f"{name} network", **line)
    _label_gaps(left)
    _label_times(right, rows)
    figure.legend(loc="outside lower center", ncols=5, fontsize=9, frameon=False)
    with new_file(path) as file:
        figure.savefig(file, format=path.suffix[1:], dpi=150)
    plt.close(figure)


def _topologies(rows: Sequence[Row]) -> Iterator[tuple[dict[str, Any], list[Row]]]:
    """The rows of each topology with its line and its filled or hollow markers."""
    for name, dash in DASHES.items():
        some = [row for row in rows if row["topology"] == name]
        if some:
            yield {"linestyle": dash, **({} if name == "sparse" else {"markerfacecolor": "white"})}, some


def _draw_gaps(axes: Any, rows: Sequence[Row], style: dict[str, Any]) -> None:
    """Median gap to the optimum per size [percent], bars from the least to the largest."""
    judged = [row for row in rows if row.get("gap_to_optimum") is not None]
    groups = grouped(judged, name_of)
    found = sizes(judged)
    gaps = [[100 * max(0.0, gap) for gap in known(groups[size[:3]], "gap_to_optimum")] for size in found]
    _draw(axes, [size.arcs for size in found], [(statistics.median(g), min(g), max(g)) for g in gaps], style)


def _draw_times(axes: Any, rows: Sequence[Row], style: dict[str, Any]) -> None:
    """Median time per size [s], bars from quartile to quartile."""
    found = sizes(rows)
    _draw(axes, [size.arcs for size in found], [spread(size.times) for size in found], style)


def _draw(axes: Any, arcs: Any, spreads: Sequence[tuple[float, float, float]], style: dict[str, Any]) -> None:
    if spreads:
        middle, low, high = zip(*spreads, strict=True)
        below = [m - lo for m, lo in zip(middle, low, strict=True)]
        above = [hi - m for m, hi in zip(middle, high, strict=True)]
        axes.errorbar(list(arcs), middle, yerr=[below, above], **style)


def _with_exponent(name: str, rows: Sequence[Row]) -> str:
    found, _ = growth(rows)
    return name if found is None else f"{name} (arcs^{found.exponent:.2f})"


def _label_gaps(axes: Any) -> None:
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=SMALLEST_GAP)
    axes.set_ylim(-0.3 * SMALLEST_GAP, max(2 * axes.get_ylim()[1], 1.0))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("size: arcs of the extended graph, blocks × (links + nodes)")
    axes.set_ylabel("gap to the proven optimum [%]")
    axes.set_title("Optimality gap (median, bars: least to largest)", fontsize=11)
    axes.grid(alpha=0.25)


def _label_times(axes: Any, rows: Sequence[Row]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("arcs of the extended graph")
    axes.set_ylabel("time per run [s]")
    axes.set_title("Run time (median, bars: quartiles)", fontsize=11)
    limit = max(row["time_limit_s"] for row in rows)
    if axes.get_ylim()[1] > limit / 2:
        axes.axhline(limit, color="0.5", linestyle=":", label="time limit")
    axes.grid(alpha=0.25)
