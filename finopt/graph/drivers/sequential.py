"""Several applications with a search for one: each is placed on the capacity that the ones before it left.

1. Every application is placed as if it were alone. The sum of these optima is a lower bound, and where they
   fit together they are the answer.
2. Otherwise the applications take turns, the tightest first: the one whose least latency is the largest share
   of its limit. Each takes its own optimum if that still fits, and else searches on what is left.
3. Repair: applications that found no room go to the front and all take their turns again, `ROUNDS` times.
4. Exchange: an application without room, or dearer than alone, gets its turn before one that is in its way.
   The exchange stays if both are placed and cost less together; the search ends when none does, or after
   `SEARCHES` searches per application.

`docs/model.md` has figures for several orders, with and without exchanges.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from finopt.evaluation.certify import checked, conclude
from finopt.evaluation.result import Result
from finopt.graph.drivers.alone import Alone, Placed
from finopt.graph.drivers.diagnosis import NAMED, explain, explain_unplaced
from finopt.graph.drivers.residual import Residual
from finopt.graph.drivers.single import COUNTED, Run
from finopt.graph.extended import Pattern, network_pattern
from finopt.graph.path import PathMethod
from finopt.problem.instance import Application, Instance
from finopt.problem.placement import Placement
from finopt.problem.status import Termination
from finopt.problem.tolerances import PROVEN
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.progress import part, report

ROUNDS = 10
"""How often all take their turns anew."""

SEARCHES = 20
"""Searches per application at most while exchanging."""

BETTER = 1 - PROVEN
"""A cost below this share of another one is lower."""


def solve_sequential(
    instance: Instance, method: str, solver: str, search: PathMethod, clock: Clock, *, layered: bool = False
) -> Result:
    """Place all applications of an instance, one after the other.

    Parameters
    ----------
    instance : Instance
        With any number of applications.
    method, solver, search, clock, layered
        As for `finopt.graph.drivers.single.solve_single`.

    Returns
    -------
    Result
        OPTIMAL when the optima of the applications alone fit together; otherwise FEASIBLE. INFEASIBLE only
        when an application cannot be placed even alone. NO_SOLUTION names the applications without room.

    Raises
    ------
    BackendError
        The answer fails the check of the cost model.

    Notes
    -----
    At most ``ROUNDS + SEARCHES + 1`` searches per application.
    """
    insertion = _SequentialInsertion(instance, search, clock, layered)
    try:
        insertion.place_all()
    except _CutShortError as cut:
        insertion.termination, insertion.reason = cut.termination, cut.reason
    except CUT_SHORT as stop:
        insertion.termination = clock.ended_by(stop)
    return insertion.result(method, solver)


class _CutShortError(Exception):
    """A limit cut a search short."""

    def __init__(self, termination: Termination, reason: str = "") -> None:
        self.termination, self.reason = termination, reason


class _SequentialInsertion:
    """Who is placed where, and the best that was found so far."""

    def __init__(self, instance: Instance, search: PathMethod, clock: Clock, layered: bool) -> None:
        self.instance, self.search, self.clock, self.layered = instance, search, clock, layered
        self.termination, self.reason = Termination.COMPLETED, ""
        self.alone: list[Alone] = []
        self.placed: dict[int, Placed] = {}
        self.residual = Residual(instance)
        self.best: dict[int, Placed] = {}
        self.build = 0.0
        self.stats: dict[str, Any] = {"searches": 0, "rounds": 0, "exchanges": 0}

    def place_all(self) -> None:
        """Until all have a place and no exchange makes it better, or no place is found."""
        for application in self.instance.applications:
            self.clock.check()
            pattern = network_pattern(self.instance, application)
            run = self._run(application, pattern)
            self.alone.append(Alone(self.instance, application, pattern, run))
            self._go_on(run)
        if any(alone.run.best is None for alone in self.alone):
            return
        self.best = {i: alone.optimum for i, alone in enumerate(self.alone)}
        self._restore()
        if self.residual.exceeded():
            self.best = {}
            self._repair()
            self._restore()
            self._exchange()

    # ------------------------------------------------------------ one application

    def _run(self, application: Application, pattern: Pattern) -> Run:
        run = Run(self.instance, application, self.search, self.clock, layered=self.layered, pattern=pattern)
        report("applications", self.stats["searches"])
        with part(f"application {application.id!r}"):
            run.try_configurations()
        self.build += run.build
        self.stats["searches"] += 1
        for name, value in run.stats.items():
            if name in COUNTED:
                self.stats[name] = self.stats.get(name, 0) + value
            elif name.endswith("_scale"):
                self.stats[name] = min(self.stats.get(name, value), value)
        return run

    def _go_on(self, run: Run) -> None:
        if run.termination is not Termination.COMPLETED:
            raise _CutShortError(run.termination, run.reason)

    def _find(self, i: int) -> Placed | None:
        """The cheapest place for application i on what is left."""
        alone = self.alone[i]
        if not self.residual.overloads(alone.optimum.loads):
            return alone.optimum
        run = self._run(alone.application, self.residual.pattern(alone.pattern))
        self._go_on(run)
        return Placed.of(self.instance, alone.application, run)

    def _put(self, i: int, placed: Placed | None) -> None:
        if placed is not None:
            self.placed[i] = placed
            self.residual.add(placed.loads)

    def _take(self, i: int) -> Placed | None:
        placed = self.placed.pop(i, None)
        if placed is not None:
            self.residual.remove(placed.loads)
        return placed

    # ------------------------------------------------------------ all of them

    def _take_turns(self, order: Sequence[int]) -> list[int]:
        """Place all from scratch; those that found no room."""
        self.placed, self.residual = {}, Residual(self.instance)
        for i in order:
            self._put(i, self._find(i))
        self._remember()
        self.stats["rounds"] += 1
        self._report("turns", self.stats["rounds"])
        return [i for i in order if i not in self.placed]

    def _repair(self) -> None:
        tightness = [alone.tightness for alone in self._each_in_time()]
        order = sorted(range(len(self.alone)), key=lambda i: (-tightness[i], i))
        for _ in range(ROUNDS):
            missing = self._take_turns(order)
            if not missing:
                break
            order = missing + [i for i in order if i not in missing]

    def _each_in_time(self) -> Iterator[Alone]:
        """All applications, with a look at the clock at each."""
        for alone in self.alone:
            self.clock.check()
            yield alone

    def _exchange(self) -> None:
        most = self.stats["searches"] + SEARCHES * len(self.alone)
        improved = True
        while improved:
            improved = False
            for i in self._improvable():
                if self.clock.expired:
                    raise _CutShortError(self.clock.ended)
                if self.stats["searches"] >= most:
                    return
                if self._improve(i, most):
                    self.stats["exchanges"] += 1
                    self._remember()
                    self._report("exchanges", self.stats["exchanges"])
                    improved = True

    def _improvable(self) -> list[int]:
        """Applications without room, then those that are dearer than alone, by what they lose."""
        losses = {i: self._cost(i) - alone.optimum.cost for i, alone in enumerate(self.alone)}
        dearer = [i for i in losses if self._cost(i) * BETTER > self.alone[i].optimum.cost]
        return sorted(dearer, key=lambda i: (-losses[i], i))

    def _improve(self, i: int, most: int) -> bool:
        """Whether application i found a better place, alone or in exchange with one in its way."""
        old, cost = self.placed.get(i), self._cost(i)
        self._take(i)
        new = self._find(i)
        if new is not None and new.cost < cost * BETTER:
            self._put(i, new)
            return True
        for blocker in self._blocking(i, old is None):
            if self.stats["searches"] >= most:
                break
            if self._swap(i, cost, blocker):
                return True
        self._put(i, old)
        return False

    def _blocking(self, i: int, any_will_do: bool) -> Iterator[int]:
        """Who uses what the optimum of application i lacks; then, for one without room, all the others."""
        lacking = self.residual.overloads(self.alone[i].optimum.loads)
        others = list(self.placed)
        near = [j for j in others if any(self.placed[j].loads.get(c, 0) for c in lacking)]
        yield from near
        if any_will_do:
            yield from (j for j in others if j not in near)

    def _swap(self, i: int, cost: float, blocker: int) -> bool:
        """Place application i before the one in its way; undone unless they cost less together."""
        before = cost + self._cost(blocker)
        theirs = self._take(blocker)
        mine = self._find(i)
        if mine is not None and mine.cost + self.alone[blocker].optimum.cost < before * BETTER:
            self._put(i, mine)
            again = self._find(blocker)
            if again is not None and mine.cost + again.cost < before * BETTER:
                self._put(blocker, again)
                return True
            self._take(i)
        self._put(blocker, theirs)
        return False

    # ------------------------------------------------------------ the best so far

    def _cost(self, i: int) -> float:
        return self.placed[i].cost if i in self.placed else math.inf

    def _excess(self, placed: dict[int, Placed]) -> float:
        """What a placement costs more than the applications alone; inf if one is missing."""
        if len(placed) < len(self.alone):
            return math.inf
        return math.fsum(placed[i].cost - alone.optimum.cost for i, alone in enumerate(self.alone))

    def _remember(self) -> None:
        """Keep what is placed if it is the best so far: most applications, then least cost."""
        if (-len(self.placed), self._excess(self.placed)) < (-len(self.best), self._excess(self.best)):
            self.best = dict(self.placed)

    def _report(self, phase: str, count: int) -> None:
        report(phase, count, bound=self._bound(), best=self._bound() + self._excess(self.best))

    def _bound(self) -> float:
        """What the applications cost alone; those that were never looked at cost at least 0."""
        return math.fsum(min(alone.run.bound, alone.run.cost) for alone in self.alone)

    def _restore(self) -> None:
        self.placed, self.residual = {}, Residual(self.instance)
        for i, placed in self.best.items():
            self._put(i, placed)

    # ------------------------------------------------------------ the result

    def result(self, method: str, solver: str) -> Result:
        """Check the best placement and put it into words."""
        whole = len(self.best) == len(self.instance.applications)
        placements = tuple(self.best[i].placement for i in sorted(self.best))
        placement = Placement(placements) if whole else None
        evaluation = checked(self.instance, placement, method) if placement else None
        if whole:
            self.stats["dearer_than_alone"] = sum(
                p is not self.alone[i].optimum for i, p in self.best.items()
            )
        return conclude(
            method=method,
            solver=solver,
            termination=self.termination,
            bound=self._bound(),
            build=self.build,
            total=self.clock.elapsed,
            stats=self.stats,
            explain=self._explain_alone,
            placement=placement,
            evaluation=evaluation,
            explain_unplaced=self._explain_room,
            cut_short=self.reason,
        )

    def _explain_alone(self) -> str:
        individually_infeasible = [alone for alone in self.alone if math.isinf(alone.run.bound)]
        told = [explain(self.instance, a.application, a.run.binding) for a in individually_infeasible[:NAMED]]
        more = len(individually_infeasible) - NAMED
        return "; ".join(told) + (f" and {more} more applications" if more > 0 else "")

    def _explain_room(self) -> str:
        self._restore()
        missing = [a.application for i, a in enumerate(self.alone) if i not in self.best]
        return explain_unplaced(self.instance, self.residual.used, missing)
