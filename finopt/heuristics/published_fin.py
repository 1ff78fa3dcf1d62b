"""FIN as published: the three stages of the papers and nothing else.

1. The extended graph of a configuration (`finopt.graph.extended`).
2. The feasible graph: every vertex on latency levels 0 to gamma, an arc of latency t leads
   ceil(gamma t / limit) levels up, and what would lead beyond gamma is not there
   (`finopt.graph.feasible_graph`); lambda-proximity leaves out what is far from a bound
   (`finopt.graph.proximity`).
3. The cheapest path from the source to any replica of a target.

No bounds, no incumbent, no growing of gamma: gamma and lambda are taken literally. What that guarantees, and
what either reading of lambda can lose, is in `docs/model.md`; `finopt.graph.stages` shows the graphs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from finopt.evaluation.result import Result
from finopt.graph.drivers.single import solve_single
from finopt.graph.feasible_graph import MOST_RESOURCES, Pass, TooManyReplicasError, cheapest
from finopt.graph.path import PathAnswer, least_cost, out_of_reach
from finopt.graph.proximity import affordable, first_level, near_bound, refuse_beyond_levels
from finopt.graph.resource import ResourceGraph
from finopt.heuristics.published_reason import reason
from finopt.problem.array_types import Ints
from finopt.problem.instance import Instance
from finopt.problem.options import LamRule
from finopt.problem.status import Status
from finopt.solvers.call import Call
from finopt.solvers.clock import Clock
from finopt.solvers.progress import report

GAMMA = 10
"""Without another: the middle one of 3, 10 and 20, which the authors' scripts use."""

BLOCK = 2048
"""Levels settled together: all at once would be swept the more often the more of them there are, so that
time would grow faster than gamma, and they would not fit into the processor's caches."""

SOLVER = "finopt FIN as published"

Target = Instance | ResourceGraph


def solve(
    instance: Instance | ResourceGraph,
    call: Call,
    *,
    gamma: int | None = None,
    lam: float | None = None,
    lam_rule: LamRule = "bound",
    certify: bool = False,
) -> Result:
    """Place one application, or find a path in a ResourceGraph with one or two resources, in three stages.

    ``finopt.solve(instance, "fin", reduce=False, ...)`` is the same. No random numbers are drawn, and one
    thread is used.

    Parameters
    ----------
    gamma : int, optional
        Latency levels. Default: 10.
    lam : float, optional
        lambda. Default: nothing is left out.
    lam_rule : {"bound", "levels"}
        What lambda measures. "bound": an arc or replica stays if the best energy through it is at most
        (1 + lam) times that of the cheapest path, whatever its latency. "levels": only paths that end on
        level lam or above count, with levels numbered from 1; lam is at most gamma + 1.
    certify : bool
        Prove a bound by a second pass with latencies rounded down.

    Returns
    -------
    Result
        FEASIBLE, or NO_SOLUTION where rounding up or lambda loses every path; the reason says which gamma or
        lambda would do. No bound without ``certify``. INFEASIBLE where even the fastest path is late.

    Raises
    ------
    ValueError
        A lambda above gamma + 1 by levels, or a gamma for which there is no memory.

    See Also
    --------
    finopt.heuristics.fin.solve : the same with bounds, a growing gamma and a certificate.
    finopt.graph.stages : the graphs of the stages.

    Notes
    -----
    O(gamma arcs) per sweep over the feasible graph. A capacity that the cheapest path exceeds becomes a
    second resource with gamma levels of its own, O(gamma^2 arcs); there is no third.

    References
    ----------
    C. Singhal et al.: Resource-aware Deployment of Dynamic DNNs over Multi-tiered Interconnected Systems.
    IEEE INFOCOM 2024, arXiv:2404.08060. Both readings of lambda are interpretations, see `docs/model.md`.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> result = finopt.solve(instance, "fin-published", gamma=20, certify=True)
    >>> result.status.value, round(result.objective, 4), round(result.bound, 4)
    ('FEASIBLE', 0.1072, 0.0836)
    """
    return PublishedFin(gamma or GAMMA, lam, lam_rule, certify).solve(instance, "fin-published", call.clock)


