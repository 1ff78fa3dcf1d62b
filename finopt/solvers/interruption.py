"""Ctrl-C during a call: noted at once, answered at the next look at the clock.

Python raises KeyboardInterrupt wherever the main thread happens to be, also in the middle of an import, of a
compiled loop or of a call into a solver, and none of these survives it. So while something is solved, Ctrl-C
is only noted. `finopt.solvers.clock.Clock` then counts as expired, and every method answers with the best it
has, as it does at its time limit.
"""

from __future__ import annotations

import _thread
import math
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any

ECHO = 1.0
"""A Ctrl-C this soon after another one is the same: programs that start others pass it on once more [s]."""

Replaced = Mapping[signal.Signals, tuple[Any, ...]]

IMPORT = 0.05
"""Seconds until it is looked again whether an import has come to its end."""

_last = [-math.inf]
"""When Ctrl-C was pressed last."""


def _is_echo() -> bool:
    """Note a Ctrl-C; whether it is the last one once more."""
    before, _last[0] = _last[0], time.monotonic()
    return _last[0] - before < ECHO


class Interrupt:
    """Whether, and how often, Ctrl-C was pressed during a call."""

    def __init__(self) -> None:
        self.count = 0

    @property
    def pressed(self) -> bool:
        """Whether it was pressed at all."""
        return self.count > 0

    def press(self) -> None:
        """Note it; for those who caught a KeyboardInterrupt."""
        self.count = self.count or 1

    def note(self, signum: int, frame: FrameType | None) -> None:
        """As a handler of signals: note the first, raise KeyboardInterrupt at those that follow."""
        if not (_is_echo() and self.count):
            self.count += 1
            if self.count > 1:
                raise KeyboardInterrupt


_active: ContextVar[Interrupt | None] = ContextVar("finopt_interrupt", default=None)


def current() -> Interrupt:
    """That of the call in progress in this thread; a new one outside of any."""
    return _active.get() or Interrupt()


@contextmanager
def noted() -> Iterator[Interrupt]:
    """Within, the first Ctrl-C is noted and does not raise; blocks inside one another share what is noted.

    Where the handler of Ctrl-C is not Python's own, or in another than the main thread, it stays as it is.
    SIGTERM is like Ctrl-C within `once`.
    """
    if _active.get() is not None:
        yield current()
        return
    interrupt = Interrupt()
    token = _active.set(interrupt)
    try:
        with _handled_by(interrupt.note, IN_A_CALL):
            yield interrupt
    finally:
        _active.reset(token)


@contextmanager
def postponed() -> Iterator[None]:
    """Within, the first Ctrl-C does not raise; KeyboardInterrupt comes at the end."""
    with noted() as interrupt:
        before = interrupt.count
        yield
    if _active.get() is None and interrupt.count > before:
        raise KeyboardInterrupt


@contextmanager
def once(alone: bool = False) -> Iterator[None]:
    """For a whole command: within, Ctrl-C and SIGTERM raise KeyboardInterrupt, but not in the middle of an
    import, nor once more for an echo.

    Parameters
    ----------
    alone : bool
        The process ends with the command: it comes too late then, and does nothing.
    """
    with _handled_by(_raise_once, IN_A_COMMAND, afterwards=signal.SIG_IGN if alone else None):
        yield


def _raise_once(signum: int, frame: FrameType | None) -> None:
    if _importing(frame):
        _thread.start_new_thread(_once_more, ())
    elif not _is_echo():
        raise KeyboardInterrupt


def _importing(frame: FrameType | None) -> bool:
    """Whether an import is on its way, which would leave a module half done."""
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _once_more() -> None:
    time.sleep(IMPORT)
    _thread.interrupt_main()


IN_A_CALL = {signal.SIGINT: (signal.default_int_handler, _raise_once), signal.SIGTERM: (_raise_once,)}
IN_A_COMMAND = {**IN_A_CALL, signal.SIGTERM: (signal.SIG_DFL, _raise_once)}
"""Which handlers of a signal are replaced."""


@contextmanager
def _handled_by(handler: Any, instead_of: Replaced, afterwards: Any = None) -> Iterator[None]:
    """Replace handlers of signals in the main thread, for others have none; afterwards they are back, or
    another takes their place."""
    main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in instead_of} if main else {}
    before = {number: known for number, known in before.items() if known in instead_of[number]}
    try:
        for number in before:
            signal.signal(number, handler)
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known if afterwards is None else afterwards)
