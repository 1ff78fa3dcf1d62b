"""Several runs at a time: each is still a process of its own, started by a worker of an executor.

They share the cores of their machine, its caches and its memory bandwidth: times are longer and scatter more
than those of runs that have the machine for themselves.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager

from harness.launch import Launcher, Run
from harness.rows import Row, failed

EXECUTORS = ("processes", "dask")


@contextmanager
def opened(name: str, workers: int, scheduler: str | None = None) -> Iterator[Executor]:
    """An executor with so many workers, closed again with all that still runs on it.

    Parameters
    ----------
    name : {"processes", "dask"}
        Local processes, or Dask: a cluster of local processes, or the one of a scheduler.
    workers : int
        Runs at a time.
    scheduler : str, optional
        Address of a Dask scheduler. Its workers need this checkout at the same path, installed, with
        ``benchmarks`` in their PYTHONPATH.
    """
    if name == "processes":
        from finopt.api.processes import Processes

        pool = Processes(workers)
        try:
            yield pool
        finally:
            pool.terminate()
    else:
        from distributed import Client, LocalCluster

        local = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
        with Client(scheduler or LocalCluster(**local)) as client:
            try:
                yield client.get_executor(pure=False)
            finally:
                if client.cluster is not None:
                    client.cluster.close()


def launched_on(executor: Executor, runs: Sequence[Run], workers: int, launcher: Launcher) -> Iterator[Row]:
    """The row of every run as it ends, with no more than so many runs at a time.

    A run whose worker is lost has a row too, with termination ERROR. The stamp is that of the worker's
    machine.
    """
    waiting, ended = iter(runs), queue.SimpleQueue[Future[Row]]()
    at_work: dict[Future[Row], Run] = {}

    def start_next() -> None:
        run = next(waiting, None)
        if run is not None:
            future = executor.submit(launcher.row, run)
            at_work[future] = run
            future.add_done_callback(ended.put)

    for _ in range(workers):
        start_next()
    while at_work:
        future = ended.get()
        run = at_work.pop(future)
        start_next()
        yield _row(future, run, launcher)


def _row(future: Future[Row], run: Run, launcher: Launcher) -> Row:
    try:
        return future.result()
    except Exception as error:
        reason = f"its worker was lost: {type(error).__name__}: {error}"
        return launcher.unmeasured(run, failed("ERROR", reason))