@dataclass(frozen=True)
class PublishedFin:
    """The three stages with their two knobs.

    Attributes
    ----------
    gamma : int
        Latency levels.
    lam : float or None
        lambda; None leaves nothing out.
    lam_rule : {"bound", "levels"}
        What lambda measures, see `finopt.graph.proximity`.
    certify : bool
        Whether a second pass, rounded down, gives a bound.
    """

    gamma: int
    lam: float | None
    lam_rule: LamRule
    certify: bool

    def solve(self, target: Target, method: str, clock: Clock) -> Result:
        """The cheapest path over all configurations, under the name of a method."""
        refuse_beyond_levels(self.lam, self.lam_rule, self.gamma)
        lost: list[ResourceGraph] = []

        def search(graph: ResourceGraph, _: float, clock: Clock) -> PathAnswer:
            answer = self.find_path(graph, clock)
            if answer.path is None:
                lost.append(graph)
            return answer

        def why() -> str:
            does = partial(self._does_with, target, clock)
            return reason(lost, self.gamma, self.lam, self.lam_rule, clock, does)

        result = solve_single(target, method, SOLVER, search, clock, every=True, explain_lost=why)
        if self.certify or result.status is Status.OPTIMAL:  # what costs nothing needs no proof
            return result
        return replace(result, bound=None)

    def find_path(self, graph: ResourceGraph, clock: Clock) -> PathAnswer:
        """Stages 2 and 3 on the extended graph of one configuration, or on any graph with a few limits."""
        stats: dict[str, Any] = {"gamma": self.gamma, "arcs": graph.arcs, "lam_rule": self.lam_rule}
        stats |= {} if self.lam is None else {"lambda": self.lam}
        if graph.resources > MOST_RESOURCES:
            return PathAnswer(None, 0.0, stats=stats)
        report("levels", self.gamma)
        path, near, found = self._cheapest(graph)
        stats |= {"arcs_kept": near.size, "relaxed": found.relaxed}
        if clock.expired:
            return PathAnswer(path, 0.0, clock.ended, stats)
        return PathAnswer(path, self._bound(graph, path), stats=stats)

    def _cheapest(self, graph: ResourceGraph) -> tuple[Ints | None, Ints, Pass]:
        """The cheapest path by levels rounded up on what lambda leaves; those arcs; the pass."""
        least, arcs, most = 0, np.arange(graph.arcs, dtype=np.int32), np.inf
        if self.lam is not None and self.lam_rule == "levels":
            least = first_level(self.lam)
        elif self.lam is not None:
            free, lower = np.zeros(graph.resources), least_cost(graph)
            near, most = near_bound(graph, free, lower, self.lam), affordable(lower, self.lam)
            arcs = np.flatnonzero(near).astype(np.int32)
        found = cheapest(graph.keep(arcs), self.gamma, up=True, least_level=least, block=BLOCK)
        # The best path through a replica of a target is the one that ends there.
        kept = found.path is not None and found.cost <= most
        return arcs[found.path] if kept else None, arcs, found

    def _bound(self, graph: ResourceGraph, path: Ints | None) -> float:
        """What is proven: inf where not even the fastest path is on time, else by levels rounded down."""
        if path is None and out_of_reach(graph):
            return np.inf
        return cheapest(graph, self.gamma, up=False, block=BLOCK).cost if self.certify else 0.0

    def _does_with(self, target: Target, clock: Clock, **change: Any) -> bool:
        """Whether the same search finds something with another gamma or lambda."""
        other = replace(self, certify=False, **change)
        try:
            result = solve_single(target, "", SOLVER, lambda graph, *_: other.find_path(graph, clock), clock)
        except TooManyReplicasError:
            return False
        return result.objective is not None
