"""One clock per call: what is left of the time limit for building, solving and checking."""

from __future__ import annotations

import math
import time


class OutOfTimeError(Exception):
    """The limit was reached in the middle of some preparation; no result of it is usable."""


class Clock:
    """Counts from its creation.

    Parameters
    ----------
    limit : float or None
        Seconds the whole call may take; None: no limit.
    """

    def __init__(self, limit: float | None = None) -> None:
        self._start = time.perf_counter()
        self.limit = math.inf if limit is None else limit

    @property
    def elapsed(self) -> float:
        """Seconds since the call began."""
        return time.perf_counter() - self._start

    @property
    def remaining(self) -> float:
        """Seconds left, at least 0; inf without a limit."""
        return max(0.0, self.limit - self.elapsed)

    @property
    def expired(self) -> bool:
        """Whether the limit is reached."""
        return self.elapsed >= self.limit

    def earlier(self, seconds: float) -> Clock:
        """A clock of the same call that leaves some seconds for what comes after."""
        clock = Clock(max(0.0, self.limit - seconds))
        clock._start = self._start
        return clock

    def check(self) -> None:
        """Raise `OutOfTimeError` when the limit is reached."""
        if self.expired:
            raise OutOfTimeError
