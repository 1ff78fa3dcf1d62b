"""The pictures: energy against limit and target, several users, thresholds, the plan and the front."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    "milp": {
        "color": "#000000",
        "marker": "o",
        "markersize": 9,
        "markerfacecolor": "none",
        "linestyle": "none",
    },
    "fin": {"color": "#0072B2", "marker": ".", "linestyle": "-"},
    "mcp": {"color": "#D55E00", "marker": "^", "linestyle": "-"},
    "all on device": {"color": "#009E73", "marker": "s", "linestyle": ":"},
    "all on edge": {"color": "#CC79A7", "marker": "D", "linestyle": "--"},
    "all in cloud": {"color": "#E69F00", "marker": "v", "linestyle": "--"},
    "best single split": {"color": "#56B4E9", "marker": "x", "linestyle": "none", "markersize": 8},
}
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


# ---------------------------------------------------------------- one application


def _network(rows: Sequence[Row], network: Network) -> Figure:
    """Energy of every method above, its two parts below; against the limit left, the target right."""
    figure = Figure(figsize=(10, 7), layout="constrained")
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
        _parts(axes[1][k], own, column, factor)
        axes[0][k].set_title(title, fontsize=11)
        axes[1][k].set_xlabel(label)
    for row, what in zip(axes, ("energy per inference [mJ]", "its parts [mJ]"), strict=True):
        row[0].set_ylabel(what)
    for one in axes.flat:
        one.set_ylim(bottom=0)
        one.grid(alpha=0.25)
    handles = [*axes[0][0].get_legend_handles_labels(), *axes[1][0].get_legend_handles_labels()]
    figure.legend(
        [*handles[0], *handles[2]],
        [*handles[1], *handles[3]],
        loc="outside lower center",
        ncols=4,
        frameon=False,
    )
    figure.suptitle(network.name)
    return figure


def _curve(rows: Sequence[Row], column: str, factor: float, value: str) -> tuple[list[float], list[float]]:
    pairs = [(row[column] * factor, row.get(value)) for row in rows]
    return [x for x, _ in pairs], [math.nan if y is None else 1e3 * y for _, y in pairs]


def _totals(axes: Any, rows: Sequence[Row], column: str, factor: float) -> None:
    for method, style in STYLES.items():
        own = grid.where(rows, method=method)
        axes.plot(*_curve(own, column, factor, "energy_j"), label=LABELS.get(method, method), **style)


def _parts(axes: Any, rows: Sequence[Row], column: str, factor: float) -> None:
    for method in SPLIT:
        style = {key: STYLES[method][key] for key in ("color", "marker")}
        own = grid.where(rows, method=method)
        for value, dash, name in (
            ("compute_j", "-", "computing"),
            ("communication_j", "--", "communication"),
        ):
            label = f"{LABELS[method]}, {name}"
            axes.plot(*_curve(own, column, factor, value), label=label, linestyle=dash, **style)


# ---------------------------------------------------------------- several applications


def _users(several: Sequence[Row]) -> Figure:
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, case, title in (
        (left, users.SLICED, "users of each of three networks, each with its slice"),
        (right, users.SHARED, f"users of B-AlexNet sharing edge and cloud, {users.RATE:g}/s each"),
    ):
        _powers(axes, [row for row in several if row["case"] == case])
        axes.set_title(title, fontsize=11)
        axes.set_xlabel("users")
        axes.grid(alpha=0.25)
    left.set_ylabel("power of all users [W]")
    right.set_ylim(bottom=0)
    right.set_xlabel("users; plans that overload a node are left out")
    left.set_yscale("log")
    left.set_xscale("log")
    left.set_xticks(users.USERS, [str(count) for count in users.USERS])
    left.minorticks_off()
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    return figure


def _powers(axes: Any, rows: Sequence[Row]) -> None:
    """Power per number of users, of plans that overload nothing."""
    for method, style in STYLES.items():
        own = [row for row in rows if row["method"] == method and row["status"] != "OVERLOAD"]
        own = [row for row in own if row.get("power_w") is not None]
        counts, powers = [row["users"] for row in own], [row["power_w"] for row in own]
        axes.plot(counts, powers, label=LABELS.get(method, method), **style)


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
