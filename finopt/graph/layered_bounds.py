"""Bounds and the first lossless reduction of a LayeredGraph, before any array per arc exists.

The steps are those of `finopt.graph.bounds`. What they drop between one another are vertices, and nodes
that compute a stage: few figures, while the links of all stages are looked at only where they can matter.
In the end the arcs that survive become a `ResourceGraph`, on which everything else goes on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from finopt.graph.larac import Point, raise_multiplier
from finopt.graph.layered import LayeredGraph, LayerTree
from finopt.graph.layered_kernels import complete_layers, surviving_arcs
from finopt.graph.path import without_cycles
from finopt.graph.reduction import COPY_FROM, WORTHWHILE, Reduction
from finopt.problem.array_types import Floats, Ints
from finopt.problem.tolerances import ROUNDING
from finopt.solvers.clock import Clock
from finopt.solvers.progress import report


def reduce_layers(graph: LayeredGraph, cutoff: float = math.inf, clock: Clock | None = None) -> Reduction:
    """Bound the optimum from both sides; the arcs that a better path could use become a ResourceGraph.

    The parameters are those of `finopt.graph.bounds.reduce`. Arcs have their numbers in the layered graph.

    Notes
    -----
    A pass takes O(F V log V) and the links it looks at: all of them at worst, few on dense networks.
    """
    state = Reduction(
        graph=graph.nothing(),
        arcs=np.empty(0, np.int32),
        upper=cutoff,
        history=[graph.arcs],
        multiplier=np.zeros(1),
        least=np.full(1, np.inf),
    )
    reduction = _LayeredReduction(graph, state)
    reduction.quickest()
    if state.infeasible:
        state.lower = math.inf
        return state
    reduction.close_in(clock or Clock())
    if not state.closed:
        state.arcs = reduction.survivors()
        state.graph = graph.part(state.arcs)
        state.history.append(state.graph.arcs)
    return state


@dataclass
class _LayeredReduction:
    """The layered graph less what is dropped from it, and the trees of the best bound of a round.

    A tree may be of a graph from which less was dropped: its distances bound those of the present one.
    """

    graph: LayeredGraph
    state: Reduction
    found: Ints = field(default_factory=lambda: np.empty(COPY_FROM, np.int32))
    bound: float = -math.inf
    multiplier: float = 0.0
    forward: LayerTree = field(init=False)
    backward: LayerTree = field(init=False)

    def quickest(self) -> None:
        """The path of least latency; what cannot keep the limit goes."""
        known = self.graph.fastest.of(self.graph)
        forward = known.forward = known.forward or self.graph.forward(0.0, 1.0)
        self.state.passes += 1
        target = int(forward.distance[-1].argmin())
        self.state.least[0] = forward.distance[-1, target]
        if self.state.infeasible:
            return
        self.state.fastest = [self._offer_target(forward, target)]
        self.graph = self.graph.less(alive=np.isfinite(forward.distance))
        backward = known.backward = known.backward or self.graph.backward(0.0, 1.0)
        self.state.passes += 1
        self._complete((forward.cost, forward), (backward.cost, backward), 0.0)
        self._drop(forward, backward, 0.0, 1.0, self.graph.budget * (1 + ROUNDING))
        self.graph = self.graph.less(since=forward.distance, until=backward.distance)

    def close_in(self, clock: Clock) -> None:
        """Raise the multiplier and drop, again as long as it pays and many arcs are left."""
        before = math.inf
        while not (self.state.closed or clock.expired) and self._size() < WORTHWHILE * before:
            before = self._size()
            report("reduction", bound=self.state.lower, best=self.state.upper)
            cheap, fast = self._closer(self._cheapest(), self.state.fastest[0])
            raise_multiplier(
                self._step, cheap, fast, self.graph.budget, lambda: self.state.closed or clock.expired
            )
            if self.bound > -math.inf and self._look(self.found) <= COPY_FROM:
                break
        if self.bound == -math.inf and not self.state.closed:  # no time for any
            self._step(0.0)

    def survivors(self) -> Ints:
        """The arcs whose Lagrangian bound is below the incumbent and whose least latency keeps the limit."""
        count = self._look(self.found)
        if count > self.found.size:
            self.found = np.empty(count, np.int32)
            self._look(self.found)
        return np.sort(self.found[:count])

    def _look(self, found: Ints) -> int:
        """Write the surviving arcs to an array as long as there is room; how many they are."""
        graph, multiplier = self.graph, self.multiplier
        count = surviving_arcs(
            graph.work,
            graph.pattern.leaving,
            graph.compute_nodes,
            graph.sent,
            multiplier,
            self.state.worst_weight(multiplier * graph.budget),
            graph.budget * (1 + ROUNDING),
            self.forward.distance,
            self.backward.distance,
            graph.since,
            graph.until,
            found,
        )
        return int(count)

    def _size(self) -> int:
        return int(self.graph.alive.sum() + self.graph.usable.sum())

    def _forward(self, unit: float, multiplier: float) -> LayerTree:
        self.state.passes += 1
        return self.graph.forward(unit, multiplier)

    def _backward(self, unit: float, multiplier: float) -> LayerTree:
        self.state.passes += 1
        return self.graph.backward(unit, multiplier)

    def _cheapest(self) -> Point:
        """Cost and latency of the cheapest path; settles the matter if it keeps the limit."""
        forward = self._forward(1.0, 0.0)
        target = int(forward.distance[-1].argmin())
        self.state.raise_lower(float(forward.distance[-1, target]), np.zeros(1))
        return self._offer_target(forward, target)

    def _step(self, multiplier: float) -> Point:
        """Bound, complete and drop at one multiplier; cost and latency of the shortest path."""
        state, constant = self.state, multiplier * self.graph.budget
        forward = self._forward(1.0, multiplier)
        target = int(forward.distance[-1].argmin())
        bound = float(forward.distance[-1, target]) - constant
        state.raise_lower(bound, np.array([multiplier]))
        point = self._offer_target(forward, target)
        if not state.closed:
            backward = self._backward(1.0, multiplier)
            self._complete((forward.distance, forward), (backward.distance, backward), multiplier)
            self._drop(forward, backward, 1.0, multiplier, state.worst_weight(constant))
            if bound > self.bound:
                self.bound, self.multiplier = bound, multiplier
                self.forward, self.backward = forward, backward
        return point

    def _closer(self, cheap: Point, fast: Point) -> tuple[Point, Point]:
        """Either point again at the multiplier between the cheap one and the incumbent.

        The quickest path of all tends to be dear, so that LARAC would begin far too high.
        """
        if self.state.closed or self.state.path is None:
            return cheap, fast
        known = float(self.graph.figures_of(self.state.path)[1].sum())
        if not (cheap[0] < self.state.upper and cheap[1] > known):
            return cheap, fast
        point = self._step((self.state.upper - cheap[0]) / (cheap[1] - known))
        return (cheap, point) if point[1] <= self.graph.budget else (point, fast)

    def _complete(
        self, forward: tuple[Floats, LayerTree], backward: tuple[Floats, LayerTree], multiplier: float
    ) -> None:
        """Take the best of all paths forward tree + arc + backward tree as incumbent.

        Each tree comes with distances at this multiplier.
        """
        graph, (_, to), (_, back) = self.graph, forward, backward
        cost, arc = complete_layers(
            graph.work,
            graph.pattern.leaving,
            graph.compute_nodes,
            graph.sent,
            multiplier,
            graph.budget,
            (forward[0], to.cost, to.latency),
            (backward[0], back.cost, back.latency),
            self.state.upper,
        )
        if arc >= 0:
            self._offer(cost, graph.path_through(to, int(arc), back))

    def _drop(self, to: LayerTree, back: LayerTree, unit: float, multiplier: float, most: float) -> None:
        """Drop the vertices, and the nodes that compute a stage, of which every path weighs more."""
        graph, table = self.graph, self.graph.computing
        weight = table.per_node(unit * table.energy + multiplier * table.seconds)
        through = to.distance[:-1] + weight + back.distance[1:]
        self.graph = graph.less(
            alive=graph.alive & (to.distance + back.distance <= most),
            usable=graph.usable & (through <= most),
        )

    def _offer_target(self, forward: LayerTree, target: int) -> Point:
        """Offer the path to a target; its cost and latency."""
        if forward.latency[-1, target] <= self.graph.budget:
            cost, last = float(forward.cost[-1, target]), len(forward.cost) - 1
            self._offer(cost, self.graph.path_to(forward, last, target))
        return float(forward.cost[-1, target]), float(forward.latency[-1, target])

    def _offer(self, cost: float, path: list[int]) -> None:
        """Take a path within the limit as incumbent if it is better."""
        if cost < self.state.upper:
            arcs = np.array(path, np.int32)
            kept = without_cycles(self.graph.source, self.graph.ends(arcs)[1].tolist())
            self.state.upper, self.state.path = cost, arcs[kept]
