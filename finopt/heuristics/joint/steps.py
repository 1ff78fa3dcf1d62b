"""The steps of a joint solve, whoever takes them: what is known when one is cut short stays.

The applications of this process (`finopt.heuristics.joint.joint_fin`) or partitions that workers hold
(`finopt.heuristics.joint.distributed`).
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from finopt.heuristics.joint.tuning import COARSE_FROM, PROOF_SCALES
from finopt.problem.array_types import Floats
from finopt.problem.status import Termination
from finopt.solvers.clock import CUT_SHORT, Clock

FINISHING = 6e-6
"""Seconds per application that writing the answer down and checking it take: they are left for it."""

RESPITE = {"bound": 0.3, "assignments": 1.0}
"""Seconds that these have after Ctrl-C, or beyond a limit of memory."""

STOPPED = (Termination.INTERRUPTED, Termination.MEMORY_LIMIT)
"""What ends a call in the middle, whatever time is left."""


class Steps(ABC):
    """What every joint solve does around its steps.

    Attributes
    ----------
    clock, whole : Clock
        Of the step that is taken, and of the call.
    termination : Termination
    stats : dict
    """

    clock: Clock
    whole: Clock
    termination: Termination
    stats: dict[str, Any]

    @abstractmethod
    def _set_clock(self, clock: Clock) -> None:
        """Let everything that looks at a clock look at this one."""

    def _unless_cut_short(self, step: Callable[[], None], respite: float | None = None) -> None:
        """Take a step; when time is up or Ctrl-C is pressed, what it has found until then stays.

        After Ctrl-C, or beyond a limit of memory, a step with a respite has so many seconds.
        """
        if self.whole.stopped and respite is not None:
            self._set_clock(self.whole.respite(respite))
        try:
            step()
        except CUT_SHORT as stop:
            self.termination = self.clock.ended_by(stop)

    def _assign(self, run: Callable[[bool], None]) -> None:
        """Look for assignments, in a hurry where no time is left."""
        begin = time.perf_counter()
        try:
            run(self.clock.expired or self.termination in STOPPED)
        finally:
            self.stats["rounding_s"] = time.perf_counter() - begin
        if self.clock.expired and self.termination is Termination.COMPLETED:
            self.termination = self.clock.ended


def gap_of_prices(gap: float, size: int) -> float:
    """The relative distance of mix and bound at which the rounds of prices end."""
    return gap / 2 if size <= COARSE_FROM else 10 * gap


def proven_infeasible(certified: Callable[[Floats], float], price: Floats, most: float) -> bool:
    """Whether prices so high prove it that no placement could cost as much as the bound."""
    return any(certified(scale * price) > most for scale in PROOF_SCALES)
