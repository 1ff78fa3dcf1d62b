"""Why a joint search stopped: done only where the gap asked for is reached, and what would help where not."""

from __future__ import annotations

from dataclasses import replace

from finopt.evaluation.result import Result
from finopt.problem.formatting import percent
from finopt.problem.status import Status, Termination

HELP = {
    Termination.TIME_LIMIT: "a longer time limit may close it",
    Termination.MEMORY_LIMIT: "a higher memory limit may close it",
}
"""What may help a search that was cut short."""


def with_ending(result: Result, gap: float, *, searched: bool) -> Result:
    """The result with LIMIT where it is not as good as it was to be, and what would help.

    Parameters
    ----------
    result : Result
        COMPLETED if nothing cut the search short.
    gap : float
        Relative gap asked for.
    searched : bool
        Whether the gap was to be closed by search; not with too many applications.
    """
    if _reached(result, gap) or result.termination is Termination.INTERRUPTED:
        return result
    ended = result
    if result.termination not in HELP:
        ended = replace(result, termination=Termination.LIMIT)
    if result.objective is None:
        return ended
    found = f"the gap of {percent(result.gap)} is above the {percent(gap)} asked for"
    return replace(ended, reason=f"{found}; {_help(result.termination, searched)}")


def gave_up(result: Result) -> bool:
    """Whether labels became too many for one application."""
    return result.termination is Termination.LIMIT and "labels" in result.stats


def _reached(result: Result, gap: float) -> bool:
    if result.status in (Status.OPTIMAL, Status.INFEASIBLE):
        return True
    return result.gap is not None and result.gap <= gap


def _help(termination: Termination, searched: bool) -> str:
    if termination in HELP:
        return HELP[termination]
    if searched:
        return "with a time limit it is searched until then, and method 'milp' searches without one"
    return "of so many applications no more is proven; a larger gap= ends COMPLETED"
