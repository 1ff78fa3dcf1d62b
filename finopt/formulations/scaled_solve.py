"""HiGHS on the arc-flow model, again and again until an answer passes the check on a scale that suits it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from finopt.formulations.arcflow import ArcFlow, Compiled, Cut, build, compile_model
from finopt.formulations.scaled_figures import SCALE
from finopt.graph.path import path_among
from finopt.problem.array_types import Ints
from finopt.problem.status import Termination
from finopt.problem.tolerances import SOLVER_GAP
from finopt.solvers import highs
from finopt.solvers.apart import prepare
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.progress import report

MOST_SCALED, LEAST_SCALED = 1e2, 1e-3
"""The model is scaled anew when the objective, in units of the guess, comes out beyond these."""

BUILDING = "the model was being built"

NOTHING_BUILT = {"columns": 0, "rows": 0, "solves": 0}

Paths = list[tuple[int, Ints]]
"""The chosen k with their paths by arcs."""


@dataclass(frozen=True)
class Tuning:
    """Passed to HiGHS; see `finopt.formulations.milp.solve`."""

    gap: float = 0.0
    threads: int = 1
    seed: int = 0


@dataclass
class ScaledSolve:
    """The best answer so far, and what HiGHS has proven."""

    flow: ArcFlow
    check: Callable[[Paths], tuple[float, list[Cut]]]
    unit: float
    tuning: Tuning
    clock: Clock
    largest: float = math.inf
    cuts: list[Cut] = field(default_factory=list)
    paths: Paths | None = None
    objective: float = math.inf
    bound: float = 0.0
    build: float = 0.0
    termination: Termination = Termination.COMPLETED
    during: str = ""
    reason: str = ""
    stats: dict[str, int] = field(default_factory=NOTHING_BUILT.copy)

    def run(self) -> None:
        """Solve until an answer passes the check on a scale that suits it."""
        again = True
        while again:
            try:
                again = self._solve(self._build()) and self.termination is Termination.COMPLETED
            except CUT_SHORT as stop:
                self.termination = self.clock.ended_by(stop)
                return

    def _build(self) -> Compiled:
        begin, self.during = self.clock.elapsed, BUILDING
        report("building the model")
        prepare(2 * self.flow.first[-1], self.clock)  # every arc is in two balances
        largest = min(self.largest, MOST_SCALED * MOST_SCALED * self.unit)
        try:
            built = build(self.flow, self.unit, largest, self.cuts, self.clock)
            model = compile_model(built, self.flow, self.clock)
        finally:
            self.build += self.clock.elapsed - begin
        rows, columns = model.linear.matrix.shape
        self.stats |= {"columns": columns, "rows": rows}
        self.clock.check()
        self.during = ""
        return model

    def _tell(self, nodes: int, bound: float, best: float) -> None:
        report("HiGHS", nodes, bound=bound / SCALE * self.unit, best=best / SCALE * self.unit)

    def _solve(self, model: Compiled) -> bool:
        """One call of HiGHS; whether the model must be solved again."""
        self.stats["solves"] += 1
        tuning = self.tuning
        report("HiGHS")
        answer = highs.minimise(
            model.linear,
            self.clock,
            gap=tuning.gap,
            threads=tuning.threads,
            seed=tuning.seed,
            tell=self._tell,
            apart=True,
        )
        self.termination, self.reason = answer.termination, answer.reason
        if answer.bound > -math.inf:
            self.bound = max(self.bound, answer.bound / SCALE * self.unit)
        if answer.values is None:
            return False
        used = model.used(answer.values)
        paths = [(k, path_among(self.flow.graphs[k], arcs)) for k, arcs in used.items()]
        objective, cuts = self.check(paths)
        if cuts:
            self.cuts += cuts
            return True
        if objective < self.objective:
            self.objective, self.paths = objective, paths
        completed = answer.termination is Termination.COMPLETED
        if completed and tuning.gap == 0 and objective - self.bound <= SOLVER_GAP * objective:
            self.bound = objective  # proven, as far as HiGHS tells fractions from integers
        suits = LEAST_SCALED * self.unit <= objective <= MOST_SCALED * self.unit
        if suits or objective == 0 or self.largest <= 2 * objective:
            return False
        self.unit, self.largest = objective, 2 * objective
        return True
