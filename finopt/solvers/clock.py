"""One clock per call: what is left of the time limit for building, solving and checking.

Ctrl-C ends a call as the limit does, and so does a limit of memory.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from finopt.problem.status import Termination
from finopt.solvers import interruption
from finopt.solvers.memory_limit import MemoryLimit

Item = TypeVar("Item")

OFTEN = 200
"""Items of a loop between two looks at the clock."""


class OutOfTimeError(Exception):
    """A limit was reached, or Ctrl-C pressed, in the middle of some work; no result of it is usable."""


CUT_SHORT = (OutOfTimeError, KeyboardInterrupt)
"""What ends some work early. Ctrl-C is noted and leads to `OutOfTimeError`, but a second one raises
KeyboardInterrupt, and so do handlers of Ctrl-C that are not ours."""


class Clock:
    """Counts from its creation.

    Parameters
    ----------
    limit : float or None
        Seconds the whole call may take; None: no limit.
    memory_limit : float or None
        Bytes by which the process may grow meanwhile; None: no limit.
    """

    def __init__(self, limit: float | None = None, memory_limit: float | None = None) -> None:
        self._start = time.perf_counter()
        self._interrupt = interruption.current()
        self._respite: Termination | None = None
        self.limit = math.inf if limit is None else limit
        self.memory = MemoryLimit(memory_limit)

    @property
    def elapsed(self) -> float:
        """Seconds since the call began."""
        return time.perf_counter() - self._start

    @property
    def remaining(self) -> float:
        """Seconds left, at least 0; inf without a limit."""
        return 0.0 if self.stopped else max(0.0, self.limit - self.elapsed)

    @property
    def expired(self) -> bool:
        """Whether a limit is reached or Ctrl-C was pressed."""
        return self.stopped or self.elapsed >= self.limit

    @property
    def stopped(self) -> bool:
        """Whether something else than time ends the call: Ctrl-C, or too much memory."""
        return self.interrupted or self.memory.reached

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._interrupt.pressed

    @property
    def ended(self) -> Termination:
        """Why a clock that has expired did so."""
        if self.interrupted:
            return Termination.INTERRUPTED
        if self.memory.reached:
            return Termination.MEMORY_LIMIT
        return self._respite or Termination.TIME_LIMIT

    def interrupt(self) -> None:
        """End the call, as Ctrl-C does."""
        self._interrupt.press()

    def ended_by(self, stop: BaseException) -> Termination:
        """Why some work was cut short: for those who caught one of ``CUT_SHORT``, which ends the call."""
        if isinstance(stop, KeyboardInterrupt):
            self.interrupt()
        return self.ended

    def earlier(self, seconds: float) -> Clock:
        """A clock of the same call that leaves some seconds for what comes after."""
        clock = Clock(max(0.0, self.limit - seconds))
        clock._start, clock._interrupt, clock.memory = self._start, self._interrupt, self.memory
        return clock

    def respite(self, seconds: float) -> Clock:
        """When it is `stopped`: a clock of the same call, within its time, that goes on for some seconds."""
        clock = Clock(min(self.limit, self.elapsed + seconds))
        clock._start, clock._interrupt, clock._respite = self._start, interruption.Interrupt(), self.ended
        return clock

    def part(self, share: float) -> Clock:
        """A clock of the same call that leaves all but this share of what is left."""
        return self if math.isinf(self.limit) else self.earlier((1 - share) * self.remaining)

    def check(self) -> None:
        """Raise `OutOfTimeError` when a limit is reached or Ctrl-C was pressed."""
        if self.expired:
            raise OutOfTimeError

    def through(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items of a loop, with a `check` now and then."""
        for number, item in enumerate(items):
            if number % OFTEN == 0:
                self.check()
            yield item

    def check_stopped(self) -> None:
        """Raise `OutOfTimeError` when the call is `stopped`; for what is done even if no time is left."""
        if self.stopped:
            raise OutOfTimeError
