"""Many instances on one call: spread over processes or a cluster, answered as they come."""

from __future__ import annotations

import queue
import traceback
import uuid
from collections.abc import Generator, Iterable, Iterator, Sized
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from finopt.api.dispatch import solve
from finopt.api.methods import COMMON, QUESTION, method_named
from finopt.api.processes import Processes, WorkerStartError
from finopt.evaluation.result import Result
from finopt.io import load_problem
from finopt.problem.errors import BackendError, InstanceError
from finopt.problem.instance import Instance
from finopt.problem.options import FLAG, Rule, checked
from finopt.problem.status import Status, Termination
from finopt.solvers.executors import answering
from finopt.solvers.interruption import postponed

if TYPE_CHECKING:
    from finopt.graph.resource import ResourceGraph

    Given: TypeAlias = Instance | ResourceGraph | str | Path

AHEAD = 64
"""Instances handed at once to an executor of which we do not know how many workers it has."""

ALONE_TRIES = 2
"""Of an instance that is tried alone after a failure, the first of which may be what another left behind."""


def solve_many(
    instances: Iterable[Given],
    method: str = "fin",
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    ahead: int | None = None,
    progress: bool = False,
    **options: Any,
) -> Iterator[Result]:
    """Solve many instances at once and give each result as soon as it is there.

    Parameters
    ----------
    instances : iterable of Instance, ResourceGraph, str or Path
        Any number, also from a generator: no more than `ahead` of them are taken before they are answered.
        A name of a file is handed on as it is and read where it is solved.
    method : str
        As in :func:`finopt.solve`.
    executor : concurrent.futures.Executor, optional
        Who works: threads, processes, or a cluster, for example ``client.get_executor()`` of Dask, or the
        client itself (install ``finopt[dask]``). It stays open. Default: fresh local processes, which end
        with the last result.
    workers : int, optional
        Of the default executor: its processes; default: one per core.
    ahead : int, optional
        Instances that are handed to the executor and not yet answered, at most. Default: two per process,
        and 64 for an executor that was given.
    progress : bool
        Show a bar that counts the instances, and those that failed.
    **options
        As in :func:`finopt.solve`, the same for every instance: ``time_limit`` (of each one), ``seed``,
        ``threads`` and those of the method.

    Yields
    ------
    Result
        One per instance, in order of completion; ``index`` says which: 0 for the first one given.
        An instance that could not be solved has a result too: status NO_SOLUTION, termination ERROR, and
        the exception in ``reason``, be it a broken file, a back end that fails or a worker that was killed.

    Raises
    ------
    TypeError
        One instance in the place of many.
    ValueError
        An unknown method or option, or `workers` or `ahead` below 1.
    BackendError
        The method's back end is missing, or no worker process can be started.

    Notes
    -----
    An answer depends on its instance and the options only, never on the executor or the order.

    A process of the default executor that is killed costs the instance it worked on and is replaced; the
    instance is not tried again. An executor that was given may blame all that waited for the same worker, as
    Dask does after several deaths. What it gives up without a result is therefore tried again, alone: what
    fails then, after a success or twice in a row, has itself to blame. A ``ProcessPoolExecutor`` that loses a
    process takes nothing more, so all that it was handed is lost and reported. A ``LocalCluster`` of Dask
    closes a worker for good that is just being replaced 15 s after a death, and with the last one the
    calculation stands still: where instances may kill their workers, set its
    ``distributed.deploy.lost-worker-timeout`` to an hour.

    When the iteration ends early, by Ctrl-C, ``break`` or an exception, what has not begun is cancelled, and
    the processes of the default executor end at once. In a script, worker processes need the lines that
    start it to stand under ``if __name__ == "__main__":``.

    Examples
    --------
    >>> import finopt
    >>> instances = [finopt.generate(4, 3, seed=seed) for seed in range(3)]
    >>> results = sorted(finopt.solve_many(instances, "labels", workers=2), key=lambda r: r.index)
    >>> [result.status.value for result in results]
    ['OPTIMAL', 'OPTIMAL', 'OPTIMAL']
    >>> for result in finopt.solve_many(["no-such-file.json"], workers=1):
    ...     print(result.index, result.status, result.termination, result.reason.splitlines()[-1].strip())
    0 NO_SOLUTION ERROR $: cannot be read: No such file or directory
    """
    if isinstance(instances, str | Path | Instance):
        raise TypeError(f"solve_many takes a list or iterator of instances, got {type(instances).__name__}")
    method_named(method, [name for name in options if name not in (*COMMON, *QUESTION)])
    if executor is not None and workers is not None:
        raise ValueError("workers is for the default executor; the one that was given has its own")
    checked({"workers": workers, "ahead": ahead})
    Rule(FLAG).checked("progress", progress)
    options = checked(options)
    if executor is not None:
        return _results(instances, _Spread(answering(executor), method, options, ahead or AHEAD), progress)
    own = Processes(workers)
    return _results(instances, _Spread(own, method, options, ahead or 2 * own.workers), progress, own)


