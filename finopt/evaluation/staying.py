"""What ran before as an answer: taken where it still keeps every limit and costs less than what was found."""

from __future__ import annotations

import math
from dataclasses import replace

from finopt.evaluation.certify import status_of
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.result import Result
from finopt.problem.instance import Instance
from finopt.problem.moving import moved_blocks
from finopt.problem.placement import Placement
from finopt.problem.status import Status

HORIZON = "moving_horizon"
"""In the statistics the seconds over which moving blocks was charged."""


def after_previous(instance: Instance, result: Result, previous: Placement | None) -> Result:
    """The result, or the previous placement where that is better, and how many blocks moved."""
    if previous is not None and result.status not in (Status.OPTIMAL, Status.INFEASIBLE):
        result = _better(instance, result, previous)
    if result.placement is None:
        return result
    told = {"moved": moved_blocks(instance, result.placement)}
    if instance.moves:
        told[HORIZON] = instance.before.moving.horizon
    return replace(result, stats={**result.stats, **told})


def _better(instance: Instance, result: Result, previous: Placement) -> Result:
    kept = evaluate(instance, previous)
    found = math.inf if result.objective is None or result.stats.get("unplaced") else result.objective
    if not kept.feasible or found <= kept.objective:
        return result
    bound = None if result.bound is None else min(result.bound, kept.objective)
    return replace(
        result,
        status=status_of(kept.objective, bound or 0.0),
        placement=previous,
        objective=kept.objective,
        bound=bound,
        evaluation=kept,
        reason="",
        stats={name: value for name, value in result.stats.items() if name != "unplaced"},
    )
