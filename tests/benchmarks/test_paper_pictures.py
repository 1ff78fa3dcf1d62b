"""Pictures of the papers' study: what they say in words, and that no mark hides another one."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from matplotlib.figure import Figure
from paper_study import grid, pictures, users
from paper_study.scenario import NETWORKS


def solved(limits: list[float], energies: list[float], **change: Any) -> list[dict[str, Any]]:
    same = {"latency_s": 0.5, "accuracy": 0.9, "exit": "exit1", "min_accuracy": 0.8, **change}
    return [{**same, "max_latency_s": t, "energy_j": e} for t, e in zip(limits, energies, strict=True)]


def test_a_flat_half_says_why() -> None:
    end = solved([1, 2, 3, 4], [5.0, 4.0, 4.0, 4.0])
    assert pictures.why_flat(end, "latency", 1, "s") == [
        "flat from 2 s on: the optimum takes 0.5 s, more time saves nothing"
    ]
    middle = solved([1, 2, 3, 4], [5.0, 4.0, 4.0, 3.0])
    assert pictures.why_flat(middle, "latency", 1, "s") == [
        "flat from 2 to 3 s: the next cheaper plan takes longer"
    ]
    targets = [{**row, "min_accuracy": k / 10} for k, row in enumerate(solved([1] * 4, [4.0] * 3 + [9.0]), 5)]
    assert pictures.why_flat(targets, "accuracy", 100, "") == [
        "flat from 50 to 70 %: the cheapest plan (exit1) has 90 % anyway"
    ]


def test_what_is_not_flat_needs_no_reason() -> None:
    assert pictures.why_flat(solved([1, 2, 3], [3.0, 2.0, 1.0]), "latency", 1, "s") == []
    assert pictures.why_flat([{"energy_j": None}], "latency", 1, "s") == []


def test_an_empty_end_says_why() -> None:
    rows = [{"min_accuracy": 0.6, "energy_j": 1.0}, {"min_accuracy": 0.65}, {"min_accuracy": 0.7}]
    assert pictures.why_empty(rows, "accuracy") == ["nothing from 65 % on: no exit is as accurate"]
    assert pictures.why_empty(rows[:1], "accuracy") == pictures.why_empty(rows, "latency") == []


def test_the_picture_says_why_mcp_falls() -> None:
    rows = [
        {"method": "mcp", "users": 10, "power_w": 4.0, "exits": "b-alexnet: exit2; b-lenet: exit2"},
        {"method": "mcp", "users": 20, "power_w": 1.0, "exits": "b-alexnet: exit1; b-lenet: exit2"},
    ]
    said = " ".join(pictures.why_mcp_falls(rows))
    assert said.startswith("MCP falls at 20 users: ")
    assert said.endswith("it stops b-alexnet at exit1, not exit2")
    assert pictures.why_mcp_falls(rows[::-1]) == []


def test_marks_of_equal_figures_stand_side_by_side_with_one_legend_line_a_method() -> None:
    rows = [
        {**common, "method": method, "energy_j": 1.0, "compute_j": 0.5, "communication_j": 0.5}
        for method in pictures.STYLES
        for sweep, limit, target in NETWORKS[0].points()
        for common in [{"sweep": sweep, "max_latency_s": limit, "min_accuracy": target}]
    ]
    rows = [{**row, "latency_s": 1e-3, "accuracy": 0.9, "exit": "exit1"} for row in rows]
    figure = pictures._network(rows, NETWORKS[0])
    (legend,) = figure.legends
    assert len(legend.get_texts()) == len(pictures.STYLES)
    for axes in figure.axes:
        first = sorted(line.get_xdata()[0] for line in axes.lines)
        assert len(set(first)) == len(axes.lines)
        step = 5.0 if "target" in axes.get_xlabel() else None
        assert all(b - a > 0.05 * (step or 1.0) for a, b in pairwise(first))
    assert "energy split" in figure.axes[2].get_ylabel()


def test_users_stand_in_bands() -> None:
    figure: Any = Figure()
    axes = figure.subplots()
    rows = [
        {"method": method, "users": count, "status": "FEASIBLE", "power_w": 1.0}
        for method in pictures.STYLES
        for count in users.USERS
    ]
    pictures._powers(axes, rows, users.USERS)
    for line in axes.lines:
        assert all(abs(x - k) < 0.5 for k, x in enumerate(line.get_xdata()))
    assert grid.MCP in pictures.STYLES
