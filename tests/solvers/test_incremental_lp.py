"""The programme of the master: what happens where HiGHS cannot settle on an answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array

import finopt
from finopt.problem.errors import BackendError
from finopt.problem.status import Status
from finopt.solvers import incremental_lp
from finopt.solvers.clock import Clock
from finopt.solvers.incremental_lp import IncrementalLp


def programme() -> IncrementalLp:
    """x + y = 1 at costs 1 and 2, x at most 0.25: 1.75."""
    program = IncrementalLp(1, seed=0)
    program.add_columns(np.array([1.0, 2.0]), csc_array(np.ones((1, 2))))
    program.add_rows(csr_array(np.array([[1.0, 0.0]])), np.array([0.25]))
    return program


def unsettled(monkeypatch: pytest.MonkeyPatch, times: int) -> list[float]:
    """The first answers of HiGHS settle nothing; the tolerances with which it was asked."""
    asked: list[float] = []

    def told(highs: Any) -> bool:
        asked.append(highs.getOptionValue("dual_feasibility_tolerance")[1])
        return len(asked) <= times

    monkeypatch.setattr(incremental_lp, "is_unsettled", told)
    return asked


@pytest.mark.parametrize("times", [0, 1, 2])
def test_what_is_not_settled_is_solved_anew_and_then_with_a_wider_tolerance(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = unsettled(monkeypatch, times)
    program = programme()
    solved = program.solve(Clock())
    assert solved is not None
    assert solved.objective == pytest.approx(1.75)
    assert solved.duals == pytest.approx([2.0, -1.0])
    narrow, wide = incremental_lp.SIMPLEX_TOLERANCE, incremental_lp.WIDER_TOLERANCE
    assert asked == [narrow, narrow, wide][: times + 1]
    program.solve(Clock())
    assert asked[times + 1 :] == [narrow]


def test_where_the_master_gives_up_the_last_mix_is_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    solve, calls = IncrementalLp.solve, [0]

    def gives_up(program: IncrementalLp, clock: Clock) -> object:
        calls[0] += 1
        if calls[0] > 5:
            raise BackendError("HiGHS stopped with status 'Unknown'")
        return solve(program, clock)

    monkeypatch.setattr(IncrementalLp, "solve", gives_up)
    instance = finopt.generate_fleet(400, 40, 5, 2, seed=3)
    result = finopt.solve(instance)
    assert result.status is Status.FEASIBLE
    assert result.bound is not None and result.objective is not None
    assert 0 < result.bound <= result.objective
    assert finopt.evaluate(instance, result.placement).feasible
