"""What a result file says and cannot be: other figures than its answer has, or figures that do not agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from finopt.cli.output import words_for
from finopt.evaluation.result import Result, relative_gap
from finopt.io.result_file import Stated
from finopt.problem.formatting import amount
from finopt.problem.instance import Instance
from finopt.problem.objective import TOTAL, Figure
from finopt.problem.status import Status
from finopt.problem.tolerances import PROVEN

if TYPE_CHECKING:
    from finopt.evaluation.account import Evaluation
    from finopt.graph.path_evaluation import PathEvaluation
    from finopt.graph.resource import ResourceGraph

ANSWERED = (Status.OPTIMAL, Status.FEASIBLE)

Show = Callable[..., str]
"""A figure in words: takes it and the significant ``digits``."""


def contradictions(
    target: Instance | ResourceGraph, stated: Stated, evaluation: Evaluation | PathEvaluation | None
) -> Iterator[str]:
    """Everything a result file claims that the cost model, or the file itself, denies.

    Parameters
    ----------
    target : Instance or ResourceGraph
        What the file answers.
    stated : Stated
        What the file says.
    evaluation : Evaluation, PathEvaluation or None
        The account of its placement or path; None when it holds none.

    Yields
    ------
    str
        Which figure, what the file states, what it is.
    """
    words, result = words_for(target), stated.result
    kind: str = words.objective_kind(target)
    show: Show = partial(words.objective, target)
    if evaluation is None:
        yield from _without_answer(result, kind, show)
    else:
        what = "placement" if isinstance(target, Instance) else "path"
        yield from _wrong_objective(result, evaluation.objective, what, kind, show)
        yield from _wrong_bound(result, evaluation.objective, kind, show)
        yield from _wrong_totals(stated, evaluation)
        if result.status not in ANSWERED:
            yield f"the file states {result.status} and holds a {what}"
    yield from _wrong_status(result, kind, show)
    yield from _wrong_gap(stated)


def _without_answer(result: Result, kind: str, show: Show) -> Iterator[str]:
    if result.objective is not None:
        yield f"the file states {kind} {show(result.objective)}, and nothing that has it"


def _wrong_objective(result: Result, checked: float, what: str, kind: str, show: Show) -> Iterator[str]:
    if math.isnan(checked):
        yield f"{kind} cannot be computed: the {what} is incomplete or names what does not exist"
    elif result.objective is None or not math.isclose(result.objective, checked, rel_tol=PROVEN):
        one, other = _apart(show, result.objective, checked)
        yield f"the file states {kind} {one}, it is {other}"


def _wrong_totals(stated: Stated, evaluation: Evaluation | PathEvaluation) -> Iterator[str]:
    for figure, name in TOTAL.items():
        if name not in stated.totals:
            continue
        said, is_now = stated.totals[name], getattr(evaluation, name, math.nan)
        if not math.isclose(said, is_now, rel_tol=PROVEN):
            one, other = _apart(partial(_total, figure), said, is_now)
            yield f"the file states total {name} {one}, it is {other}"


def _total(figure: Figure, value: float, digits: int = 5) -> str:
    return amount(value, figure, digits, rate=True)


def _wrong_bound(result: Result, checked: float, kind: str, show: Show) -> Iterator[str]:
    if result.bound is None:
        return
    if result.bound > checked * (1 + PROVEN):
        one, other = _apart(show, result.bound, checked)
        yield f"the file states the lower bound {one}, {kind} is {other}"


def _wrong_status(result: Result, kind: str, show: Show) -> Iterator[str]:
    """A bound that cannot be, and a status that objective and bound, both as stated, do not bear out."""
    if result.bound is not None and result.bound < 0:
        yield f"the file states the lower bound {show(result.bound)}, {kind} is never below 0"
    if result.status is not Status.OPTIMAL or result.objective is None:
        return
    if result.bound is None:
        yield "the file states OPTIMAL and no lower bound that proves it"
    elif result.objective - result.bound > 2 * PROVEN * result.objective:
        one, other = _apart(show, result.bound, result.objective)
        yield f"the file states OPTIMAL, but its lower bound {one} leaves room below its {kind} {other}"


def _wrong_gap(stated: Stated) -> Iterator[str]:
    if stated.gap is None:
        return
    right = relative_gap(stated.result.objective, stated.result.bound)
    if right is None:
        yield f"the file states gap {stated.gap:g}, but not the objective and bound it is between"
    elif not math.isclose(stated.gap, right, rel_tol=PROVEN, abs_tol=PROVEN):
        one, other = _apart(_plain, stated.gap, right)
        yield f"the file states gap {one}, its objective and bound have gap {other}"


def _plain(value: float, digits: int = 5) -> str:
    return f"{value:.{digits}g}"


def _apart(show: Show, one: float | None, other: float) -> tuple[str, str]:
    """Two figures in words, with as many digits as it takes to tell them apart."""
    words = show(one), show(other)
    for digits in range(6, 18):
        if words[0] != words[1]:
            break
        words = show(one, digits), show(other, digits)
    return words
