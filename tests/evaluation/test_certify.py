"""What an objective and a bound prove, and the reason that a result has when there is no answer."""

from __future__ import annotations

import math
from typing import Any

import pytest

from finopt.evaluation.certify import checked, conclude, status_of
from finopt.problem.errors import BackendError
from finopt.problem.placement import Placement
from finopt.problem.status import Status, Termination
from finopt.problem.tolerances import PROVEN
from tests.toy import REMOTE, SPREAD, toy


def concluded(**changes: Any) -> Any:
    words: dict[str, Any] = {
        "method": "m",
        "solver": "s",
        "termination": Termination.COMPLETED,
        "bound": 1.0,
        "build": 2.0,
        "total": 5.0,
        "stats": {},
        "explain": lambda: "explained",
    }
    return conclude(**words | changes)


@pytest.mark.parametrize(
    ("objective", "bound", "status"),
    [
        (None, math.inf, Status.INFEASIBLE),
        (None, 1.0, Status.NO_SOLUTION),
        (2.0, 2.0, Status.OPTIMAL),
        (2.0, 2.0 * (1 - PROVEN / 2), Status.OPTIMAL),
        (2.0, 2.0 * (1 - PROVEN * 2), Status.FEASIBLE),
        (2.0, 0.0, Status.FEASIBLE),
        (0.0, 0.0, Status.OPTIMAL),
    ],
)
def test_what_an_objective_and_a_bound_prove(objective: float | None, bound: float, status: Status) -> None:
    assert status_of(objective, bound) is status
    assert concluded(objective=objective, bound=bound).status is status


def test_a_bound_is_neither_negative_nor_above_the_objective() -> None:
    assert concluded(objective=2.0, bound=3.0).bound == 2.0
    assert concluded(objective=2.0, bound=-1.0).bound == 0.0
    assert concluded(bound=1.0).bound == 1.0
    assert concluded(bound=-1.0).bound == 0.0
    assert concluded(bound=math.inf).bound is None


def test_an_evaluation_brings_the_objective_and_time_is_split() -> None:
    evaluation = checked(toy(), Placement((SPREAD,)), "m")
    result = concluded(evaluation=evaluation, bound=0.0)
    assert (result.objective, result.status) == (evaluation.objective, Status.FEASIBLE)
    assert concluded(evaluation=evaluation, objective=9.0).objective == 9.0
    assert (result.runtime.build, result.runtime.solve) == (2.0, 3.0)


def test_reasons() -> None:
    late = {"termination": Termination.TIME_LIMIT}
    unplaced = {"explain_unplaced": lambda: "unplaced"}
    assert concluded(bound=math.inf, cut_short="cut", **unplaced).reason == "explained"
    assert concluded(objective=2.0, cut_short="cut").reason == "cut"
    assert concluded(objective=2.0, **unplaced).reason == ""
    assert concluded().reason == "stopped without an answer: completed"
    assert concluded(**unplaced).reason == "unplaced"
    assert concluded(**late, **unplaced).reason == "stopped without an answer: time limit"
    whole = concluded(**late, during="building", cut_short="cut").reason
    assert whole == "stopped without an answer: time limit while building: cut"


def test_a_wrong_answer_of_a_method_reaches_nobody() -> None:
    with pytest.raises(BackendError, match=r"the answer of method 'm' fails the check: .*latency"):
        checked(toy(max_latency=1e-6), Placement((REMOTE,)), "m")
