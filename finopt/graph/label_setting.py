"""Exact label setting on what the bounds leave: the reference that needs no solver.

A label is a path from the source: its last vertex, cost and resources. Labels are settled in the order of
cost + cheapest completion (both never decrease along a path, so the first label settled on a target is
optimal). A label is dropped when a settled one on the same vertex is no worse in every resource, when its
least resource use to go misses a budget, or when its Lagrangian bound reaches the incumbent.

References
----------
Desrochers and Soumis: A generalized permanent labelling algorithm for the shortest path problem with time
windows, INFOR 26 (1988). Completion bounds as in Dumitrescu and Boland, Networks 42 (2003).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from finopt.graph.bounds import reduce
from finopt.graph.kernels import expand_labels
from finopt.graph.layered import LayeredGraph
from finopt.graph.path import PathAnswer
from finopt.graph.reduction import Reduction
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Floats, Ints
from finopt.problem.status import Termination
from finopt.problem.tolerances import ROUNDING
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.progress import report

MAX_LABELS = 5_000_000
FIRST_CHUNK, CHUNK = 2_000, 3_000_000
"""Steps (arcs and comparisons of labels) between two looks at the clock; the first need no compiler."""


def find_path(
    graph: ResourceGraph | LayeredGraph,
    cutoff: float = math.inf,
    clock: Clock | None = None,
    max_labels: int = MAX_LABELS,
) -> PathAnswer:
    """The cheapest path within every budget, if it is cheaper than the cut-off."""
    clock = clock or Clock()
    return finish(reduce(graph, cutoff, clock), clock, max_labels)


def finish(state: Reduction, clock: Clock, max_labels: int = MAX_LABELS) -> PathAnswer:
    """Settle labels on a reduced graph until its incumbent is proven or replaced by the optimum."""
    stats: dict[str, Any] = state.stats()
    if state.infeasible or state.closed:
        return PathAnswer(state.path, state.lower, stats=stats | {"labels": 0})
    if clock.stopped:
        return PathAnswer(state.path, state.lower, clock.ended, stats | {"labels": 0})
    search = _LabelSetting.start(state)
    termination = Termination.COMPLETED
    try:
        while search.open_keys.size and search.goal < 0:
            if clock.expired or search.count >= max_labels:
                termination = clock.ended if clock.expired else Termination.LIMIT
                break
            search.expand(max_labels)
            report("label setting", search.count, bound=search.bound, best=state.upper)
    except CUT_SHORT as stop:
        termination = clock.ended_by(stop)
    path, bound = search.answer()
    return PathAnswer(path, bound, termination, stats | {"labels": search.count})


@dataclass
class _LabelSetting:
    """The labels so far and what is still open."""

    state: Reduction
    label: Ints
    spent: Floats
    used: Floats
    latest: Ints
    to_go: tuple[Floats, Floats, Floats]
    open_keys: Floats
    open_labels: Ints
    count: int = 1
    goal: int = -1
    chunk: int = FIRST_CHUNK

    @classmethod
    def start(cls, state: Reduction) -> _LabelSetting:
        graph = state.graph
        rows = 4096
        resources = graph.resources
        cheapest = graph.backward(1.0, np.zeros(resources)).distance
        least = [graph.backward(0.0, only).distance for only in np.eye(resources)]
        weight = graph.backward(1.0, state.multiplier).distance
        label = np.full((rows, 4), -1, np.int32)
        label[0, 0] = graph.source
        return cls(
            state,
            label,
            np.zeros(rows),
            np.zeros((rows, resources)),
            np.full(graph.vertices, -1, np.int32),
            (cheapest, np.column_stack(least), weight),
            np.array([cheapest[graph.source]]),
            np.zeros(1, np.int32),
        )

    def expand(self, max_labels: int) -> None:
        """Settle labels until it is time to look at the clock."""
        graph = self.state.graph
        degree = int(np.diff(graph.start).max(initial=0))
        self._make_room(degree, max_labels)
        is_target = np.zeros(graph.vertices, bool)
        is_target[graph.targets] = True
        upper = self.state.upper
        self.goal, self.count, self.open_keys, self.open_labels = expand_labels(
            self.chunk,
            graph.start,
            graph.head,
            graph.cost,
            graph.resource,
            graph.limit,
            self.to_go,
            self.state.multiplier,
            upper - ROUNDING * upper if math.isfinite(upper) else upper,
            is_target,
            (self.label, self.spent, self.used),
            self.latest,
            self.open_keys,
            self.open_labels,
            self.count,
            self.chunk,
        )
        self.chunk = CHUNK

    def _make_room(self, degree: int, max_labels: int) -> None:
        rows = len(self.label)
        if self.count + degree + 1 < rows // 2 or rows > max_labels + degree:
            return
        more = max(rows, 4 * degree)
        self.label = np.vstack([self.label, np.full((more, 4), -1, np.int32)])
        self.spent = np.concatenate([self.spent, np.zeros(more)])
        self.used = np.vstack([self.used, np.zeros((more, self.used.shape[1]))])

    @property
    def bound(self) -> float:
        """What the open labels leave, as long as the search goes on."""
        state = self.state
        return max(state.lower, min(float(self.open_keys.min(initial=math.inf)), state.upper))

    def answer(self) -> tuple[Ints | None, float]:
        """The best path, and the bound that the open labels leave."""
        state = self.state
        if self.goal >= 0:
            cost = float(self.spent[self.goal])
            state.offer(cost, self._path(self.goal))
            return state.path, cost
        return state.path, self.bound if math.isfinite(state.upper) or self.open_keys.size else math.inf

    def _path(self, label: int) -> Ints:
        arcs = []
        while self.label[label, 2] >= 0:
            arcs.append(self.label[label, 1])
            label = self.label[label, 2]
        return np.array(arcs[::-1], np.int32)
