"""The rounds of column generation: prices, answers, and the master that mixes them, until bound and mix meet.

Who answers the prices is for others to say: the applications in this process
(`finopt.heuristics.joint.column_generation`) or partitions of them that workers hold
(`finopt.heuristics.joint.distributed`).
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.heuristics.joint.restricted_master import Master, Mix
from finopt.heuristics.joint.tuning import ALIKE, MOST_ROUNDS, PROGRESS, ROWS_EACH, SHORT, STALLED, STEADY
from finopt.problem.array_types import Floats
from finopt.problem.errors import BackendError
from finopt.problem.status import Termination
from finopt.problem.tolerances import PLACED
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.progress import report


class PriceRounds(ABC):
    """What the rounds of prices found.

    Attributes
    ----------
    capacity : ndarray, shape (capacities,)
        Those that prices are for.
    size : int
        Number of applications.
    rounds : int
        How many were answered.
    bound : float
        On the total power if no path returns to a device.
    price : ndarray, shape (capacities,)
        Prices of that bound.
    mix : Mix or None
        The last solution of the master; None before the first.
    gap : float
        Relative distance of mix and bound at which the rounds end.
    known_price : ndarray, shape (capacities,), or None
        Prices of a solve before this one, asked after none.
    """

    clock: Clock
    gap: float
    bound: float
    price: Floats
    mix: Mix | None
    master: Master | None
    termination: Termination
    seconds: dict[str, float]
    known_price: Floats | None = None

    @property
    @abstractmethod
    def capacity(self) -> Floats:
        """Those that prices are for, shape (capacities,)."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of applications."""

    @property
    @abstractmethod
    def rounds(self) -> int:
        """How many were answered."""

    @property
    @abstractmethod
    def stuck(self) -> bool:
        """Whether some application found no path when all was free."""

    @abstractmethod
    def _ask(self, price: Floats) -> Floats:
        """Answers to prices become columns of the master; returns what they use of every capacity."""

    def run(self, deadline: float) -> None:
        """Rounds until bound and master meet, nothing gets better, or the seconds are used up."""
        best, since = math.inf, 0
        try:
            self._begin(deadline)
            while not self.stuck and self.rounds <= MOST_ROUNDS:
                if not self._solve():
                    return
                report("prices", self.rounds, bound=self.bound)
                assert self.mix is not None
                distance = self.mix.power - self.bound
                since = 0 if distance < PROGRESS * best else since + 1
                best = min(best, distance)
                if distance <= self.gap * self.mix.power or since >= STALLED:
                    return
                if self.clock.elapsed > deadline:
                    self.termination = self.clock.ended
                    return
                self._ask(self._next_price())
        except CUT_SHORT as stop:
            self.termination = self.clock.ended_by(stop)

    def _begin(self, deadline: float) -> None:
        """Ask without prices and at known ones; then, many applications, at prices that are alike."""
        exceeded = int((self._ask_in_any_case(self.price) > self.capacity).sum())
        if self.stuck or not exceeded:
            return
        if self.known_price is not None and self.known_price.any():
            exceeded = int((self._ask(self.known_price) > self.capacity).sum())
            if not exceeded:
                return
        if self.size <= ROWS_EACH:
            return
        typical = self.bound / exceeded
        late = self.clock.elapsed > SHORT * self.clock.limit
        for number, scale in enumerate(ALIKE[-1:] if late else ALIKE):
            ask = self._ask if number else self._ask_in_any_case
            enough = not (ask(self._alike(scale * typical)) > self.capacity).any()
            if enough or self.clock.elapsed > deadline or self.clock.expired:
                return

    def _ask_in_any_case(self, price: Floats) -> Floats:
        """`_ask`, as a first answer needs it."""
        return self._ask(price)

    def _alike(self, whole: float) -> Floats:
        """Prices at which the whole of every capacity costs the same [W]."""
        capacity = self.capacity
        price, limited = np.zeros(capacity.size), np.flatnonzero(np.isfinite(capacity) & (capacity > 0))
        price[limited] = whole / capacity[limited]
        return price

    def _next_price(self) -> Floats:
        """The master's prices; of clusters, once all have a place, drawn towards those of the best bound.

        That takes about a sixth fewer rounds (Wentges: Weighted Dantzig-Wolfe decomposition for linear
        mixed-integer programming, Int. Trans. Oper. Res. 4, 1997).
        """
        assert self.mix is not None
        if self.size <= ROWS_EACH or not (self.complete and self.price.any()):
            return self.mix.price
        return STEADY * self.price + (1 - STEADY) * self.mix.price

    def _solve(self) -> bool:
        """The best mix of the columns; False: HiGHS gives up, and the last one stays."""
        assert self.master is not None
        begin = time.perf_counter()
        try:
            self.mix = self.master.solve(self.clock)
        except BackendError:
            if self.mix is None:
                raise
            return False
        finally:
            self.seconds["master_s"] += time.perf_counter() - begin
        return True

    @property
    def complete(self) -> bool:
        """Whether the mix places every application."""
        return self.mix is not None and float(self.mix.unplaced.max()) <= PLACED

    @property
    def exceeded(self) -> NDArray[np.int64]:
        """The capacities that some mix exceeded, and so have rows in the master."""
        return np.zeros(0, np.int64) if self.master is None else self.master.rows

    @property
    def stats(self) -> dict[str, Any]:
        """How many rounds, columns and rows there are, and the seconds they took."""
        figures: dict[str, Any] = {"rounds": self.rounds, **self.seconds}
        if self.master is not None:
            figures["columns"] = int(self.master.cluster.size)
            figures["rows"] = int(self.master.rows.size)
        return figures

    def shares(self) -> Floats:
        """Share of each round in each cluster, shape (rounds, clusters)."""
        assert self.mix is not None and self.master is not None
        known = self.mix.share.size  # when time ran out in the master, it has more columns than its last mix
        share = np.zeros((self.rounds, self.master.clusters))
        share[self.master.round[:known], self.master.cluster[:known]] = self.mix.share
        return share
