"""Work that looks at no clock, in a thread of its own: asked to stop, and left alone if it does not."""

from __future__ import annotations

import _thread
import atexit
import time
from collections.abc import Callable
from typing import Any

from finopt.solvers.clock import Clock

POLL = 0.05
"""Seconds between two looks at the clock."""

IN_TIME = 0.95
"""Share of the time left after which work is asked to stop: it takes a moment to do so."""

PATIENCE, PATIENCE_AT_CTRL_C = 0.25, 1.0
"""Seconds that work is given to stop after it was asked, if no time is left or Ctrl-C was pressed."""

left_alone: list[Task] = []
"""What did not stop. A process that ends in the usual way waits for it: to end it earlier may abort it."""


class Task:
    """Work in a thread of its own.

    KeyboardInterrupt may hit the thread that waits at any instruction. Neither `Thread.join`, which then
    marks a running thread as ended, nor `threading.Event`, whose lock may stay taken, survives that. So what
    counts is what the work itself has noted.
    """

    def __init__(self, work: Callable[[], Any]) -> None:
        self.errors: list[BaseException] = []
        self._work = work
        self._first: dict[str, object] = {}
        self._notes: list[str] = []
        self._at_work = _thread.allocate_lock()
        self._at_work.acquire()

    @property
    def ended(self) -> bool:
        """Whether the work has come to its end, with an error or without."""
        return bool(self._notes)

    @property
    def begun(self) -> bool:
        """Whether a thread works on it, or has."""
        return bool(self._first)

    def start(self) -> None:
        """Begin, once, however often this is called: of several threads only the first one works."""
        if not self.begun:
            _thread.start_new_thread(self._run, ())  # one call; `Thread.start` has locks of its own

    def wait(self, seconds: float) -> None:
        """Wait until the work has ended, at most so long."""
        if not self.ended:
            self._at_work.acquire(timeout=seconds)

    def _run(self) -> None:
        me = object()
        if self._first.setdefault("thread", me) is not me:
            return
        try:
            self._work()
        except BaseException as error:
            self.errors.append(error)
        finally:
            self._notes.append("ended")
            self._at_work.release()


def run(
    work: Callable[[], Any],
    cancel: Callable[[], Any],
    clock: Clock,
    watch: Callable[[], Any] = lambda: None,
) -> bool:
    """Do the work in a thread, and ask it to stop at Ctrl-C or shortly before the time is up.

    Meanwhile ``watch`` is called now and then in the thread that waits.

    Returns
    -------
    bool
        Whether the work has ended. If not, it did not stop when asked to and is left alone: nothing that it
        works on may be looked at, now or later.

    Raises
    ------
    BaseException
        Whatever the work raised.
    """
    task, soon = Task(work), clock.part(IN_TIME)
    asked: list[float] = []
    waiting = True
    try:
        while waiting:
            try:
                waiting = _wait(task, cancel, clock, soon, asked)
                watch()
            except KeyboardInterrupt:
                clock.interrupt()
    finally:
        if task.begun and not task.ended:
            left_alone.append(task)
    if task.errors:
        raise task.errors[0]
    return task.ended


def _wait(task: Task, cancel: Callable[[], Any], clock: Clock, soon: Clock, asked: list[float]) -> bool:
    """Wait for a moment; whether to go on."""
    task.start()
    task.wait(POLL)
    if soon.expired and not task.ended:
        cancel()
        asked.append(time.monotonic())
        if clock.expired and asked[-1] - asked[0] >= _patience(clock):
            return False
    return not task.ended


def _patience(clock: Clock) -> float:
    return PATIENCE_AT_CTRL_C if clock.interrupted else PATIENCE


def still_at_work() -> bool:
    """Whether something that was left alone goes on."""
    return any(not task.ended for task in left_alone)


@atexit.register
def _wait_for_all() -> None:
    for task in left_alone:
        while not task.ended:
            task.wait(POLL)
