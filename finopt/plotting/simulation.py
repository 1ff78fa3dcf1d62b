"""Latencies under load, each relative to its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finopt.plotting.style import (
    COLOURS,
    SMALL,
    TEXT,
    TITLE,
    Size,
    add_legend,
    axes_for,
    require_matplotlib,
    short,
)
from finopt.problem.formatting import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from finopt.simulation import ApplicationFigures, Simulation

WIDE = 30.0
"""Largest figure over smallest from which on the axis is logarithmic."""


def plot_simulation(
    simulation: Simulation,
    ax: Axes | None = None,
    *,
    most: int = 20,
    title: str | None = None,
    size: Size | None = None,
) -> Axes:
    """Draw the latency of applications under load, relative to their limits.

    A row per application: a line from the median to p99 with a tick at p95, a dot with its interval of
    confidence for what the limit is about, and a diamond for the plan's figure. Right of 1 is late;
    applications whose whole interval is there have another colour.

    Parameters
    ----------
    simulation : Simulation
        What :func:`finopt.simulation.simulate` returns.
    ax : Axes, optional
        Where to draw. Default: a new figure.
    most : int
        Rows at most: the applications nearest to their limits.
    title : str, optional
        In place of the usual one.
    size : (float, float), optional
        Width and height of the new figure [inch]; text keeps its own.

    Returns
    -------
    Axes
        The title says how many are left out.

    Raises
    ------
    ValueError
        ``most`` is below 1, or nothing was measured; a ``size`` that is none, or beside ``ax``.
    BackendError
        matplotlib is missing.
    """
    require_matplotlib()
    known = [one for one in simulation.applications if one.compared.mean is not None]
    if most < 1 or not known:
        raise ValueError(f"most must be at least 1, got {most}" if known else "no sample was measured")
    rows = sorted(known, key=_of_limit)[-most:]
    axes = axes_for(ax, size, 6.4, 1.5 + 0.3 * len(rows))
    handles = [_row(axes, y, one) for y, one in enumerate(rows)][-1]
    handles.append(axes.axvline(1.0, color="0.45", linestyle=":", linewidth=1.2, label="limit"))
    axes.set_yticks(range(len(rows)), [short(one.application) for one in rows], fontsize=TEXT)
    for label in axes.get_yticklabels():
        label.set_parse_math(False)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    _scale(axes, rows)
    axes.set_xlabel("latency / limit", fontsize=TEXT)
    axes.tick_params(labelsize=TEXT)
    axes.grid(axis="x", alpha=0.25)
    axes.set_title(
        _title(simulation, len(rows)) if title is None else title, fontsize=TITLE, parse_math=False
    )
    add_legend(axes, handles, SMALL, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return axes


def _of_limit(one: ApplicationFigures) -> float:
    return (one.compared.mean or 0.0) / one.max_latency


def _title(simulation: Simulation, rows: int) -> str:
    count = len(simulation.applications)
    which = counted(count, "application") if rows == count else f"{rows} of {count} applications"
    return f"Latency under load: {which}, {len(simulation.late)} late"


def _row(axes: Axes, y: int, one: ApplicationFigures) -> list[Any]:
    """What is drawn of an application; the legend shows it."""
    p50, p95, p99 = ((value.mean or 0.0) / one.max_latency for value in (one.p50, one.p95, one.p99))
    mean, half = _of_limit(one), (one.compared.half_width or 0.0) / one.max_latency
    colour = COLOURS[2] if one.late else COLOURS[1]
    (line,) = axes.plot([p50, p99], [y, y], color="0.6", linewidth=3, label="p50 to p99", zorder=2)
    (tick,) = axes.plot([p95], [y], "|", color="0.3", markersize=9, label="p95", zorder=3)
    dot = axes.errorbar(
        [mean], [y], xerr=[half], fmt="o", color=colour, markersize=5, capsize=3, label="mean under load"
    )
    planned = one.planned_latency / one.max_latency
    (plan,) = axes.plot([planned], [y], "D", color="black", markersize=4, fillstyle="none", label="planned")
    return [line, tick, dot, plan]


def _scale(axes: Axes, rows: list[ApplicationFigures]) -> None:
    """Logarithmic where figures lie far apart."""
    ends = [(value.mean or 0.0) / one.max_latency for one in rows for value in (one.p50, one.p99)]
    ends += [1.0, *(one.planned_latency / one.max_latency for one in rows)]
    if min(ends) > 0 and max(ends) > WIDE * min(ends):
        axes.set_xscale("log")
    else:
        axes.set_xlim(0.0, 1.05 * max(ends))
