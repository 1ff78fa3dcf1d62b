"""FIN: the cheapest path on the feasible graph, with a certificate.

1. Bounds and lossless reduction of the extended graph (`finopt.graph.bounds`).
2. Feasible graph with gamma latency levels (`finopt.graph.feasible_graph`); lambda-proximity keeps the arcs
   whose best energy is at most (1 + lambda) times the lower bound.
3. Cheapest path with latencies rounded up: the answer. Rounded down: a lower bound.
4. gamma grows until the certified gap is small enough. With two resources levels multiply; what they cannot
   close is finished by labels (`finopt.graph.label_setting`).

Guarantee. The answer keeps the latency limit delta. Its energy is at most the optimum for the tightened
limit delta (1 - n / gamma), n the number of arcs with positive latency on that optimal path, as long as
that path survives lambda; and an answer of at most (1 + lambda) times the lower bound is within (1 + lambda)
of the optimum. Rounding alone never makes an instance infeasible: the incumbent of the bounds stands in.

The names gamma and lambda are those of "Resource-aware Deployment of Dynamic DNNs over Multi-tiered
Interconnected Systems" (INFOCOM 2024, arXiv 2404.08060); the exact rule for lambda, the bounds and the
certificate are ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from finopt.evaluation.result import Result, relative_gap
from finopt.graph import bounds, label_setting
from finopt.graph.bounds import lagrangian_step
from finopt.graph.drivers.sequential import solve_sequential
from finopt.graph.drivers.single import solve_single
from finopt.graph.feasible_graph import MAX_REPLICAS, TooManyReplicasError, cheapest
from finopt.graph.label_setting import MAX_LABELS
from finopt.graph.layered import LayeredGraph
from finopt.graph.path import PathAnswer
from finopt.graph.pattern import OnPattern
from finopt.graph.proximity import nearby
from finopt.graph.reduction import Reduction
from finopt.graph.resource import ResourceGraph
from finopt.heuristics.joint.ending import gave_up
from finopt.heuristics.published_fin import GAMMA, PublishedFin
from finopt.heuristics.several_applications import Several
from finopt.problem.array_types import Ints
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Instance
from finopt.problem.options import Admit, LamRule, OptionError
from finopt.problem.status import Termination
from finopt.solvers.call import Call
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.progress import report

SOLVER = "finopt FIN"

GAP = 1e-4
FIRST_GAMMA = 512
CHEAP_PASS = 2_000_000
"""Relaxations up to which a pass takes about a millisecond: gamma then grows eightfold, else it doubles."""
MAX_GAMMA = 2**17
FEW_LABELS = 30_000
"""Labels for one application within its capacities; beyond, arcs are searched by the selection of `joint`."""

SINGLE_FROM = 20_000_000
"""Relaxations per pass from which single precision pays."""


def solve(
    instance: Instance | ResourceGraph,
    call: Call,
    *,
    gap: float = GAP,
    gamma: int | None = None,
    lam: float | None = None,
    max_gamma: int = MAX_GAMMA,
    admit: Admit = "all",
    weights: Mapping[str, float] | None = None,
    reduce: bool = True,
    lam_rule: LamRule = "bound",
    certify: bool = False,
    executor: Executor | None = None,
) -> Result:
    """Place applications, or find a path in a ResourceGraph with one or two resources, by FIN.

    One application takes a path of its own; several are coordinated by prices on what is scarce
    (`finopt.heuristics.joint.joint_fin`); the call's seed is that of the annealing then, and its threads
    work on different applications: the answer is the same for any number of them. With one application, no
    random numbers are drawn and one thread is used.

    Parameters
    ----------
    gap : float
        Certified relative gap at which the search ends.
    gamma : int, optional
        Latency levels, taken literally: one pass, whatever the gap. Default: grows as needed.
    lam : float, optional
        lambda of the proximity rule, taken literally unless nothing survives; then it doubles. Default: as
        large as the incumbent allows, which loses nothing. One application only.
    max_gamma : int
        Where gamma stops growing. One application only.
    admit : {"all", "best"}
        With several applications: whether all must be placed, or the largest weighted set that can be found;
        the others are then listed in ``stats["unplaced"]``, and the bound says nothing.
    weights : mapping of str to float, optional
        Weight of applications by id, above 0, for ``admit="best"``; 1 for those that are not mentioned.
    reduce : bool
        Begin with the lossless reduction. False: FIN as published, of one application, see
        `finopt.heuristics.published_fin.solve`; gap, max_gamma, admit and weights say nothing then.
    lam_rule : {"bound", "levels"}
        What lam measures. "levels" is for FIN as published.
    certify : bool
        Of FIN as published, prove a bound as well; else a bound is always proven.
    executor : concurrent.futures.Executor, optional
        Whose workers share the work of one solve with several applications, see docs/scaling.md: a client of
        Dask, for example, or its executor. The answer does not depend on how many workers there are, nor on
        any that die. Needs ``admit="all"``.

    Returns
    -------
    Result
        FEASIBLE with a certified gap, OPTIMAL when the gap closes, INFEASIBLE only with a proof. ``stats``
        has arcs before and after reduction, lower, upper, gamma, lambda, passes, relaxed.

    Raises
    ------
    ValueError
        Another ``admit`` or ``lam_rule``, weights of nobody or not above 0, or a gamma for which there is no
        memory.
    InstanceError
        Several applications with ``reduce=False``; with an executor, a model with shared weights that
        several run, or results of early exits that are larger than what is sent on.

    Notes
    -----
    O(gamma arcs) per pass over the arcs that survive the reduction.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> result = finopt.solve(instance, method="fin")
    >>> result.status.value, round(result.objective, 4)
    ('OPTIMAL', 0.1001)
    >>> finopt.solve(instance, method="fin", reduce=False, gamma=2).reason.partition("; ")[-1]
    'gamma = 9 would do'
    """
    if not reduce:
        _refuse_several(instance)
        return PublishedFin(gamma or GAMMA, lam, lam_rule, certify).solve(instance, "fin", call.clock)
    if lam_rule == "levels":
        raise OptionError(
            "lam_rule 'levels' is for FIN as published: use method 'fin-published', or reduce=False"
        )
    options = Options(gap, gamma, lam, max_gamma)

    def search(graph: ResourceGraph | LayeredGraph, cutoff: float, clock: Clock) -> PathAnswer:
        return find_path(graph, cutoff, clock, options)

    if isinstance(instance, Instance) and len(instance.applications) > 1:

        def place(several: Instance) -> Result:
            return solve(several, call, gap=gap, gamma=gamma, lam=lam, max_gamma=max_gamma)

        def place_in_turn() -> Result:
            return solve_sequential(instance, "fin", SOLVER, search, call.clock, layered=True)

        return Several(gap, gamma, admit, weights, executor).solve(instance, call, place, place_in_turn)

    literal = isinstance(instance, ResourceGraph) or gamma is not None
    options = options if literal else replace(options, labels=FEW_LABELS)
    result = solve_single(instance, "fin", SOLVER, search, call.clock, layered=True)
    if isinstance(instance, ResourceGraph) or literal or not gave_up(result) or instance.has_slices:
        return result
    from finopt.heuristics.joint.closed_result import close

    return close(instance, result, gap, call.seed, call.clock)


def _refuse_several(target: Instance | ResourceGraph) -> None:
    """FIN as published does not coordinate applications."""
    if isinstance(target, Instance) and len(target.applications) > 1:
        rule = "FIN as published (reduce=False) places one application; without reduce=False it takes several"
        raise InstanceError([Problem("applications", rule, str(len(target.applications)))], "instance")


@dataclass(frozen=True)
class Options:
    """The options of FIN; see `solve`."""

    gap: float = GAP
    gamma: int | None = None
    lam: float | None = None
    max_gamma: int = MAX_GAMMA
    labels: int = MAX_LABELS


def find_path(
    graph: ResourceGraph | LayeredGraph,
    cutoff: float = math.inf,
    clock: Clock | None = None,
    options: Options | None = None,
) -> PathAnswer:
    """FIN on a graph: a path that keeps every budget, and a bound."""
    clock, options = clock or Clock(), options or Options()
    state = bounds.reduce(graph, cutoff, clock)
    if not state.infeasible and graph.resources > 1 and isinstance(graph, OnPattern):
        # Capacities bind: few arcs are left, and labels are exact.
        return label_setting.finish(state, clock, options.labels)
    run = _Run(state, options, clock)
    if not (state.infeasible or state.closed):
        run.grow()
    if graph.resources > 1 and options.gamma is None and run.gap() > options.gap and not clock.expired:
        return run.finished_by_labels()
    return run.answer()


@dataclass
class _Run:
    """FIN on one reduced graph."""

    state: Reduction
    options: Options
    clock: Clock
    gamma: int = 0
    lam: float = math.inf
    relaxed: int = 0
    termination: Termination = Termination.COMPLETED

    def grow(self) -> None:
        """Raise gamma until the certified gap is small enough or a limit is reached."""
        gamma = self.options.gamma or min(FIRST_GAMMA, self._cap())
        try:
            while not self._enough(gamma):
                cheap = self.state.graph.arcs * gamma**self.state.graph.resources < CHEAP_PASS
                gamma = min(gamma * (8 if cheap else 2), self._cap())
        except TooManyReplicasError:
            if self.options.gamma is not None:
                raise
            self.termination = Termination.LIMIT
        except CUT_SHORT as stop:
            self.termination = self.clock.ended_by(stop)

    def _enough(self, gamma: int) -> bool:
        """Both passes with gamma levels; whether there is nothing more to do."""
        state, options = self.state, self.options
        self.clock.check_stopped()
        report("levels", gamma, bound=state.lower, best=state.upper)
        self._certify(gamma)
        self.gamma = gamma
        if not state.closed:
            self.clock.check_stopped()
            self._improve(gamma)
        if options.gamma is not None or state.closed or self.gap() <= options.gap:
            return True
        if self.clock.expired or gamma >= self._cap():
            self.termination = self.clock.ended if self.clock.expired else Termination.LIMIT
            return True
        return False

    def gap(self) -> float:
        """The certified gap; inf without an answer."""
        gap = relative_gap(self.state.upper, self.state.lower)
        return math.inf if gap is None or not math.isfinite(self.state.upper) else gap

    def _cap(self) -> int:
        """The largest gamma: the budget itself where all is whole, for both roundings are then exact."""
        graph, most = self.state.graph, self.options.max_gamma
        budget = float(graph.budget.max())
        whole = (graph.resource == np.floor(graph.resource)).all() and (graph.budget == budget).all()
        most = int(budget) if whole and budget.is_integer() and 1 <= budget <= most else most
        # Levels of two resources multiply; of one they are kept only where a vertex can be on them.
        return most if graph.resources == 1 else min(most, math.isqrt(MAX_REPLICAS // graph.vertices))

    def _improve(self, gamma: int) -> None:
        """Latencies rounded up, on the arcs near the bound: a feasible path."""
        state = self.state
        self.lam = self.options.lam if self.options.lam is not None else math.inf
        while True:
            mask = np.ones(state.graph.arcs, bool) if math.isinf(self.lam) else nearby(state, self.lam)
            found = cheapest(
                state.graph.keep(mask), gamma, up=True, order=self._order(), single=self._single(gamma)
            )
            self.relaxed += found.relaxed
            if found.path is not None or mask.all():
                break
            self.lam = max(2 * self.lam, 1e-3)
        if found.path is not None:
            self._offer(np.flatnonzero(mask)[found.path].astype(np.int32))

    def _offer(self, path: Ints | None) -> None:
        """Take a path as incumbent if it keeps the budgets and is better; then fewer arcs are needed."""
        state = self.state
        if path is None or not (state.graph.path_resource(path) <= state.graph.limit).all():
            return
        before = state.upper
        state.offer(state.graph.path_cost(path), path)
        if state.upper < before and not state.closed and self.options.gamma is None:
            lagrangian_step(state, state.multiplier)

    def _certify(self, gamma: int) -> None:
        """Latencies rounded down, on every arc that a better path could use: a lower bound."""
        state = self.state
        found = cheapest(state.graph, gamma, up=False, order=self._order(), single=self._single(gamma))
        self.relaxed += found.relaxed
        state.raise_lower(found.cost, state.multiplier)
        self._offer(found.path)  # what looks cheapest from below may be on time after all

    def _order(self) -> Any:
        return self.state.graph.forward(1.0, self.state.multiplier).distance

    def _single(self, gamma: int) -> bool:
        """Single precision where there is much to do and its rounding leaves room for the gap."""
        graph = self.state.graph
        rounding = graph.vertices * float(np.finfo(np.float32).eps)
        return graph.arcs * gamma**graph.resources >= SINGLE_FROM and rounding <= self.options.gap

    def finished_by_labels(self) -> PathAnswer:
        """Two resources, and memory ends before the gap closes: labels settle what is left."""
        answer = label_setting.finish(self.state, self.clock, self.options.labels)
        return replace(answer, stats={**answer.stats, **self._stats()})

    def answer(self) -> PathAnswer:
        """The best path with the best bound."""
        return PathAnswer(
            self.state.path, self.state.lower, self.termination, self.state.stats() | self._stats()
        )

    def _stats(self) -> dict[str, Any]:
        lam = relative_gap(self.state.upper, self.state.lower) if math.isinf(self.lam) else self.lam
        return {"gamma": self.gamma, "lambda": lam, "relaxed": self.relaxed}
