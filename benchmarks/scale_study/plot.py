"""The curves: gap against size, run time against arcs; of FIN as published gap against time."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.growth import spread
from harness.rows import Row, grouped, known, variants

from finopt.io.atomic import new_file
from finopt.plotting.style import COLOURS, MARKERS
from finopt.problem.formatting import quantity
from scale_study.published import REFERENCE, fastest, judged, parameters
from scale_study.sizes import growth, name_of, sizes

DASHES = {"sparse": "-", "mesh": "--"}
SMALLEST_GAP = 1e-3
"""Percent: the gap axis is logarithmic down to here and linear from here to 0."""


def plot(rows: Sequence[Row], path: Path) -> None:
    """Draw both curves into a file whose ending says the format."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 5.2), layout="constrained")
    for (name, own), style in zip(variants(rows).items(), _styles(), strict=False):
        for topology, some in _topologies(own):
            _draw_gaps(left, some, {**style, **topology})
            _draw_times(right, some, {**style, **topology})
        right.plot([], [], color=style["color"], marker=style["marker"], label=_with_exponent(name, own))
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


def _styles() -> Iterator[dict[str, Any]]:
    """Colours and markers that together repeat late: there are 7 of the ones and 9 of the others."""
    for colour, marker in zip(itertools.cycle(COLOURS), itertools.cycle(MARKERS), strict=False):
        yield {"color": colour, "marker": marker, "markersize": 6, "linewidth": 1.2, "capsize": 2.5}


def plot_published(rows: Sequence[Row], path: Path) -> None:
    """Draw mean gap against median time, a curve over the sizes for each gamma, into a PNG file.

    Gaps are those of the instances with an answer. Where fewer than half have one there is no point: those
    few are the easy ones.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    figure = Figure(figsize=(7.5, 5.2), layout="constrained")
    axes = figure.subplots()
    for (gamma, own), style in zip(_by_gamma(rows), _styles(), strict=False):
        times, gaps = _times_and_gaps(own)
        if times:
            name = REFERENCE if gamma is None else f"gamma {gamma}"
            axes.errorbar(times, gaps, **style, label=name)
    _gap_axis(axes)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda value, _: quantity(value, "s"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("median time, small sizes to the left")
    axes.set_title("FIN as published without lambda, and fin: mean gap against time", fontsize=11)
    figure.legend(loc="outside right upper", fontsize=9, frameon=False)
    with new_file(path) as file:
        figure.savefig(file, format="png", dpi=150)


def _by_gamma(rows: Sequence[Row]) -> Iterator[tuple[int | None, list[Row]]]:
    """The judged rows without lambda of each gamma; those of the reference have None."""
    plain = [row for row in fastest(judged(rows)) if parameters(row).lam is None]
    groups = grouped(plain, lambda row: parameters(row).gamma)
    return iter(sorted(groups.items(), key=lambda item: (item[0] is not None, item[0])))


def _times_and_gaps(rows: Sequence[Row]) -> tuple[list[float], list[float]]:
    """Median seconds and mean gap [percent] of each size of which half of the instances have an answer."""
    answered = [own for own in _sized(rows) if 2 * len(known(own, "gap_to_optimum")) >= len(own)]
    times = [statistics.median(known(own, "total_s")) for own in answered]
    gaps = [max(0.0, statistics.fmean(known(own, "gap_to_optimum"))) for own in answered]
    return times, [100 * gap for gap in gaps]


def _sized(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each size, the smallest first."""
    groups = grouped(rows, lambda row: (row["nodes"] * row["blocks"], row["nodes"]))
    return [groups[size] for size in sorted(groups)]


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
    _gap_axis(axes)
    axes.set_xscale("log")
    axes.set_xlabel("size: arcs of the extended graph, blocks × (links + nodes)")
    axes.set_title("Optimality gap (median, bars: least to largest)", fontsize=11)


def _gap_axis(axes: Any) -> None:
    axes.set_yscale("symlog", linthresh=SMALLEST_GAP)
    axes.set_ylim(-0.3 * SMALLEST_GAP, max(2 * axes.get_ylim()[1], 1.0))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylabel("gap to the proven optimum [%]")
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
