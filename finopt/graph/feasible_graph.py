"""The feasible graph: every vertex replicated on latency levels, so that its paths cannot be late.

With gamma levels, an arc that uses r of a budget W leads ``ceil(gamma r / W)`` levels up; a path that stays
within level gamma keeps the budget. Rounded down instead, no path within the budget is lost and the
cheapest one is a lower bound. Up to two resources have levels of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.graph.kernels import relax_levels
from finopt.graph.levels import levels
from finopt.graph.path import simple_path
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Floats, Ints
from finopt.problem.options import OptionError

MOST_RESOURCES = 2
"""That have levels: they multiply."""

MAX_REPLICAS = 60_000_000
"""Replicas kept at most, 4 or 8 bytes each."""


class TooManyReplicasError(OptionError):
    """A gamma for which there is no memory."""


@dataclass(frozen=True)
class Pass:
    """What one pass over the feasible graph found.

    Attributes
    ----------
    cost : float
        Of the cheapest path to any target replica; inf where there is none.
    path : ndarray of int32 or None
        That path, by arcs; rounded down, it may miss a budget.
    relaxed : int
        Replicas relaxed.
    highest : int
        The highest level of the first resource on which a target is reached; -1 where none is.
    """

    cost: float
    path: Ints | None
    relaxed: int
    highest: int = -1


def cheapest(
    graph: ResourceGraph,
    gamma: int,
    *,
    up: bool,
    order: Floats | None = None,
    single: bool = False,
    least_level: int = 0,
    block: int | None = None,
) -> Pass:
    """The cheapest path on the feasible graph with gamma levels per resource.

    Parameters
    ----------
    graph : ResourceGraph
        With one or two resources.
    gamma : int
        Levels per resource.
    up : bool
        Round up: the path keeps the budgets; or down: the cost is a lower bound.
    order : ndarray, shape (V,), optional
        Key by which vertices are swept; close to a topological order means few sweeps. Default: the cost of
        the cheapest path there.
    single : bool
        Compute in single precision; the lower bound then takes the rounding into account.
    least_level : int
        Replicas of targets on lower levels of the first resource do not count.
    block : int, optional
        Levels of the last resource that are settled together before any above them is looked at. Default:
        all. The costs are the same; the fewer levels, the less often each is swept.

    Returns
    -------
    Pass

    Raises
    ------
    TooManyReplicasError
        More than ``MAX_REPLICAS`` would be needed.

    Notes
    -----
    O(arcs gamma) per sweep with one resource, O(arcs gamma^2) with two.
    """
    if graph.source not in graph.tail:
        if graph.source in graph.targets and least_level <= 0:
            return Pass(0.0, np.zeros(0, np.int32), 0, highest=0)
        return Pass(math.inf, None, 0)
    replicas = _Replicas.of(graph, gamma, up=up, single=single)
    if order is None:
        order = graph.forward(1.0, np.zeros(graph.resources)).distance
    sequence = np.argsort(order, kind="stable").astype(np.int32)
    relaxed = int(
        relax_levels(
            graph.arcs * replicas.rows * int((replicas.highest - replicas.lowest).max() + 1),
            sequence,
            graph.start,
            graph.head,
            replicas.level_increment,
            replicas.price,
            graph.source,
            replicas.rows,
            replicas.lowest,
            replicas.highest,
            replicas.base,
            replicas.best,
            block or gamma + 1,
        )
    )
    goal, highest = replicas.goal(least_level), replicas.highest_of_targets()
    if goal is None:
        return Pass(math.inf, None, relaxed, highest)
    cost = float(replicas.best[replicas.index(*goal)]) * replicas.unit
    if not up:
        # At most V conversions and sums, each off by half a unit in the last place.
        cost *= 1 - 0.5 * (graph.vertices + 1) * float(np.finfo(replicas.best.dtype).eps)
    return Pass(cost, simple_path(graph, replicas.backtrack(goal)), relaxed, highest)


Replica = tuple[int, int, int]
"""Vertex, level of the first of two resources (0 with one), level of the last."""


@dataclass(frozen=True)
class _Replicas:
    """The replicas worth keeping: levels on which a vertex is reached and a target still in reach.

    They lie vertex after vertex in one array, see `relax_levels`.
    """

    graph: ResourceGraph
    level_increment: Ints
    price: NDArray[np.floating[Any]]
    unit: float
    rows: int
    lowest: Ints
    highest: Ints
    base: NDArray[np.int64]
    best: NDArray[np.floating[Any]]

    @classmethod
    def of(cls, graph: ResourceGraph, gamma: int, *, up: bool, single: bool) -> _Replicas:
        columns = [
            levels(graph.resource[:, k], float(graph.budget[k]), gamma, up=up) for k in range(graph.resources)
        ]
        level_increment = np.column_stack(
            columns if graph.resources == 2 else [np.zeros_like(columns[0]), *columns]
        )
        rows = gamma + 1 if graph.resources == 2 else 1
        lowest, highest = _window(graph, level_increment[:, 1], gamma)
        # Single precision has a narrow range: the dearest arc becomes 1.
        unit = (float(graph.cost.max()) or 1.0) if single else 1.0
        size = rows * np.maximum(highest.astype(np.int64) - lowest + 1, 0)
        base = np.concatenate([[0], np.cumsum(size)])
        if base[-1] > MAX_REPLICAS:
            what = f"gamma = {gamma} needs {base[-1]} replicas of {graph.vertices} vertices"
            raise TooManyReplicasError(f"{what}, at most {MAX_REPLICAS} fit into memory; use a smaller gamma")
        dtype = np.float32 if single else np.float64
        best = np.full(base[-1], np.inf, dtype)
        if size[graph.source]:
            best[base[graph.source]] = 0.0
        price: NDArray[np.floating[Any]] = (graph.cost / unit).astype(dtype)
        return cls(graph, level_increment, price, unit, rows, lowest, highest, base, best)

    def index(self, vertex: int, row: int, level: int) -> int:
        """Place of a replica in ``best``; -1 if it is not kept."""
        if row < 0 or not self.lowest[vertex] <= level <= self.highest[vertex]:
            return -1
        width = int(self.highest[vertex]) - int(self.lowest[vertex]) + 1
        return int(self.base[vertex]) + row * width + level - int(self.lowest[vertex])

    def goal(self, least_level: int) -> Replica | None:
        """The cheapest replica of a target that counts, if one is reached."""
        found: tuple[float, Replica] = (math.inf, (-1, -1, -1))
        for target in self.graph.targets.tolist():
            lowest, block = int(self.lowest[target]), self._on_levels(target)
            row, level = (least_level, 0) if self.rows > 1 else (0, max(least_level - lowest, 0))
            counted = block[row:, level:]
            if counted.size and counted.min() < found[0]:
                up = divmod(int(counted.argmin()), counted.shape[1])
                found = float(counted.min()), (target, row + up[0], lowest + level + up[1])
        return found[1] if math.isfinite(found[0]) else None

    def highest_of_targets(self) -> int:
        """The highest level of the first resource on which a target is reached; -1 where none is."""
        highest = -1
        for target in self.graph.targets.tolist():
            rows, levels_reached = np.nonzero(np.isfinite(self._on_levels(target)))
            first = rows if self.rows > 1 else levels_reached + self.lowest[target]
            highest = max(highest, int(first.max(initial=-1)))
        return highest

    def _on_levels(self, vertex: int) -> NDArray[np.floating[Any]]:
        """The costs of a vertex by row and level, from its lowest level on."""
        return self.best[self.base[vertex] : self.base[vertex + 1]].reshape(self.rows, -1)

    def backtrack(self, goal: Replica) -> Ints:
        """Walk back from a replica over arcs that explain its cost exactly.

        Arcs that cost nothing and lead no level up form cycles, so replicas are visited once, depth first.
        """
        start, entering = self.graph.entering
        origin = (self.graph.source, 0, 0)
        stack, arcs, seen = [(goal, 0)], [0], {goal}
        while stack[-1][0] != origin:
            replica, tried = stack.pop()
            group = entering[start[replica[0]] + tried : start[replica[0] + 1]]
            arcs.pop()
            for step, a in enumerate(group.tolist(), start=tried + 1):
                before = self._before(replica, a)
                if before is not None and before not in seen:
                    stack += [(replica, step), (before, 0)]
                    arcs += [a, 0]
                    seen.add(before)
                    break
        return np.array(arcs[-2::-1], np.int32)

    def _before(self, replica: Replica, arc: int) -> Replica | None:
        """The replica that an arc comes from, if it explains the cost of the one it leads to."""
        vertex, row, level = replica
        before = (
            int(self.graph.tail[arc]),
            row - int(self.level_increment[arc, 0]),
            level - int(self.level_increment[arc, 1]),
        )
        place = self.index(*before)
        if place >= 0 and self.best[place] + self.price[arc] == self.best[self.index(vertex, row, level)]:
            return before
        return None


def _window(graph: ResourceGraph, level_increment: Ints, gamma: int) -> tuple[Ints, Ints]:
    """First level each vertex can be reached on, and last level from which a target can still be reached."""
    counted = ResourceGraph(
        graph.vertices,
        graph.tail,
        graph.head,
        graph.cost,
        level_increment.astype(float).reshape(-1, 1),
        graph.source,
        graph.targets,
        np.array([float(gamma)]),
    )
    most = float(gamma + 1)
    below = np.minimum(counted.forward(0.0, np.ones(1)).distance, most)
    above = np.minimum(counted.backward(0.0, np.ones(1)).distance, most)
    return below.astype(np.int32), (gamma - above).astype(np.int32)
