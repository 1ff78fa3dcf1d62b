"""Baseline of the literature: multi-constrained path by one auxiliary weight, blind to energy.

1. Every arc gets the weight max over k of (w_k / W_k), its largest share of a budget.
2. The path of least total weight is taken (Xue, Sen, Zhang, Tang, Thulasiraman: Finding a path subject to
   many additive QoS constraints, IEEE/ACM Transactions on Networking 15(1), 2007).

K-approximation: the largest share of a budget that this path uses is at most K times the least largest share
of any path. With w <= l <= K w for the largest share w and the total weight l of any one path, the path of
least l has w <= l <= l* <= K w*.

For an application there are K = 2 constraints, as the papers on FIN compare it: the latency limit, and the
accuracy target, of which a configuration with accuracy A uses the share alpha / A on the arc that ends its
paths. So the configuration is the one with the least (latency of its fastest path) / limit + alpha / A: more
blocks than the target asks for when they cost little time. If its path misses a budget, the next is tried.

Ours is how a configuration enters (one last arc with the weight alpha / A), and that a second choice is made
at all; energy plays no part, as in the original.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from finopt.evaluation.result import Result
from finopt.graph.drivers.single import solve_single
from finopt.graph.extended import network_pattern
from finopt.graph.path import PathAnswer
from finopt.graph.resource import ResourceGraph
from finopt.graph.sliced import arc_graph
from finopt.problem.array_types import Ints
from finopt.problem.instance import Application, Instance
from finopt.solvers.call import Call
from finopt.solvers.clock import Clock


def solve(instance: Instance | ResourceGraph, call: Call) -> Result:
    """Place one application, or find a path in a ResourceGraph, by the auxiliary weight.

    No random numbers are drawn, and one thread is used.

    Returns
    -------
    Result
        FEASIBLE, with a bound that knows no limits, or NO_SOLUTION; INFEASIBLE where a single budget already
        shows it.

    Notes
    -----
    Two shortest-path passes, O(A + V log V), per configuration.

    Examples
    --------
    >>> import finopt
    >>> result = finopt.solve(finopt.load("instances/paper/b-alexnet-cifar10.json"), method="mcp")
    >>> result.status.value
    'FEASIBLE'
    """
    return solve_single(instance, "mcp", "finopt MCP", find_path, call.clock, rank=by_weight)


def by_weight(instance: Instance, application: Application, clock: Clock | None = None) -> list[int]:
    """Admissible configurations, those first whose best path has the least auxiliary weight.

    Raises
    ------
    OutOfTimeError
    """
    clock = clock or Clock()
    clock.check()
    accuracy = [c.accuracy for c in instance.model_of(application).configurations]
    pattern = network_pattern(instance, application)

    def weight(index: int) -> tuple[float, int]:
        clock.check()
        graph = arc_graph(instance, application, index, pattern=pattern)
        target = application.min_accuracy
        share = target / accuracy[index] if target > 0 else 0.0
        return least_weight(graph)[0] + share, index

    return sorted(instance.admissible(application), key=weight)


def least_weight(graph: ResourceGraph) -> tuple[float, Ints | None]:
    """The path of least auxiliary weight and its weight; inf and None: there is no path."""
    tree = weighted(graph).forward(1.0, np.zeros(graph.resources))
    target = graph.nearest_target(tree)
    weight = float(tree.distance[target])
    return weight, graph.path_to(tree, target) if math.isfinite(weight) else None


def find_path(graph: ResourceGraph, cutoff: float = math.inf, clock: Clock | None = None) -> PathAnswer:
    """The shortest path at the auxiliary weight, if it keeps every budget."""
    weight, path = least_weight(graph)
    if path is None or weight > graph.resources:  # K times too long: no path keeps all budgets
        return PathAnswer(None, math.inf)
    fits = (graph.path_resource(path) <= graph.limit).all()
    return PathAnswer(path if fits else None, 0.0 if fits or graph.resources > 1 else math.inf)


def weighted(graph: ResourceGraph) -> ResourceGraph:
    """The graph with the auxiliary weight max over k of (w_k / W_k) as its cost."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.nan_to_num(graph.resource / graph.limit, nan=0.0, posinf=np.inf)
    return replace(graph, cost=shares.max(axis=1))
