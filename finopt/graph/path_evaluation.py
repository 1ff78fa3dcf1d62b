"""What a path of a ResourceGraph costs and uses, and every rule it breaks, in exact rational arithmetic.

Independent of the methods: it reads the arrays of the graph and the path, nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from finopt.graph.parallel import between, choose
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Ints
from finopt.problem.tolerances import LIMIT_TOLERANCE


@dataclass(frozen=True)
class PathEvaluation:
    """The account of a path.

    Attributes
    ----------
    objective : float
        Its cost; NaN when some of its arcs do not exist.
    used, budget : tuple of float
        Per resource; empty when some of its arcs do not exist.
    violations : tuple of str
        Every broken rule, in words.
    """

    objective: float
    used: tuple[float, ...] = ()
    budget: tuple[float, ...] = ()
    violations: tuple[str, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations


def evaluate_path(
    graph: ResourceGraph,
    vertices: Sequence[int],
    first: int = 0,
    *,
    arcs: Sequence[int] | None = None,
    stated: float | None = None,
) -> PathEvaluation:
    """The account of a path given by its vertices.

    Parameters
    ----------
    graph : ResourceGraph
        Whose path it is.
    vertices : sequence of int
        From the source to a target, counted from 0.
    first : int
        What vertex 0 is called in the words of the violations.
    arcs : sequence of int, optional
        Its arcs, in the order of the graph's arrays. Without them a choice of parallel arcs is meant that
        costs what is stated, or else the cheapest within the budgets, see `finopt.graph.parallel`.
    stated : float, optional
        What the path is said to cost.

    Examples
    --------
    >>> from finopt.graph.resource import ResourceGraph
    >>> graph = ResourceGraph.build(3, [0, 0, 1], [1, 2, 2], [1, 5, 1], [[2], [1], [2]], 0, [2], [3])
    >>> evaluate_path(graph, (0, 2))
    PathEvaluation(objective=5.0, used=(1.0,), budget=(3.0,), violations=())
    >>> evaluate_path(graph, (0, 1, 2)).violations
    ('resource 1: 4 exceeds the budget 3',)
    >>> evaluate_path(graph, (2, 1)).violations
    ('begins at vertex 2, not at the source 0', 'ends at vertex 1, not at a target', 'no arc from 2 to 1')
    """
    if not len(vertices):
        return PathEvaluation(math.nan, violations=("is empty",))
    hops = [between(graph, *ends) for ends in pairwise(vertices)]
    broken = list(_wrong_ends(graph, vertices, first))
    missing = [
        f"no arc from {u + first} to {v + first}"
        for (u, v), parallel in zip(pairwise(vertices), hops, strict=True)
        if not parallel.size
    ]
    if missing:
        return PathEvaluation(math.nan, violations=(*broken, *missing))
    wrong = [] if arcs is None else [*_wrong_arcs(graph, vertices, arcs, first)]
    meant = choose(graph, hops, stated) if arcs is None or wrong else np.array(arcs, np.int32)
    return _account(graph, meant, broken + wrong)


def evaluate_arcs(graph: ResourceGraph, arcs: Ints) -> PathEvaluation:
    """The account of a path given by its arcs, see `evaluate_path`."""
    vertices = [*graph.tail[arcs[:1]].tolist(), *graph.head[arcs].tolist()] or [graph.source]
    broken = list(_wrong_ends(graph, vertices, 0))
    broken += [
        f"arc {b} begins at vertex {graph.tail[b]}, arc {a} before it ends at {graph.head[a]}"
        for a, b in pairwise(arcs)
        if graph.head[a] != graph.tail[b]
    ]
    return _account(graph, arcs, broken)


def _wrong_ends(graph: ResourceGraph, vertices: Sequence[int], first: int) -> Iterator[str]:
    if vertices[0] != graph.source:
        yield f"begins at vertex {vertices[0] + first}, not at the source {graph.source + first}"
    if vertices[-1] not in graph.targets.tolist():
        yield f"ends at vertex {vertices[-1] + first}, not at a target"


def _wrong_arcs(
    graph: ResourceGraph, vertices: Sequence[int], arcs: Sequence[int], first: int
) -> Iterator[str]:
    """Where a list of arcs is not the way from vertex to vertex."""
    if len(arcs) != len(vertices) - 1:
        yield f"has {len(arcs)} arcs, {len(vertices)} vertices need {len(vertices) - 1}"
        return
    for (u, v), arc in zip(pairwise(vertices), arcs, strict=True):
        if not 0 <= arc < graph.arcs:
            yield f"arc {arc} does not exist, arcs are counted from 0 to {graph.arcs - 1}"
        elif (graph.tail[arc], graph.head[arc]) != (u, v):
            leads = f"leads from {graph.tail[arc] + first} to {graph.head[arc] + first}"
            yield f"arc {arc} {leads}, the path there from {u + first} to {v + first}"


def _account(graph: ResourceGraph, arcs: Ints, broken: list[str]) -> PathEvaluation:
    """Exact sums along the arcs, compared with the budgets."""
    used = [_total(graph.resource[arcs, k]) for k in range(graph.resources)]
    budget = [Fraction(float(b)) for b in graph.budget]
    for k, (use, limit) in enumerate(zip(used, budget, strict=True), 1):
        if use > limit * (1 + LIMIT_TOLERANCE):
            broken.append(f"resource {k}: {float(use):.12g} exceeds the budget {float(limit):.12g}")
    return PathEvaluation(
        objective=float(_total(graph.cost[arcs])),
        used=tuple(map(float, used)),
        budget=tuple(map(float, budget)),
        violations=tuple(broken),
    )


def _total(values: Iterable[float]) -> Fraction:
    return sum((Fraction(float(value)) for value in values), Fraction(0))
