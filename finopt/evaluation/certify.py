"""From what a method found and proved to its Result: the one place where a status is decided."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from finopt.evaluation.account import Evaluation
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.result import Result, Runtime
from finopt.problem.errors import BackendError
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement
from finopt.problem.status import Status, Termination
from finopt.problem.tolerances import PROVEN


def conclude(
    *,
    method: str,
    solver: str,
    termination: Termination,
    bound: float,
    build: float,
    total: float,
    stats: Mapping[str, Any],
    explain: Callable[[], str],
    objective: float | None = None,
    placement: Placement | None = None,
    evaluation: Evaluation | None = None,
    path: tuple[int, ...] | None = None,
    arcs: tuple[int, ...] | None = None,
    explain_unplaced: Callable[[], str] | None = None,
    during: str = "",
    cut_short: str = "",
) -> Result:
    """Make the result.

    Parameters
    ----------
    method, solver, termination, stats, placement, evaluation, path, arcs
        As in `Result`.
    objective : float, optional
        Recomputed by the check; without it that of the evaluation, and of neither: there is no answer.
    bound : float
        Proven; inf: there is no answer.
    build, total : float
        Seconds.
    explain : callable
        Called for the reason when there is proven to be no answer.
    explain_unplaced : callable, optional
        Called for the reason when a search that came to its end has no answer and proves nothing.
    during : str
        In the middle of what a search was stopped that has no answer.
    cut_short : str
        Why it was stopped, where the termination does not say all.
    """
    if objective is None and evaluation is not None:
        objective = evaluation.objective
    bound = max(0.0, bound if objective is None else min(bound, objective))  # nothing costs less than nothing
    status = status_of(objective, bound)
    reason = explain() if status is Status.INFEASIBLE else cut_short
    if status is Status.NO_SOLUTION:
        reason = f"stopped without an answer: {termination.value.lower().replace('_', ' ')}"
        reason += f" while {during}" if during else ""
        reason += f": {cut_short}" if cut_short else ""
        if termination is Termination.COMPLETED and explain_unplaced is not None:
            reason = explain_unplaced()
    return Result(
        status=status,
        termination=termination,
        method=method,
        solver=solver,
        placement=placement,
        path=path,
        objective=objective,
        bound=None if bound == math.inf else bound,
        runtime=Runtime(build, total - build),
        stats=stats,
        reason=reason,
        evaluation=evaluation,
        arcs=arcs,
    )


def checked(instance: Instance, placement: Placement, method: str) -> Evaluation:
    """The evaluation of a placement that must be feasible.

    Raises
    ------
    BackendError
        It is not: the method is wrong, and its answer must not reach the user.
    """
    evaluation = evaluate(instance, placement)
    if not evaluation.feasible:
        found = "; ".join(map(str, evaluation.violations))
        raise BackendError(f"the answer of method {method!r} fails the check: {found}")
    return evaluation


def status_of(objective: float | None, bound: float) -> Status:
    """What an objective and a bound prove; without either nothing."""
    if objective is None:
        return Status.INFEASIBLE if bound == math.inf else Status.NO_SOLUTION
    return Status.OPTIMAL if objective - bound <= PROVEN * objective else Status.FEASIBLE
