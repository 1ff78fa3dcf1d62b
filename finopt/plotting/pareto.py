"""Fronts as step curves: the least energy within a latency."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from finopt.api.pareto import Front
from finopt.plotting.style import TEXT, Size, axes_for, curve_style, finish_curves, require_matplotlib
from finopt.problem.formatting import quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEYOND = 0.08
"""The curves go on behind the slowest point by this share of the latencies' range."""


def plot_pareto(
    fronts: Iterable[Front],
    ax: Axes | None = None,
    *,
    most: int = 8,
    title: str | None = None,
    size: Size | None = None,
) -> Axes:
    """Draw the least energy within a latency limit, a step curve per accuracy level.

    Markers are the points of the fronts. To the right of a point its energy is the least there is, until
    the next one; to the left of the first one nothing is feasible, or with a dashed line nothing is known
    because the search was cut short.

    Parameters
    ----------
    fronts : iterable of Front
        What :func:`finopt.pareto` returns.
    ax : Axes, optional
        Where to draw. Default: a new figure.
    most : int
        Curves at most. Levels with the same curve share one; of more curves evenly spread ones are drawn,
        and the legend says so.
    title : str, optional
        In place of the usual one.
    size : (float, float), optional
        Width and height of the new figure [inch]; text keeps its own.

    Returns
    -------
    Axes
        In s and J; the ticks are in a unit that suits them.

    Raises
    ------
    ValueError
        ``most`` is below 1; a ``size`` that is none, or beside ``ax``.
    BackendError
        matplotlib is missing.

    Examples
    --------
    >>> import finopt
    >>> from finopt.plotting import plot_pareto
    >>> ax = plot_pareto(finopt.pareto(finopt.load("instances/paper/b-alexnet-cifar10.json")))
    >>> ax.get_xlabel(), ax.get_ylabel(), [line.get_label() for line in ax.lines]
    ('latency limit [ms]', 'energy per inference [mJ]', ['0.5637', '0.7805', '0.8595'])
    """
    require_matplotlib()
    if most < 1:
        raise ValueError(f"most must be at least 1, got {most}")
    axes = axes_for(ax, size, 6.4, 3.8)
    groups = _same_fronts(fronts)
    shown = _evenly(groups, most)
    end = _end([front for group in shown for front in group])
    handles = [_curve(axes, i, group, end) for i, group in enumerate(shown)]
    what = "accuracy at least"
    if len(shown) < len(groups):
        what += f"\n({len(shown)} of {len(groups)} distinct fronts)"
    axes.set_xlim(right=max(end, axes.dataLim.x1), auto=None)  # curves go on
    heading = "Least energy within a latency limit" if title is None else title
    finish_curves(axes, handles, heading, what, beside=ax is None)
    axes.set_xlabel(f"latency limit [{_unit(axes.xaxis, 's')}]", fontsize=TEXT)
    axes.set_ylabel(f"energy per inference [{_unit(axes.yaxis, 'J')}]", fontsize=TEXT)
    return axes


def _same_fronts(fronts: Iterable[Front]) -> list[list[Front]]:
    """The fronts by rising accuracy; levels with the same curve are one group."""
    groups: dict[tuple[Any, ...], list[Front]] = {}
    for front in sorted(fronts, key=lambda front: front.min_accuracy):
        curve = tuple((point.latency, point.energy) for point in front.points)
        groups.setdefault((curve, front.complete), []).append(front)
    return list(groups.values())


def _evenly(groups: Sequence[list[Front]], most: int) -> list[list[Front]]:
    """At most so many of them, from the first to the last."""
    most, last = min(most, len(groups)), len(groups) - 1
    return [groups[round(last - i * last / max(most - 1, 1))] for i in range(most)][::-1]


def _end(fronts: Sequence[Front]) -> float:
    """Up to where the curves are drawn, behind their last step."""
    latencies = [point.latency for front in fronts for point in front.points] or [0.0]
    spread = max(latencies) - min(latencies)
    return max(latencies) + BEYOND * (spread or max(latencies)) or 1.0


def _curve(axes: Axes, index: int, same: Sequence[Front], end: float) -> Any:
    """The curve of one group; what the legend shows for it."""
    front = same[0]
    label = f"{front.min_accuracy:g}" + (f" to {same[-1].min_accuracy:g}" if len(same) > 1 else "")
    if not front.points:
        label += ": no placement" if front.complete else ": none found, cut short"
        return axes.plot([], [], linestyle="none", label=label)[0]
    latencies, energies = zip(*((point.latency, point.energy) for point in front.points), strict=True)
    style = curve_style(index)
    if not front.complete:
        label += " (cut short)"
        # what is faster than its first point costs more, if there is anything
        up = {"arrowstyle": "-", "linestyle": "--", "color": style["color"], "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (latencies[0], energies[0]), (0, 20), textcoords="offset points", arrowprops=up)
        axes.margins(y=0.15)  # room for it
    steps: dict[str, Any] = {"drawstyle": "steps-post", "markevery": list(range(len(latencies)))}
    (line,) = axes.plot([*latencies, end], [*energies, energies[-1]], label=label, **style, **steps)
    return line


def _unit(axis: Any, unit: str) -> str:
    """The unit in which the ticks have at most three digits before the point; the data stay in SI units."""
    from matplotlib.ticker import FuncFormatter

    largest = max(map(abs, axis.get_data_interval()))
    if not 0 < largest < math.inf:
        return unit
    factor = 10.0 ** min(max(3 * math.floor(math.log10(largest) / 3), -12), 0 if unit == "s" else 15)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / factor:.6g}"))
    return quantity(factor, unit).split()[1]
