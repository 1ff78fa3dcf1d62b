"""Why FIN as published found no path, and which gamma or lambda would do."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import count, takewhile
from typing import Any

import numpy as np

from finopt.graph.feasible_graph import MOST_RESOURCES, Pass, TooManyReplicasError, cheapest
from finopt.graph.levels import levels
from finopt.graph.path import least_cost
from finopt.graph.pattern import OnPattern
from finopt.graph.resource import ResourceGraph
from finopt.problem.formatting import counted
from finopt.problem.options import LARGEST_GAMMA, LamRule
from finopt.solvers.clock import Clock

ONE_BY_ONE = 100
"""So many levels above gamma are tried one by one, for one more level can do where twice as many do not."""

MOST_TRIED = 6
"""So many gammas are tried at most; each takes as long as the search that found nothing, or longer."""

A_LITTLE_MORE = 1.01
"""Room for writing lambda with three digits."""

ELSE = "fin with its reduction finds one or says why not"

Does = Callable[..., bool]
"""Whether the same search finds something with another ``gamma`` or ``lam``."""


def reason(
    lost: Sequence[ResourceGraph], gamma: int, lam: float | None, lam_rule: LamRule, clock: Clock, does: Does
) -> str:
    """In words; what is advised has been tried.

    Parameters
    ----------
    lost : sequence of ResourceGraph
        Where no path was found, a graph per configuration; with more than two limits none was looked for.
    gamma, lam, lam_rule
        As they were.
    clock : Clock
        Of the call; when it has expired, no more is tried.
    does : callable
        Tries.
    """
    graphs = [graph for graph in lost if graph.resources <= MOST_RESOURCES]
    if not graphs:
        return f"FIN as published has levels for one {_further(lost)}, and several bind; {ELSE}"
    try:
        passes = [] if lam is None else [cheapest(graph, gamma, up=True) for graph in graphs]
    except TooManyReplicasError as error:  # lambda left few enough
        return f"lambda = {lam:g} leaves out every path; without it {error}"
    if all(found.path is None for found in passes):
        what = f"rounded up to {counted(gamma, 'level')} of the limit, every path exceeds it"
        changes = _more_levels(graphs, gamma, lam)
    else:
        what = f"lambda = {lam:g} leaves out every path within {counted(gamma, 'level')}"
        changes = _other_lambdas(graphs, passes, lam_rule)
    would = next((change for change in changes if not clock.expired and does(**change)), None)
    return f"{what}; {_in_words(would)}"


def _further(lost: Sequence[ResourceGraph]) -> str:
    """What levels are for besides latency."""
    limited = any(isinstance(graph, OnPattern) and graph.application.limits for graph in lost)
    return "capacity or limit besides latency" if limited else "capacity"


def _in_words(change: dict[str, Any] | None) -> str:
    """What would do."""
    if change is None:
        return f"nothing was found that would do instead, but {ELSE}"
    said = [f"{name} = {value}" if value is not None else f"no {name}" for name, value in change.items()]
    return f"{' and '.join(said)} would do"


def _more_levels(graphs: Sequence[ResourceGraph], gamma: int, lam: float | None) -> Iterator[dict[str, Any]]:
    """Larger gammas, the least first; where a capacity takes levels of its own, or lambda some paths,
    more than the fewest may be needed."""
    enough = [more for graph in graphs if (more := levels_that_do(graph, gamma)) is not None]
    tried = sorted({more * factor for more in enough for factor in (1, 2, 4)})[:MOST_TRIED]
    for more in filter(LARGEST_GAMMA.__ge__, tried):
        yield {"gamma": more}
        yield from [] if lam is None else [{"gamma": more, "lam": None}]


def _other_lambdas(
    graphs: Sequence[ResourceGraph], passes: Sequence[Pass], lam_rule: LamRule
) -> Iterator[dict[str, Any]]:
    """What lambda would have to be to leave something, and none at all."""
    if lam_rule == "levels":
        yield {"lam": max(found.highest for found in passes) + 1}
    else:
        pairs = [(found.cost, least_cost(graph)) for found, graph in zip(passes, graphs, strict=True)]
        needed = [cost / least - 1 for cost, least in pairs if 0 < least <= cost < math.inf]
        yield from [{"lam": float(f"{min(needed) * A_LITTLE_MORE:.3g}")}] if needed else []
    yield {"lam": None}


def levels_that_do(graph: ResourceGraph, gamma: int) -> int | None:
    """A number of levels above gamma within which a path stays, rounded up; None if none was found.

    One path is looked at, that which uses the least of the limits.

    Examples
    --------
    >>> graph = ResourceGraph.build(3, [0, 1], [1, 2], [1, 1], [0.5, 0.5], 0, [2], [1.0])
    >>> levels_that_do(graph, 1), levels_that_do(graph, 3)
    (2, 4)
    """
    tree = graph.forward(0.0, 1 / np.where(graph.budget > 0, graph.budget, 1.0))
    target = graph.nearest_target(tree)
    if tree.distance[target] == math.inf:
        return None
    path = graph.path_to(tree, target)
    shares = list(zip(graph.resource[path].T, graph.budget.tolist(), strict=True))

    def fits(more: int) -> bool:
        return all(levels(used, budget, more, up=True).sum() <= more for used, budget in shares)

    one_by_one = next(filter(fits, range(gamma + 1, min(gamma + ONE_BY_ONE, LARGEST_GAMMA))), None)
    if one_by_one is not None:
        return one_by_one
    doubled = next(filter(fits, takewhile(LARGEST_GAMMA.__ge__, (gamma << k for k in count(1)))), None)
    return doubled and bisect_left(range(doubled), True, lo=doubled // 2 + 1, key=fits)
