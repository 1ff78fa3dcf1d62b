"""finopt.api.processes: a process that dies costs its own call, one that dies while it starts some time."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing import active_children
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt.api import processes
from finopt.api.processes import START_TRIES, Processes, WorkerDiedError, WorkerStartError
from finopt.problem.status import Termination
from tests.many_workers import DEATHS, Killed, killed_at_start, misbehaving, small, wait_for


@pytest.fixture
def kill_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Have so many of the next worker processes killed before they are ready."""
    monkeypatch.setenv(DEATHS, str(tmp_path))
    monkeypatch.setattr(processes, "_serve", killed_at_start)

    def prepare(deaths: int) -> None:
        for number in range(deaths):
            (tmp_path / f"death{number}").touch()

    return prepare


def terminations(results: Iterator[finopt.Result]) -> list[str]:
    """How it ended for every instance, in the order they were given."""
    return [result.termination.value for result in sorted(results, key=lambda result: result.index or 0)]


def test_a_process_that_died_while_idle_costs_nothing() -> None:
    with Processes(workers=1) as pool:
        pid = pool.submit(os.getpid).result()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: pid not in [child.pid for child in active_children()])
        assert pool.submit(os.getpid).result() != pid
        with pytest.raises(WorkerDiedError, match="ended with exit code 3"):
            pool.submit(os._exit, 3).result()
        assert pool.submit(sum, [1, 2]).result() == 3
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(sum, [1])


@pytest.mark.parametrize("workers", [1, 2])
def test_a_process_killed_while_it_starts_costs_nothing(
    workers: int, kill_at_start: Callable[[int], None]
) -> None:
    kill_at_start(START_TRIES - 1)
    given = [small(seed) for seed in range(3)]
    assert terminations(finopt.solve_many(given, workers=workers)) == [Termination.COMPLETED.value] * 3


def test_when_no_process_can_start_it_is_said(kill_at_start: Callable[[int], None]) -> None:
    kill_at_start(START_TRIES)
    with pytest.raises(WorkerStartError, match=r"3 worker processes in a row .* was killed by SIGKILL"):
        list(finopt.solve_many([small()], workers=1))
    assert active_children() == []


def test_where_one_has_started_those_that_cannot_cost_one_instance(
    kill_at_start: Callable[[int], None],
) -> None:
    def given() -> Iterator[finopt.Instance]:
        yield small(0)
        kill_at_start(START_TRIES)  # of those that follow the one killed next
        yield misbehaving(Killed)
        yield small(1)
        yield small(2)

    first, killed, unstarted, last = finopt.solve_many(given(), workers=1, ahead=1)
    assert first.termination is last.termination is Termination.COMPLETED
    assert "was killed by SIGKILL in the middle of it" in killed.reason
    assert "WorkerDiedError: 3 worker processes in a row ended before they took a call" in unstarted.reason


@pytest.mark.parametrize("failures", [1, START_TRIES - 1, START_TRIES + 1])
def test_a_process_that_cannot_be_created_is_tried_again(
    failures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, start = [0], SpawnProcess.start

    def failing(self: Any) -> None:
        calls[0] += 1
        if calls[0] <= failures:
            raise OSError("no more processes")
        start(self)

    monkeypatch.setattr(SpawnProcess, "start", failing)
    with Processes(workers=1) as pool:
        if failures > START_TRIES:  # one try is made when a call comes in, the others when it is carried out
            with pytest.raises(WorkerStartError, match="could not be created: no more processes"):
                pool.submit(sum, [1, 2]).result()
        assert pool.submit(sum, [1, 2]).result() == 3
