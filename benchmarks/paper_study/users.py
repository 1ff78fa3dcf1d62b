"""Several users of the three networks: joint methods, MCP for each user on its own, and fixed plans."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from harness.rows import Row
from harness.second_judge import judge_again

import finopt
from finopt.evaluation.account import ApplicationEvaluation, Evaluation
from finopt.evaluation.result import Result
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.placement import Placement
from paper_study.fixed_plans import PLANS, Plan, best
from paper_study.scenario import shared, sliced

COLUMNS = (
    "case",
    "users",
    "applications",
    "method",
    "status",
    "power_w",
    "bound_w",
    "gap",
    "compute_w",
    "communication_w",
    "placed",
    "largest_load",
    "exits",
)

SLICED, SHARED = "slices", "shared"

USERS = (1, 2, 5, 10, 20)
"""Users of each network, each with its slice; 1 to 20 in the authors' scripts."""

TOGETHER = (10, 20, 40, 60)
"""Users of B-AlexNet on one edge server and one cloud."""

RATE = 100.0
"""Inferences per second of each of these: 36 users then fill the edge server."""

MOST_FOR_MILP = 5000
"""Applications times nodes from which on the joint MILP is left out: it takes more than a minute."""

JOINT = ("milp", "cspp", "fin")
ALONE = "mcp"
TIME_LIMIT = 60.0


def study(tick: Callable[[], object] = lambda: None) -> list[Row]:
    """A row per case, number of users, and method."""
    rows = []
    for case, counts in ((SLICED, USERS), (SHARED, TOGETHER)):
        for users in counts:
            instance = sliced(users) if case == SLICED else shared(users, RATE)
            common = {"case": case, "users": users, "applications": len(instance.applications)}
            rows += [common | row for row in answers(instance)]
            tick()
    return rows


def answers(instance: Instance) -> Iterator[Row]:
    """What every method and plan says."""
    for method in JOINT:
        if method == "milp" and len(instance.applications) * len(instance.nodes) > MOST_FOR_MILP:
            continue
        yield {"method": method, **solved(instance, method)}
    yield {"method": ALONE, **of_plans(instance, by_mcp(instance))}
    for name, plan in PLANS.items():
        yield {"method": name, **of_plans(instance, by_plan(instance, plan))}


def solved(instance: Instance, method: str) -> Row:
    """The figures of what a joint method says."""
    return _of_result(instance, finopt.solve(instance, method, time_limit=TIME_LIMIT))


def by_plan(instance: Instance, plan: Plan) -> list[ApplicationPlacement | None]:
    """The best placement of a plan for each application as if it were alone."""
    found = [best(instance, application, plan) for application in instance.applications]
    return [each.placed if each else None for each in found]


def by_mcp(instance: Instance) -> list[ApplicationPlacement | None]:
    """MCP for each application as if it were alone."""
    return [_alone(instance, application) for application in instance.applications]


def _alone(instance: Instance, application: Application) -> ApplicationPlacement | None:
    result = finopt.solve(instance.model_copy(update={"applications": (application,)}), ALONE)
    return result.placement.applications[0] if result.placement else None


def _of_result(instance: Instance, result: Result) -> Row:
    row: Row = {"status": str(result.status), "bound_w": result.bound, "gap": result.gap}
    if result.placement is None:
        return row
    judge_again(instance, result)
    return row | _figures(instance, finopt.evaluate(instance, result.placement))


def of_plans(instance: Instance, placements: Sequence[ApplicationPlacement | None]) -> Row:
    """The figures of placements that were chosen one by one, whatever they overload together."""
    placed = tuple(each for each in placements if each is not None)
    if len(placed) < len(placements):
        return {"status": "INFEASIBLE", "placed": len(placed)}
    evaluation = finopt.evaluate(instance, Placement(placed))
    return {"status": "FEASIBLE" if evaluation.feasible else "OVERLOAD", **_figures(instance, evaluation)}


def _figures(instance: Instance, evaluation: Evaluation) -> Row:
    rate = {application.id: application.rate for application in instance.applications}
    own = list(evaluation.applications)
    loads = (*evaluation.compute.values(), *evaluation.bandwidth.values())
    return {
        "power_w": evaluation.objective,
        "compute_w": math.fsum(rate[one.application] * one.compute_energy for one in own),
        "communication_w": math.fsum(rate[one.application] * one.communication_energy for one in own),
        "placed": len(own),
        "largest_load": max((load.utilisation for load in loads), default=0.0),
        "exits": _exits(instance, own),
    }


def _exits(instance: Instance, own: Sequence[ApplicationEvaluation]) -> str:
    """The final exits of the applications of each model, like ``b-alexnet: exit1, exit3; b-lenet: exit2``."""
    found: dict[str, set[str]] = {model.id: set() for model in instance.models}
    for one in own:
        model = instance.model_of(instance.application_by_id[one.application])
        found[model.id].add(model.configurations[one.configuration].exits[-1])
    return "; ".join(f"{model}: {', '.join(sorted(exits))}" for model, exits in found.items())
