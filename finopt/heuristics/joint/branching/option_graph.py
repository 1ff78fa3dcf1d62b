"""What an application can do in one configuration at prices: the arcs on paths that cost little enough.

At prices pi a path costs its power plus what it uses of every capacity times its price. Any solution costs
at least the Lagrangian bound plus what each of its paths costs more than the cheapest of its application
(reduced cost). So paths whose reduced cost exceeds a threshold are in no solution that exceeds the bound by
less (Nemhauser and Wolsey: Integer and Combinatorial Optimization, 1988, reduced cost fixing).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from finopt.graph import label_setting
from finopt.graph.bounds import reduce
from finopt.graph.extended import Capacity, ExtendedGraph
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.array_types import Floats, Ints
from finopt.problem.tolerances import ROUNDING
from finopt.solvers.clock import Clock

MOST_LABELS, WITHIN_CAPACITIES = 100_000, 5_000
"""Labels for the cheapest path of one graph, and within capacities; beyond, a bound will do."""


@dataclass(frozen=True, eq=False)
class Numbering:
    """Place of every capacity in arrays of shape (2 V + E,), by the ids of nodes and links."""

    node: Mapping[str, int]
    link: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class OptionGraph:
    """The paths of an application in one configuration, and what their arcs use.

    Attributes
    ----------
    application : int
    graph : ExtendedGraph
        Its costs are power [W].
    loads : csr_array, shape (A, 2 V + E)
        What each arc uses of every capacity.
    """

    application: int
    graph: ExtendedGraph
    loads: Any

    @classmethod
    def of(cls, application: int, graph: ExtendedGraph, numbering: Numbering) -> OptionGraph:
        """The loads of a graph as a matrix."""
        return cls(application, graph, _loads(graph, numbering))

    def priced(self, price: Floats) -> PricedGraph:
        """The graph at prices, shape (2 V + E,)."""
        graph = replace(self.graph, cost=self.graph.cost + self.loads @ price)
        return PricedGraph(self, graph, multiplier=np.zeros(graph.resources))

    def path_of(self, placed: ApplicationPlacement) -> Ints | None:
        """The arcs of a placement; None if some of them are not there."""
        steps = [
            name for route, node in zip(placed.routes, placed.nodes, strict=True) for name in (*route, node)
        ]
        path, here = [], self.graph.source
        for name in steps:
            arc = self._arc.get((here, name))
            if arc is None:
                return None
            path.append(arc)
            here = int(self.graph.head[arc])
        return np.array(path, np.int32)

    @property
    def least_power(self) -> float:
        """Of its cheapest path, whatever that uses [W]."""
        graph = self.graph
        return float(graph.forward(1.0, np.zeros(graph.resources)).distance[graph.targets].min())

    @cached_property
    def _arc(self) -> dict[tuple[int, str], int]:
        """Every arc by the vertex it leaves and the id of the link or of the node that computes."""
        graph, pattern = self.graph, self.graph.pattern
        named = zip(graph.tail.tolist(), pattern.link[graph.arc], pattern.node[graph.arc], strict=True)
        names = [(u, pattern.links[e].id if e >= 0 else pattern.nodes[v].id) for u, e, v in named]
        return {name: arc for arc, name in enumerate(names)}


class Option(NamedTuple):
    """What an application does: a path, by the arcs of an option graph."""

    options: OptionGraph
    path: Ints

    @property
    def power(self) -> float:
        """[W]."""
        return self.options.graph.path_cost(self.path)

    @property
    def load(self) -> Floats:
        """What it uses of every capacity, shape (2 V + E,)."""
        return np.asarray(self.options.loads[self.path].sum(axis=0))


@dataclass(eq=False)
class PricedGraph:
    """An option graph whose costs include the prices.

    Attributes
    ----------
    options : OptionGraph
    graph : ExtendedGraph
    least : float
        Proven: no path costs less. inf: there is none.
    multiplier : ndarray, shape (K,)
        Of the budgets, at the best Lagrangian bound.
    """

    options: OptionGraph
    graph: ExtendedGraph
    multiplier: Floats
    least: float = 0.0

    def search(self, cutoff: float, clock: Clock) -> None:
        """A bound on the cheapest path that fits the capacities alone; it may stop at the cut-off."""
        graph: ExtendedGraph = self.graph
        self.least = float(graph.forward(1.0, self.multiplier).distance[graph.targets].min())
        known: set[Capacity] = set()
        while self.least < cutoff:
            state = reduce(graph, cutoff, clock)
            if not known:
                self.multiplier = state.multiplier
            answer = label_setting.finish(state, clock, WITHIN_CAPACITIES if known else MOST_LABELS)
            clock.check()
            self.least = math.inf if state.infeasible else max(self.least, min(answer.bound, cutoff))
            over = [] if answer.path is None else graph.overloaded(answer.path)
            if known.issuperset(over):
                return
            known.update(over)
            graph = graph.with_capacities(over)

    def within(self, most: float) -> Ints:
        """The arcs on paths that cost at most so much, by Lagrangian bounds."""
        graph = self.graph
        if self.least > most or math.isinf(self.least):
            return np.zeros(0, np.int32)
        kept = np.ones(graph.arcs, bool)
        for unit, weights, limit in self._weights(most):
            forward, backward = graph.forward(unit, weights), graph.backward(unit, weights)
            through = forward.distance[graph.tail] + backward.distance[graph.head]
            through += unit * graph.cost + graph.resource @ weights
            kept &= through <= limit * (1 + ROUNDING)
        return np.flatnonzero(kept).astype(np.int32)

    def _weights(self, most: float) -> list[tuple[float, Floats, float]]:
        """Weights of cost and resources, and the most that a path may come to at them."""
        graph = self.graph
        budgets = zip(np.eye(graph.resources), graph.limit.tolist(), strict=True)
        every = [(0.0, only, limit) for only, limit in budgets]
        if math.isfinite(most):
            multipliers = [np.zeros(graph.resources), self.multiplier][: 1 + bool(self.multiplier.any())]
            every += [(1.0, mu, most + float(mu @ graph.limit)) for mu in multipliers]
        return every


def numbering_of(nodes: list[str], links: list[str]) -> Numbering:
    """The numbering of an instance."""
    return Numbering({name: v for v, name in enumerate(nodes)}, {name: e for e, name in enumerate(links)})


def _loads(graph: ExtendedGraph, numbering: Numbering) -> Any:
    """What every arc uses of every capacity, shape (A, 2 V + E)."""
    pattern, stage = graph.pattern, graph.stage
    nodes, width = len(numbering.node), 2 * len(numbering.node) + len(numbering.link)
    on, over = pattern.node[graph.arc], pattern.link[graph.arc]
    computing, sending = np.flatnonzero(on >= 0), np.flatnonzero(over >= 0)
    node = np.array([numbering.node[node.id] for node in pattern.nodes], np.int64)
    link = np.array([numbering.link[link.id] for link in pattern.links], np.int64)
    here, at = on[computing], stage[computing]
    entries = [
        (graph.computing.load[at, graph.computing.device_class[here]], computing, node[here]),
        (graph.factors.memory[at], computing, nodes + node[here]),
        (graph.factors.bits[stage[sending]], sending, 2 * nodes + link[over[sending]]),
        *_returned(graph, numbering, computing, here, at),
    ]
    values, rows, columns = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    some = values > 0
    return csr_array((values[some], (rows[some], columns[some])), (graph.arcs, width))


def _returned(graph: ExtendedGraph, numbering: Numbering, computing: Any, here: Ints, at: Ints) -> list[Any]:
    """What the results that arcs make use of links, as (loads, arcs, capacities)."""
    entries = []
    for sent in graph.results.exits if graph.results is not None else ():
        for arc, v in zip(computing[at == sent.stage].tolist(), here[at == sent.stage].tolist(), strict=True):
            links = [2 * len(numbering.node) + numbering.link[name] for name in sent.links[v]]
            entries.append(
                (np.full(len(links), sent.bits), np.full(len(links), arc), np.array(links, np.int64))
            )
    return entries
