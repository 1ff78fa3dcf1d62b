"""What a search for one path answers, whatever the method."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Ints
from finopt.problem.status import Termination
from finopt.solvers.clock import Clock


@dataclass(frozen=True)
class PathAnswer:
    """The answer to one ResourceGraph.

    Attributes
    ----------
    path : ndarray of int32 or None
        Arcs of the path found; it keeps every budget and costs less than the cut-off.
    bound : float
        Proven: every path costs at least this. inf: there is none within the budgets. A method that was
        given a cut-off may stop with no path as soon as the bound reaches it.
    termination : Termination
        COMPLETED unless a limit cut the search short.
    stats : mapping
        Figures of the method.
    reason : str
        Why it was cut short, where its termination does not say all.
    """

    path: Ints | None
    bound: float
    termination: Termination = Termination.COMPLETED
    stats: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


PathMethod = Callable[[Any, float, Clock], PathAnswer]
"""A search: graph, cut-off (only cheaper paths are wanted), clock."""


def path_among(graph: ResourceGraph, arcs: Ints) -> Ints:
    """The source-target path among the arcs a solver used; cycles that cost nothing may lie beside it."""
    sub = graph.keep(arcs)
    tree = sub.forward(1.0, np.zeros(graph.resources))
    return arcs[sub.path_to(tree, sub.nearest_target(tree))]


def simple_path(graph: ResourceGraph, path: Ints) -> Ints:
    """The path without its cycles; never dearer, since costs and resources are at least 0."""
    return path[without_cycles(graph.source, graph.head[path].tolist())]


def without_cycles(source: Hashable, heads: Sequence[Hashable]) -> list[int]:
    """Which arcs of a path stay when its cycles go.

    Parameters
    ----------
    source : vertex
        Where the path begins.
    heads : sequence of vertices
        The vertices its arcs lead to.
    """
    if len({source, *heads}) > len(heads):
        return list(range(len(heads)))
    if len({source, *heads}) > len(heads):
        return list(range(len(heads)))
    visited, kept = [source], list[int]()
    for i, head in enumerate(heads):
        if head in visited:
            back = visited.index(head)
            del visited[back + 1 :], kept[back:]
        else:
            visited.append(head)
            kept.append(i)
    return kept


def least_cost(graph: ResourceGraph) -> float:
    """Cost of the cheapest path, whatever it uses of the limits; inf if there is none."""
    return float(graph.forward(1.0, np.zeros(graph.resources)).distance[graph.targets].min())


def out_of_reach(graph: ResourceGraph) -> bool:
    """Whether even the path that uses least of some limit exceeds it, or there is none."""
    least = [graph.forward(0.0, only).distance[graph.targets].min() for only in np.eye(graph.resources)]
    return bool((np.array(least) > graph.limit).any())