def _results(
    instances: Iterable[Given], spread: _Spread, progress: bool, own: Processes | None = None
) -> Iterator[Result]:
    from tqdm import tqdm

    total = len(instances) if isinstance(instances, Sized) else None
    bar = tqdm(total=total, unit="instance", disable=not progress)
    failed = 0
    try:
        for result in spread.results(instances):
            bar.update()
            if result.termination is Termination.ERROR:
                failed += 1
                bar.set_postfix(failed=failed)
            yield result
    finally:
        bar.close()
        with postponed():  # or processes would stay
            spread.cancel()
            if own is not None:
                own.terminate()


class _Spread:
    """What an executor works on, and what it has done."""

    def __init__(self, executor: Executor, method: str, options: dict[str, Any], ahead: int) -> None:
        self._executor = executor
        self._method = method
        self._options = options
        self._ahead = ahead
        self._open: dict[Future[Result], tuple[int, Given]] = {}
        self._suspects: list[tuple[int, Given]] = []
        self._done: queue.SimpleQueue[Future[Result]] = queue.SimpleQueue()

    def results(self, instances: Iterable[Given]) -> Iterator[Result]:
        for index, instance in enumerate(instances):
            yield from self._submit(index, instance)
            if len(self._open) == self._ahead:
                yield from self._next()
            if self._suspects:
                yield from self._drain()
        yield from self._drain()

    def _submit(self, index: int, instance: Given) -> Iterator[Result]:
        """Hand an instance to the executor; a result only if it is not taken."""
        attempt = uuid.uuid4().hex
        try:
            future = self._executor.submit(_solved, instance, self._method, self._options, attempt)
        except Exception as error:
            if isinstance(self._executor, Processes):
                raise  # the script has no main guard, and this is one of its own workers
            yield replace(_failed(error, self._method), index=index)
            return
        self._open[future] = index, instance
        future.add_done_callback(self._done.put)

    def _next(self) -> Iterator[Result]:
        """The next result to be there; none if its instance failed beside others that may be the cause."""
        future = self._done.get()
        index, instance = self._open.pop(future)
        outcome = _outcome(future)
        if self._is_suspect(outcome):
            self._suspects.append((index, instance))
        else:
            yield replace(_read(outcome, self._method), index=index)

    def _is_suspect(self, outcome: Result | BaseException) -> bool:
        """Whether a worker or the executor failed, and not evidently because of this instance."""
        if isinstance(self._executor, Processes):
            return False  # our own processes know who was at work
        return isinstance(outcome, Exception)

    def _drain(self) -> Iterator[Result]:
        """What is open, then the suspects one by one."""
        while self._open:
            yield from self._next()
        suspects, self._suspects = self._suspects, []
        calm = False
        for index, instance in suspects:
            calm = yield from self._alone(index, instance, 1 if calm else ALONE_TRIES)

    def _alone(self, index: int, instance: Given, tries: int) -> Generator[Result, None, bool]:
        """Try a suspect with nothing beside it until it has a result, or itself to blame; tell which."""
        for _ in range(tries):
            yield from self._submit(index, instance)
            if not self._open:
                return False  # it was not taken, which is its result
            outcome = _outcome(self._done.get())
            self._open.clear()
            failed = self._is_suspect(outcome)
            if not failed:
                break
        yield replace(_read(outcome, self._method), index=index)
        return not failed

    def cancel(self) -> None:
        for future in self._open:
            future.cancel()


def _solved(given: Given, method: str, options: dict[str, Any], attempt: str) -> Result:
    """What a worker does; an exception becomes a result here, for not every exception can travel.

    No two attempts are alike: an executor that knows calls by their arguments, as Dask does, would take one
    for another and answer it with what it remembers, be it the failure of an attempt before or the answer
    for what a file once held.
    """
    try:
        instance = load_problem(given) if isinstance(given, str | Path) else given
        return solve(instance, method, on_interrupt="return", **options)
    except (InstanceError, BackendError) as error:
        return _failed(error, method)
    except Exception as error:
        return _failed(error, method, traceback=traceback.format_exc())


def _outcome(future: Future[Result]) -> Result | BaseException:
    """What a future holds, or what kept it from holding a result: a killed worker, for example."""
    if future.cancelled():
        return CancelledError("the executor gave it up")
    try:
        return future.result()
    except (WorkerStartError, KeyboardInterrupt):
        raise
    except BaseException as error:
        return error


def _read(outcome: Result | BaseException, method: str) -> Result:
    return outcome if isinstance(outcome, Result) else _failed(outcome, method)


def _failed(error: BaseException, method: str, **stats: Any) -> Result:
    """The result of an instance that has none."""
    return Result(
        status=Status.NO_SOLUTION,
        termination=Termination.ERROR,
        method=method,
        stats=stats,
        reason=f"{type(error).__name__}: {error}",
    )
