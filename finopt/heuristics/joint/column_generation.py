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
from finopt.heuristics.joint.clusters import clusters
from finopt.heuristics.joint.groups import Group
from finopt.heuristics.joint.mixed_answers import MixedAnswers
from finopt.heuristics.joint.price_rounds import PriceRounds
from finopt.heuristics.joint.pricing import Pricer
from finopt.heuristics.joint.restricted_master import Master, Mix
from finopt.heuristics.joint.tuning import ANSWERED_FROM, COARSE_FROM, MASTER_PENALTY, ROWS_EACH
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.status import Termination
from finopt.solvers.clock import Clock
from finopt.solvers.progress import report


@dataclass
class ColumnGeneration(PriceRounds, MixedAnswers):
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
        self.cluster, self.clusters = clusters(self.network, self.demand, ROWS_EACH)

    @property
    def capacity(self) -> Floats:
        """Those that prices are for, shape (2 V + E,)."""
        return self.network.capacity

    @property
    def size(self) -> int:
        """Number of applications."""
        return self.demand.size

    @property
    def rounds(self) -> int:
        """How many were answered."""
        return len(self.answers)

    @property
    def stuck(self) -> bool:
        """Whether some application found no path when all was free."""
        return bool(self.without.size)

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

    def _ask_in_any_case(self, price: Floats) -> Floats:
        """What a first answer needs is asked whatever time is left, unless that is very short or the
        applications are very many."""
        pricer = self.pricer
        if self.clock.limit >= ANSWERED_FROM and self.demand.size <= COARSE_FROM:
            self.pricer = replace(pricer, clock=Clock())
        try:
            return self._ask(price)
        finally:
            self.pricer = pricer

    @property
    def seconds_per_round(self) -> float:
        """What a round of prices took so far; 0 without one."""
        return self.seconds["pricing_s"] / max(1, len(self.answers))

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
