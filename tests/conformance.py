"""What the capabilities of a method promise: which tests are for whom, and what an answer must be.

Nothing here or in the tests lists methods; `CAPABILITIES` says what each may claim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

import finopt
from finopt.api.methods import CAPABILITIES, METHODS, Capabilities
from finopt.evaluation.result import Result
from finopt.problem.status import Status

if TYPE_CHECKING:
    from finopt.graph.resource import ResourceGraph
    from finopt.problem.instance import Instance

PRECISION = 1e-9

ANSWERED = (Status.OPTIMAL, Status.FEASIBLE)

Check = Callable[[Result, float | None], None]
"""Holds a result against the optimum; None: there is no placement."""


def named(need: Callable[[Capabilities], bool] = lambda _: True) -> list[str]:
    """The methods whose capabilities fit."""
    return [name for name in METHODS if need(CAPABILITIES[name])]


def methods(need: Callable[[Capabilities], bool] = lambda _: True) -> pytest.MarkDecorator:
    """Run a test for every method whose capabilities fit, as its argument ``method``."""
    return pytest.mark.parametrize("method", named(need))


def seeds(stop: int, size: int, quick: int | None = None) -> pytest.MarkDecorator:
    """Chunks of seeds as the argument ``chunk``, for processes to share; those from `quick` on are slow."""
    chunks = [
        pytest.param(
            range(first, first + size),
            id=f"{first}-{first + size - 1}",
            marks=[pytest.mark.slow] if quick is not None and first >= quick else [],
        )
        for first in range(0, stop, size)
    ]
    return pytest.mark.parametrize("chunk", chunks)


def check(result: Result, best: float | None) -> None:
    """What every answer of every method must be, whatever the method may claim."""
    if result.status in ANSWERED:
        assert best is not None
        assert result.placement is not None
        assert result.objective is not None
        assert result.evaluation is not None
        assert result.evaluation.feasible
        assert result.objective == result.evaluation.objective
    else:
        assert result.placement is None
        assert result.reason
    if result.status is Status.INFEASIBLE:
        assert "app" in result.reason
    check_figures(result, best)


def check_figures(result: Result, best: float | None) -> None:
    """Status, objective and bound against the optimum, of a placement or a path."""
    if result.status in ANSWERED:
        assert best is not None
        assert result.objective is not None
        assert result.objective >= best * (1 - PRECISION)
    else:
        assert result.objective is None
    if result.status is Status.OPTIMAL:
        assert result.objective == pytest.approx(best, rel=PRECISION, abs=0)
    if result.status is Status.INFEASIBLE:
        assert best is None
    if result.bound is not None and best is not None:
        assert result.bound <= best * (1 + PRECISION)


def expected(able: Capabilities, best: float | None, binds: bool = False) -> Sequence[Status]:
    """The statuses that a method may give without a time limit.

    Parameters
    ----------
    able : Capabilities
        Of the method.
    best : float or None
        The optimum; None: there is no placement or path.
    binds : bool
        Whether a capacity binds, or applications compete for it.
    """
    if able.jointly_optimal or (able.optimal and not binds):
        return [Status.INFEASIBLE if best is None else Status.OPTIMAL]
    if able.complete and not binds:
        return [Status.INFEASIBLE] if best is None else ANSWERED
    return [Status.INFEASIBLE, Status.NO_SOLUTION] if best is None else [*ANSWERED, Status.NO_SOLUTION]


def keeps_its_word(method: str, result: Result, best: float | None, binds: bool = False) -> None:
    """Hold an answer without a time limit to all that the method's capabilities promise."""
    able = CAPABILITIES[method]
    check(result, best)
    assert result.status in expected(able, best, binds)
    if able.bounded and (able.complete or result.status in ANSWERED):
        assert result.bound is not None or result.status is Status.INFEASIBLE


def advice_does(result: Result, target: Instance | ResourceGraph, **options: Any) -> None:
    """What the reason of FIN as published advises, does; where it advises nothing, it says who can."""
    if result.status is not Status.NO_SOLUTION:
        return
    advice = result.reason.rpartition("; ")[2]
    if not advice.endswith(" would do"):
        assert advice.endswith("fin with its reduction finds one or says why not")
        return
    for change in advice.removesuffix(" would do").split(" and "):  # "gamma = 12 and no lam"
        name, _, value = change.partition(" = ")
        if name == "gamma":
            assert int(value) > options["gamma"]
        options[name.removeprefix("no ")] = int(value) if name == "gamma" else float(value) if value else None
    assert finopt.solve(target, "fin-published", **options).status in ANSWERED, (result.reason, options)
