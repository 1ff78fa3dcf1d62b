"""The pictures: energy against limit and target, several users, thresholds, the plan and the front."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
from harness.rows import Row
from matplotlib.figure import Figure

import finopt
from finopt import plotting
from finopt.io.atomic import new_file
from paper_study import grid, thresholds, users
from paper_study.scenario import NETWORKS, Network

STYLES: dict[str, dict[str, Any]] = {
    # Okabe-Ito colours, different marks and dashes: they can be told apart without colours too.
    "milp": {"color": "#000000", "marker": "o", "markerfacecolor": "none", "linestyle": "-"},
    "fin": {"color": "#0072B2", "marker": "o", "linestyle": "-"},
    "mcp": {"color": "#D55E00", "marker": "^", "linestyle": "-"},
    "all on device": {"color": "#009E73", "marker": "s", "linestyle": ":"},
    "all on edge": {"color": "#CC79A7", "marker": "D", "linestyle": "--"},
    "all in cloud": {"color": "#E69F00", "marker": "v", "linestyle": "--"},
    "best single split": {"color": "#56B4E9", "marker": "x", "linestyle": "-"},
}
LINE: dict[str, Any] = {"markersize": 4.5, "linewidth": 0.7}
BAND = {"color": "0.95", "zorder": 0}
"""Behind the marks of every other limit, target or number of users."""

WIDTH = 0.84
"""Of the step from one to the next: the marks of all methods stand side by side in it."""

LABELS = {"milp": "optimum (milp)", "fin": "FIN", "mcp": "MCP"}
SPLIT = ("fin", "mcp")
"""Methods whose energy is shown in its two parts."""


def draw(rows: Sequence[Row], several: Sequence[Row], chosen: Sequence[Row], folder: Path) -> None:
    """Write every picture, as PNG and SVG."""
    for network in NETWORKS:
        _save(_network(grid.where(rows, network=network.name), network), folder, network.key)
    _save(_users(several), folder, "users")
    _save(_thresholds(chosen), folder, "thresholds")
    instance = NETWORKS[0].at(NETWORKS[0].limit, NETWORKS[0].target)
    placement = finopt.solve(instance).placement
    assert placement is not None
    _save(plotting.plot_placement(instance, placement).figure, folder, "placement")
    _save(plotting.plot_pareto(finopt.pareto(instance)).figure, folder, "front")


def _save(figure: Any, folder: Path, name: str) -> None:
    """Without dates or random ids: the same figures give the same files."""
    with mpl.rc_context({"svg.hashsalt": "finopt"}):
        with new_file(folder / f"{name}.png") as file:
            figure.savefig(file, format="png", dpi=150)
        with new_file(folder / f"{name}.svg") as file:
            figure.savefig(file, format="svg", metadata={"Date": None})


FLAT = 0.4
"""Share of a sweep over which a curve is flat, from which on the picture says why."""


# ---------------------------------------------------------------- marks side by side


def _bands(axes: Any, places: Sequence[float]) -> float:
    """A band for every other place; the step between places."""
    step = min((b - a for a, b in pairwise(places)), default=1.0)
    for place in places[::2]:
        axes.axvspan(place - step / 2, place + step / 2, **BAND)
    axes.set_xlim(places[0] - step / 2, places[-1] + step / 2)
    axes.grid(axis="y", alpha=0.25)
    return step


def _aside(methods: Sequence[str], method: str, step: float) -> float:
    """How far from its place a method's mark stands, so that none hides another one."""
    count = len(methods)
    return WIDTH * step * ((methods.index(method) + 0.5) / count - 0.5)


def _marks(axes: Any, method: str, x: Sequence[float], y: Sequence[float], **look: Any) -> None:
    label = LABELS.get(method, method)
    axes.plot(x, y, **{**STYLES[method], **LINE, "label": label, **look})


# ---------------------------------------------------------------- one application


