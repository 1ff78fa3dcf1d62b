"""Baseline of the literature: multi-constrained path by one auxiliary weight, blind to energy.

Every arc gets the weight max over k of (w_k / W_k), its largest share of a budget, and a shortest path at
that weight is taken (Xue, Sen, Zhang, Tang, Thulasiraman: Finding a path subject to many additive QoS
constraints, IEEE/ACM Transactions on Networking 15(1), 2007). Its length is at most K times the least
largest share of any path, so with one budget it is the path that uses least of it.

The exit is chosen as a planner that knows nothing of energy would: the admissible configuration with the
fewest blocks, at equal blocks the most accurate, and the next one when its path misses a budget.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from finopt.clock import Clock
from finopt.graph.path import PathAnswer
from finopt.graph.resource import ResourceGraph
from finopt.graph.single import solve_single
from finopt.instance import Application, Instance
from finopt.result import Result


def solve(
    instance: Instance | ResourceGraph,
    *,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: bool = False,
) -> Result:
    """Place one application by the auxiliary weight.

    Parameters
    ----------
    instance : Instance or ResourceGraph
        An instance with one application, or a resource-constrained shortest path.
    time_limit : float, optional
        Seconds for everything.
    seed, threads, progress
        Accepted by every method; this one draws no random numbers and uses one thread.

    Returns
    -------
    Result
        FEASIBLE, with a bound that knows no limits, or NO_SOLUTION; INFEASIBLE where a single budget already
        shows it.

    Notes
    -----
    One shortest-path pass, O(A + V log V), per configuration.

    Examples
    --------
    >>> import finopt
    >>> result = finopt.solve(finopt.load("instances/paper/b-alexnet-cifar10.json"), method="mcp")
    >>> result.status.value
    'FEASIBLE'
    """
    return solve_single(instance, "mcp", "finopt MCP", find_path, Clock(time_limit), rank=by_blocks)


def by_blocks(instance: Instance, application: Application) -> list[int]:
    """Admissible configurations, fewest blocks first, at equal blocks the most accurate."""
    model = instance.model_of(application)

    def key(index: int) -> tuple[int, float, int]:
        configuration = model.configurations[index]
        return model.final_block(configuration), -configuration.accuracy, index

    return sorted(instance.admissible(application), key=key)


def find_path(graph: ResourceGraph, cutoff: float = math.inf, clock: Clock | None = None) -> PathAnswer:
    """The shortest path at the auxiliary weight, if it keeps every budget."""
    tree = weighted(graph).forward(1.0, np.zeros(graph.resources))
    target = graph.nearest_target(tree)
    if tree.distance[target] > graph.resources:  # K times too long: no path keeps all budgets
        return PathAnswer(None, math.inf)
    path = graph.path_to(tree, target)
    fits = (graph.path_resource(path) <= graph.limit).all()
    return PathAnswer(path if fits else None, 0.0 if fits or graph.resources > 1 else math.inf)


def weighted(graph: ResourceGraph) -> ResourceGraph:
    """The graph with the auxiliary weight max over k of (w_k / W_k) as its cost."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.nan_to_num(graph.resource / graph.limit, nan=0.0, posinf=np.inf)
    return replace(graph, cost=shares.max(axis=1))
