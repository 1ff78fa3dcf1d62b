"""Run time against size: medians, quartiles and the exponent of the growth."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from finopt.plotting.style import TEXT, TITLE, add_legend, curve_style, new_axes
from finopt.problem.formatting import quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Pairs = Sequence[tuple[float, float]]


def draw(times: Mapping[str, Pairs], ax: Axes | None, limit: float | None) -> Axes:
    """See :func:`finopt.plotting.plot_scaling`."""
    for name, pairs in times.items():
        _check(name, pairs)
    if limit is not None and not 0 < limit < math.inf:
        raise ValueError(f"limit must be above 0 and finite, got {limit}")
    beside = ax is None
    axes = new_axes(6.4, 3.8) if ax is None else ax
    axes.set_xscale("log")
    axes.set_yscale("log")
    handles = [_curve(axes, i, name, times[name], limit) for i, name in enumerate(times)]
    if limit is not None:
        label = f"time limit {quantity(limit, 's')}"
        handles.append(axes.axhline(limit, color="0.45", linestyle=":", linewidth=1.2, label=label))
    add_legend(axes, handles, "method (fitted growth)", beside=beside)
    _label(axes)
    return axes


def exponent(pairs: Pairs, limit: float | None = None) -> float | None:
    """Slope of the least-squares line of log time against log size; None with fewer than two sizes.

    Sizes on which the limit cut off a run do not count: they would flatten the line.
    """
    cut = {size for size, seconds in pairs if limit is not None and seconds >= limit}
    logs = [(math.log(size), math.log(seconds)) for size, seconds in pairs if size not in cut]
    if len({x for x, _ in logs}) < 2:
        return None
    xs, ys = zip(*logs, strict=True)
    return statistics.linear_regression(xs, ys).slope


def spreads(pairs: Pairs) -> list[tuple[float, float, float, float]]:
    """Size, median and quartiles of the seconds, by growing size."""
    by_size: defaultdict[float, list[float]] = defaultdict(list)
    for size, seconds in pairs:
        by_size[size].append(seconds)
    return [(size, *_quartiles(by_size[size])) for size in sorted(by_size)]


def _quartiles(values: list[float]) -> tuple[float, float, float]:
    """Median, lower and upper quartile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def _check(name: str, pairs: Pairs) -> None:
    for size, seconds in pairs:
        if not (0 < size < math.inf and 0 < seconds < math.inf):
            rule = "sizes and seconds must be above 0 and finite"
            raise ValueError(f"method {name!r}: {rule}, got {size:g} and {seconds:g}")


def _curve(axes: Axes, index: int, name: str, pairs: Pairs, limit: float | None) -> Any:
    """The medians with their bars; what the legend shows for them."""
    rows = spreads(pairs)
    sizes, medians, lows, highs = zip(*rows, strict=True) if rows else ((), (), (), ())
    below = [middle - low for middle, low in zip(medians, lows, strict=True)]
    above = [high - middle for high, middle in zip(highs, medians, strict=True)]
    style = curve_style(index)
    if rows:
        axes.errorbar(sizes, medians, yerr=(below, above), fmt="none", ecolor=style["color"], capsize=2.5)
    slope = exponent(pairs, limit)
    label = name if slope is None else f"{name} (size^{slope:.2f})"
    (line,) = axes.plot(sizes, medians, label=label, **style)
    return line


def _label(axes: Axes) -> None:
    for axis, unit in ((axes.xaxis, ""), (axes.yaxis, "s")):
        _ticks(axis, unit)
    axes.set_xlabel("size", fontsize=TEXT)
    axes.set_ylabel("run time", fontsize=TEXT)
    axes.set_title("Run time against size (median, bars: quartiles)", fontsize=TITLE)
    axes.tick_params(labelsize=TEXT)
    axes.grid(alpha=0.25)


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
