"""What a solver of other people answers, and the check that its answer has to pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from finopt.graph.resource import ResourceGraph


class Answer(NamedTuple):
    """Arcs of the path (None: none found), and whether the search ended before its limit."""

    path: list[int] | None
    finished: bool


class Peer(NamedTuple):
    """A solver: from a graph to its own model (that is building), from the model to an answer in time."""

    name: str
    build: Callable[[ResourceGraph], Any]
    search: Callable[[Any, float], Answer]


def checked_cost(graph: ResourceGraph, path: list[int]) -> float:
    """Cost of a path given by its arcs.

    Raises
    ------
    ValueError
        It is none from the source to a target, or exceeds a budget.
    """
    arcs = np.array(path, np.int32)
    vertices = graph.path_vertices(arcs)
    if not np.array_equal(graph.tail[arcs], vertices[:-1]) or vertices[-1] not in graph.targets:
        raise ValueError(f"no path from the source to a target: {vertices}")
    used = graph.path_resource(arcs)
    if (used > graph.budget * (1 + 1e-9)).any():
        raise ValueError(f"the path uses {used.tolist()}, the budget is {graph.budget.tolist()}")
    return graph.path_cost(arcs)


def used_path(graph: ResourceGraph, used: np.ndarray) -> list[int]:
    """The source-target path among arcs that a solver uses; cycles that cost nothing may lie beside it."""
    arcs = np.flatnonzero(used)
    sub = graph.keep(used)
    tree = sub.forward(1.0, np.zeros(graph.resources))
    path: list[int] = arcs[sub.path_to(tree, sub.nearest_target(tree))].tolist()
    return path


def first_guess(graph: ResourceGraph) -> float:
    """Cost of the path that uses least of the first resource: the scale of models that need one."""
    tree = graph.forward(0.0, np.eye(graph.resources)[0])
    return float(tree.cost[graph.nearest_target(tree)]) or 1.0
