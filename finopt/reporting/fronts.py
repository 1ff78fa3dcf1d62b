"""The energy / latency front beside the plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from finopt.api.pareto import Front
from finopt.problem.formatting import quantity
from finopt.reporting.charts import Chart
from finopt.reporting.subject import Subject
from finopt.reporting.words import number, scaled

COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#888888")
DASHES = ("solid", "dash", "dot", "dashdot")
MARKERS = ("circle", "square", "triangle-up", "diamond", "x", "cross")

MOST = 6
"""Curves: of more levels evenly spread ones are drawn, the table has all."""


def front_chart(subject: Subject) -> Chart | None:
    """A step curve per accuracy level, and where the plan stands."""
    fronts = [front for front in subject.fronts if front.points]
    if not fronts:
        return None
    points = [point for front in fronts for point in front.points]
    across, second = scaled((point.latency for point in points), "s")
    up, joule = scaled((point.energy for point in points), "J")
    end = 1.1 * max(point.latency for point in points)
    curves = [_curve(front, k, end, across, up) for k, front in enumerate(_evenly(fronts))]
    plan = [] if subject.evaluation is None else [_plan(subject, across, up)]
    axes = {
        "xaxis": {"title": {"text": f"latency limit [{second}]"}, "rangemode": "tozero"},
        "yaxis": {"title": {"text": f"energy per inference [{joule}]"}, "rangemode": "tozero"},
        "showlegend": True,
    }
    alt = f"{len(points)} points at {len(fronts)} accuracy levels"
    header = ("accuracy at least", "latency", "energy", "accuracy", "complete")
    return Chart(
        "front", "Energy against latency", alt, [*curves, *plan], axes, 380, header, _rows(subject.fronts)
    )


def _evenly(fronts: Sequence[Front]) -> list[Front]:
    """At most so many of them, from the first to the last."""
    count, last = min(MOST, len(fronts)), len(fronts) - 1
    return [fronts[round(i * last / max(count - 1, 1))] for i in range(count)]


def _curve(front: Front, k: int, end: float, across: float, up: float) -> dict[str, Any]:
    """Within a limit between two points the energy of the faster one is the least there is."""
    points, colour = front.points, COLOURS[k % len(COLOURS)]
    latencies = [*(point.latency for point in points), end]
    energies = [*(point.energy for point in points), points[-1].energy]
    words = [
        f"{quantity(p.latency, 's')}, {quantity(p.energy, 'J')}, accuracy {p.accuracy:g}" for p in points
    ]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": f"accuracy ≥ {front.min_accuracy:g}" + ("" if front.complete else " (cut short)"),
        "x": [number(latency * across) for latency in latencies],
        "y": [number(energy * up) for energy in energies],
        "line": {"shape": "hv", "color": colour, "dash": DASHES[k % len(DASHES)], "width": 2},
        "marker": {"symbol": MARKERS[k % len(MARKERS)], "size": [8] * len(points) + [0], "color": colour},
        "hovertext": [*words, ""],
        "hoverinfo": "text",
    }


def _plan(subject: Subject, across: float, up: float) -> dict[str, Any]:
    """The answer of the page."""
    assert subject.evaluation is not None
    own = subject.evaluation.applications[0]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "this plan",
        "x": [number(own.latency * across)],
        "y": [number(own.energy * up)],
        "marker": {
            "symbol": "star",
            "size": 16,
            "color": "#D55E00",
            "line": {"width": 1, "color": "#888888"},
        },
        "hovertext": [f"this plan: {quantity(own.latency, 's')}, {quantity(own.energy, 'J')}"],
        "hoverinfo": "text",
    }


def _rows(fronts: Sequence[Front]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for front in fronts:
        level, end = f"{front.min_accuracy:g}", "yes" if front.complete else "no: cut short"
        if not front.points:
            rows.append((level, "no placement" if front.complete else "none found", "-", "-", end))
        rows += [
            (level, quantity(p.latency, "s"), quantity(p.energy, "J"), f"{p.accuracy:g}", end)
            for p in front.points
        ]
    return rows
