"""OR-Tools CP-SAT on the bare arc-flow model; on these graphs no slower than with a circuit constraint.

CP-SAT takes integers only. Integer figures are passed as they are. Others: the resource is rounded up in
steps of limit / 1e12, the cost to the nearest of (cost of the fastest path) / 1e11; both far below 1e-9.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from finopt.graph.resource import ResourceGraph
from peer_study.outcome import Answer, Peer, first_guess, used_path

COST_STEPS = 1e11
RESOURCE_STEPS = 1e12
LARGEST_SUM = 2.0**62
"""CP-SAT refuses sums that could exceed 64 bits."""


def build(graph: ResourceGraph) -> Any:
    """The model in CP-SAT."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(graph.arcs)]
    _add_flow(model, x, graph)
    cost, use, limit = integers(graph)
    total = cp_model.LinearExpr.weighted_sum
    model.add(total(x, use.tolist()) <= limit)
    model.minimize(total(x, cost.tolist()))
    return graph, model, x


def _add_flow(model: Any, x: list[Any], graph: ResourceGraph) -> None:
    """What leaves a vertex has entered it; one unit starts at the source and ends on one target."""
    out: list[list[Any]] = [[] for _ in range(graph.vertices)]
    into: list[list[Any]] = [[] for _ in range(graph.vertices)]
    for variable, tail, head in zip(x, graph.tail.tolist(), graph.head.tolist(), strict=True):
        out[tail].append(variable)
        into[head].append(variable)
    ends = [model.new_bool_var("") for _ in graph.targets]
    for end, target in zip(ends, graph.targets.tolist(), strict=True):
        out[target].append(end)
    into[graph.source].append(1)
    model.add_exactly_one(ends)
    for leaving, entering in zip(out, into, strict=True):
        if leaving or entering:
            model.add(sum(leaving) == sum(entering))


def integers(graph: ResourceGraph) -> tuple[np.ndarray, np.ndarray, int]:
    """Costs, resources and limit as whole numbers; a path that keeps the rounded limit keeps the limit."""
    cost, use, budget = graph.cost, graph.resource[:, 0], float(graph.budget[0])
    most = LARGEST_SUM / (4 * max(graph.arcs, 1))
    if not _whole(cost):
        unit = first_guess(graph)
        # An arc that alone costs more than a path that is on time is in no better one.
        cost = np.rint(np.minimum(cost, 2 * unit) * (min(COST_STEPS, most) / unit))
    if _whole(use):
        return cost.astype(np.int64), use.astype(np.int64), int(budget)
    limit, steps = float(graph.limit[0]), np.floor(min(RESOURCE_STEPS, most))
    return cost.astype(np.int64), np.ceil(np.minimum(use / limit, 2.0) * steps).astype(np.int64), int(steps)


def _whole(values: np.ndarray) -> bool:
    return bool((values == np.floor(values)).all() and values.sum() < LARGEST_SUM)


def search(built: Any, seconds: float) -> Answer:
    """Let CP-SAT search with one worker."""
    from ortools.sat.python import cp_model

    graph, model, x = built
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2  # on these models faster than the default
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Answer(None, True)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer(None, False)
    used = np.array([solver.boolean_value(variable) for variable in x])
    return Answer(used_path(graph, used), status == cp_model.OPTIMAL)


PEER = Peer("cpsat", build, search)
