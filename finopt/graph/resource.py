"""ResourceGraph: any directed graph with arc costs and K arc resources that a path must not use up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finopt.graph.kernels import along_tree, group_arcs, shortest_paths
from finopt.problem.array_types import Floats, Ints
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.fields import LARGEST, SMALLEST
from finopt.problem.formatting import counted
from finopt.problem.tolerances import MARGIN

RANGE = f"must be 0 or from {SMALLEST:g} to {LARGEST:g}"
"""What costs, resources and budgets may be."""

WHOLE, NUMBERS = "iu", "iuf"
"""Kinds of numpy arrays: of whole numbers, of any numbers."""


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

        Parameters
        ----------
        vertices : int
            Number of vertices V, which are called 0 to V - 1.
        tail, head : array_like of int, shape (A,)
            Ends of the arcs.
        cost : array_like, shape (A,)
            Cost of the arcs.
        resource : array_like, shape (A, K)
            Resources the arcs use; with one resource shape (A,) will do.
        source : int
            Where the path starts.
        targets : sequence of int
            Where it may end; at least one.
        budget : array_like, shape (K,)
            What the path may use of each resource; at least one.

        Raises
        ------
        InstanceError
            An end that is no vertex, no target or no budget, arrays that do not fit together, or a cost,
            resource or budget that is neither 0 nor from 1e-21 to 1e21.

        Examples
        --------
        >>> from finopt.graph.resource import ResourceGraph
        >>> graph = ResourceGraph.build(3, [0, 0, 1], [1, 2, 2], [1, 5, 1], [[2], [1], [2]], 0, [2], [3])
        >>> graph.arcs, graph.resources
        (3, 1)
        """
        ends = _arrays({"tail": tail, "head": head, "source": [source], "targets": targets}, WHOLE)
        figures = _arrays({"cost": cost, "resource": resource, "budget": budget}, NUMBERS)
        tails, budgets = ends["tail"], figures["budget"].astype(float)
        _refuse([*_wrong_shapes(ends, figures)])
        _refuse([*_wrong_ends(ends, vertices), *_wrong_figures(figures)])
        order = np.argsort(tails, kind="stable")
        resources = figures["resource"].astype(float).reshape(tails.size, budgets.size)
        return ResourceGraph(
            vertices=vertices,
            tail=tails[order].astype(np.int32),
            head=ends["head"][order].astype(np.int32),
            cost=figures["cost"].astype(float)[order],
            resource=np.ascontiguousarray(resources[order]),
            source=source,
            targets=np.unique(ends["targets"].astype(np.int32)),
            budget=budgets,
        )

    def __repr__(self) -> str:
        """How large it is, and where it leads."""
        size = f"{self.vertices} vertices, {self.arcs} arcs, {counted(self.resources, 'resource')}"
        ends = ", ".join(map(str, self.targets[:3])) + (", ..." if self.targets.size > 3 else "")
        return f"<{type(self).__name__} of {size}, from {self.source} to {ends}>"

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
        other, own = object.__new__(type(self)), vars(self)  # like dataclasses.replace, in half the time
        vars(other).update({name: own[name] for name in self.__match_args__})
        vars(other).update({name: own[name][arcs] for name in self.PER_ARC})
        return other

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


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise InstanceError(problems, "ResourceGraph")


def _arrays(given: Mapping[str, ArrayLike], kinds: str) -> dict[str, NDArray[Any]]:
    """What was given as arrays of numbers of these kinds."""
    arrays: dict[str, NDArray[Any]] = {}
    problems = []
    rule = "must be whole numbers" if kinds == WHOLE else "must be numbers, in rows of the same length"
    for name, values in given.items():
        try:
            arrays[name] = np.asarray(values)
        except ValueError:  # rows of different lengths
            problems.append(Problem(name, rule))
            continue
        if arrays[name].size and arrays[name].dtype.kind not in kinds:
            problems.append(Problem(name, rule, str(arrays[name].dtype)))
    _refuse(problems)
    return arrays


def _wrong_shapes(ends: Mapping[str, NDArray[Any]], figures: Mapping[str, NDArray[Any]]) -> Iterator[Problem]:
    for name, array in (("tail", ends["tail"]), ("targets", ends["targets"]), ("budget", figures["budget"])):
        if array.ndim != 1:
            yield Problem(name, "must be a list", f"shape {array.shape}")
    if not ends["targets"].size:
        yield Problem("targets", "needs at least one target")
    if not figures["budget"].size:
        yield Problem("budget", "needs at least one resource")
    arcs, resources = ends["tail"].size, figures["budget"].size
    for name, array in (("head", ends["head"]), ("cost", figures["cost"])):
        if array.shape != (arcs,):
            yield Problem(name, f"must have one entry per arc, {arcs} as in tail", _size(array))
    resource = figures["resource"]
    alike = resource.size == 0 if arcs == 0 else resources == 1 and resource.shape == (arcs,)
    if resource.shape != (arcs, resources) and not alike:
        rule = f"must have a row per arc and a column per budget, shape ({arcs}, {resources})"
        yield Problem("resource", rule, f"shape {resource.shape}")


def _size(array: NDArray[Any]) -> str:
    return str(array.size) if array.ndim == 1 else f"shape {array.shape}"


def _wrong_ends(ends: Mapping[str, NDArray[Any]], vertices: int) -> Iterator[Problem]:
    for name, values in ends.items():
        if values.size and (values.min() < 0 or values.max() >= vertices):
            yield Problem(name, f"must be vertices 0 to {vertices - 1}")


def _wrong_figures(figures: Mapping[str, NDArray[Any]]) -> Iterator[Problem]:
    """Figures beyond the range in which sums along a path neither overflow nor vanish."""
    for name, values in figures.items():
        if not ((values == 0) | ((values >= SMALLEST) & (values <= LARGEST))).all():
            yield Problem(name, RANGE)
