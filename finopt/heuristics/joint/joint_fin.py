"""FIN for many applications: capacities have prices, and applications no longer meet.

1. Prices and a lower bound by column generation (`finopt.heuristics.joint.column_generation`).
2. The bound that also covers paths back to a device (`finopt.heuristics.joint.return_bound`).
3. One assignment per application within the capacities (`finopt.heuristics.joint.primal_heuristic`).

The bound is the Lagrangian relaxation of the capacities with latencies rounded down, so it is valid whatever
the prices are and whether or not the rounds converged. Infeasibility is proven in two ways: an application
has no path on its own, or the bound exceeds what any placement can cost.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from finopt.evaluation.certify import checked, conclude
from finopt.evaluation.result import Result
from finopt.heuristics.joint.application_weights import weights_of
from finopt.heuristics.joint.assignments import placement_table
from finopt.heuristics.joint.branching.closing import Closing
from finopt.heuristics.joint.column_generation import ColumnGeneration
from finopt.heuristics.joint.ending import with_ending
from finopt.heuristics.joint.explanation import Explanation
from finopt.heuristics.joint.latency_prices import price_vector
from finopt.heuristics.joint.preparation import prepare, with_own_group
from finopt.heuristics.joint.primal_heuristic import PrimalHeuristic
from finopt.heuristics.joint.return_bound import ONE_CLASS
from finopt.heuristics.joint.steps import FINISHING, RESPITE, Steps, gap_of_prices, proven_infeasible
from finopt.heuristics.joint.tuning import (
    CERTIFYING,
    CLOSED_UP_TO,
    COARSE_FROM,
    EXACT_UP_TO,
    FOR_PRICES,
    MOST_LEVELS,
    QUICKLY,
    RETURNS_MAY_COST,
)
from finopt.problem.array_types import Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement
from finopt.problem.status import Status, Termination
from finopt.solvers.call import Call
from finopt.solvers.clock import Clock, OutOfTimeError
from finopt.solvers.progress import report

OBJECTS = 1000
"""Placements of so many applications, given as objects, come back as objects."""


def solve_jointly(
    instance: Instance,
    call: Call,
    *,
    gap: float,
    gamma: int | None,
    admit: str,
    weights: Mapping[str, float],
) -> Result:
    """Place several applications by prices.

    Parameters
    ----------
    instance : Instance
        With any number of applications, as objects or as a table.
    call : Call
        Its clock; its seed, of the annealing; its threads.
    gap : float
        Certified relative gap to aim at.
    gamma : int, optional
        Latency levels, as slack beyond the least latency. Default: so many that rounding does not matter.
    admit : {"all", "best"}
        Whether every application must be placed, or the largest weight that can be.
    weights : mapping of str to float
        Weight of applications by id, 1 for the others.

    Returns
    -------
    Result
        FEASIBLE with a certified gap. ``stats`` has rounds, columns, rows, ``pricing_s``, ``master_s``,
        ``rounding_s``, ``certifying_s`` and ``prices`` of what is scarce.

    Raises
    ------
    BackendError
        HiGHS fails, or the answer fails the check of the cost model.

    Notes
    -----
    Per round O(configurations * (stages * shared links * steps + applications * stages)), independent of the
    product of devices and shared nodes.
    """
    joint = Joint(instance, gap, gamma or MOST_LEVELS, call.seed, call.threads, call.clock, admit, weights)
    joint.run()
    individually_infeasible = joint.individually_infeasible
    if admit == "best" and 0 < len(individually_infeasible) < joint.demand.size:
        rest = tuple(a for a in instance.applications if a.id not in individually_infeasible)
        others = {name: weight for name, weight in weights.items() if name not in individually_infeasible}
        left = instance.model_copy(update={"applications": rest})
        result = solve_jointly(left, call, gap=gap, gamma=gamma, admit=admit, weights=others)
        missing = [*individually_infeasible, *result.stats.get("unplaced", [])]
        status = Status.FEASIBLE if result.placement else result.status
        return replace(result, status=status, bound=0.0, stats={**result.stats, "unplaced": missing})
    return joint.result()


@dataclass
class Joint(Steps):
    """One joint solve: what is known so far."""

    instance: Instance
    gap: float
    levels: int
    seed: int
    threads: int
    clock: Clock
    admit: str
    weights: Mapping[str, float]
    stats: dict[str, Any] = field(default_factory=dict)
    bound: float = 0.0
    termination: Termination = Termination.COMPLETED
    primal_heuristic: PrimalHeuristic | None = None
    closing: Closing | None = None
    build: float = 0.0

    def run(self) -> None:
        """Prices, assignments, bound; whatever is known when time is up or Ctrl-C is pressed stays."""
        report("building")
        self.network, self.demand = Network.of(self.instance), Demand.of(self.instance)
        self.clock = self.whole = self.clock.earlier(FINISHING * self.demand.size)
        self._prepare(with_own_group(self.instance, self.network, self.demand))
        self.build = self.clock.elapsed
        self._unless_cut_short(self._generate_columns)
        self._unless_cut_short(self._certify, RESPITE["bound"])
        known = self.column_generation
        if self.bound < math.inf and known.answers and not known.without.size:
            self._unless_cut_short(self._find_assignments, RESPITE["assignments"])
            if self.primal_heuristic is not None and self.primal_heuristic.selected is None:
                self._unless_cut_short(self._find_assignments, RESPITE["assignments"])  # this time in a hurry
        if self._closable:
            self._unless_cut_short(self._close)
        self.stats |= known.stats

    @property
    def _closable(self) -> bool:
        """Whether the rest of the gap may be closed by looking at all that an optimum can contain."""
        size, arcs = self.demand.size, self.network.nodes + self.network.tail.size
        few = size <= EXACT_UP_TO and size * arcs <= CLOSED_UP_TO and self.admit == "all"
        return few and self.column_generation.mix is not None and not self.whole.expired

    def _close(self) -> None:
        """Bound and placement brought together."""
        begin, known, found = time.perf_counter(), self._placement(), self.primal_heuristic
        power = math.inf if found is None or found.missing.size else found.rank[1]
        price, exceeded = self.column_generation.price, self.column_generation.exceeded
        arguments = self.instance, self.network, price, self.gap, self.seed, self.clock, power, self.bound
        self.closing = Closing(*arguments, viewed=exceeded)
        try:
            self.closing.run(known)
        finally:
            self.bound = max(self.bound, self.closing.bound)
            if self.termination is Termination.COMPLETED:
                self.termination = self.closing.termination
            self.stats |= self.closing.stats | {"closing_s": time.perf_counter() - begin}

    def _prepare(self, own_group: Any) -> None:
        self.own_group = own_group
        known = self.instance, self.network, self.demand
        prepared = prepare(*known, own_group, self.clock, self.levels, self.threads)
        self.groups, self.figures, self.pricer = prepared
        arguments = self.network, self.demand, self.groups, self.figures, self.pricer, self.clock
        aim = gap_of_prices(self.gap, self.demand.size)
        self.column_generation = ColumnGeneration(*arguments, aim, self.seed)
        if self.instance.before is not None:
            rows = self.instance.before.prices
            self.column_generation.known_price = price_vector(self.instance, self.network, rows)

    def _set_clock(self, clock: Clock) -> None:
        self.clock = self.column_generation.clock = clock
        self.pricer = self.column_generation.pricer = replace(self.pricer, clock=clock)

    def _find_assignments(self) -> None:
        weight, coarse = weights_of(self.instance, self.weights), self.demand.size > COARSE_FROM
        arguments = weight, self.gap, self.bound, self.seed, self.clock, coarse, self._closable
        self.primal_heuristic = PrimalHeuristic(self.instance, self.column_generation, *arguments)
        self._assign(self.primal_heuristic.run)

    def _generate_columns(self) -> None:
        """Rounds of prices, and the bound that they prove."""
        column_generation = self.column_generation
        column_generation.run(FOR_PRICES * self.clock.limit)
        if column_generation.without.size and not self.own_group.all():
            own_group = self.own_group.copy()
            own_group[column_generation.without] = True  # perhaps there is a path that returns to the device
            self._prepare(own_group)
            column_generation = self.column_generation
            column_generation.run(FOR_PRICES * self.clock.limit)
        self.termination = column_generation.termination

    def _certify(self) -> None:
        """The valid bound; when time is up, a quick one."""
        begin, column_generation = time.perf_counter(), self.column_generation
        report("bound")
        self.bound = self.pricer.least()
        rounds_left = self.clock.remaining / 2 / max(column_generation.seconds_per_round, 1e-9)
        if rounds_left < QUICKLY:
            return
        try:
            price, enough = column_generation.price, RETURNS_MAY_COST * column_generation.gap
            classes = (ONE_CLASS,) if rounds_left < CERTIFYING else ()
            self.bound = max(self.bound, self.pricer.certified(price, enough, *classes))
            mix = None if column_generation.complete or self.admit != "all" else column_generation.mix
            if mix is not None and proven_infeasible(self.pricer.certified, mix.price, self.pricer.most()):
                self.bound = math.inf
        except OutOfTimeError:
            self.termination = self.clock.ended
        report("bound", bound=self.bound)
        self.stats["certifying_s"] = time.perf_counter() - begin

    # ------------------------------------------------------------ the result

    def result(self) -> Result:
        """Check the assignments and put them into words."""
        placement = self._placement()
        admitted = self._admitted(placement)
        evaluation = checked(admitted, placement, "fin") if placement is not None else None
        missing = self._missing
        if missing.size and placement is not None:
            self.stats["unplaced"] = [self.instance.applications[int(h)].id for h in missing]
        result = conclude(
            method="fin",
            solver="finopt FIN with prices",
            termination=self.termination,
            objective=evaluation.objective if evaluation else None,
            bound=0.0 if missing.size and placement is not None else self.bound,
            build=self.build,
            total=self.clock.elapsed,
            stats=self.stats | {"prices": self._explanation.prices()},
            explain=self._explain,
            placement=placement,
            evaluation=evaluation,
            explain_unplaced=self._explain_unplaced,
        )
        if self.admit == "best":
            return result
        return with_ending(result, self.gap, searched=self.closing is not None)

    @property
    def individually_infeasible(self) -> list[str]:
        """Applications that have no path even when everything is free."""
        if self.column_generation.mix is not None:
            return []
        return [self.instance.applications[int(h)].id for h in self.column_generation.without]

    @property
    def _missing(self) -> Ints:
        """Applications without a place."""
        if self.closing is not None and self.closing.improved:
            return np.zeros(0, np.int32)
        everyone = np.arange(self.demand.size, dtype=np.int32)
        return everyone if self.primal_heuristic is None else self.primal_heuristic.missing

    def _placement(self) -> Placement | None:
        if self.closing is not None and self.closing.improved:
            return self.closing.placement
        if self.primal_heuristic is None or self.primal_heuristic.selected is None:
            return None
        if self._missing.size and (self.admit == "all" or self._missing.size == self.demand.size):
            return None
        table = placement_table(self.instance, self.figures, self.primal_heuristic.selected)
        small = isinstance(self.instance.applications, tuple) and len(table) <= OBJECTS
        return Placement(tuple(table) if small else table)

    def _admitted(self, placement: Placement | None) -> Instance:
        """The instance with the applications that are placed."""
        if placement is None or not self._missing.size:
            return self.instance
        out = set(self._missing.tolist())
        placed = [a for h, a in enumerate(self.instance.applications) if h not in out]
        return self.instance.model_copy(update={"applications": tuple(placed)})

    @property
    def _explanation(self) -> Explanation:
        mix = self.column_generation.mix
        return Explanation(self.instance, self.network, None if mix is None else mix.price)

    def _explain(self) -> str:
        if self.column_generation.mix is None:
            return self._explanation.infeasible(self.column_generation.without.tolist())
        return self._explanation.infeasible([] if self.closing is None else self.closing.impossible)

    def _explain_unplaced(self) -> str:
        heuristic = self.primal_heuristic
        shares = None if heuristic is None or heuristic.selected is None else heuristic.used
        return self._explanation.unplaced(shares, self._missing)
