"""One application: energy against the latency limit and against the accuracy target, for every method."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from harness.rows import Row

import finopt
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement
from paper_study.fixed_plans import PLANS, best
from paper_study.scenario import NETWORKS, Network

COLUMNS = (
    "network",
    "sweep",
    "max_latency_s",
    "min_accuracy",
    "method",
    "status",
    "energy_j",
    "compute_j",
    "communication_j",
    "latency_s",
    "accuracy",
    "exit",
    "nodes",
)

OPTIMUM, FIN, MCP = "milp", "fin", "mcp"

PUBLISHED = {f"published, gamma {gamma}": ("fin-published", {"gamma": gamma}) for gamma in (3, 10, 20)}
"""FIN as published, with the gammas of the authors' scripts."""

SOLVED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    OPTIMUM: ("milp", {}),
    "cspp": ("cspp", {}),
    FIN: ("fin", {}),
    "fin, gamma 3": ("fin", {"gamma": 3}),
    "fin, gamma 10": ("fin", {"gamma": 10}),
    "fin, gamma 20": ("fin", {"gamma": 20}),
    **PUBLISHED,
    MCP: ("mcp", {}),
}
"""Name in the tables, method and options."""

METHODS = (*SOLVED, *PLANS)


def study(networks: Sequence[Network] = NETWORKS, tick: Callable[[], object] = lambda: None) -> list[Row]:
    """A row per network, point of its sweeps, and method."""
    rows = []
    for network in networks:
        for sweep, limit, target in network.points():
            instance = network.at(limit, target)
            common = {
                "network": network.name,
                "sweep": sweep,
                "max_latency_s": limit,
                "min_accuracy": target,
            }
            rows += [common | row for row in answers(instance)]
            tick()
    return rows


def answers(instance: Instance) -> Iterator[Row]:
    """What every method and plan says to an instance with one application."""
    for name, (method, options) in SOLVED.items():
        result = finopt.solve(instance, method, **options)
        yield {"method": name, "status": str(result.status), **account(instance, result.placement)}
    for name, plan in PLANS.items():
        found = best(instance, instance.applications[0], plan)
        placement = Placement((found.placed,)) if found else None
        status = "FEASIBLE" if found else "INFEASIBLE"
        yield {"method": name, "status": status, **account(instance, placement)}


def account(instance: Instance, placement: Placement | None) -> Row:
    """The figures of a placement; none without one."""
    if placement is None:
        return {}
    (one,) = finopt.evaluate(instance, placement).applications
    placed = placement.applications[0]
    configuration = instance.models[0].configurations[placed.configuration]
    return {
        "energy_j": one.energy,
        "compute_j": one.compute_energy,
        "communication_j": one.communication_energy,
        "latency_s": one.latency,
        "accuracy": one.accuracy,
        "exit": configuration.exits[-1],
        "nodes": " ".join(placed.nodes),
    }


def where(rows: Sequence[Row], **wanted: Any) -> list[Row]:
    """The rows with these values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def point(row: Row) -> tuple[str, str, float, float]:
    """What tells one point of the grid from another."""
    return row["network"], row["sweep"], row["max_latency_s"], row["min_accuracy"]


def energies(rows: Sequence[Row], method: str) -> dict[tuple[str, str, float, float], float | None]:
    """Energy of a method at each point; None where it has no answer."""
    return {point(row): row.get("energy_j") for row in where(rows, method=method)}


def savings(rows: Sequence[Row], other: str) -> list[float]:
    """What FIN saves compared with a method, where both have an answer."""
    mine, theirs = energies(rows, FIN), energies(rows, other)
    pairs = [(mine[at], theirs[at]) for at in mine]
    return [1 - one / two for one, two in pairs if one is not None and two is not None]
