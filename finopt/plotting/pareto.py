"""Fronts as step curves: the least energy within a latency."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from finopt.api.pareto import Front
from finopt.plotting.style import TEXT, TITLE, add_legend, curve_style, new_axes
from finopt.problem.formatting import quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEYOND = 0.08
"""The curves go on behind the slowest point by this share of the latencies' range."""


def draw(fronts: Iterable[Front], ax: Axes | None, most: int) -> Axes:
    """See :func:`finopt.plotting.plot_pareto`."""
    if most < 1:
        raise ValueError(f"most must be at least 1, got {most}")
    beside = ax is None
    axes = new_axes(6.4, 3.8) if ax is None else ax
    groups = same_fronts(fronts)
    shown = evenly(groups, most)
    end = _end([front for group in shown for front in group])
    handles = [_curve(axes, i, group, end) for i, group in enumerate(shown)]
    title = "accuracy at least"
    if len(shown) < len(groups):
        title += f"\n({len(shown)} of {len(groups)} distinct fronts)"
    axes.set_xlim(right=max(end, axes.dataLim.x1), auto=None)  # curves go on
    add_legend(axes, handles, title, beside=beside)
    _label(axes)
    return axes


def same_fronts(fronts: Iterable[Front]) -> list[list[Front]]:
    """The fronts by rising accuracy; levels with the same curve are one group."""
    groups: dict[tuple[Any, ...], list[Front]] = {}
    for front in sorted(fronts, key=lambda front: front.min_accuracy):
        curve = tuple((point.latency, point.energy) for point in front.points)
        groups.setdefault((curve, front.complete), []).append(front)
    return list(groups.values())


def evenly(groups: Sequence[list[Front]], most: int) -> list[list[Front]]:
    """At most so many of them, from the first to the last."""
    if len(groups) <= most:
        return list(groups)
    if most == 1:
        return [groups[-1]]
    return [groups[round(i * (len(groups) - 1) / (most - 1))] for i in range(most)]


def _end(fronts: Sequence[Front]) -> float:
    """Up to where the curves are drawn, behind their last step."""
    latencies = [point.latency for front in fronts for point in front.points]
    if not latencies:
        return 1.0
    spread = max(latencies) - min(latencies)
    return max(latencies) + BEYOND * (spread or max(latencies))


def _curve(axes: Axes, index: int, same: Sequence[Front], end: float) -> Any:
    """The curve of one group; what the legend shows for it."""
    front = same[0]
    label = f"{front.min_accuracy:g}" + (f" to {same[-1].min_accuracy:g}" if len(same) > 1 else "")
    if not front.points:
        label += ": no placement" if front.complete else ": none found, cut short"
        return axes.plot([], [], linestyle="none", label=label)[0]
    latencies = [point.latency for point in front.points]
    energies = [point.energy for point in front.points]
    style = curve_style(index)
    if not front.complete:
        label += " (cut short)"
        _unknown(axes, latencies[0], energies[0], style["color"])
    points = list(range(len(latencies)))
    steps: dict[str, Any] = {"drawstyle": "steps-post", "markevery": points, "label": label}
    (line,) = axes.plot([*latencies, end], [*energies, energies[-1]], **style, **steps)
    return line


def _unknown(axes: Axes, latency: float, energy: float, colour: str) -> None:
    """What is faster than the first point of a front that was cut short costs more, if there is anything."""
    line = {"arrowstyle": "-", "linestyle": "--", "color": colour, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (latency, energy), (0, 20), textcoords="offset points", arrowprops=line)
    axes.margins(y=0.15)  # room for it


def _label(axes: Axes) -> None:
    """Ticks in a unit that suits what is drawn; the data stay in SI units, so that more can be added."""
    axes.set_xlabel(f"latency limit [{_unit(axes.xaxis, 's')}]", fontsize=TEXT)
    axes.set_ylabel(f"energy per inference [{_unit(axes.yaxis, 'J')}]", fontsize=TEXT)
    axes.set_title("Least energy within a latency limit", fontsize=TITLE)
    axes.tick_params(labelsize=TEXT)
    axes.grid(alpha=0.25)


def _unit(axis: Any, unit: str) -> str:
    """The unit in which the figures of an axis have at most three digits before the point."""
    from matplotlib.ticker import FuncFormatter

    largest = max(map(abs, axis.get_data_interval()))
    if not 0 < largest < math.inf:
        return unit
    factor = 10.0 ** min(max(3 * math.floor(math.log10(largest) / 3), -12), 0 if unit == "s" else 15)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / factor:.6g}"))
    return quantity(factor, unit).split()[1]
