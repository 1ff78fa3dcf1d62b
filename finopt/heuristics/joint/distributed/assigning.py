"""All partitions choose within allotments, and exchange what is left over.

1. Every partition chooses within its share of what the mix uses and of what is free.
2. What is left over is allotted anew, a few times.
3. One after the other, partitions get all that is left: those where somebody has no place, and all of them
   where there are few applications.
4. Where somebody still has no place, the others make room for what it would like, if they lose nobody by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from finopt.heuristics.joint.distributed.allotments import allotted, everything_left, with_room_for
from finopt.heuristics.joint.distributed.commands import Place, Refit
from finopt.heuristics.joint.distributed.placing import Placed
from finopt.heuristics.joint.distributed.rounds import DistributedRounds
from finopt.heuristics.joint.tuning import COARSE_FROM
from finopt.problem.array_types import Floats
from finopt.solvers.clock import Clock
from finopt.solvers.progress import report

EXCHANGES = 2
"""Times that what is left over is allotted to all anew."""

SWEEPS = 2
"""Times that partitions get all that is left, one after the other."""

ROOMS = 3
"""Times that others are asked to make room."""


@dataclass
class Assigning:
    """The choices of all partitions.

    Attributes
    ----------
    rounds : DistributedRounds
        With a mix.
    size : ndarray, shape (partitions,)
        Number of applications of each.
    clock : Clock
    bound, gap : float
        Where to stop.
    placed : list of Placed
        What each partition uses; empty before they have chosen.
    """

    rounds: DistributedRounds
    size: Floats
    clock: Clock
    bound: float
    gap: float
    placed: list[Placed] = field(default_factory=list)

    def run(self, hurry: bool) -> None:
        """Choose; in a hurry, exchange only what somebody needs."""
        self._place(hurry)
        for _ in range(0 if hurry else EXCHANGES):
            if self._done():
                break
            self._exchange()
        for _ in range(SWEEPS):
            self._sweep(everyone=self.size.sum() <= COARSE_FROM and not hurry)
        for _ in range(ROOMS):
            if self.missing and not self.clock.expired:
                self._make_room()

    @property
    def missing(self) -> int:
        """Applications without a place."""
        return sum(one.missing for one in self.placed) if self.placed else int(self.size.sum())

    @property
    def power(self) -> float:
        """Of those that have one [W]."""
        return float(sum(one.power for one in self.placed))

    @property
    def _limit(self) -> Floats:
        return self.rounds.shared.limit

    @property
    def _used(self) -> Floats:
        return np.array([one.used for one in self.placed])

    def _place(self, hurry: bool) -> None:
        report("assignments", bound=self.bound)
        allotments = allotted(self._limit, self.rounds.used(), self.size)
        commands = {p: Place(self.rounds.mix_of(p), own, hurry) for p, own in enumerate(allotments)}
        self.placed = self.rounds.conversation.each(commands)
        self._report()

    def _exchange(self) -> None:
        """All choose anew, with a part of what is left."""
        allotments = allotted(self._limit, self._used, self.size)
        self._refit({p: Refit(own) for p, own in enumerate(allotments)})

    def _sweep(self, everyone: bool) -> None:
        """One after the other, partitions choose anew with all that is left."""
        for p in range(self.size.size):
            if self.clock.expired or self._done():
                return
            if everyone or self.placed[p].missing:
                self._refit({p: Refit(everything_left(self._limit, self._used, p))})

    def _make_room(self) -> None:
        """Where somebody has no place, the others use less if they can, and it gets what is left."""
        for p in range(self.size.size):
            if not self.placed[p].missing or self.clock.expired:
                continue
            allotments = with_room_for(self._limit, self._used, p, self.placed[p].wanted)
            smaller = np.flatnonzero((allotments < self._used).any(axis=1)).tolist()
            self._refit({q: Refit(allotments[q], only_whole=True) for q in smaller})
            self._refit({p: Refit(everything_left(self._limit, self._used, p))})

    def _refit(self, commands: dict[int, Refit]) -> None:
        for p, placed in zip(commands, self.rounds.conversation.each(commands), strict=True):
            self.placed[p] = placed
        self._report()

    def _report(self) -> None:
        report("assignments", bound=self.bound, best=None if self.missing else self.power)

    def _done(self) -> bool:
        """Whether all are placed, within the gap."""
        gap = self.gap if self.size.sum() <= COARSE_FROM else 10 * self.gap
        return not self.missing and self.power - self.bound <= gap * self.power
