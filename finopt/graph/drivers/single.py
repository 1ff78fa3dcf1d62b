"""One application, any path method: configurations in the order of their bound, capacities as they bind.

Every configuration is a path problem of its own. They are tried in the order of a lower bound on their
energy and cut off against the best answer so far. A capacity that the answer would exceed becomes one more
resource of the graph, and the path is searched again: an answer that fits is then optimal with all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from finopt.evaluation.certify import checked, conclude
from finopt.evaluation.result import Result
from finopt.graph.drivers.diagnosis import explain, explain_path
from finopt.graph.extended import (
    Capacity,
    ExtendedGraph,
    Pattern,
    extended_graph,
)
from finopt.graph.kept import known_bound, known_graph
from finopt.graph.layered import LayeredGraph, path_graph
from finopt.graph.path import PathAnswer, PathMethod
from finopt.graph.path_evaluation import evaluate_arcs
from finopt.graph.resource import ResourceGraph
from finopt.graph.sliced import SlicedGraph, sliced_graph
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.array_types import Ints
from finopt.problem.errors import BackendError
from finopt.problem.instance import Application, Instance
from finopt.problem.placement import Placement
from finopt.problem.status import Termination
from finopt.problem.tolerances import ROUNDING
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.progress import part, report

Rank = Callable[[Instance, Application, Clock], list[int]]
"""An order of the admissible configurations; raises `OutOfTimeError`."""

Placed = ExtendedGraph | LayeredGraph | SlicedGraph
"""A graph whose paths are placements."""

ENDS_THE_CALL = (
    Termination.TIME_LIMIT,
    Termination.MEMORY_LIMIT,
    Termination.INTERRUPTED,
    Termination.ERROR,
)
"""Why no further configuration is searched after one."""

COUNTED = ("arcs", "arcs_kept", "passes", "labels", "relaxed", "columns", "rows", "solves")
"""Figures of `Result.stats` that add up over configurations."""


def solve_single(
    target: Instance | ResourceGraph,
    method: str,
    solver: str,
    search: PathMethod,
    clock: Clock,
    rank: Rank | None = None,
    *,
    layered: bool = False,
    every: bool = False,
    explain_lost: Callable[[], str] | None = None,
) -> Result:
    """Run a path method on a ResourceGraph or on an instance with one application.

    Parameters
    ----------
    target : Instance or ResourceGraph
        What to solve.
    method, solver : str
        For the result.
    search : PathMethod
        Finds the path.
    clock : Clock
        Of the whole call.
    rank : Rank, optional
        The order in which a baseline tries configurations; it takes the first that has an answer. Default:
        by their bound, and the best of all is taken.
    layered : bool
        The search takes a `LayeredGraph` too, which large graphs then are.
    every : bool
        Search every configuration, without any bound on it but 0.
    explain_lost : callable, optional
        Says why the search came to its end without an answer, where nothing is proven.

    Raises
    ------
    BackendError
        The answer fails the check of the cost model.
    """
    if isinstance(target, ResourceGraph):
        return _solve_graph(target, method, solver, search, clock, explain_lost)
    run = Run(target, target.applications[0], search, clock, rank, layered, every=every)
    run.try_configurations()
    return run.result(method, solver, explain_lost)


@dataclass
class Run:
    """The best placement of one application so far, and what is proven about the rest."""

    instance: Instance
    application: Application
    search: PathMethod
    clock: Clock
    rank: Rank | None = None
    layered: bool = False
    pattern: Pattern | None = None
    every: bool = False
    best: ApplicationPlacement | None = None
    cost: float = math.inf
    bound: float = math.inf
    termination: Termination = Termination.COMPLETED
    reason: str = ""
    build: float = 0.0
    stats: dict[str, Any] = field(default_factory=dict)
    binding: list[Capacity] = field(default_factory=list)

    def try_configurations(self) -> None:
        """Search configuration after configuration until the bound of the next reaches the best."""
        begin = self.clock.elapsed
        admissible = self.instance.admissible(self.application)
        bounds = {c: self._bound_on(c) for c in admissible}
        self.build += self.clock.elapsed - begin
        self.stats = {"configurations": len(bounds), "configurations_searched": 0}
        rest = min(bounds.values(), default=math.inf)
        try:
            order = self._ordered(bounds)
            for place, configuration in enumerate(order):
                rest = min(bounds[c] for c in order[place:])
                if self._enough(rest):
                    break
                self.clock.check()
                report("configurations", place, bound=min(self.bound, rest), best=self.cost)
                others = min((bounds[c] for c in order[place + 1 :]), default=math.inf)
                with part(f"configuration {configuration}", min(self.bound, others)):
                    self._try(configuration, bounds[configuration])
        except CUT_SHORT as stop:
            self.bound = min(self.bound, rest)
            self.termination = self.clock.ended_by(stop)

    def _bound_on(self, configuration: int) -> float:
        """A lower bound on what a configuration costs [W]."""
        if self.every:
            return 0.0
        return known_bound(self.instance, self.application, configuration, self.pattern)

    def _ordered(self, bounds: dict[int, float]) -> list[int]:
        """The admissible configurations in the order in which they are tried."""
        if self.rank is None:
            return sorted(bounds, key=lambda c: (bounds[c], c))
        begin = self.clock.elapsed
        order = self.rank(self.instance, self.application, self.clock)
        self.build += self.clock.elapsed - begin
        return order

    def _enough(self, rest: float) -> bool:
        """Whether no further configuration is to be searched; ``rest`` is a bound on them."""
        if self.rank is None and rest >= self.cost * (1 - ROUNDING):
            return True
        answered = self.rank is not None and self.best is not None
        if answered or self.termination in ENDS_THE_CALL:
            self.bound = min(self.bound, rest)
            return True
        return False

    def _try(self, configuration: int, bound: float) -> None:
        begin = self.clock.elapsed
        graph = self._graph(configuration)
        self.build += self.clock.elapsed - begin
        answer, graph = self._search_within_capacities(graph)
        self.stats["configurations_searched"] += 1
        self._count(answer)
        if answer.termination is not Termination.COMPLETED:
            self.termination, self.reason = answer.termination, answer.reason
        self.bound = min(self.bound, max(bound, answer.bound))
        if answer.path is not None and graph.path_cost(answer.path) < self.cost:
            self.cost = graph.path_cost(answer.path)
            self.best = graph.placement(answer.path)

    def _graph(self, configuration: int) -> Placed:
        if self.instance.has_slices:
            return sliced_graph(self.instance, self.application, configuration, pattern=self.pattern)
        if self.pattern is None:
            return known_graph(self.instance, self.application, configuration, self.layered)
        build = path_graph if self.layered else extended_graph
        return build(self.instance, self.application, configuration, pattern=self.pattern)

    def _search_within_capacities(self, graph: Placed) -> tuple[PathAnswer, Placed]:
        """Add the capacities that an answer exceeds as resources until one fits."""
        known: set[Capacity] = set()
        proven = 0.0
        while True:
            answer = self.search(graph, self.cost, self.clock)
            proven = max(proven, answer.bound)
            over = graph.overloaded(answer.path) if answer.path is not None else []
            if not over:
                return replace(answer, bound=proven), graph
            if known.issuperset(over):
                raise BackendError(f"a path exceeds what it was told to keep: {', '.join(map(str, over))}")
            if self.clock.expired:
                return PathAnswer(None, proven, self.clock.ended, answer.stats), graph
            self.binding += [capacity for capacity in over if capacity not in self.binding]
            known.update(over)
            graph = graph.with_capacities(over)

    def _count(self, answer: PathAnswer) -> None:
        """Add up what was done; of figures that describe a state, keep the last, of gamma the largest."""
        for name, value in answer.stats.items():
            if name in COUNTED:
                self.stats[name] = self.stats.get(name, 0) + value
            else:
                self.stats[name] = max(self.stats.get(name, 0), value) if name == "gamma" else value

    def result(self, method: str, solver: str, explain_lost: Callable[[], str] | None = None) -> Result:
        """Check the answer and put it into words."""
        placement = Placement((self.best,)) if self.best is not None else None
        evaluation = checked(self.instance, placement, method) if placement else None
        if "lower" in self.stats:  # of the last configuration until here
            self.stats |= {"lower": min(self.bound, self.cost), "upper": self.cost}
        return conclude(
            method=method,
            solver=solver,
            termination=self.termination,
            bound=self.bound,
            build=self.build,
            total=self.clock.elapsed,
            stats=self.stats,
            explain=lambda: explain(self.instance, self.application, self.binding),
            placement=placement,
            evaluation=evaluation,
            explain_unplaced=lambda: _missed(f"application {self.application.id!r}", method, explain_lost),
            cut_short=self.reason,
        )


def _solve_graph(
    graph: ResourceGraph,
    method: str,
    solver: str,
    search: PathMethod,
    clock: Clock,
    explain_lost: Callable[[], str] | None,
) -> Result:
    try:
        answer = search(graph, math.inf, clock)
    except CUT_SHORT as stop:
        answer = PathAnswer(None, 0.0, clock.ended_by(stop))
    return conclude(
        method=method,
        solver=solver,
        termination=answer.termination,
        objective=None if answer.path is None else _checked_cost(graph, answer.path, method),
        bound=answer.bound,
        build=0.0,
        total=clock.elapsed,
        stats=answer.stats,
        explain=lambda: explain_path(graph),
        path=None if answer.path is None else graph.path_vertices(answer.path),
        arcs=None if answer.path is None else tuple(answer.path.tolist()),
        explain_unplaced=lambda: _missed("the graph", method, explain_lost),
        cut_short=answer.reason,
    )


def _missed(subject: str, method: str, explain_lost: Callable[[], str] | None) -> str:
    """Why a search that came to its end has no answer and proves nothing."""
    if explain_lost is not None:
        return f"{subject}: {explain_lost()}"
    return f"{subject}: no path that method {method!r} tried keeps every limit; method 'labels' tries all"


def _checked_cost(graph: ResourceGraph, path: Ints, method: str) -> float:
    """Cost of a path, after checking that it is one from the source to a target within the budgets."""
    evaluation = evaluate_arcs(graph, path)
    if not evaluation.feasible:
        found = "; ".join(evaluation.violations)
        raise BackendError(f"the answer of method {method!r} fails the check: {found}")
    return evaluation.objective
