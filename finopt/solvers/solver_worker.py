"""What a solver's process does: one call after the other, until the one that asks is gone.

Started as ``python -m finopt.solvers.solver_worker`` by `finopt.solvers.solver_process`. A call names a
function ``solve(request, clock, tell)``, which answers in time, stops when its clock does, and tells what it
finds on the way.
"""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from io import FileIO
from typing import Any, NamedTuple

from finopt.solvers import background
from finopt.solvers.clock import Clock
from finopt.solvers.memory_limit import address_space
from finopt.solvers.messages import ANSWER, CANCEL, ERROR, FOUND, READY, Said, packed, receive, send, unpacked

RESERVED = 256 * 2**20
"""Bytes of address space beside a limit of memory: allocators reserve more than they use ..."""

PER_THREAD = 72 * 2**20
"""... and so does every thread, for its stack and an allocator of its own."""


class Request(NamedTuple):
    """A call: the function, what it solves, and its limits in seconds and bytes (inf: none)."""

    solve: Callable[..., Any]
    model: Any
    seconds: float
    memory: float
    threads: int


class Worker:
    """Takes calls from one stream and answers on the other."""

    def __init__(self, requests: FileIO, answers: FileIO) -> None:
        self._requests, self._answers = requests, answers
        self._calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._clock: Clock | None = None

    def serve(self) -> None:
        """Work until nobody is left to hear the answers."""
        threading.Thread(target=self._listen, daemon=True).start()
        self._say(Said(READY))
        while True:
            answer = self._answer(self._calls.get())
            self._say(answer)
            if not answer.usable:
                os._exit(0)

    def _listen(self) -> None:
        """Take calls, and ask the one at work to stop; without anybody to ask, end in the middle of it."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                message = receive(self._requests)
                if message != CANCEL:
                    self._calls.put(message)
                elif self._clock is not None:
                    self._clock.interrupt()
        os._exit(0)

    def _answer(self, message: bytes) -> Said:
        """Carry out a call; its answer, or what it raised."""
        try:
            request = Request(*unpacked(message))
            self._clock = Clock(request.seconds, request.memory)
            with limited(request.memory, request.threads):
                kind, content = ANSWER, request.solve(request.model, self._clock, self._tell)
        except BaseException as error:
            kind, content = ERROR, _portable(error)
        self._clock = None
        return Said(kind, content, usable=not background.still_at_work())

    def _tell(self, found: Any) -> None:
        self._say(Said(FOUND, found))

    def _say(self, said: Said) -> None:
        send(self._answers, packed(said))


@contextlib.contextmanager
def limited(memory: float, threads: int) -> Iterator[None]:
    """Within, the system refuses what goes far beyond a limit of memory; what stays below is watched."""
    try:
        import resource
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = address_space() + memory + RESERVED + threads * PER_THREAD
    bounded = address_space() > 0 and math.isfinite(most)
    least = min((int(most), *(limit for limit in (soft, hard) if limit >= 0))) if bounded else soft
    resource.setrlimit(resource.RLIMIT_AS, (least, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _portable(error: BaseException) -> BaseException:
    """An exception that can be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _own_stdout() -> FileIO:
    """Standard output for answers; what solvers print there, also from C, goes to standard error."""
    answers = FileIO(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    Worker(FileIO(sys.stdin.fileno()), _own_stdout()).serve()