def _network(rows: Sequence[Row], network: Network) -> Figure:
    """Energy of every method above, its split below; against the limit left, the target right."""
    figure = Figure(figsize=(12, 7.4), layout="constrained")
    axes = figure.subplots(2, 2, sharex="col")
    unit, scale = ("µs", 1e6) if network.limits[-1] < 1e-3 else ("ms", 1e3)
    columns = (
        ("latency", "max_latency_s", scale, f"latency limit [{unit}]", f"accuracy ≥ {network.target:.0%}"),
        (
            "accuracy",
            "min_accuracy",
            100,
            "accuracy target [%]",
            f"latency ≤ {network.limit * scale:g} {unit}",
        ),
    )
    for k, (sweep, column, factor, label, title) in enumerate(columns):
        own = grid.where(rows, sweep=sweep)
        _totals(axes[0][k], own, column, factor)
        _split(axes[1][k], own, column, factor)
        optimum = grid.where(own, method=grid.OPTIMUM)
        why = [*why_flat(optimum, sweep, factor, unit), *why_empty(optimum, sweep)]
        axes[0][k].set_title("\n".join([title, *why]), fontsize=10)
        axes[1][k].set_xlabel(label)
    axes[0][0].set_ylabel("energy per inference [mJ]")
    axes[1][0].set_ylabel(
        "energy split of FIN and MCP [mJ]:\ncomputing (full), communication (hollow)", fontsize=9
    )
    for one in axes.flat:
        one.set_ylim(bottom=min(0, one.get_ylim()[0]))
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=7, frameon=False)
    figure.suptitle(f"{network.name} (marks in one band belong to the same limit or target)", fontsize=12)
    return figure


def _curve(
    rows: Sequence[Row], column: str, factor: float, value: str, aside: float
) -> tuple[list[float], list[float]]:
    pairs = [(row[column] * factor + aside, row.get(value)) for row in rows]
    return [x for x, _ in pairs], [math.nan if y is None else 1e3 * y for _, y in pairs]


def _places(rows: Sequence[Row], column: str, factor: float) -> list[float]:
    return sorted({row[column] * factor for row in rows})


def _totals(axes: Any, rows: Sequence[Row], column: str, factor: float) -> None:
    step = _bands(axes, _places(rows, column, factor))
    for method in STYLES:
        own, aside = grid.where(rows, method=method), _aside(tuple(STYLES), method, step)
        _marks(axes, method, *_curve(own, column, factor, "energy_j", aside))


def _split(axes: Any, rows: Sequence[Row], column: str, factor: float) -> None:
    """Computing and communication of FIN and MCP, four marks in a band."""
    step = _bands(axes, _places(rows, column, factor))
    parts = [(method, value) for value in ("compute_j", "communication_j") for method in SPLIT]
    names = [f"{method} {value}" for method, value in parts]
    for (method, value), name in zip(parts, names, strict=True):
        hollow = {} if value == "compute_j" else {"markerfacecolor": "white", "linestyle": "--"}
        aside = _aside(names, name, step)
        own = grid.where(rows, method=method)
        _marks(axes, method, *_curve(own, column, factor, value, aside), **hollow)


def why_flat(rows: Sequence[Row], sweep: str, factor: float, unit: str) -> list[str]:
    """Why the optimum does not change over much of a sweep; nothing where it does."""
    solved = [row for row in rows if row.get("energy_j") is not None]
    runs = [list(run) for _, run in groupby(solved, key=lambda row: row["energy_j"])]
    longest = max(runs, key=len, default=[])
    if len(longest) < FLAT * len(rows):
        return []
    return [_flat_latency(longest, solved[-1], factor, unit) if sweep == "latency" else _flat_target(longest)]


def why_empty(rows: Sequence[Row], sweep: str) -> list[str]:
    """Why there is nothing at the end of a sweep over targets."""
    missing = [row["min_accuracy"] for row in rows if row.get("energy_j") is None]
    if sweep != "accuracy" or not missing:
        return []
    return [f"nothing from {100 * min(missing):g} % on: no exit is as accurate"]


def _flat_latency(run: Sequence[Row], end: Row, factor: float, unit: str) -> str:
    begin, took = run[0]["max_latency_s"] * factor, run[0]["latency_s"] * factor
    if run[-1] is end:
        return f"flat from {begin:g} {unit} on: the optimum takes {took:.3g} {unit}, more time saves nothing"
    until = run[-1]["max_latency_s"] * factor
    return f"flat from {begin:g} to {until:g} {unit}: the next cheaper plan takes longer"


def _flat_target(run: Sequence[Row]) -> str:
    begin, end, accuracy = (
        100 * run[0]["min_accuracy"],
        100 * run[-1]["min_accuracy"],
        100 * run[0]["accuracy"],
    )
    return (
        f"flat from {begin:g} to {end:g} %: the cheapest plan ({run[0]['exit']}) has {accuracy:.4g} % anyway"
    )


# ---------------------------------------------------------------- several applications


SHARING = f"users of B-AlexNet sharing edge and cloud, {users.RATE:g}/s each"


