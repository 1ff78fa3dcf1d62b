"""Carbon, cost, limits on them and on energy, and what moving blocks is charged, for the page."""

from __future__ import annotations

from collections.abc import Iterator

from finopt.evaluation.account import Evaluation
from finopt.evaluation.staying import HORIZON
from finopt.problem.formatting import amount, counted
from finopt.problem.objective import FIGURES, TOTAL
from finopt.reporting.subject import Subject


def further_tiles(subject: Subject, evaluation: Evaluation) -> Iterator[tuple[str, str, str]]:
    """Carbon and cost that are not minimised, where there are any, and the charge for moving blocks."""
    instance = subject.instance
    for figure in FIGURES[1:]:
        if figure not in instance.basis.figures or figure == instance.objective:
            continue
        if subject.alone:
            yield figure, amount(float(subject.columns[figure][0]), figure), "per inference"
        else:
            total = amount(getattr(evaluation, TOTAL[figure]), figure, rate=True)
            yield figure, total, f"of {counted(len(evaluation.applications), 'application')}"
    if HORIZON in subject.result.stats:
        yield "moving", amount(charged(subject, evaluation), instance.objective, rate=True), "charged besides"


def charged(subject: Subject, evaluation: Evaluation) -> float:
    """What moving blocks was charged: a page does not know what ran before, so the rest of the objective."""
    stated = subject.result.objective
    if stated is None or HORIZON not in subject.result.stats:
        return 0.0
    return max(0.0, stated - evaluation.objective)


def limits_in_words(subject: Subject) -> str:
    """What an inference may take of energy, carbon and cost; of several applications how many have limits."""
    if not subject.alone:
        count = len(subject.demand.limits)
        return f"with limits on energy, carbon or cost of {counted(count, 'application')}" if count else ""
    limits = subject.instance.applications[0].limits.items()
    most = " and ".join(f"{amount(limit, figure)} of {figure}" for figure, limit in limits)
    return f"at most {most} per inference" if most else ""
