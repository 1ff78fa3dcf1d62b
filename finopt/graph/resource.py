"""ResourceGraph: any directed graph with arc costs and K arc resources that a path must not use up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finopt.errors import InstanceError, Problem
from finopt.evaluation import TOLERANCE
from finopt.graph.kernels import Floats, Ints, along_tree, group_arcs, shortest_paths

ROUNDING = 1e-12
"""Relative error of a sum of doubles along any path we meet; what is closer than this is not told apart."""

MARGIN = (1 + float(TOLERANCE)) * (1 - 10 * ROUNDING)
"""Share of a budget that counts as kept: a hair less than in the exact check, so that rounding never lets a
path pass that the check refuses."""


@dataclass(frozen=True, eq=False)
class Tree:
    """Shortest paths between every vertex and the source (forward) or the nearest target (backward).

    Attributes
    ----------
    distance : ndarray, shape (V,)
        Weight of the path; inf where there is none.
    via : ndarray, shape (V,)
        Arc next to the vertex on its path; -1 at the root and where there is no path.
    cost : ndarray, shape (V,)
        Cost of the path.
    resource : ndarray, shape (V, K)
        Resources of the path.
    """

    distance: Floats
    via: Ints
    cost: Floats
    resource: Floats


@dataclass(frozen=True, eq=False)
class ResourceGraph:
    """A resource-constrained shortest path: the cheapest source-target path within K budgets.

    Make one with :meth:`build`; the arrays are then sorted by tail.

    Attributes
    ----------
    vertices : int
        Number of vertices V.
    tail, head : ndarray of int32, shape (A,)
        Ends of the arcs.
    cost : ndarray, shape (A,)
        Cost of the arcs, >= 0.
    resource : ndarray, shape (A, K)
        Resources the arcs use, >= 0.
    source : int
        Where the path starts.
    targets : ndarray of int32, shape (T,)
        Where it may end.
    budget : ndarray, shape (K,)
        What the path may use of each resource.
    """

    PER_ARC: ClassVar[tuple[str, ...]] = ("tail", "head", "cost", "resource")

    vertices: int
    tail: Ints
    head: Ints
    cost: Floats
    resource: Floats
    source: int
    targets: Ints
    budget: Floats

    @classmethod
    def build(
        cls,
        vertices: int,
        tail: ArrayLike,
        head: ArrayLike,
        cost: ArrayLike,
        resource: ArrayLike,
        source: int,
        targets: Sequence[int],
        budget: ArrayLike,
    ) -> ResourceGraph:
        """Check the arrays and sort the arcs by tail (stable).

        Raises
        ------
        InstanceError
            An end that is no vertex, or a cost, resource or budget that is negative or not finite.

        Examples
        --------
        >>> from finopt.graph.resource import ResourceGraph
        >>> graph = ResourceGraph.build(3, [0, 0, 1], [1, 2, 2], [1, 5, 1], [[2], [1], [2]], 0, [2], [3])
        >>> graph.arcs, graph.resources
        (3, 1)
        """
        tails, heads = np.asarray(tail, np.int64), np.asarray(head, np.int64)
        costs, budgets = np.asarray(cost, float), np.asarray(budget, float)
        resources = np.asarray(resource, float).reshape(tails.size, budgets.size)
        ends = {"tail": tails, "head": heads, "source": np.array([source]), "targets": np.asarray(targets)}
        problems = [
            Problem(name, f"must be vertices 0 to {vertices - 1}")
            for name, values in ends.items()
            if values.size and (values.min() < 0 or values.max() >= vertices)
        ]
        figures = {"cost": costs, "resource": resources, "budget": budgets}
        if budgets.size == 0:
            problems.append(Problem("budget", "needs at least one resource"))
        problems += [
            Problem(name, "must be finite and at least 0")
            for name, values in figures.items()
            if not (np.isfinite(values).all() and (values >= 0).all())
        ]
        if problems:
            raise InstanceError(problems, "ResourceGraph")
        order = np.argsort(tails, kind="stable")
        return ResourceGraph(
            vertices=vertices,
            tail=tails[order].astype(np.int32),
            head=heads[order].astype(np.int32),
            cost=costs[order],
            resource=np.ascontiguousarray(resources[order]),
            source=source,
            targets=np.unique(np.asarray(targets, np.int32)),
            budget=budgets,
        )

    @property
    def arcs(self) -> int:
        """Number of arcs A."""
        return self.tail.size

    @property
    def resources(self) -> int:
        """Number of resources K."""
        return self.budget.size

    @cached_property
    def limit(self) -> Floats:
        """The budgets with the tolerance up to which they count as kept, shape (K,)."""
        return self.budget * MARGIN

    @property
    def steps(self) -> int:
        """Size of one pass over the graph: decides whether kernels are compiled."""
        return self.vertices + self.arcs

    @cached_property
    def start(self) -> Ints:
        """Start of each vertex's outgoing arcs, shape (V+1,)."""
        return np.searchsorted(self.tail, np.arange(self.vertices + 1)).astype(np.int32)

    @cached_property
    def entering(self) -> tuple[Ints, Ints]:
        """Start of each vertex's incoming arcs, and the arcs in that order."""
        start, order = group_arcs(self.steps, self.head, self.vertices)
        return start, order

    def forward(self, unit: float, multiplier: ArrayLike) -> Tree:
        """Shortest paths from the source at weight ``unit * cost + multiplier . resource``."""
        seeds, in_order = np.array([self.source], np.int32), np.zeros(0, np.int32)
        return self._tree(self.start, in_order, self.head, unit, multiplier, seeds)

    def backward(self, unit: float, multiplier: ArrayLike) -> Tree:
        """Shortest paths to the nearest target at weight ``unit * cost + multiplier . resource``."""
        return self._tree(*self.entering, self.tail, unit, multiplier, self.targets)

    def _tree(
        self, start: Ints, order: Ints, far: Ints, unit: float, multiplier: ArrayLike, seeds: Ints
    ) -> Tree:
        weights = np.asarray(multiplier, float)
        distance, via, parent, settled = shortest_paths(
            self.steps, start, order, far, self.cost, self.resource, unit, weights, seeds
        )
        cost, resource = along_tree(self.vertices, settled, via, parent, self.cost, self.resource)
        return Tree(distance, via, cost, resource)

    def path_to(self, tree: Tree, vertex: int) -> Ints:
        """Arcs of the forward tree's path from the source to a vertex."""
        return np.array(_follow(tree.via, self.tail, vertex)[::-1], np.int32)

    def path_from(self, tree: Tree, vertex: int) -> Ints:
        """Arcs of the backward tree's path from a vertex to its nearest target."""
        return np.array(_follow(tree.via, self.head, vertex), np.int32)

    def nearest_target(self, tree: Tree) -> int:
        """The target with the least distance in a forward tree."""
        return int(self.targets[np.argmin(tree.distance[self.targets])])

    def path_cost(self, path: Ints) -> float:
        """Cost of a path given by its arcs."""
        return float(self.cost[path].sum())

    def path_resource(self, path: Ints) -> Floats:
        """Resources of a path given by its arcs, shape (K,)."""
        used: Floats = self.resource[path].sum(axis=0)
        return used

    def path_vertices(self, path: Ints) -> tuple[int, ...]:
        """Vertices of a path given by its arcs, from the source on."""
        return (self.source, *map(int, self.head[path]))

    def keep(self, arcs: NDArray[np.integer[Any]] | NDArray[np.bool_]) -> Self:
        """The same graph with only some of its arcs: a mask, or their numbers in ascending order."""
        return replace(self, **{name: getattr(self, name)[arcs] for name in self.PER_ARC})

    def compact(self) -> ResourceGraph:
        """The same arcs on only the vertices that are an end, the source or a target."""
        used = np.zeros(self.vertices, bool)
        used[self.tail] = used[self.head] = used[self.source] = used[self.targets] = True
        number = np.cumsum(used, dtype=np.int32) - np.int32(1)
        return ResourceGraph(
            vertices=int(number[-1]) + 1,
            tail=number[self.tail],
            head=number[self.head],
            cost=self.cost,
            resource=self.resource,
            source=int(number[self.source]),
            targets=number[self.targets],
            budget=self.budget,
        )

    def with_resources(self, resource: Floats, budget: Floats) -> Self:
        """The same graph with more resources: shape (A, k) and (k,) are appended."""
        return replace(
            self,
            resource=np.ascontiguousarray(np.hstack([self.resource, resource])),
            budget=np.concatenate([self.budget, budget]),
        )


def _follow(via: Ints, far: Ints, vertex: int) -> list[int]:
    path = []
    while via[vertex] >= 0:
        path.append(int(via[vertex]))
        vertex = int(far[via[vertex]])
    return path
