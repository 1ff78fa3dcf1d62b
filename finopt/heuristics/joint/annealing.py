"""One assignment per application, within the capacities: annealing at prices, then exchanges for the better.

Candidates are the answers of several rounds. Annealing minimises the power plus a fine on overload that
begins at the prices and rises, so that applications settle where it costs least to be. Whatever is overloaded
even then is relieved by moving out those that lose least, and what is free goes to those that gain most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.heuristics.joint.annealing_kernels import anneal, move, relief
from finopt.heuristics.joint.assignments import AssignmentFigures, Assignments
from finopt.heuristics.joint.tuning import (
    PASSES,
    UNPRICED,
)
from finopt.problem.array_types import Floats, Ints
from finopt.problem.tolerances import FULL
from finopt.solvers.clock import Clock
from finopt.solvers.progress import report

CHUNK, STEPS_EACH = 250_000, 20
"""Moves of the annealing between two looks at the clock, and steps of a kernel that one of them takes."""


@dataclass(frozen=True)
class Schedule:
    """Of an annealing: temperatures in units of the median power, and factors on the fines, first to last."""

    hottest: float = 0.01
    coldest: float = 1e-4
    first: float = 1.0
    last: float = 1000.0


@dataclass(eq=False)
class Candidates:
    """Distinct assignments, sorted by application, and which one each application has.

    Attributes
    ----------
    assignments : Assignments
    start : ndarray of int32, shape (N + 1,)
        Where the candidates of each application begin.
    power : ndarray, shape (candidates,)
        [W]; inf for a candidate that exceeds some capacity all alone.
    loads : csr_array, shape (candidates, 2 V + E)
        Shares of the capacities.
    chosen : ndarray of int32, shape (N,)
        -1: not placed.
    used : ndarray, shape (2 V + E,)
        Share of each capacity in use.
    """

    assignments: Assignments
    start: Ints
    power: Floats
    loads: Any
    chosen: Ints
    used: Floats

    @classmethod
    def of(cls, figures: AssignmentFigures, pool: Assignments, chosen: Assignments) -> Candidates:
        """Distinct candidates of a pool and of those that are chosen, at most one per application."""
        assignments, position = _distinct(Assignments.joined([chosen, pool]))
        size = figures.demand.size
        start = np.searchsorted(assignments.application, np.arange(size + 1)).astype(np.int32)
        now = np.full(size, -1, np.int32)
        now[chosen.application] = position[: chosen.size]
        loads, capacity = figures.loads(assignments), figures.network.capacity
        with np.errstate(divide="ignore"):
            loads.data /= capacity[loads.indices]
        largest = np.zeros(assignments.size)
        np.maximum.at(largest, np.repeat(np.arange(assignments.size), np.diff(loads.indptr)), loads.data)
        power = np.where(largest <= FULL, figures.power(assignments), np.inf)
        placed = np.flatnonzero(now >= 0)
        now[placed[largest[now[placed]] > FULL]] = -1
        found = cls(assignments, start, power, loads, now, np.zeros(capacity.size))
        found.recount()
        return found

    def recount(self) -> None:
        """Add up anew what is used."""
        placed = self.chosen[self.chosen >= 0]
        self.used = np.asarray(self.loads[placed].sum(axis=0)).ravel()

    @property
    def selected(self) -> Assignments:
        """The assignments of those that are placed."""
        return self.assignments.take(self.chosen[self.chosen >= 0])

    @property
    def unplaced(self) -> Ints:
        """Applications without an assignment."""
        return np.flatnonzero(self.chosen < 0).astype(np.int32)

    @property
    def overloaded(self) -> NDArray[np.intp]:
        """Capacities that are exceeded."""
        return np.flatnonzero(self.used > FULL)

    @property
    def total(self) -> float:
        """Power of those that are placed [W]."""
        return float(self.power[self.chosen[self.chosen >= 0]].sum())

    @property
    def _lists(self) -> tuple[Any, Any, Any]:
        return self.loads.indptr, self.loads.indices, self.loads.data

    @property
    def _limit(self) -> Floats:
        return np.full(self.used.size, FULL)

    def anneal(
        self, capacity_value: Floats, near: Ints, moves: int, schedule: Schedule, seed: int, clock: Clock
    ) -> None:
        """Simulated annealing of power and overload over the applications that have several candidates.

        Parameters
        ----------
        capacity_value : ndarray, shape (2 V + E,)
            Price of the whole of each capacity [W].
        near : ndarray, shape (N,)
            Applications with close numbers are likely to compete.
        moves : int
            Attempts to give some application another candidate.
        schedule : Schedule
        seed : int
        clock : Clock
            Looked at now and then.
        """
        self._place_somewhere()
        open_ = np.flatnonzero((np.diff(self.start) > 1) & (self.chosen >= 0)).astype(np.int32)
        if not open_.size:
            return
        open_ = open_[np.argsort(near[open_], kind="stable")]
        unit = float(np.median(self.power[self.chosen[open_]])) or 1.0
        fine = np.maximum(capacity_value, UNPRICED * unit)
        chunks = max(1, moves // CHUNK)
        heat = unit * np.geomspace(schedule.hottest, schedule.coldest, chunks + 1)
        steep = np.geomspace(schedule.first, schedule.last, chunks + 1)
        for k in range(chunks):
            if clock.expired:
                break
            report("annealing", k)
            anneal(
                STEPS_EACH * (moves // chunks),
                open_,
                self.start,
                self.chosen,
                self.power,
                *self._lists,
                self.used,
                self._limit,
                steep[k] * fine,
                heat[k],
                heat[k + 1],
                steep[k + 1] / steep[k],
                moves // chunks,
                seed + k,
            )
        self.recount()

    def _place_somewhere(self) -> None:
        """Give applications without an assignment their cheapest candidate, whatever it overloads."""
        for h in self.unplaced:
            mine = self.power[self.start[h] : self.start[h + 1]]
            if np.isfinite(mine).any():
                self.chosen[h] = self.start[h] + int(np.argmin(mine))
        self.recount()

    def settle(self, price: Floats, weight: Floats) -> None:
        """Relieve overloaded capacities, place who can be placed, and exchange for the better.

        Where nothing else helps, applications of little weight lose their place.
        """
        priced = self.power + self.loads @ price
        loss = np.empty(self.chosen.size)
        steps = self.assignments.size
        for _ in range(PASSES):
            relief(steps, self.start, self.chosen, priced, *self._lists, self.used, self._limit, loss)
            order = np.flatnonzero(np.isfinite(loss))
            order = order[np.argsort(loss[order], kind="stable")].astype(np.int32)
            if not self._move(order, priced, only_overloaded=True, evict=False):
                break
        if self.overloaded.size:
            order = np.argsort(weight, kind="stable").astype(np.int32)
            self._move(order, priced, only_overloaded=True, evict=True)
        self._improve()
        self.recount()

    def _improve(self) -> None:
        """Move applications to cheaper candidates that fit, those that can gain most first."""
        size = self.power.size
        cheapest = np.minimum.reduceat(np.append(self.power, np.inf), np.minimum(self.start[:-1], size))
        for _ in range(PASSES):
            placed = np.flatnonzero(self.chosen >= 0)
            now = np.full(self.chosen.size, np.inf)
            now[placed] = self.power[self.chosen[placed]]
            with np.errstate(invalid="ignore"):
                gain = now - cheapest
            order = np.flatnonzero(gain > 0)
            order = order[np.argsort(-gain[order], kind="stable")].astype(np.int32)
            if not self._move(order, self.power, only_overloaded=False, evict=False):
                return

    def _move(self, order: Any, value: Floats, *, only_overloaded: bool, evict: bool) -> int:
        lists = (self.start, self.chosen, value, *self._lists, self.used, self._limit)
        return int(move(self.assignments.size, order, *lists, only_overloaded, evict))


def _distinct(assignments: Assignments) -> tuple[Assignments, Ints]:
    """Distinct assignments sorted by application, and where each given one is among them."""
    keys = assignments.application.astype(np.int64)
    largest = int(keys.max(initial=0)) + 1
    for column in assignments.columns()[1:]:
        size = int(column.max(initial=0)) + 2
        if largest * size >= 2**62:  # number what there is anew, in the same order
            _, keys = np.unique(keys, return_inverse=True)
            largest = int(keys.max(initial=0)) + 1
        keys = keys * size + (column + 1)
        largest *= size
    _, first, position = np.unique(keys, return_index=True, return_inverse=True)
    return assignments.take(first), position.astype(np.int32)
