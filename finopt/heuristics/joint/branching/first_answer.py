"""A first answer without prices: applications take what others left, one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finopt.heuristics.joint.branching.enumeration import find_any
from finopt.heuristics.joint.branching.option_graph import Option, PricedGraph
from finopt.problem.array_types import Floats
from finopt.solvers.clock import Clock

TURNS = 4
"""Orders that are tried: who found nothing comes first in the next one."""


def one_after_the_other(
    graphs: list[list[PricedGraph]],
    least: Floats,
    capacity: Floats,
    scarce: NDArray[np.intp],
    clock: Clock,
) -> list[Option] | None:
    """An option per application within the capacities; None if none was found.

    Parameters
    ----------
    graphs : list of list of PricedGraph
        Per application, by configuration.
    least : ndarray, shape (N,)
        The least each can cost; those that cost most come first.
    capacity : ndarray, shape (2 V + E,)
    scarce : ndarray of int
        The capacities that can bind.
    clock : Clock
    """
    order = np.argsort(-least, kind="stable").tolist()
    for _ in range(TURNS):
        found, failed = _in_turn(graphs, order, capacity, scarce, clock)
        if failed is None:
            return [found[h] for h in range(least.size)]
        order.insert(0, order.pop(order.index(failed)))
    return None


def _in_turn(
    graphs: list[list[PricedGraph]],
    order: list[int],
    capacity: Floats,
    scarce: NDArray[np.intp],
    clock: Clock,
) -> tuple[dict[int, Option], int | None]:
    """What applications find one after the other, and the first that finds nothing."""
    room, found = capacity.copy(), dict[int, Option]()
    for h in order:
        option = _cheapest(graphs[h], room, scarce, clock)
        if option is None:
            return found, h
        found[h] = option
        room = np.maximum(room - option.load, 0.0)
    return found, None


def _cheapest(own: list[PricedGraph], room: Floats, scarce: NDArray[np.intp], clock: Clock) -> Option | None:
    for priced in sorted(own, key=lambda priced: priced.least):
        clock.check()
        path = find_any(priced, room, scarce)
        if path is not None:
            return Option(priced.options, path)
    return None
