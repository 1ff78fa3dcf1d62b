"""Solvers in a process of their own: the same answers, ended when they are late, no harm when they die."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

import finopt
from finopt.problem.errors import BackendError
from finopt.problem.status import Status, Termination
from finopt.solvers import apart, background, clock, highs, solver_process
from finopt.solvers.apart import Outcome, pays, solved_apart
from finopt.solvers.clock import Clock
from finopt.solvers.interruption import noted
from finopt.solvers.solver_process import NoProcessError, SolverProcess
from tests.command_line import run
from tests.conformance import check
from tests.fake_time import FakeTime
from tests.many_workers import wait_for
from tests.random_instances import binding_instance, joint_instance, random_instance
from tests.solvers import stubborn
from tests.test_conformance import joint

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

LONG = 300.0
"""Seconds that no test takes."""


@pytest.fixture(autouse=True)
def own_processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No process from before, none left afterwards, nothing left alone that others would count."""
    monkeypatch.setattr(background, "left_alone", [])
    monkeypatch.setattr(solver_process, "_idle", [])
    yield
    background._wait_for_all()
    for process in solver_process._idle:
        process.kill()
        process.buried()


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of any size are solved in a process of their own."""
    monkeypatch.setattr(apart, "LARGE", 0)


def asked(solve: Any, model: Any = None, clock: Clock | None = None, hear: Any = None) -> Outcome:
    """What comes of a call."""
    return solved_apart(solve, model, clock or Clock(LONG), 1, hear or (lambda found: None))


# ------------------------------------------------------------ where a model is solved


def test_large_models_and_those_with_a_limit_of_memory_are_solved_apart() -> None:
    assert not pays(apart.LARGE - 1, Clock(1.0))
    assert pays(apart.LARGE, Clock())
    assert pays(1, Clock(None, 10**9))


@pytest.mark.parametrize("method", ["milp", "cspp"])
def test_the_answer_is_the_same_either_way(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [make(seed) for make in (random_instance, binding_instance, joint_instance) for seed in range(4)]
    here = [finopt.solve(instance, method) for instance in made]
    assert not solver_process._idle
    monkeypatch.setattr(apart, "LARGE", 0)
    there = [finopt.solve(instance, method) for instance in made]
    assert solver_process._idle
    for one, other in zip(here, there, strict=True):
        assert (one.status, one.termination) == (other.status, other.termination)
        assert (one.objective, one.bound, one.placement) == (other.objective, other.bound, other.placement)


@pytest.mark.parametrize("method", ["milp", "cspp"])
def test_the_answer_is_the_same_with_room_enough(method: str) -> None:
    instance = random_instance(1)
    free, limited = (finopt.solve(instance, method, memory_limit=limit) for limit in (None, 10**9))
    assert (free.status, free.objective, free.bound) == (limited.status, limited.objective, limited.bound)
    assert limited.status is Status.OPTIMAL


# ------------------------------------------------------------ a warm process


def test_a_process_is_kept_for_the_next_call() -> None:
    pids: list[int] = []
    for model in ("one", "two"):
        assert asked(stubborn.says, model, hear=pids.append) == Outcome(model)
    assert pids == 2 * [solver_process._idle[0].pid]


def test_a_process_starts_while_a_large_model_is_being_built(monkeypatch: pytest.MonkeyPatch) -> None:
    apart.prepare(apart.LARGE - 1, Clock())
    assert not solver_process._idle
    for _ in range(2):
        apart.prepare(apart.LARGE, Clock())
    (process,) = solver_process._idle
    pids: list[int] = []
    asked(stubborn.says, hear=pids.append)
    assert pids == [process.pid]
    solver_process._idle.clear()
    process.kill()
    process.buried()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    apart.prepare(apart.LARGE, Clock())
    assert not solver_process._idle


def test_a_process_need_not_load_scipy_for_a_linear_model(always: None) -> None:
    finopt.solve(small(), "milp")
    assert "scipy" not in asked(stubborn.loaded).answer


@linux
def test_a_process_that_was_killed_while_it_waited_costs_nothing() -> None:
    asked(stubborn.says)
    (process,) = solver_process._idle
    process.kill()
    wait_for(lambda: not process.alive)
    assert asked(stubborn.says, 1) == Outcome(1)
    assert process not in solver_process._all


def test_calls_at_one_time_have_a_process_each_and_one_stays() -> None:
    both = threading.Barrier(2)
    pids: list[int] = []

    def hear(pid: int) -> None:
        both.wait(LONG)  # the other call has a process, too
        pids.append(pid)

    calls = [threading.Thread(target=partial(asked, stubborn.says, hear=hear)) for _ in range(2)]
    for call in calls:
        call.start()
    for call in calls:
        call.join(LONG)
    assert len(set(pids)) == 2
    assert len(solver_process._idle) == 1


ENDS = """
import os, sys
from finopt.solvers import apart, solver_process
from finopt.solvers.clock import Clock
from tests.solvers import stubborn
{before}
apart.solved_apart(stubborn.{solver}, None, Clock(), 1, lambda pid: {then})
{after}
"""


@linux
@pytest.mark.parametrize("ending", ["pass", "os._exit(0)", "os.kill(os.getpid(), 9)", "raise SystemError"])
@pytest.mark.parametrize("solver", ["says", "ignores"])
def test_no_process_outlives_its_parent(solver: str, ending: str) -> None:
    if solver == "ignores" and ending in ("pass", "raise SystemError"):
        ending = "sys.exit(0)"  # in the middle of a call a parent that goes on waits for it
    then = f"[print(pid, flush=True), {ending}]" if solver == "ignores" else "print(pid, flush=True)"
    code = ENDS.format(before="", solver=solver, then=then, after=ending if solver == "says" else "")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LONG, check=False
    )
    pid = int(done.stdout)
    wait_for(lambda: stubborn.is_gone(pid))


# ------------------------------------------------------------ stopping


def test_a_solver_is_asked_to_stop_at_ctrl_c_and_its_answer_counts() -> None:
    with noted():
        outcome = asked(stubborn.obeys, clock=Clock(), hear=lambda _: signal.raise_signal(signal.SIGINT))
    assert outcome == Outcome("INTERRUPTED")
    assert len(solver_process._idle) == 1


def test_a_solver_that_looks_at_no_clock_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    time, call = FakeTime(monkeypatch, clock), Clock(LONG)
    monkeypatch.setattr(background, "PATIENCE", 0.0)
    heard: list[int] = []

    def hear(pid: int) -> None:
        heard.append(pid)
        time.advance(LONG)

    assert asked(stubborn.ignores, clock=call, hear=hear) == Outcome(None)
    background._wait_for_all()
    assert not solver_process._idle
    assert not solver_process._all
    if sys.platform == "linux":
        assert stubborn.is_gone(heard[0])


def test_a_process_that_was_not_ready_in_time_is_for_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up, wait = threading.Event(), SolverProcess.wait_until_ready

    def late(self: SolverProcess) -> None:
        given_up.wait(LONG)
        wait(self)

    monkeypatch.setattr(background, "PATIENCE", 0.0)
    monkeypatch.setattr(SolverProcess, "wait_until_ready", late)
    assert asked(stubborn.ignores, clock=Clock(0.0)) == Outcome(None)
    given_up.set()
    background._wait_for_all()
    (process,) = solver_process._idle
    pids: list[int] = []
    asked(stubborn.says, hear=pids.append)
    assert pids == [process.pid]


def small() -> finopt.Instance:
    """Two applications on a capacity that binds."""
    return joint(3)[0]


def late_at_the_first_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is up as soon as HiGHS has told a solution."""
    time, hear = FakeTime(monkeypatch, clock), highs.solved_apart
    monkeypatch.setattr(background, "PATIENCE", 0.0)

    def heard(solve: Any, task: Any, call: Clock, threads: int, told: Any) -> Outcome:
        def then(found: Any) -> None:
            told(found)
            time.advance(LONG)

        return hear(solve, task, call, threads, then)

    monkeypatch.setattr(highs, "solved_apart", heard)


