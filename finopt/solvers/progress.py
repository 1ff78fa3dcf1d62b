"""Progress of a call: whoever works says how far it is, and whoever listens hears it now and then.

`report` costs next to nothing while nobody listens, takes no part in any decision, and tells listeners at
most every `EVERY` seconds. Listeners are called in the thread that called :func:`finopt.solve`. One that
raises is not called again; the work goes on, and a warning says so at the end.
"""

from __future__ import annotations

import contextlib
import logging
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path

from finopt.solvers import interruption
from finopt.solvers.progress_line import Line

PACKAGE = str(Path(__file__).parents[1])

EVERY = 0.1
"""Seconds between two events at least; the last one always comes."""

BEGINNING, END = "beginning", "end"
"""The phases of the first event and of the last one."""

LOGGER = logging.getLogger("finopt")


@dataclass(frozen=True)
class Progress:
    """How far a call is.

    Attributes
    ----------
    phase : str
        What is being done, like "prices", "label setting" or "HiGHS"; "beginning" comes first and "end" last.
    round : int or None
        What the phase has counted so far: rounds of prices, labels, nodes of a search tree, applications,
        points of a front; of "levels" how many there are.
    bound : float or None
        Lower bound on the objective as it is known now, in its unit; certified only in the `Result`.
    best : float or None
        Objective of the best answer so far.
    seconds : float
        Since the call began.
    """

    phase: str
    round: int | None
    bound: float | None
    best: float | None
    seconds: float

    @property
    def gap(self) -> float | None:
        """(best - bound) / best, at least 0; None when either is missing."""
        if self.best is None or self.bound is None:
            return None
        return max(0.0, (self.best - self.bound) / self.best) if self.best > 0 else 0.0

    def __str__(self) -> str:
        """All that is known, on one line.

        Examples
        --------
        >>> print(Progress("prices", 12, 2.5, None, 3.21))
        prices (12), bound 2.5, 3.2 s
        """
        figures = [("bound", self.bound), ("best", self.best)]
        known = [f"{name} {value:.6g}" for name, value in figures if value is not None]
        gap = [] if self.gap is None else [f"gap {100 * self.gap:.3g} %"]
        phase = self.phase if self.round is None else f"{self.phase} ({self.round})"
        return ", ".join([phase, *known, *gap, f"{self.seconds:.1f} s"])


Listener = Callable[[Progress], object]


class Channel:
    """From the work of one call to those who listen.

    Attributes
    ----------
    bound, best : float or None
        The figures of the whole problem that were told last.
    """

    def __init__(self, listeners: list[Listener]) -> None:
        self.bound: float | None = None
        self.best: float | None = None
        self._listeners = listeners
        self._failures: list[Exception] = []
        self._begin = time.perf_counter()
        self._told = -math.inf

    def note(self, phase: str, round: int | None, bound: float | None, best: float | None) -> None:
        """Keep the figures, and tell them if the last ones are old enough."""
        self.bound, self.best = _finite(bound, self.bound), _finite(best, self.best)
        now = time.perf_counter()
        if now - self._told >= EVERY:
            self._told = now
            self._tell(Progress(phase, round, self.bound, self.best, now - self._begin))

    def end(self, bound: float | None, best: float | None) -> None:
        """Tell the figures of the answer."""
        self.bound, self.best, self._told = None, None, -math.inf
        self.note(END, None, bound, best)

    def close(self) -> None:
        """Take lines off the screen."""
        for listener in self._listeners:
            if isinstance(listener, Line):
                listener.close()

    def warn(self) -> None:
        """Warn of listeners that raised."""
        for error in self._failures:
            what = f"progress raised {type(error).__name__}: {error}; it was not called again"
            warnings.warn(what, RuntimeWarning, stacklevel=_outside())

    def _tell(self, progress: Progress) -> None:
        for listener in self._listeners[:]:
            try:
                listener(progress)
            except KeyboardInterrupt:
                interruption.current().press()
            except Exception as error:  # what is being worked on must not be lost
                self._listeners.remove(listener)
                self._failures.append(error)


def _outside() -> int:
    """How many frames lie between who asks and the call from outside of the package."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame, level = frame.f_back, level + 1
    return level


def _is_ours(file: str) -> bool:
    return file.startswith(PACKAGE) or file == contextlib.__file__


@dataclass(frozen=True)
class _Scope:
    """Whose work it is: that of a call, or of a part of it.

    ``others`` is a lower bound on what the other parts come to, where the part with the least counts; None:
    figures of the part say nothing of the whole.
    """

    channel: Channel
    name: str = ""
    whole: bool = True
    others: float | None = math.inf

    def note(self, phase: str, round: int | None, bound: float | None, best: float | None) -> None:
        if bound is not None:
            bound = None if self.others is None else min(bound, self.others)
        self.channel.note(self.name + phase, round, bound, best if self.whole else None)

    def part(self, name: str, others: float | None) -> _Scope:
        known = None if others is None or self.others is None else min(others, self.others)
        return replace(self, name=f"{self.name}{name}, ", whole=False, others=known)


_active: ContextVar[_Scope | None] = ContextVar("finopt_progress", default=None)


def report(
    phase: str, round: int | None = None, *, bound: float | None = None, best: float | None = None
) -> None:
    """Say how far the work is; figures that are not given, or infinite, stay as they were told before.

    Parameters
    ----------
    phase, round, bound, best
        See `Progress`. Within a `part`, bound and best are those of the part.
    """
    scope = _active.get()
    if scope is not None:
        scope.note(phase, round, bound, best)


def listened_to() -> bool:
    """Whether somebody listens: for figures that cost something to get."""
    return _active.get() is not None


@contextmanager
def part(name: str, others: float | None = None) -> Iterator[None]:
    """Within, reports are of a part of the problem: the best of it is not told.

    Parameters
    ----------
    name : str
        Comes before the phase.
    others : float, optional
        Lower bound on all other parts, of which the least counts; then the least of it and the bound of this
        part is told. Default: bounds are not told.
    """
    scope = _active.get()
    if scope is None:
        yield
        return
    token = _active.set(scope.part(name, others))
    try:
        yield
    finally:
        _active.reset(token)


@contextmanager
def told_to(progress: bool | Listener) -> Iterator[Channel]:
    """Within, reports go to a line on standard error, to a callable, or with neither to nobody.

    They also go to ``logging.getLogger("finopt")``, where its level is INFO or below.
    """
    listeners: list[Listener] = []
    if progress is not False:
        listeners.append(Line(sys.stderr) if progress is True else progress)
    if LOGGER.isEnabledFor(logging.INFO):
        listeners.append(_log)
    channel = Channel(listeners)
    token = _active.set(_Scope(channel) if listeners else None)
    try:
        yield channel
    finally:
        _active.reset(token)
        channel.close()
    channel.warn()


def _log(progress: Progress) -> None:
    LOGGER.info("%s", progress)


def _finite(new: float | None, old: float | None) -> float | None:
    return old if new is None or not math.isfinite(new) else float(new)
