"""All paths of an application that cost little enough at prices, less those that another one beats.

Label setting as in `finopt.graph.label_setting`, but until no label is left: a label is dropped when another
on the same vertex takes no more power, budgets and capacities that can bind, or when its completion costs too
much. (Baldacci, Christofides, Mingozzi: An exact algorithm for the vehicle routing problem based on the set
partitioning formulation with additional cuts, Mathematical Programming 115, 2008, route enumeration.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.heuristics.joint.branching.enumeration_kernels import enumerate_labels
from finopt.heuristics.joint.branching.option_graph import PricedGraph
from finopt.problem.array_types import Floats, Ints
from finopt.problem.tolerances import MARGIN, ROUNDING

MOST_PATHS, ROWS, STEPS_PER_ROW = 500, 6_000, 50
"""Paths, labels and comparisons per label up to which one graph is enumerated."""


def enumerate_paths(
    priced: PricedGraph,
    kept: Ints,
    most: float,
    capacity: Floats,
    scarce: NDArray[np.intp],
    price: Floats | None = None,
) -> list[Ints] | None:
    """The paths that cost at most so much and that no other one beats, as arcs of the option graph.

    Parameters
    ----------
    priced : PricedGraph
    kept : ndarray of int32
        The arcs that such paths use.
    most : float
    capacity : ndarray, shape (2 V + E,)
    scarce : ndarray of int
        The capacities that can bind.
    price : ndarray, shape (2 V + E,), optional
        Prices of others, which count as power.

    Returns
    -------
    list of ndarray, or None
        None: there are too many.
    """
    graph, options = priced.graph.keep(kept), priced.options
    loads = options.loads[kept][:, scarce]
    touched = np.flatnonzero(np.bincount(loads.indices, minlength=scarce.size))
    power = (
        options.graph.cost[kept] if price is None else options.graph.cost[kept] + options.loads[kept] @ price
    )
    figures = np.column_stack([power, graph.resource, loads[:, touched].toarray()])
    room = np.concatenate([[math.inf], graph.limit, MARGIN * (1 + ROUNDING) * capacity[scarce[touched]]])
    multiplier = priced.multiplier
    label = np.full((ROWS, 4), -1, np.int32)
    label[0, 0] = graph.source
    measured = np.zeros(ROWS), np.zeros((ROWS, graph.resources)), np.zeros((ROWS, figures.shape[1]))
    goals = np.empty(MOST_PATHS, np.int32)
    is_target = np.zeros(graph.vertices, bool)
    is_target[graph.targets] = True
    count = enumerate_labels(
        graph.arcs * 20,
        graph.start,
        graph.head,
        graph.cost,
        graph.resource,
        graph.limit,
        np.ascontiguousarray(figures),
        room,
        _to_go(graph, multiplier),
        multiplier,
        most * (1 + ROUNDING),
        is_target,
        (label, *measured),
        np.full(graph.vertices, -1, np.int32),
        goals,
        ROWS * STEPS_PER_ROW,
    )
    return None if count < 0 else [kept[_arcs(label, goal)] for goal in goals[:count].tolist()]


def _to_go(graph: Any, multiplier: Floats) -> tuple[Floats, Floats, Floats]:
    cheapest = graph.backward(1.0, np.zeros(graph.resources)).distance
    least = [graph.backward(0.0, only).distance for only in np.eye(graph.resources)]
    return cheapest, np.column_stack(least), graph.backward(1.0, multiplier).distance


def _arcs(label: Ints, goal: int) -> Ints:
    arcs = []
    while label[goal, 2] >= 0:
        arcs.append(int(label[goal, 1]))
        goal = int(label[goal, 2])
    return np.array(arcs[::-1], np.int32)
