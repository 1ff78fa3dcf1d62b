"""How samples share a node or link in SimPy: one after the other, all at once, or each alone."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Protocol


class Server(Protocol):
    """A node or link at work."""

    def served(self, work: float) -> Any:
        """The event that so many seconds of work, which arrive now, are done."""


class Alone:
    """Nobody waits for others."""

    def __init__(self, environment: Any) -> None:
        self.environment = environment

    def served(self, work: float) -> Any:
        """Done when the work takes."""
        return self.environment.timeout(work)


class Fifo:
    """First come, first served: what arrives begins when all before it is done (Lindley 1952)."""

    def __init__(self, environment: Any) -> None:
        self.environment = environment
        self.free = 0.0

    def served(self, work: float) -> Any:
        """Done when everything before is done, and then this."""
        now = self.environment.now
        self.free = max(self.free, now) + work
        return self.environment.timeout(self.free - now)


class ProcessorSharing:
    """All at once, each at an equal share of the speed.

    Virtual time runs at 1 / (number of samples): a sample is done when it has advanced by the work. Only the
    next one to be done has an alarm; an alarm that another one has replaced rings unheard.
    """

    def __init__(self, environment: Any) -> None:
        self.environment = environment
        self.present: list[tuple[float, int, Any]] = []
        self.virtual = self.last = 0.0
        self.count = 0
        self.alarm: Any = None

    def served(self, work: float) -> Any:
        """Done when its share of the speed has sufficed."""
        self._advance()
        self.count += 1
        done = self.environment.event()
        heappush(self.present, (self.virtual + work, self.count, done))
        self._set_alarm()
        return done

    def _advance(self) -> None:
        now = self.environment.now
        self.virtual = self.virtual + (now - self.last) / len(self.present) if self.present else 0.0
        self.last = now

    def _set_alarm(self) -> None:
        left = max(self.present[0][0] - self.virtual, 0.0)
        self.alarm = self.environment.timeout(left * len(self.present))
        self.alarm.callbacks.append(self._ring)

    def _ring(self, alarm: Any) -> None:
        if alarm is not self.alarm:
            return
        self.virtual, _, done = heappop(self.present)
        self.last = self.environment.now
        done.succeed()
        if self.present:
            self._set_alarm()


SERVERS: dict[str, Callable[[Any], Server]] = {
    "none": Alone,
    "fifo": Fifo,
    "processor-sharing": ProcessorSharing,
}
"""By discipline."""
