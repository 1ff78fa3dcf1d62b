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

MOST_PATHS, ROWS, STEPS_PER_ROW = 2_000, 15_000, 50
"""Paths, labels and comparisons per label up to which one graph is enumerated."""

WIDTHS, BEAM_ROWS = (4, 32, 256), 100_000
"""Labels per vertex of a beam, one after the other, and labels at most."""


def enumerate_paths(
    priced: PricedGraph,
    kept: Ints,
    most: float,
    room: Floats,
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
    room : ndarray, shape (2 V + E,)
        What they may use of every capacity.
    scarce : ndarray of int
        The capacities that can bind.
    price : ndarray, shape (2 V + E,), optional
        Prices of others, which count as power.

    Returns
    -------
    list of ndarray, or None
        None: there are too many.
    """
    labels = _Labels(priced, kept, room, scarce, price, ROWS)
    return labels.paths(most, MOST_PATHS, width=0, steps=ROWS * STEPS_PER_ROW)


def find_any(priced: PricedGraph, room: Floats, scarce: NDArray[np.intp]) -> Ints | None:
    """A cheap path within the room, by a beam: few labels per vertex, more where these do not suffice."""
    kept = priced.within(math.inf)
    if not kept.size:
        return None
    for width in WIDTHS:
        labels = _Labels(priced, kept, room, scarce, None, BEAM_ROWS)
        found = labels.paths(math.inf, 1, width=width, steps=BEAM_ROWS * STEPS_PER_ROW)
        if found:
            return found[0]
    return None


class _Labels:
    """The arrays of one label setting."""

    def __init__(
        self,
        priced: PricedGraph,
        kept: Ints,
        room: Floats,
        scarce: NDArray[np.intp],
        price: Floats | None,
        rows: int,
    ) -> None:
        options, self.kept = priced.options, kept
        self.graph = graph = priced.graph.keep(kept)
        self.multiplier = priced.multiplier
        every = options.loads[kept]
        loads = every[:, scarce]
        touched = np.flatnonzero(np.bincount(loads.indices, minlength=scarce.size))
        power = options.graph.cost[kept] if price is None else options.graph.cost[kept] + every @ price
        columns = power, graph.resource, loads[:, touched].toarray()
        self.figures = np.ascontiguousarray(np.column_stack(columns))
        self.room = np.concatenate([[math.inf], graph.limit, MARGIN * (1 + ROUNDING) * room[scarce[touched]]])
        self.label = np.full((rows, 4), -1, np.int32)
        self.label[0, 0] = graph.source
        self.measured = np.zeros(rows), np.zeros((rows, graph.resources)), np.zeros((rows, self.room.size))

    def paths(self, most: float, number: int, *, width: int, steps: int) -> list[Ints] | None:
        """So many paths; None if rows, steps or the number do not suffice."""
        graph, goals = self.graph, np.empty(number, np.int32)
        is_target = np.zeros(graph.vertices, bool)
        is_target[graph.targets] = True
        count = enumerate_labels(
            graph.arcs * 20,
            graph.start,
            graph.head,
            graph.cost,
            graph.resource,
            graph.limit,
            self.figures,
            self.room,
            _to_go(graph, self.multiplier),
            self.multiplier,
            most * (1 + ROUNDING),
            is_target,
            (self.label, *self.measured),
            np.full(graph.vertices, -1, np.int32),
            goals,
            steps,
            width,
            np.zeros(graph.vertices, np.int32),
        )
        found = goals[: max(count, 0)].tolist()
        return None if count < 0 else [self.kept[_arcs(self.label, goal)] for goal in found]


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
