"""How much memory a call has taken: the growth of what its process has resident, looked at now and then."""

from __future__ import annotations

import math
import os
import sys
import time
from pathlib import Path

from finopt.problem.errors import BackendError

EVERY = 0.05
"""Seconds between two looks at least: one takes about ten microseconds."""

STATM = Path("/proc/self/statm")
"""Linux says in pages what a process takes: its address space, then what of it is resident."""


class MemoryLimit:
    """What a call may take beyond what its process had when it began.

    Parameters
    ----------
    limit : float or None
        Bytes; None: no limit.

    Raises
    ------
    BackendError
        There is a limit, and the system does not say how much memory a process takes.
    """

    def __init__(self, limit: float | None = None) -> None:
        self.limit = math.inf if limit is None else limit
        self._begin = 0 if math.isinf(self.limit) else resident()
        self._next = -math.inf
        self._reached = False

    @property
    def reached(self) -> bool:
        """Whether the limit is, or ever was, reached: what ends a call does so for good."""
        if self._reached or math.isinf(self.limit):
            return self._reached
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + EVERY
            self._reached = self.used > self.limit
        return self._reached

    @property
    def used(self) -> int:
        """Bytes that the process has grown by."""
        return max(0, resident() - self._begin)

    @property
    def left(self) -> float:
        """Bytes that may still be taken, at least 0; inf without a limit."""
        return math.inf if math.isinf(self.limit) else max(0.0, self.limit - self.used)


def resident() -> int:
    """Bytes of this process in memory; where the system tells only the most that they ever were, these.

    Raises
    ------
    BackendError
        The system tells neither.
    """
    if STATM.exists():
        return int(STATM.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    try:
        import resource
    except ImportError:
        raise BackendError("memory_limit needs a system that tells what a process takes") from None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def address_space() -> int:
    """Bytes of address space of this process, 0 where the system does not tell."""
    if not STATM.exists():
        return 0
    return int(STATM.read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
