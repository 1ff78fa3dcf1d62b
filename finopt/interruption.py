"""Ctrl-C during a call: noted at once, answered at the next look at the clock.

Python raises KeyboardInterrupt wherever the main thread happens to be, also in the middle of an import, of a
compiled loop or of a call into a solver, and none of these survives it. So while something is solved, Ctrl-C
is only noted. `finopt.clock.Clock` then counts as expired, and every method answers with the best it has, as
it does at its time limit.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType

ECHO = 1.0
"""A Ctrl-C this soon after the first one is the same: programs that start others pass it on once more [s]."""


class Interrupt:
    """Whether, and how often, Ctrl-C was pressed during a call."""

    def __init__(self) -> None:
        self.count = 0
        self._first = 0.0

    @property
    def pressed(self) -> bool:
        """Whether it was pressed at all."""
        return self.count > 0

    def press(self) -> None:
        """Note it; for those who caught a KeyboardInterrupt."""
        self.count = self.count or 1

    def note(self, signum: int, frame: FrameType | None) -> None:
        """As a handler of signals: note the first, raise KeyboardInterrupt at those that follow."""
        if not self.count:
            self.count, self._first = 1, time.monotonic()
        elif time.monotonic() - self._first >= ECHO:
            self.count += 1
            raise KeyboardInterrupt


_active: ContextVar[Interrupt | None] = ContextVar("finopt_interrupt", default=None)


def current() -> Interrupt:
    """That of the call in progress in this thread; a new one outside of any."""
    return _active.get() or Interrupt()


@contextmanager
def noted() -> Iterator[Interrupt]:
    """Within, the first Ctrl-C is noted and does not raise; blocks inside one another share what is noted.

    Where the handler of Ctrl-C is not Python's own, or in another than the main thread, it stays as it is.
    """
    if _active.get() is not None:
        yield current()
        return
    interrupt = Interrupt()
    token = _active.set(interrupt)
    ours = _may_handle()
    try:
        if ours:
            signal.signal(signal.SIGINT, interrupt.note)
        yield interrupt
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _active.reset(token)


@contextmanager
def postponed() -> Iterator[None]:
    """Within, the first Ctrl-C does not raise; KeyboardInterrupt comes at the end."""
    with noted() as interrupt:
        before = interrupt.count
        yield
    if _active.get() is None and interrupt.count > before:
        raise KeyboardInterrupt


def _may_handle() -> bool:
    main = threading.current_thread() is threading.main_thread()
    return main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
