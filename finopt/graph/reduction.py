"""Reduction: what is known about a path problem while bounds close in on its optimum."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.graph.path import simple_path
from finopt.graph.resource import ResourceGraph, Tree
from finopt.problem.array_types import Floats, Ints
from finopt.problem.tolerances import ROUNDING, WHOLE_COST

COPY_FROM = 50_000
"""Arcs from which a copy of the graph has to be worth it."""

WORTHWHILE = 0.8
"""The bounds are computed again as long as the arcs shrink to less than this share."""


@dataclass
class Reduction:
    """What the bounds leave of a graph.

    Attributes
    ----------
    graph : ResourceGraph
        The surviving arcs; vertices are numbered anew once few are left.
    arcs : ndarray of int32
        Their numbers in the original graph.
    lower : float
        Proven lower bound; inf: there is no path within the budgets.
    upper : float
        Cost of the incumbent, or the cut-off as long as there is none below it.
    path : ndarray of int32 or None
        The incumbent, by arcs of the original graph.
    multiplier : ndarray, shape (K,)
        The multiplier of the best bound.
    least : ndarray, shape (K,)
        Least use of each resource, alone, on any path; inf where there is no path at all.
    passes : int
        Shortest-path trees computed.
    history : list of int
        Number of arcs, at first and after each reduction.
    fastest : list of (float, float)
        Per resource, cost and use of the path that uses least.
    """

    graph: ResourceGraph
    arcs: Ints
    upper: float
    multiplier: Floats
    least: Floats
    lower: float = 0.0
    path: Ints | None = None
    passes: int = 0
    integer: bool = False
    history: list[int] = field(default_factory=list)
    fastest: list[tuple[float, float]] = field(default_factory=list)

    @property
    def infeasible(self) -> bool:
        """Whether it is proven that no path keeps the budgets."""
        return self.lower == math.inf or bool((self.least > self.graph.limit).any())

    @property
    def closed(self) -> bool:
        """Whether the incumbent (or the cut-off) is proven optimal."""
        return self.lower >= self.upper * (1 - ROUNDING)

    def stats(self) -> dict[str, Any]:
        """Figures for `Result.stats`."""
        return {
            "arcs": self.history[0],
            "arcs_kept": 0 if self.closed else self.graph.arcs,
            "passes": self.passes,
            "lower": self.lower,
            "upper": self.upper,
        }

    def worst_weight(self, constant: float) -> float:
        """Weight above which an arc cannot be on a better path; the constant is mu . budget."""
        return (self.upper + constant) * (1 + ROUNDING)

    def trees(self, unit: float, multiplier: Floats) -> tuple[Tree, Tree]:
        """Forward and backward shortest paths on the surviving arcs."""
        self.passes += 2
        return self.graph.forward(unit, multiplier), self.graph.backward(unit, multiplier)

    def offer(self, cost: float, path: Ints) -> None:
        """Take a path within the budgets (by arcs of ``graph``) as incumbent if it is better."""
        if cost < self.upper:
            self.upper, self.path = float(cost), self.arcs[simple_path(self.graph, path)]

    def raise_lower(self, bound: float, multiplier: Floats) -> None:
        """Take a bound on the surviving paths; what was dropped costs at least ``upper``."""
        if self.integer and math.isfinite(bound):
            bound = math.ceil(bound - WHOLE_COST)
        bound = min(bound, self.upper)
        if bound > self.lower:
            self.lower, self.multiplier = float(bound), multiplier

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the arcs that are not in the mask."""
        kept = np.flatnonzero(mask)
        if kept.size < mask.size and (mask.size < COPY_FROM or kept.size < WORTHWHILE * mask.size):
            self.graph, self.arcs = self.graph.keep(kept), self.arcs[kept]
        if 4 * self.graph.arcs < self.graph.vertices:
            self.graph = self.graph.compact()
        self.history.append(self.graph.arcs)