def test_what_was_told_before_the_end_is_the_answer(monkeypatch: pytest.MonkeyPatch, always: None) -> None:
    best = finopt.solve(small(), "milp")
    late_at_the_first_solution(monkeypatch)
    monkeypatch.setattr(highs, "solve_here", stubborn.finds_and_ignores)
    result = finopt.solve(small(), "milp", time_limit=LONG)
    check(result, best.objective)
    assert (result.status, result.termination) == (Status.FEASIBLE, Termination.TIME_LIMIT)
    assert result.objective == best.objective
    assert 0 < result.bound < best.objective


# ------------------------------------------------------------ deaths and exceptions


def test_a_process_that_is_killed_is_an_outcome() -> None:
    heard: list[str] = []
    outcome = asked(stubborn.dies, signal.SIGKILL, hear=heard.append)
    assert outcome == Outcome(None, "its process was killed by SIGKILL")
    assert heard == ["something"]
    assert asked(stubborn.says, 1) == Outcome(1)


def test_what_a_process_said_at_its_end_is_told() -> None:
    death = asked(stubborn.aborts_in_words).death
    assert death == (
        "its process was killed by SIGABRT (terminate called after throwing an instance of 'std::bad_alloc')"
    )


@pytest.mark.parametrize("error", [BackendError("of the solver"), MemoryError("of the solver")])
def test_what_a_solver_raises_is_raised(error: Exception) -> None:
    with pytest.raises(type(error), match="of the solver"):
        asked(stubborn.raises, error)