def _users(several: Sequence[Row]) -> Figure:
    figure = Figure(figsize=(12, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, case, counts, title in (
        (left, users.SLICED, users.USERS, "users of each of three networks, each with its slice"),
        (
            right,
            users.SHARED,
            users.TOGETHER,
            f"users of B-AlexNet sharing edge and cloud, {users.RATE:g}/s each",
        ),
    ):
        own = [row for row in several if row["case"] == case]
        _powers(axes, own, counts)
        axes.set_title("\n".join([title, *(why_mcp_falls(own) if case == users.SLICED else ())]), fontsize=10)
        axes.set_xlabel("users")
        axes.set_xticks(range(len(counts)), [str(count) for count in counts])
    left.set_ylabel("power of all users [W]")
    right.set_ylim(bottom=0)
    right.set_xlabel("users; plans that overload a node are left out")
    left.set_yscale("log")
    left.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=7, frameon=False)
    return figure


def _powers(axes: Any, rows: Sequence[Row], counts: Sequence[int]) -> None:
    """Power per number of users, of plans that overload nothing."""
    step = _bands(axes, range(len(counts)))
    for method in STYLES:
        own = [row for row in rows if row["method"] == method and row["status"] != "OVERLOAD"]
        own = [row for row in own if row.get("power_w") is not None]
        places = [counts.index(row["users"]) + _aside(tuple(STYLES), method, step) for row in own]
        _marks(axes, method, places, [row["power_w"] for row in own])


def why_mcp_falls(rows: Sequence[Row]) -> list[str]:
    """Where more users first need less power by MCP, and which exits it no longer runs to."""
    own = grid.where(rows, method=grid.MCP)
    for fewer, more in pairwise(own):
        before, after = _exits(fewer), _exits(more)
        changed = [model for model in after if after[model] != before.get(model)]
        if more["power_w"] < fewer["power_w"] and changed:
            exits = ", ".join(f"{model} at {after[model]}, not {before[model]}" for model in changed)
            return [
                f"MCP falls at {more['users']} users: on slower slices a late exit costs more of the limit",
                f"than it gains in accuracy, so it stops {exits}",
            ]
    return []


def _exits(row: Row) -> dict[str, str]:
    """The last exit by model, of a text like ``b-alexnet: exit1; b-lenet: exit2``."""
    pairs = (part.split(": ") for part in str(row["exits"]).split("; ") if ": " in part)
    return dict(pairs)  # type: ignore[arg-type]


# ---------------------------------------------------------------- thresholds


CHOICE_STYLES = {
    thresholds.TOGETHER: ("#0072B2", ""),
    thresholds.LEAST_OPS: ("#56B4E9", "//"),
    thresholds.MOST_ACCURATE: ("#D55E00", ".."),
    thresholds.PLACEMENT_FIRST: ("#E69F00", "\\\\"),
}


def _thresholds(chosen: Sequence[Row]) -> Figure:
    """Mean energy over the limits per accuracy target, a group of bars each."""
    cases = list(dict.fromkeys((row["network"], row["latency"]) for row in chosen))
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    for axes, (network, latency) in zip(figure.subplots(1, len(cases)), cases, strict=True):
        own = [row for row in chosen if (row["network"], row["latency"]) == (network, latency)]
        targets = sorted({row["min_accuracy"] for row in own})
        for k, (choice, (colour, hatch)) in enumerate(CHOICE_STYLES.items()):
            heights = [_mean_energy(own, choice, target) for target in targets]
            places = [x + 0.2 * (k - 1.5) for x in range(len(targets))]
            axes.bar(places, heights, 0.2, color=colour, hatch=hatch, edgecolor="white", label=choice)
        axes.set_xticks(range(len(targets)), [f"{100 * target:g}" for target in targets])
        axes.set_xlabel("accuracy target [%]")
        axes.set_title(f"{network}\n{latency} latency", fontsize=11)
        axes.grid(axis="y", alpha=0.25)
        axes.set_axisbelow(True)
    figure.axes[0].set_ylabel("expected energy per inference [mJ],\nmean over the latency limits")
    figure.legend(
        *figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False
    )
    return figure


def _mean_energy(rows: Sequence[Row], choice: str, target: float) -> float:
    """Over the limits at which every choice has a plan."""
    at = [row for row in rows if row["min_accuracy"] == target]
    limits = {row["max_latency_s"] for row in at if row.get("energy_j") is None}
    energies = [
        row["energy_j"] for row in at if row["choice"] == choice and row["max_latency_s"] not in limits
    ]
    return 1e3 * sum(energies) / len(energies) if energies else math.nan
