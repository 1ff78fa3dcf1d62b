"""The workers of an executor: each gets the partitions that it holds; what a dead one had is done again."""

from __future__ import annotations

import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any

from finopt.problem.errors import BackendError
from finopt.problem.status import Termination
from finopt.solvers.clock import Clock, OutOfTimeError
from finopt.solvers.executors import answering, outcome_of, submit_to, workers_of

TRIES = 4
"""Times in a row that the worker of a partition may die before the call is given up."""

LOOK = 0.2
"""Seconds between two looks at Ctrl-C."""

REPLACED_WITHIN = 30.0
"""Seconds that a worker which died has to be replaced before others take what it held."""

TOLD_WITHIN = 2.0
"""Seconds in which a worker hears that a call has ended."""

Work = Callable[[Any], Any]


class Crew:
    """Who works.

    Where the executor says who its workers are, as Dask does, each partition has one that works on it and
    keeps it, one partition at a time. Others get everything at once, and any of their workers may get
    anything.

    Parameters
    ----------
    executor : Executor
    """

    def __init__(self, executor: Executor) -> None:
        self.executor = answering(executor)
        self.clock = Clock()
        self.patient = False
        self._home: dict[int, str] = {}
        self._size = len(workers_of(self.executor) or [])

    def results(
        self, work: Work, tasks: Mapping[int, Any], once_more: Callable[[int, Any], Any | None]
    ) -> dict[int, Any]:
        """What ``work`` returns for the task of every partition.

        ``once_more`` is asked about every result; a task that it returns takes the place of the result.

        Raises
        ------
        BackendError
            The executor takes no more work, or gives a task up again and again.
        OutOfTimeError
            Ctrl-C was pressed.
        """
        waiting, tries, done = deque(tasks), Counter[int](), {}
        now, open_ = dict(tasks), dict[Future[Any], int]()
        ended: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        try:
            while waiting or open_:
                for number in self._next(waiting, open_.values()):
                    waiting.remove(number)
                    future = self._submit(work, number, now[number])
                    open_[future] = number
                    future.add_done_callback(ended.put)
                future = self._wait(ended)
                number, outcome = open_.pop(future), outcome_of(future)
                del future  # Dask keeps a result as long as somebody has its future
                if isinstance(outcome, BaseException):
                    self._lost(number, outcome, tries)
                    waiting.append(number)
                elif (task := once_more(number, outcome)) is not None:
                    now[number] = task
                    waiting.append(number)
                else:
                    done[number] = outcome
        finally:
            for future in open_:
                future.cancel()
        return done

    def tell_all(self, work: Work, argument: Any) -> None:
        """Let every worker do something; those that can't be reached soon go without."""
        with suppress(Exception):
            known = workers_of(self.executor)
            places: Sequence[str | None] = known or [None]
            for future in [submit_to(self.executor, place, work, argument) for place in places]:
                future.result(timeout=TOLD_WITHIN)

    def _submit(self, work: Work, number: int, task: Any) -> Future[Any]:
        try:
            return submit_to(self.executor, self._home.get(number), work, task)
        except Exception as error:
            raise BackendError(f"the executor takes no more work: {type(error).__name__}: {error}") from error

    def _next(self, waiting: Iterable[int], busy: Iterable[int]) -> list[int]:
        """The partitions whose workers are free."""
        waiting = list(waiting)
        if not self._size or not waiting:
            return waiting
        self._find_homes(waiting)
        occupied = {self._home[number] for number in busy}
        chosen = []
        for number in waiting:
            if self._home[number] not in occupied:
                occupied.add(self._home[number])
                chosen.append(number)
        return chosen

    def _find_homes(self, waiting: Iterable[int]) -> None:
        """Give partitions whose worker is gone to those that have fewest."""
        known = self._workers(all(number in self._home for number in waiting))
        for number in waiting:
            if self._home.get(number) not in known:
                has = Counter(dict.fromkeys(known, 0))
                has.update(worker for worker in self._home.values() if worker in has)
                self._home[number] = min(known, key=lambda worker: (has[worker], worker))

    def _workers(self, settled: bool) -> list[str]:
        """Those there are; after a death, until as many are there as at first or they had their time."""
        began = time.perf_counter()
        while True:
            known = workers_of(self.executor) or []
            gone = settled and not set(self._home.values()) <= set(known)
            if known and (len(known) >= self._size or not gone):
                return known
            if time.perf_counter() - began > REPLACED_WITHIN:
                break
            self._look()
            time.sleep(LOOK)
        if not known:
            raise BackendError("the executor has no workers left")
        self._size = len(known)
        return known

    def _wait(self, ended: queue.SimpleQueue[Future[Any]]) -> Future[Any]:
        while True:
            try:
                return ended.get(timeout=LOOK)
            except queue.Empty:
                self._look()

    def _look(self) -> None:
        """After Ctrl-C nobody waits for workers, except for an answer that is known; at a limit they end."""
        if not self.patient and self.clock.expired and self.clock.ended is Termination.INTERRUPTED:
            raise OutOfTimeError

    def _lost(self, number: int, error: BaseException, tries: Counter[int]) -> None:
        """Count how often the task of a partition was given up."""
        tries[number] += 1
        if tries[number] == TRIES:
            what = f"partition {number + 1} was given up by the executor {TRIES} times"
            hint = "is there memory for it?"
            raise BackendError(f"{what}, at last with {type(error).__name__}: {error}; {hint}") from error
