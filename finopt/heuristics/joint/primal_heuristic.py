"""One assignment per application, from the mix of answers that the prices brought about.

Many applications: annealing at the prices (`finopt.heuristics.joint.annealing`), in turns with asking all
what they would choose if what is overloaded were dearer and what is not full were cheaper. Few: the cheapest
assignments of each at these prices, in order, and the best selection of them
(`finopt.heuristics.joint.selection_mip`), in turns with exact searches of some applications in the room that
the others leave.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from finopt.heuristics.joint.adjusted_prices import adjusted, scattered
from finopt.heuristics.joint.annealing import Candidates, Schedule
from finopt.heuristics.joint.assignments import Assignments, placement_table
from finopt.heuristics.joint.mixed_answers import MixedAnswers
from finopt.heuristics.joint.reinsertion import Reinsertion
from finopt.heuristics.joint.selection_mip import select
from finopt.heuristics.joint.tuning import (
    CLOSER,
    DEARER,
    EXACT_UP_TO,
    FEW_SELECTIONS,
    FEWEST,
    FILLS,
    FIRST,
    INVITED,
    LONG,
    MOST_MOVES,
    MOVES_AMONG,
    MOVES_EACH,
    MOVES_IN_A_HURRY,
    NARROW,
    NEAR_OPTIMAL,
    PER_TURN,
    PERTURBED,
    RANKED,
    REMOVED,
    ROUNDED,
    SCATTERED,
    SELECTIONS,
    SPREAD,
    TURNS,
    UNCHANGED,
    WINDOW,
)
from finopt.problem.array_types import Floats, Ints
from finopt.problem.instance import Instance
from finopt.solvers.clock import Clock, OutOfTimeError
from finopt.solvers.progress import report

MELT = Schedule(hottest=0.01, coldest=0.001, first=0.95, last=1.0)
SQUEEZE = Schedule(hottest=0.001, coldest=0.0001, first=1.0, last=1000.0)
"""One half of the moves with fines on overload just below the prices, so that capacities fill up beyond what
there is; the other half with fines that rise, for from both sides at once they would not fill as well. Where
there are very many applications or no time, the rounded mix, which exceeds little, is only squeezed."""


@dataclass
class PrimalHeuristic:
    """Looks for one assignment per application within the capacities, and keeps the best.

    Attributes
    ----------
    instance : Instance or None
        For an exact selection only.
    column_generation : MixedAnswers
        With a mix.
    weight : ndarray, shape (N,)
        Of the applications, when not all can be placed.
    gap, bound : float
        Where to stop.
    seed : int
    clock : Clock
    coarse : bool
        Of very many applications: a gap ten times as wide will do, and fewer answers become candidates.
    closable : bool
        The gap is closed afterwards: an exact selection is only for whom annealing leaves out.
    selected : Assignments or None
        At most one per application.
    rank : tuple
        Weight of the applications without a place, and the power of the others [W].
    used : ndarray, shape (2 V + E,)
        Share of each capacity in use.
    price : ndarray, shape (2 V + E,)
        Of every capacity [W per unit]: those of the best bound for an exact selection, else those of the mix.
    """

    instance: Instance | None
    column_generation: MixedAnswers
    weight: Floats
    gap: float
    bound: float
    seed: int
    clock: Clock
    coarse: bool = False
    closable: bool = False
    selected: Assignments | None = None
    rank: tuple[float, float] = (0.0, 0.0)
    used: Floats = field(default_factory=lambda: np.zeros(0))
    price: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        """Name the parts of the column generation."""
        column_generation = self.column_generation
        self.network, self.demand = column_generation.network, column_generation.demand
        self.figures, self.pricer = column_generation.figures, column_generation.pricer

    def run(self, hurry: bool) -> None:
        """Choose; in a hurry, from the mix alone."""
        mix, exactly = (
            self.column_generation.mix,
            self.instance is not None and self.demand.size <= EXACT_UP_TO,
        )
        self.price = self.column_generation.asked if mix is None else mix.price
        if mix is None or hurry:
            self._hurry()
        elif exactly and not self.closable:
            self._select()
        else:
            if math.isfinite(self.clock.limit):  # perhaps there is time for no other
                self._first_answer()
            pool = self._pool()
            self._anneal(Candidates.of(self.figures, pool, self.column_generation.rounded()), pool)
            if exactly and self.missing.size:
                self._select()

    def resume(self, selected: Assignments) -> None:
        """Go on from assignments that were made for other capacities."""
        assert self.column_generation.mix is not None
        self.price, pool = self.column_generation.mix.price, self.column_generation.pool(latest=1)
        with suppress(OutOfTimeError):
            pool = Assignments.joined([pool, self.pricer.answer(self.price).assignments])
        found = Candidates.of(self.figures, pool, selected)
        self._settle(found)
        if not self.clock.expired:
            self._cool(found, PER_TURN * self._moves, SQUEEZE)
            self._finish(found, pool)

    @property
    def missing(self) -> Ints:
        """Applications without a place."""
        placed = self.selected.application if self.selected is not None else np.zeros(0, np.int32)
        return np.setdiff1d(np.arange(self.demand.size, dtype=np.int32), placed)

    def _hurry(self) -> None:
        """Round the mix, and anneal its answers for a moment."""
        column_generation = self.column_generation
        pool = column_generation.pool(latest=1)
        found = Candidates.of(self.figures, pool, column_generation.rounded())
        self._first_answer()
        self._cool(found, min(self._moves, MOVES_IN_A_HURRY), SQUEEZE)
        self._finish(found, pool)

    def _first_answer(self) -> None:
        """The answers that exceed least, settled among all answers."""
        known = self.column_generation
        if known.safest is not None:
            self._settle(Candidates.of(self.figures, Assignments.joined(known.answers), known.safest))

    def _anneal(self, found: Candidates, pool: Assignments) -> None:
        """Anneal in turns with further candidates until nothing is overloaded, then once more for long."""
        if not self.coarse:
            self._melt(found, FIRST * self._moves)
            found, pool = self._turns(found, pool, INVITED)
        else:
            self._cool(found, LONG * self._moves / 2, SQUEEZE)
        self._finish(found, pool)
        if not (self.clock.expired or self._close()):
            self._melt(found, LONG * self._moves)
            found, pool = self._turns(found, pool)
            self._finish(found, pool)

    @property
    def _moves(self) -> int:
        return min(MOVES_EACH * self.demand.size, MOST_MOVES)

    def _turns(self, found: Candidates, pool: Assignments, least: int = 0) -> tuple[Candidates, Assignments]:
        """Turns with further candidates: ``least`` of them, and more while something is overloaded."""
        moves = PER_TURN * self._moves
        for turn in range(TURNS):
            if not (turn < least or found.overloaded.size):
                break
            try:
                pool = Assignments.joined([pool, *self._adjusted(found, DEARER ** (turn + 1))])
            except OutOfTimeError:
                break
            found = Candidates.of(self.figures, pool, found.selected)
            if turn < least:
                self._melt(found, moves, turn)
            else:
                self._cool(found, moves, SQUEEZE, turn)
        return found, pool

    def _melt(self, found: Candidates, moves: float, turn: int = 0) -> None:
        """Anneal with fines a little below the prices first, then with fines that rise."""
        for schedule in (MELT, SQUEEZE):
            self._cool(found, moves / 2, schedule, turn)

    def _cool(self, found: Candidates, moves: float, schedule: Schedule, turn: int = 0) -> None:
        near = self.column_generation.cluster
        found.anneal(self._capacity_value, near, int(moves), schedule, self.seed + turn, self.clock)

    def _finish(self, found: Candidates, pool: Assignments) -> None:
        """Settle and keep; applications without a place look for one in the room that is left, and if there
        is none, others make room where they are cheapest."""
        self._settle(found)
        for _ in range(FILLS):
            if not found.unplaced.size or self.clock.expired:
                return
            try:
                pool = Assignments.joined([pool, self._fill(found)])
            except OutOfTimeError:
                return
            found = Candidates.of(self.figures, pool, found.selected)
            self._settle(found)
            if found.unplaced.size:
                self._cool(found, PER_TURN * self._moves, SQUEEZE)
                found, pool = self._turns(found, pool)
                self._settle(found)

    def _settle(self, found: Candidates) -> None:
        found.settle(self.price, self.weight)
        self._keep(found)

    @property
    def _capacity_value(self) -> Floats:
        """Price of the whole of each capacity [W]; 0 without a limit."""
        capacity = self.network.capacity
        return np.where(np.isfinite(capacity), capacity, 0.0) * self.price

    def _pool(self) -> Assignments:
        """Answers of the rounds, all good answers to the last prices, and answers to prices near them."""
        rng, price = np.random.default_rng(self.seed), self.price
        pool = [self.column_generation.pool(latest=4 if not self.coarse else 1)]
        last = self.pricer.answer(price)
        pool.append(last.assignments)
        if not self.coarse:
            pool.append(self.pricer.answer(price, NEAR_OPTIMAL * last.value).assignments)
        for _ in range(PERTURBED):
            noise = np.zeros(price.size)
            scarce = np.flatnonzero(price)
            noise[scarce] = rng.normal(0.0, SPREAD, scarce.size)
            pool.append(self.pricer.answer(price * np.exp(noise)).assignments)
        return Assignments.joined(pool)

    def _select(self) -> None:
        """The best selection of candidates, and again with what some would do in the room others leave."""
        assert self.instance is not None
        self.price = self.column_generation.price
        found, pool = self._ranked()
        rng, unchanged, known = np.random.default_rng(self.seed), 0, 0
        reinsertion = Reinsertion(self.instance, self.figures, self.clock)
        for _ in range(FEW_SELECTIONS if self.closable else SELECTIONS):
            before = self.rank
            more, known = found.assignments.size > known, found.assignments.size
            if more and select(found, self.weight, self._selection_gap(), self.clock, self.seed):
                self._keep(found)
            unchanged = unchanged + 1 if self.rank == before else 0
            enough = unchanged > UNCHANGED or self._certified_gap() <= NARROW
            if (enough and not self.missing.size) or self.clock.expired or self._close():
                return
            assert self.selected is not None
            pool = Assignments.joined([pool, *self._further(reinsertion, rng)])
            found = Candidates.of(self.figures, pool, self.selected)

    def _ranked(self) -> tuple[Candidates, Assignments]:
        """Annealed candidates: the answers of the rounds, then all that a better selection can contain."""
        column_generation = self.column_generation
        pool = column_generation.pool(latest=4)
        found = Candidates.of(self.figures, pool, column_generation.rounded())
        self._settle(found)
        pool = Assignments.joined([pool, self.pricer.near(self.price, self._affordable(), RANKED)])
        found = Candidates.of(self.figures, pool, found.selected)
        moves, schedule = MOVES_AMONG * max(self.demand.size, FEWEST), Schedule(hottest=0.05)
        self._cool(found, moves, schedule)
        self._settle(found)
        paid = found.power + found.loads @ self.price
        assignments = found.assignments.take(paid <= self._affordable()[found.assignments.application])
        assert self.selected is not None
        return Candidates.of(self.figures, assignments, self.selected), assignments

    def _affordable(self) -> Floats:
        """Priced power of each application that a selection better than the best so far can contain [W]."""
        window, known = WINDOW * self.bound, self.column_generation
        if not self.missing.size:
            window = min(window, self.rank[1] - known.bound)
        return known.value + window

    def _selection_gap(self) -> float:
        """Relative gap of a selection that is worth the effort."""
        return max(self.gap / 4, CLOSER * self._certified_gap())

    def _certified_gap(self) -> float:
        return (self.rank[1] - self.bound) / self.rank[1] if self.rank[1] > 0 else 0.0

    def _further(self, reinsertion: Reinsertion, rng: np.random.Generator) -> list[Assignments]:
        """What applications taken out by chance, and those without a place, would do in turns."""
        assert self.selected is not None and self.instance is not None
        out = rng.random(self.demand.size) < rng.choice(REMOVED)
        out[self.missing] = True
        placed = placement_table(self.instance, self.figures, self.selected)
        staying = [p for p, h in zip(placed, self.selected.application, strict=True) if not out[h]]
        answers = [reinsertion.answers(rng.permutation(np.flatnonzero(out)).astype(np.int32), staying)]
        if self.missing.size:
            answers += [self._scattered(rng) for _ in range(SCATTERED)]
        return answers

    def _scattered(self, rng: np.random.Generator) -> Assignments:
        """What applications would choose, in every configuration, if some capacities were dear by chance."""
        typical = float(np.median(self.column_generation.value))
        price = scattered(self.network.capacity, typical, rng)
        return self.pricer.answer(price, np.full(self.demand.size, np.inf)).assignments

    def _close(self) -> bool:
        """Whether all are placed within the gap; of very many also if hardly above the mix."""
        gap, mix = self.gap if not self.coarse else 10 * self.gap, self.column_generation.mix
        rounded = self.coarse and mix is not None and self.rank[1] - mix.power <= ROUNDED * self.rank[1]
        return self.rank[0] == 0 and (rounded or self.rank[1] - self.bound <= gap * self.rank[1])

    def _fill(self, found: Candidates) -> Assignments:
        """What applications without a place would choose in the room that is left."""
        capacity = self.network.capacity
        limited = np.isfinite(capacity)
        room = capacity.copy()
        room[limited] *= np.maximum(1 - found.used[limited], 0.0)
        everything = np.full(self.demand.size, np.inf)
        answers = self.pricer.answer(np.zeros(capacity.size), everything, room).assignments
        return answers.take(np.flatnonzero(np.isin(answers.application, found.unplaced)))

    def _adjusted(self, found: Candidates, factor: float) -> list[Assignments]:
        """What applications would choose if what is overloaded were dearer and what is not full cheaper;
        and if all that is nearly full were dearer, where something is overloaded."""
        possible = found.power[np.isfinite(found.power)]
        typical = float(np.median(possible if possible.size else self.column_generation.value))
        prices = adjusted(self.network.capacity, found.used, self.price, typical, factor)
        return [self.pricer.answer(price).assignments for price in prices]

    def _keep(self, found: Candidates) -> None:
        """Keep the assignments if they place more applications, or as many at less power."""
        rank = float(self.weight[found.unplaced].sum()), found.total
        if self.selected is None or rank < self.rank:
            self.selected, self.rank, self.used = found.selected, rank, found.used
            report("assignments", bound=self.bound, best=None if rank[0] else rank[1])
