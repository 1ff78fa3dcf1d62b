"""Prices on what is scarce, by column generation: applications choose on their own, prices make them meet.

1. Every application answers the prices with its cheapest assignment (`finopt.heuristics.joint.pricing`). That
   gives a lower bound, and per cluster of applications a column for the restricted master. The first prices
   are none; of many applications, the next are alike for all capacities.
2. The restricted master (`finopt.heuristics.joint.restricted_master`) mixes the answers of all rounds so that
   nothing is overloaded; its duals are the new prices.
3. Until the master's cost and the bound meet.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace

import numpy as np

from finopt.heuristics.joint.assignments import AssignmentFigures, Assignments
from finopt.heuristics.joint.groups import Group
from finopt.heuristics.joint.pricing import Pricer
from finopt.heuristics.joint.restricted_master import Master, Mix
from finopt.heuristics.joint.tuning import (
    ALIKE,
    ANSWERED_FROM,
    CLUSTERS,
    COARSE_FROM,
    MASTER_PENALTY,
    MOST_ROUNDS,
    PROGRESS,
    ROWS_EACH,
    SHORT,
    STALLED,
    STEADY,
)
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.errors import BackendError
from finopt.problem.status import Termination
from finopt.problem.tolerances import PLACED
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.progress import report

GOLDEN = 0.6180339887498949
"""Multiples of it are spread evenly, modulo 1."""


@dataclass
class ColumnGeneration:
    """What the rounds of prices found.

    Attributes
    ----------
    bound : float
        On the total power if no path returns to a device; `Pricer.certified` gives the valid one.
    price : ndarray, shape (2 V + E,)
        Prices of that bound.
    mix : Mix or None
        The last solution of the master; None before the first.
    value : ndarray, shape (N,)
        Priced power of every application at these prices.
    answers : list of Assignments
        Of every round.
    asked : ndarray, shape (2 V + E,)
        The last prices.
    safest : Assignments or None
        The answers that exceed least of the capacities, in shares of them.
    without : ndarray of int32
        Applications that found no path when all was free; then there were no rounds.
    """

    network: Network
    demand: Demand
    groups: list[Group]
    figures: AssignmentFigures
    pricer: Pricer
    clock: Clock
    gap: float
    seed: int
    bound: float = 0.0
    price: Floats = field(default_factory=lambda: np.zeros(0))
    mix: Mix | None = None
    master: Master | None = None
    value: Floats = field(default_factory=lambda: np.zeros(0))
    answers: list[Assignments] = field(default_factory=list)
    safest: Assignments | None = None
    least_excess: float = math.inf
    without: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    termination: Termination = Termination.COMPLETED
    seconds: dict[str, float] = field(default_factory=lambda: {"pricing_s": 0.0, "master_s": 0.0})

    def __post_init__(self) -> None:
        """Begin without prices."""
        self.asked = self.price = np.zeros(self.network.capacity.size)
        limited = np.isfinite(self.network.capacity) & (self.network.capacity > 0)
        self._worth = np.where(limited, 1 / np.where(limited, self.network.capacity, 1.0), 0.0)
        self.cluster, self.clusters = clusters(self.network, self.demand)

    def run(self, deadline: float) -> None:
        """Rounds until bound and master meet, nothing gets better, or the seconds are used up."""
        best, since = math.inf, 0
        try:
            self._begin(deadline)
            while not self.without.size and len(self.answers) <= MOST_ROUNDS:
                if not self._solve():
                    return
                report("prices", len(self.answers), bound=self.bound)
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
        """Ask without prices; then, many applications, at prices that are alike."""
        capacity, pricer = self.network.capacity, self.pricer
        limited = np.flatnonzero(np.isfinite(capacity) & (capacity > 0))
        if self.clock.limit >= ANSWERED_FROM and self.demand.size <= COARSE_FROM:
            self.pricer = replace(pricer, clock=Clock())  # what a first answer needs is asked in any case
        exceeded = int((self._ask(self.price) > capacity).sum())
        if self.without.size or not exceeded or self.demand.size <= ROWS_EACH:
            self.pricer = pricer
            return
        typical = self.bound / exceeded
        late = self.clock.elapsed > SHORT * self.clock.limit
        for scale in ALIKE[-1:] if late else ALIKE:
            price = np.zeros(capacity.size)
            price[limited] = scale * typical / capacity[limited]
            enough = not (self._ask(price) > capacity).any()
            self.pricer = pricer
            if enough or self.clock.elapsed > deadline or self.clock.expired:
                return

    def _next_price(self) -> Floats:
        """The master's prices; of clusters, once all have a place, drawn towards those of the best bound.

        That takes about a sixth fewer rounds (Wentges: Weighted Dantzig-Wolfe decomposition for linear
        mixed-integer programming, Int. Trans. Oper. Res. 4, 1997).
        """
        assert self.mix is not None
        if self.demand.size <= ROWS_EACH or not (self.complete and self.price.any()):
            return self.mix.price
        return STEADY * self.price + (1 - STEADY) * self.mix.price

    def _ask(self, price: Floats) -> Floats:
        """Answers to prices become a column per cluster; returns what they use of every capacity."""
        begin, self.asked = time.perf_counter(), price
        report("prices", len(self.answers))
        answer = self.pricer.answer(price)
        self.seconds["pricing_s"] += time.perf_counter() - begin
        if answer.bound > self.bound or not self.answers:
            self.bound, self.price, self.value = max(0.0, answer.bound), price, answer.value
        if not self.answers:
            self.without = np.flatnonzero(np.isinf(answer.value)).astype(np.int32)
        if self.without.size:
            return np.zeros(price.size)
        used = self._add(answer.assignments)
        excess = float(np.maximum(used - self.network.capacity, 0.0) @ self._worth)
        if excess < self.least_excess:
            self.least_excess, self.safest = excess, answer.assignments
        return used

    def _add(self, assignments: Assignments) -> Floats:
        """A column of the master per cluster; returns what all assignments use of every capacity."""
        begin = time.perf_counter()
        which = self.cluster[assignments.application]
        power = np.asarray(np.bincount(which, self.figures.power(assignments), self.clusters), float)
        if self.master is None:
            unit = float(power.mean()) or 1.0
            penalty = MASTER_PENALTY * np.where(power > 0, power, unit)
            self.master = Master(self.network.capacity, penalty, unit, self.seed)
        self.answers.append(assignments)
        members = np.bincount(self.cluster, minlength=self.clusters)
        whole = np.bincount(which, minlength=self.clusters) == members
        columns: Ints = np.flatnonzero(whole).astype(np.int32)
        loads = self.figures.loads(assignments, which, self.clusters)
        self.master.add(columns, power[columns], loads[columns], len(self.answers) - 1)
        self.seconds["master_s"] += time.perf_counter() - begin
        return np.asarray(loads.sum(axis=0)).ravel()

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
    def seconds_per_round(self) -> float:
        """What a round of prices took so far; 0 without one."""
        return self.seconds["pricing_s"] / max(1, len(self.answers))

    @property
    def complete(self) -> bool:
        """Whether the mix places every application."""
        return self.mix is not None and float(self.mix.unplaced.max()) <= PLACED

    def shares(self) -> Floats:
        """Share of each round in each cluster, shape (rounds, clusters)."""
        assert self.mix is not None and self.master is not None
        known = self.mix.share.size  # when time ran out in the master, it has more columns than its last mix
        share = np.zeros((len(self.answers), self.clusters))
        share[self.master.round[:known], self.master.cluster[:known]] = self.mix.share
        return share

    def rounded(self) -> Assignments:
        """One assignment per application: rounds in the shares of the mix, spread evenly over clusters.

        Without a mix, the last answers.
        """
        if self.mix is None:
            return self.answers[-1]
        share = np.cumsum(self.shares(), axis=0)
        share /= np.maximum(share[-1], 1e-300)
        order = np.argsort(self.cluster, kind="stable")
        first = np.searchsorted(self.cluster[order], np.arange(self.clusters))
        rank = np.empty(self.demand.size)
        rank[order] = np.arange(self.demand.size) - first[self.cluster[order]]
        spread = (rank * GOLDEN) % 1.0  # a sequence of low discrepancy
        picked = np.zeros(self.demand.size, np.int64)
        for row in share[:-1]:
            picked += spread >= row[self.cluster]
        parts = [c.take(np.flatnonzero(picked[c.application] == r)) for r, c in enumerate(self.answers)]
        return Assignments.joined(parts)

    def pool(self, latest: int) -> Assignments:
        """The answers that are part of the mix, and all of the latest rounds; without a mix all there are."""
        if self.mix is None:
            return Assignments.joined(self.answers)
        share = self.shares()
        parts = self.answers[-latest:]
        for row, assignments in zip(share, self.answers, strict=True):
            used = row > PLACED
            if used.any():
                parts.append(assignments.take(np.flatnonzero(used[self.cluster[assignments.application]])))
        return Assignments.joined(parts)


def clusters(network: Network, demand: Demand) -> tuple[Ints, int]:
    """Cluster of each application, shape (N,), and how many there are.

    An application each if there are few; else applications of the same model at the same site, which is the
    first shared node that the source has a link to.
    """
    if demand.size <= ROWS_EACH:
        return np.arange(demand.size, dtype=np.int32), demand.size
    start, links = network.uplinks
    site = np.arange(network.nodes)
    some = np.flatnonzero(np.diff(start))
    site[some] = network.head[links[start[some]]]
    sites, number = np.unique(site[demand.source], return_inverse=True)
    models = int(demand.model.max()) + 1
    merged = min(1.0, CLUSTERS / (models * sites.size))  # neighbours together if there are too many
    _, cluster = np.unique((number * merged).astype(np.int64) * models + demand.model, return_inverse=True)
    return cluster.astype(np.int32), int(cluster.max()) + 1
