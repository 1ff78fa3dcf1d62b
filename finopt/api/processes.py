"""Local worker processes, of which each may die without harm to the others.

`concurrent.futures.ProcessPoolExecutor` gives up every call when one of its processes is killed, and cannot
tell which call killed it. Here each process has a thread and a pipe of its own.

`pebble.ProcessPool` (5.2.3) was tried in place of this. It gives up only the call whose process is killed,
too, but a process killed while it is idle or starts breaks the whole pool ("All workers expired"), one killed
with the queue's lock in its hand blocks the others for a minute, and calls outlive a caller that is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, NamedTuple, TypeVar

from finopt.problem.errors import BackendError
from finopt.solvers.child_process import ONE_THREAD, how_ended
from finopt.solvers.workers import cores

Answer = TypeVar("Answer")

START_TRIES = 3
"""Processes in a row that may be killed while they start before a call is given up."""


class WorkerDiedError(RuntimeError):
    """The process that worked on a call ended in the middle of it."""


class WorkerStartError(BackendError):
    """No worker process can be started."""


class Processes(Executor):
    """An executor of fresh local processes; a process that dies costs only the call it worked on.

    Parameters
    ----------
    workers : int, optional
        Processes at most; default: as many as there are cores to run on. They start as calls come in.

    Notes
    -----
    A call whose process dies raises `WorkerDiedError`, the others go on. A process that is killed while it
    starts is followed by another; three in a row cost a call, or raise `WorkerStartError` if none has started
    before. Like every executor of processes it needs the lines that start a script to stand under
    ``if __name__ == "__main__":``. The processes ignore Ctrl-C, which is for the caller to decide, and end
    when the caller is gone, whatever ended it.

    Examples
    --------
    >>> from finopt.api.processes import Processes
    >>> with Processes(workers=1) as pool:
    ...     pool.submit(sum, [1, 2, 3]).result()
    6
    """

    def __init__(self, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"workers must be at least 1, got {workers}")
        self.workers = workers or cores()
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._started: list[_Worker] = []
        self._proven = threading.Event()
        self._open = True

    def submit(self, fn: Callable[..., Answer], /, *args: Any, **kwargs: Any) -> Future[Answer]:
        """Hand a call to the next free process."""
        if not self._open:
            raise RuntimeError("these processes were shut down and take no more calls")
        if len(self._started) < self.workers:
            self._started.append(_Worker(self._calls, self._proven))
        future: Future[Answer] = Future()
        self._calls.put(_Call(future, (fn, args, kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls, and end the processes when they have carried out what they were given."""
        self._open = False
        if cancel_futures:
            with suppress(queue.Empty):
                while True:
                    call = self._calls.get_nowait()
                    if call is not None:
                        call.future.cancel()
        self._calls.put(None)
        if wait:
            for worker in self._started:
                worker.thread.join()

    def terminate(self) -> None:
        """End the processes now, in the middle of what they do."""
        self.shutdown(wait=False, cancel_futures=True)
        for worker in self._started:
            worker.terminate()
        for worker in self._started:
            worker.thread.join()


class _Call(NamedTuple):
    future: Future[Any]
    task: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class _Worker:
    """A process, and the thread that talks to it; a process that died is replaced at the next call."""

    def __init__(self, calls: queue.SimpleQueue[_Call | None], proven: threading.Event) -> None:
        self._calls = calls
        self._proven = proven  # set when any process has started, so nothing is wrong with the script
        self._lock = threading.Lock()
        self._ended = False
        self._process: SpawnProcess | None = None
        with suppress(OSError):  # to be tried again
            self._start()  # here, not in the thread: what a script without a main guard does wrong shows here
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _start(self) -> SpawnProcess:
        context = multiprocessing.get_context("spawn")  # a fork would copy the locks of other threads
        with self._lock:
            if self._ended:
                raise WorkerDiedError("the worker processes were ended")
            connection, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs,), daemon=True)
            process.start()
            self._connection, self._process, self._ready = connection, process, False
        theirs.close()  # so that the end of the process is the end of the pipe
        return process

    def terminate(self) -> None:
        with self._lock:
            self._ended = True
            if (process := self._process) is not None:
                process.terminate()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            if call.future.set_running_or_notify_cancel():
                try:
                    call.future.set_result(self._carry_out(call))
                except BaseException as error:
                    call.future.set_exception(error)
        self._calls.put(None)  # for the next thread
        if (process := self._process) is not None:
            self._end(process)

    def _carry_out(self, call: _Call) -> Any:
        """The answer of the process, or the exception it raised."""
        data = pickle.dumps(call.task)
        process = self._ready_process()
        try:
            self._connection.send_bytes(data)
            answered, answer = pickle.loads(self._connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise WorkerDiedError(f"its worker process {self._end(process)} in the middle of it") from error
        if not answered:
            raise answer
        return answer

    def _ready_process(self) -> SpawnProcess:
        """A process that takes calls; one that is killed while it starts is followed by another."""
        for _ in range(START_TRIES):
            try:
                process = self._process or self._start()
            except OSError as error:
                end = f"could not be created: {error}"
                continue
            if self._gets_ready() and process.is_alive():
                return process
            end = self._end(process)
            if not self._proven.is_set() and not end.startswith("was killed"):
                hint = 'in a script, call this under `if __name__ == "__main__":`'
                raise WorkerStartError(
                    f"a worker process {end} before it could start; {hint}, otherwise see its message above"
                )
        what = f"{START_TRIES} worker processes in a row ended before they took a call; the last one {end}"
        if self._proven.is_set():
            raise WorkerDiedError(what)
        raise WorkerStartError(f"{what}; is there memory for so many workers?")

    def _gets_ready(self) -> bool:
        """Whether the process has started, or does now."""
        with suppress(EOFError, OSError):
            if not self._ready:
                self._connection.recv_bytes()
                self._ready = True
                self._proven.set()
        return self._ready

    def _end(self, process: SpawnProcess) -> str:
        """Bury a process and say how it ended."""
        self._connection.close()
        process.join()
        self._process = None
        return how_ended(process.exitcode or 0)


def _serve(connection: Connection) -> None:
    """What a process does: one call after the other, until the other end of the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for name, one in ONE_THREAD.items():
        os.environ.setdefault(name, one)
    with suppress(EOFError, OSError):
        connection.send_bytes(b"ready")
        while True:
            connection.send_bytes(_answer(connection.recv_bytes()))


def _end_with_parent() -> None:
    """End in the middle of a call when nobody is left to hear its answer."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _answer(data: bytes) -> bytes:
    """Carry out a call; its answer, or what it raised, in a form that can be sent."""
    try:
        function, args, kwargs = pickle.loads(data)
        return pickle.dumps((True, function(*args, **kwargs)))
    except BaseException as error:
        try:
            pickle.loads(data := pickle.dumps((False, error)))
            return data
        except Exception:
            return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
