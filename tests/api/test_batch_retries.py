"""finopt.solve_many and executors that blame instances for what others did, or remember what was."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt.problem.status import Status, Termination
from tests.many_workers import Killed, misbehaving, small


class Batches(Executor):
    """Works on batches of these sizes, then on single calls; a killed worker is blamed on its whole batch."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = list(sizes)
        self.waiting: list[tuple[Future[Any], Any, Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, fn, args))
        if len(self.waiting) == (self.sizes[0] if self.sizes else 1):
            batch, self.waiting = self.waiting, []
            self.sizes = self.sizes[1:]
            self.settle(batch, any(isinstance(args[0], Killed) for _, _, args in batch))
        return future

    def settle(self, batch: list[tuple[Future[Any], Any, Any]], dead: bool) -> None:
        for future, fn, args in batch:
            if dead:
                future.set_exception(BrokenExecutor(f"a worker with {len(batch)} instances died"))
            else:
                future.set_result(fn(*args))


def answers(results: Iterator[finopt.Result]) -> list[str]:
    """The termination of every instance, in the order they were given."""
    found = sorted(results, key=lambda result: result.index or 0)
    assert [result.index for result in found] == list(range(len(found)))
    return [result.termination.value for result in found]


GOOD, BAD = Termination.COMPLETED.value, Termination.ERROR.value


def test_what_waited_for_a_killed_worker_is_tried_again_alone() -> None:
    given = [small(0), misbehaving(Killed), small(1), small(2), small(3)]
    executor = Batches(3, 1, 1, 1, 2)
    results = list(finopt.solve_many(given, "labels", executor=executor, ahead=3))
    assert executor.sizes == []
    assert [result.index for result in results] == [0, 1, 2, 3, 4]
    assert [results[i].status for i in (0, 2, 3, 4)] == [Status.OPTIMAL] * 4
    assert (results[1].status, results[1].termination) == (Status.NO_SOLUTION, Termination.ERROR)
    assert results[1].reason == "BrokenExecutor: a worker with 1 instances died"


class Shaken(Batches):
    """Blames the first call after a worker was killed, too, as if another one were still dying."""

    shaken = False

    def settle(self, batch: list[tuple[Future[Any], Any, Any]], dead: bool) -> None:
        super().settle(batch, dead or self.shaken)
        self.shaken = dead


@pytest.mark.parametrize("kills", list(itertools.product([False, True], repeat=4)))
def test_what_others_leave_behind_costs_no_instance(kills: tuple[bool, ...]) -> None:
    given = [misbehaving(Killed) if killed else small() for killed in kills]
    results = finopt.solve_many(given, "labels", executor=Shaken(len(given)), ahead=len(given))
    assert answers(results) == [BAD if killed else GOOD for killed in kills]


class Remembering(Batches):
    """Knows calls by their arguments and answers the same call with the same future, as Dask does."""

    def __init__(self, *sizes: int) -> None:
        super().__init__(*sizes)
        self.known: dict[bytes, Future[Any]] = {}

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        key = pickle.dumps((fn, args, kwargs))
        if key not in self.known:
            self.known[key] = super().submit(fn, *args, **kwargs)
        return self.known[key]


def test_a_new_attempt_is_not_answered_with_the_failure_before() -> None:
    given = [small(0), misbehaving(Killed), small(1)]
    results = finopt.solve_many(given, "labels", executor=Remembering(3), ahead=3)
    assert answers(results) == [GOOD, BAD, GOOD]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path, executor = tmp_path / "instance.json", Remembering()
    for seed in range(2):
        finopt.save(small(seed), path)
        (result,) = finopt.solve_many([path], "labels", executor=executor)
        assert result.objective == finopt.solve(small(seed), "labels").objective
    assert len(executor.known) == 2


class Cancelling(Batches):
    """Gives up the first calls it gets."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls = calls

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = super().submit(fn, *args, **kwargs)
        self.calls -= 1
        if self.calls >= 0:
            future = Future()
            future.cancel()
        return future


def test_what_an_executor_cancels_is_tried_again_and_reported() -> None:
    assert answers(finopt.solve_many([small(), small()], executor=Cancelling(2), ahead=2)) == [GOOD, GOOD]
    (result,) = finopt.solve_many([small()], executor=Cancelling(9))
    assert result.termination is Termination.ERROR
    assert "CancelledError" in result.reason


class Losing(Batches):
    """Like a client of Dask: a call ends, and its answer turns out to be lost only when it is fetched."""

    def __init__(self, losses: int) -> None:
        super().__init__()
        self.losses = losses

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = super().submit(fn, *args, **kwargs)
        self.losses -= 1
        if self.losses >= 0:
            future.result = self.lost  # type: ignore[method-assign]
        return future

    def lost(self, timeout: float | None = None) -> Any:
        raise BrokenExecutor("the answer was lost with its worker")


class Wrapped(Executor):
    """Like the plain executor of Dask, which never answers a call whose answer was lost."""

    def __init__(self, client: Executor) -> None:
        self._client, self._kwargs = client, {}  # type: ignore[var-annotated]

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        raise AssertionError("who is asked here may wait for ever")


@pytest.mark.parametrize("wrap", [Wrapped, lambda client: client])
def test_an_answer_that_is_lost_is_computed_again(wrap: Any) -> None:
    given = [small(seed) for seed in range(3)]
    assert answers(finopt.solve_many(given, "labels", executor=wrap(Losing(2)), ahead=2)) == [GOOD] * 3