def test_a_solver_that_dies_leaves_what_it_found(monkeypatch: pytest.MonkeyPatch, always: None) -> None:
    best = finopt.solve(small(), "milp")
    monkeypatch.setattr(highs, "solve_here", stubborn.finds_and_dies)
    result = finopt.solve(small(), "milp")
    check(result, best.objective)
    assert (result.status, result.termination) == (Status.FEASIBLE, Termination.ERROR)
    assert result.reason == "HiGHS: its process was killed by SIGKILL"


@pytest.mark.parametrize("method", ["milp", "cspp"])
def test_a_solver_that_dies_with_nothing_says_so(
    method: str, monkeypatch: pytest.MonkeyPatch, always: None, tmp_path: Any
) -> None:
    instance = small() if method == "milp" else finopt.generate(6, 4, seed=2)
    monkeypatch.setattr(
        f"finopt.solvers.{'highs' if method == 'milp' else 'cp_sat'}.solve_here", kills_itself
    )
    result = finopt.solve(instance, method, reduce=False)
    assert (result.status, result.termination) == (Status.NO_SOLUTION, Termination.ERROR)
    solver = "HiGHS" if method == "milp" else "CP-SAT"
    words = f"stopped without an answer: error: {solver}: its process was killed by SIGKILL"
    assert result.reason == words
    finopt.save(instance, tmp_path / "instance.json")
    shown = run("solve", tmp_path / "instance.json", "--method", method, "--no-reduce")
    assert words in shown.stdout
    assert shown.exit_code == 3


def kills_itself(task: Any, clock: Clock, tell: Any) -> None:
    """A solver that is killed at once."""
    signal.raise_signal(signal.SIGKILL)


@pytest.mark.parametrize("python", ["", "/nowhere/python", "/bin/false"])
def test_where_no_process_starts_the_work_is_done_here(
    python: str, monkeypatch: pytest.MonkeyPatch, always: None
) -> None:
    best = finopt.solve(small(), "milp")
    solver_process._idle.clear()
    monkeypatch.setattr(sys, "executable", python)
    with pytest.raises(NoProcessError):
        asked(stubborn.says)
    for method in ("milp", "cspp"):
        result = finopt.solve(small(), method)
        assert result.objective is not None
    assert finopt.solve(small(), "milp").objective == best.objective


# ------------------------------------------------------------ memory


@linux
def test_a_solver_that_takes_all_memory_is_refused_more() -> None:
    outcome = asked(stubborn.takes_all, clock=Clock(LONG, 50e6))
    assert outcome == Outcome(None, "its process found no more memory", out_of_memory=True)
    assert asked(stubborn.says, 1) == Outcome(1)


@linux
def test_a_solver_sees_a_limit_of_memory_as_it_sees_time() -> None:
    assert asked(stubborn.grows, clock=Clock(LONG, 50e6)) == Outcome("MEMORY_LIMIT")


@linux
def test_the_limit_of_one_call_is_not_that_of_the_next() -> None:
    asked(stubborn.says, clock=Clock(LONG, 50e6))
    assert asked(stubborn.takes_all, clock=Clock(LONG, 10e9)) == Outcome(64)


@linux
def test_a_process_that_dies_of_a_limit_of_memory_ends_at_it() -> None:
    assert asked(stubborn.aborts_in_words, clock=Clock(LONG, 50e6)).out_of_memory
    assert not asked(stubborn.dies, signal.SIGKILL, clock=Clock(LONG, 50e6)).out_of_memory
    assert not asked(stubborn.aborts_in_words, clock=Clock(LONG)).out_of_memory


@linux
def test_highs_without_memory_ends_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highs, "solve_here", stubborn.takes_all)
    result = finopt.solve(small(), "milp", memory_limit=50e6)
    assert result.termination is Termination.MEMORY_LIMIT
    assert math.isfinite(result.bound)
