"""SlicedGraph: the extended graph of an application on nodes and links that are reserved in slices.

A node v with slices has two vertices per stage: (i, v) "i blocks are done, the data have come to v", and
(i, v)' "the visit of v that did the last of i blocks is over". A visit is one arc: for blocks i to j and
every slice of v in which they fit it leads from (i, v) to (j+1, v)', from where only links lead on. So two
visits never follow each other without anything sent in between, the slice of a visit is reserved once, and
whether blocks fit in it is whether an arc is there. A link with slices is an arc per slice in which the data
fit. Other nodes and links are as in `finopt.graph.extended`; the arcs are made in `finopt.graph.sliced_arcs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from finopt.graph.extended import ArcsOnPattern, Capacity, ExtendedGraph, Pattern, extended_graph
from finopt.graph.resource import ResourceGraph
from finopt.graph.sliced_arcs import sliced_arcs
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.array_types import Floats, Ints
from finopt.problem.coefficients import ComputeTable, StageFactors
from finopt.problem.instance import Application, Instance
from finopt.problem.results import Results


@dataclass(frozen=True, eq=False, repr=False)
class SlicedGraph(ArcsOnPattern):
    """The :class:`ResourceGraph` of (instance, application, configuration) with slices.

    Attributes
    ----------
    application, configuration, factors, pattern, computing, results
        As of `ExtendedGraph`.
    first, last : ndarray of int32, shape (A,)
        Blocks that an arc computes, both included; where it sends, both are the stage.
    arc : ndarray of int32, shape (A,)
        Index within the pattern, of the link or of the node that computes.
    slice : ndarray, shape (A,)
        What a visit or hop reserves of its node or link; 0 where these have no slices.
    """

    PER_ARC: ClassVar[tuple[str, ...]] = (*ResourceGraph.PER_ARC, "first", "last", "arc", "slice")

    application: Application
    configuration: int
    factors: StageFactors
    pattern: Pattern
    computing: ComputeTable
    results: Results | None
    first: Ints
    last: Ints
    arc: Ints
    slice: Floats

    def placement(self, path: Ints) -> ApplicationPlacement:
        """The placement that a path means."""
        nodes: list[str] = []
        routes: list[tuple[str, ...]] = []
        slices: list[float | None] = []
        route_slices: list[tuple[float | None, ...]] = []
        hops: list[tuple[str, float | None]] = []
        for a in path.tolist():
            link, count = self.pattern.link[self.arc[a]], int(self.last[a] - self.first[a]) + 1
            size = float(self.slice[a]) or None
            if link >= 0:
                hops.append((self.pattern.links[link].id, size))
                continue
            stay: list[tuple[()]] = [()] * (count - 1)
            nodes += [self.pattern.nodes[self.pattern.node[self.arc[a]]].id] * count
            routes += [tuple(name for name, _ in hops), *stay]
            route_slices += [tuple(own for _, own in hops), *stay]
            slices += [size] * count
            hops = []
        return ApplicationPlacement(
            self.application.id,
            self.configuration,
            tuple(nodes),
            tuple(routes),
            tuple(slices) if any(slices) else (),
            tuple(route_slices) if any(map(any, route_slices)) else (),
        )

    def taken(self, path: Ints) -> Iterator[tuple[str, int, float]]:
        """What a path takes: kind of capacity, place of the node or link, load."""
        for a in path.tolist():
            arc, size = self.arc.item(a), self.slice.item(a)
            link, node = self.pattern.link.item(arc), self.pattern.node.item(arc)
            if size and link >= 0:
                yield "bandwidth", link, size * self.pattern.links[link].bandwidth
                continue
            if size:
                yield "compute", node, size * self.pattern.nodes[node].compute
            for stage in range(self.first.item(a), self.last.item(a) + 1):
                taken = self._taken(stage, arc)
                yield from (one for one in taken if one[0] != "compute" or not size)

    def load(self, capacity: Capacity) -> Floats:
        """What each arc uses of a capacity, shape (A,): op/s, byte or bit/s."""
        position, pattern = self.pattern.position[capacity], self.pattern
        if capacity.kind == "bandwidth":
            link = pattern.links[position]
            whole = self.factors.bits[self.first]
            taken = self.slice * link.bandwidth if link.bandwidth_slices else whole
            return np.where(pattern.link[self.arc] == position, taken, 0.0) + self._results_over(capacity.id)
        here = np.flatnonzero(pattern.node[self.arc] == position)
        used = np.zeros(self.arcs)
        if capacity.kind == "memory":
            used[here] = _sums(self.factors.memory)[self.first[here], self.last[here]]
        elif pattern.nodes[position].slices:
            used[here] = self.slice[here] * pattern.nodes[position].compute
        else:
            used[here] = self.computing.load[self.first[here], self.computing.device_class[position]]
        return used

    def _results_over(self, link: str) -> Floats:
        """What the results that an arc makes use of a link, shape (A,)."""
        used, node = np.zeros(self.arcs), self.pattern.node[self.arc]
        for sent in self.results.exits if self.results is not None else ():
            over = np.array([links.count(link) for links in sent.links])
            makes = (self.first <= sent.stage) & (sent.stage <= self.last) & (node >= 0)
            used += np.where(makes, sent.bits * over[node], 0.0)
        return used

    def most(self, kind: str) -> float:
        """What the application uses at most of one capacity of a kind."""
        if kind == "memory":
            return float(self.factors.memory.sum())
        if kind == "compute":
            reserved = [node.slices[-1] * node.compute for node in self.pattern.nodes if node.slices]
            rest = float(self.computing.load.max(axis=1, initial=0.0).sum())
        else:
            links = self.pattern.links
            reserved = [one.bandwidth_slices[-1] * one.bandwidth for one in links if one.bandwidth_slices]
            results = self.results.exits if self.results is not None else ()
            rest = float(self.factors.bits.sum()) + sum(sent.bits for sent in results)
        return rest + self.factors.stages * max(reserved, default=0.0)

    def computed_on(self, node: str, stage: int) -> Ints:
        """The arcs that compute a stage on a node."""
        position = self.pattern.position[Capacity("compute", node)]
        here = (self.pattern.node[self.arc] == position) & (self.first <= stage) & (stage <= self.last)
        return np.flatnonzero(here).astype(np.int32)

    def stage_of(self, vertices: Ints) -> Ints:
        """How many blocks are done at some vertices."""
        nodes = len(self.pattern.nodes)
        return vertices % (self.vertices // 2) // nodes


def arc_graph(
    instance: Instance,
    application: Application,
    configuration: int,
    *,
    capacities: bool = True,
    pattern: Pattern | None = None,
) -> ExtendedGraph | SlicedGraph:
    """The graph of one application in one configuration, whether the instance has slices or not."""
    build: Any = sliced_graph if instance.has_slices else extended_graph
    graph: ExtendedGraph | SlicedGraph = build(
        instance, application, configuration, capacities=capacities, pattern=pattern
    )
    return graph


def sliced_graph(
    instance: Instance,
    application: Application,
    configuration: int,
    *,
    capacities: bool = True,
    pattern: Pattern | None = None,
) -> SlicedGraph:
    """Build the graph of one application in one configuration; parameters are those of `extended_graph`.

    Notes
    -----
    With S slices a node has up to S (F + 1) (F + 2) / 2 visits, a link S arcs per stage, or twice as many.
    """
    plain = extended_graph(instance, application, configuration, capacities=capacities, pattern=pattern)
    nodes = plain.pattern.nodes
    last_layer = plain.vertices - len(nodes) + np.arange(len(nodes))
    behind_visits = plain.vertices * np.array([bool(node.slices) for node in nodes])
    return SlicedGraph(
        vertices=2 * plain.vertices,
        source=plain.source,
        targets=np.sort(last_layer + behind_visits).astype(np.int32),
        budget=plain.budget,
        application=application,
        configuration=configuration,
        factors=plain.factors,
        pattern=plain.pattern,
        computing=plain.computing,
        results=plain.results,
        **sliced_arcs(instance, plain, capacities)._asdict(),
    )


def _sums(figures: Floats) -> Floats:
    """Sums of the figures from a stage to another one, both included, shape (F+1, F+1)."""
    found = np.zeros((figures.size, figures.size))
    for first in range(figures.size):
        found[first, first:] = np.cumsum(figures[first:])
    return found
