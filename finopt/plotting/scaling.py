"""Run time against size: medians, quartiles and the exponent of the growth."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from finopt.plotting.style import TEXT, Size, axes_for, curve_style, finish_curves, require_matplotlib
from finopt.problem.formatting import quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Pairs = Sequence[tuple[float, float]]


def plot_scaling(
    times: Mapping[str, Pairs],
    ax: Axes | None = None,
    *,
    limit: float | None = None,
    title: str | None = None,
    size: Size | None = None,
) -> Axes:
    """Draw run time against size on logarithmic axes: medians, quartiles and the exponent of the growth.

    Parameters
    ----------
    times : mapping of str to sequence of (size, seconds)
        The runs of each method, any number per size and in any order.
    ax : Axes, optional
        Where to draw. Default: a new figure.
    limit : float, optional
        Time limit of the runs [s], drawn as a line. Sizes on which it cut off a run of a method do not
        count for its exponent: they would flatten the line.
    title : str, optional
        In place of the usual one.
    size : (float, float), optional
        Width and height of the new figure [inch]; text keeps its own.

    Returns
    -------
    Axes
        The exponent in the legend is the slope of the least-squares line of log time against log size over
        all runs; it is left out where there are fewer than two sizes.

    Raises
    ------
    ValueError
        A size, a time or the limit is not above 0 and finite; a ``size`` that is none, or beside ``ax``.
    BackendError
        matplotlib is missing.

    Examples
    --------
    >>> from finopt.plotting import plot_scaling
    >>> ax = plot_scaling({"milp": [(10, 0.1), (100, 10.0)], "fin": [(10, 0.01), (100, 0.1), (100, 0.1)]})
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['milp (size^2.00)', 'fin (size^1.00)']
    """
    require_matplotlib()
    _check(times, limit)
    axes = axes_for(ax, size, 6.4, 3.8)
    axes.set(xscale="log", yscale="log")
    handles = [_curve(axes, i, name, times[name], limit) for i, name in enumerate(times)]
    if limit is not None:
        label = f"time limit {quantity(limit, 's')}"
        handles.append(axes.axhline(limit, color="0.45", linestyle=":", linewidth=1.2, label=label))
    for axis, unit in ((axes.xaxis, ""), (axes.yaxis, "s")):
        _ticks(axis, unit)
    axes.set_xlabel("size", fontsize=TEXT)
    axes.set_ylabel("run time", fontsize=TEXT)
    heading = "Run time against size (median, bars: quartiles)" if title is None else title
    finish_curves(axes, handles, heading, "method (fitted growth)", beside=ax is None)
    return axes


def exponent(pairs: Pairs, limit: float | None = None) -> float | None:
    """Slope of the least-squares line of log time against log size; None with fewer than two sizes.

    Sizes on which the limit cut off a run do not count: they would flatten the line.
    """
    cut = {size for size, seconds in pairs if limit is not None and seconds >= limit}
    logs = [(math.log(size), math.log(seconds)) for size, seconds in pairs if size not in cut]
    if len({x for x, _ in logs}) < 2:
        return None
    return statistics.linear_regression(*zip(*logs, strict=True)).slope


def _check(times: Mapping[str, Pairs], limit: float | None) -> None:
    for name, pairs in times.items():
        for size, seconds in pairs:
            if not (0 < size < math.inf and 0 < seconds < math.inf):
                rule = "sizes and seconds must be above 0 and finite"
                raise ValueError(f"method {name!r}: {rule}, got {size:g} and {seconds:g}")
    if limit is not None and not 0 < limit < math.inf:
        raise ValueError(f"limit must be above 0 and finite, got {limit}")


def _curve(axes: Axes, index: int, name: str, pairs: Pairs, limit: float | None) -> Any:
    """The medians with their bars; what the legend shows for them."""
    import numpy as np

    style, slope = curve_style(index), exponent(pairs, limit)
    label = name if slope is None else f"{name} (size^{slope:.2f})"
    sizes = sorted({size for size, _ in pairs})
    runs = [[seconds for size, seconds in pairs if size == one] for one in sizes]
    low, middle, high = np.array([np.percentile(own, (25, 50, 75)) for own in runs]).reshape(-1, 3).T
    if sizes:
        axes.errorbar(
            sizes, middle, (middle - low, high - middle), fmt="none", ecolor=style["color"], capsize=2.5
        )
    (line,) = axes.plot(sizes, middle, label=label, **style)
    return line


def _ticks(axis: Any, unit: str) -> None:
    """At powers of ten; over few of them at 2 and 5 as well, and never over less than one."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    if high < 10 * low:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(10), middle * math.sqrt(10)
        axis.axes.set(**{f"{axis.axis_name}lim": (low, high)})
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: quantity(value, unit).strip()))
    axis.set_minor_formatter(NullFormatter())
