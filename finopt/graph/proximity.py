"""lambda-proximity: what of a graph stays, because it can be part of a path near a lower bound.

The papers name lambda and leave open what it measures; both readings here are interpretations, see
`docs/model.md`. ``"bound"`` looks at energy: `near_bound` for arcs, `affordable` for what is left at the
targets. ``"levels"`` looks at latency: `first_level` of the replicas that count at the targets.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from finopt.graph.reduction import Reduction
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Floats
from finopt.problem.options import LamRule, OptionError
from finopt.problem.tolerances import ROUNDING


def near_bound(graph: ResourceGraph, multiplier: Floats, lower: float, lam: float) -> NDArray[np.bool_]:
    """The arcs through which some path is bounded by at most (1 + lambda) times a lower bound.

    Parameters
    ----------
    graph : ResourceGraph
    multiplier : ndarray, shape (K,)
        Of the resources in the Lagrangian bound of a path; zeros: its cost alone.
    lower : float
        The lower bound on the cost of all paths.
    lam : float
        lambda, at least 0.

    Returns
    -------
    ndarray of bool, shape (A,)

    Notes
    -----
    Two shortest path trees and one look at each arc: O(A + V log V).
    """
    forward, backward = graph.forward(1.0, multiplier), graph.backward(1.0, multiplier)
    weight = graph.cost + graph.resource @ multiplier
    through = forward.distance[graph.tail] + weight + backward.distance[graph.head]
    return np.asarray(through - multiplier @ graph.limit <= affordable(lower, lam))


def nearby(state: Reduction, lam: float) -> NDArray[np.bool_]:
    """The same for a reduced graph, at the multiplier of its best bound.

    Returns
    -------
    ndarray of bool, shape (arcs,)
        Which arcs of ``state.graph`` stay; all when (1 + lambda) of the bound reaches the incumbent.
    """
    if (1 + lam) * state.lower >= state.upper or state.lower <= 0:
        return np.ones(state.graph.arcs, bool)
    return near_bound(state.graph, state.multiplier, state.lower, lam)


def affordable(lower: float, lam: float) -> float:
    """The most that a path may cost: (1 + lambda) times the bound, and a rounding.

    Examples
    --------
    >>> affordable(0.0, math.inf), affordable(0.0, 2.0)
    (inf, 0.0)
    """
    return math.inf if lam == math.inf else (1 + lam) * lower * (1 + ROUNDING)


def first_level(lam: float) -> int:
    """The lowest level that counts at the targets, of levels that the papers' scripts number from 1.

    Examples
    --------
    >>> first_level(1), first_level(3), first_level(0)
    (0, 2, 0)
    """
    return max(math.ceil(lam) - 1, 0)


def refuse_beyond_levels(lam: float | None, lam_rule: LamRule, gamma: int) -> None:
    """Refuse a lambda that would leave no level.

    Raises
    ------
    OptionError
        It is above gamma + 1, by levels.
    """
    if lam is not None and lam_rule == "levels" and lam > gamma + 1:
        raise OptionError(f"lam must be at most gamma + 1 = {gamma + 1} with lam_rule 'levels', got {lam!r}")
