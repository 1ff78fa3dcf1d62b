"""SlicedGraph: the extended graph of an application on nodes of which every visit reserves a slice.

A node v with slices has two vertices per stage: (i, v) "i blocks are done, the data have come to v", and
(i, v)' "the visit of v that did the last of i blocks is over". A visit is one arc: for blocks i to j and
every slice of v in which they fit it leads from (i, v) to (j+1, v)', from where only links lead on. So two
visits never follow each other without anything sent in between, the slice of a visit is reserved once, and
whether blocks fit in it is whether an arc is there. Other nodes are as in `finopt.graph.extended`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from finopt.graph.extended import Capacity, ExtendedGraph, Pattern, extended_graph
from finopt.graph.pattern import OnPattern
from finopt.graph.resource import ResourceGraph
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.array_types import Bools, Floats, Ints
from finopt.problem.coefficients import ComputeTable, StageFactors
from finopt.problem.compute_tables import compute_table
from finopt.problem.instance import Application, Instance
from finopt.problem.results import Results
from finopt.problem.tolerances import MARGIN


@dataclass(frozen=True, eq=False, repr=False)
class SlicedGraph(ResourceGraph, OnPattern):
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
        What a visit reserves of its node; 0 on all other arcs.
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
        route: list[str] = []
        for a in path.tolist():
            link, count = self.pattern.link[self.arc[a]], int(self.last[a] - self.first[a]) + 1
            if link >= 0:
                route.append(self.pattern.links[link].id)
                continue
            nodes += [self.pattern.nodes[self.pattern.node[self.arc[a]]].id] * count
            routes += [tuple(route), *[()] * (count - 1)]
            slices += [float(self.slice[a]) or None] * count
            route = []
        own = tuple(slices) if any(slices) else ()
        return ApplicationPlacement(self.application.id, self.configuration, tuple(nodes), tuple(routes), own)

    def taken(self, path: Ints) -> Iterator[tuple[str, int, float]]:
        """What a path takes: kind of capacity, place of the node or link, load."""
        for a in path.tolist():
            arc, first, last = self.arc.item(a), self.first.item(a), self.last.item(a)
            taken = [self._taken(stage, arc) for stage in range(first, last + 1)]
            for kind, place, load in (one for stage in taken for one in stage):
                if kind != "compute" or not self.slice[a]:
                    yield kind, place, load
            if self.slice[a]:
                node = self.pattern.node.item(arc)
                yield "compute", node, self.slice.item(a) * self.pattern.nodes[node].compute

    def load(self, capacity: Capacity) -> Floats:
        """What each arc uses of a capacity, shape (A,): op/s, byte or bit/s."""
        position, pattern = self.pattern.position[capacity], self.pattern
        if capacity.kind == "bandwidth":
            sent = np.where(pattern.link[self.arc] == position, self.factors.bits[self.first], 0.0)
            return sent + self._results_over(capacity.id)
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
        if kind == "compute":
            sliced = [node for node in self.pattern.nodes if node.slices]
            reserved = max((node.slices[-1] * node.compute for node in sliced), default=0.0)
            alone = float(self.computing.load.max(axis=1, initial=0.0).sum())
            return max(alone, self.factors.stages * reserved)
        results = self.results.exits if kind == "bandwidth" and self.results is not None else ()
        return float(self.factors.loads[kind].sum()) + sum(sent.bits for sent in results)

    def computed_on(self, node: str, stage: int) -> Ints:
        """The arcs that compute a stage on a node."""
        position = self.pattern.position[Capacity("compute", node)]
        here = (self.pattern.node[self.arc] == position) & (self.first <= stage) & (stage <= self.last)
        return np.flatnonzero(here).astype(np.int32)

    def stage_of(self, vertices: Ints) -> Ints:
        """How many blocks are done at some vertices."""
        nodes = len(self.pattern.nodes)
        return vertices % (self.vertices // 2) // nodes

    def with_capacities(self, capacities: list[Capacity]) -> SlicedGraph:
        """The graph with one more resource per capacity, as a share of it (budget 1)."""
        most = [max(self.pattern.size(c), np.finfo(float).tiny) for c in capacities]
        loads = [self.load(c) / limit for c, limit in zip(capacities, most, strict=True)]
        return self.with_resources(np.column_stack(loads), np.ones(len(capacities)))


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
    With S slices per node it has up to S F (F + 1) / 2 visits of each.
    """
    plain = extended_graph(instance, application, configuration, capacities=capacities, pattern=pattern)
    nodes, node = plain.pattern.nodes, plain.pattern.node[plain.arc]
    has_slices = np.array([bool(one.slices) for one in nodes])
    visits = _visits(_Work.of(instance, plain), capacities)
    others = np.flatnonzero((node < 0) | ~has_slices[node])
    tail_node = plain.tail % len(nodes)
    leaving = np.flatnonzero((node < 0) & has_slices[tail_node] & (plain.stage > 0))
    arcs = np.concatenate([others, leaving])
    nothing = np.zeros(arcs.size)
    tail = np.concatenate([plain.tail[others], plain.tail[leaving] + plain.vertices, visits.tail])
    order = np.argsort(tail, kind="stable")

    def column(old: Any, new: Any, kind: Any) -> Any:
        return np.ascontiguousarray(np.concatenate([old, new])[order].astype(kind))

    last_layer = plain.vertices - len(nodes) + np.arange(len(nodes))
    return SlicedGraph(
        vertices=2 * plain.vertices,
        tail=tail[order].astype(np.int32),
        head=column(plain.head[arcs], visits.head, np.int32),
        cost=column(plain.cost[arcs], visits.cost, float),
        resource=column(plain.resource[arcs], visits.resource, float),
        source=plain.source,
        targets=np.sort(last_layer + has_slices * plain.vertices).astype(np.int32),
        budget=plain.budget,
        application=application,
        configuration=configuration,
        factors=plain.factors,
        pattern=plain.pattern,
        computing=plain.computing,
        results=plain.results,
        first=column(plain.stage[arcs], visits.first, np.int32),
        last=column(plain.stage[arcs], visits.last, np.int32),
        arc=column(plain.arc[arcs], visits.arc, np.int32),
        slice=column(nothing, visits.slice, float),
    )


class _Work(NamedTuple):
    """What computing each stage takes for each slice of each node, N of them.

    Attributes
    ----------
    plain : ExtendedGraph
        Without slices.
    node, slice : ndarray, shape (N,)
    there : ndarray of bool, shape (F+1, N)
        Whether the stage may run.
    cost, load : ndarray, shape (F+1, N)
    resource : ndarray, shape (F+1, N, K)
        With computing stretched by the slice.
    """

    plain: ExtendedGraph
    node: Ints
    slice: Floats
    there: Bools
    cost: Floats
    load: Floats
    resource: Floats

    @classmethod
    def of(cls, instance: Instance, plain: ExtendedGraph) -> _Work:
        nodes, stages = plain.pattern.nodes, plain.factors.stages
        pairs = [(v, one) for v, node in enumerate(nodes) for one in node.slices]
        node, size = np.array([v for v, _ in pairs], np.int32), np.array([one for _, one in pairs], float)
        on = np.flatnonzero(plain.pattern.node[plain.arc] >= 0)
        at = plain.stage[on], plain.pattern.node[plain.arc[on]]
        there = np.zeros((stages, len(nodes)), bool)
        cost, resource = np.zeros((stages, len(nodes))), np.zeros((stages, len(nodes), plain.resources))
        there[at], cost[at], resource[at] = True, plain.cost[on], plain.resource[on]
        own = instance, plain.application, plain.configuration, plain.factors, nodes
        alone = compute_table(*own, figures=plain.pattern.node_figures)  # without the way of results
        seconds = alone.per_node(alone.seconds)[:, node]
        longer = seconds * (1 / size - 1)
        counts = np.ones((stages, plain.resources), bool)
        for k, (stage, _) in enumerate(plain.results.early if plain.results is not None else (), 1):
            counts[stage + 1 :, k] = False
        stretched = resource[:, node] + longer[:, :, None] * counts[:, None, :]
        load = alone.per_node(alone.load)[:, node]
        return cls(plain, node, size, there[:, node], cost[:, node], load, stretched)


class _Arcs(NamedTuple):
    """Arcs as columns."""

    tail: Ints
    head: Ints
    cost: Floats
    resource: Floats
    first: Ints
    last: Ints
    arc: Ints
    slice: Floats


def _visits(work: _Work, capacities: bool) -> _Arcs:
    """Every visit of every node with slices: the blocks that it computes and the slice that it reserves."""
    plain, stages = work.plain, work.plain.factors.stages
    nodes = len(plain.pattern.nodes)
    compute = np.array([node.compute for node in plain.pattern.nodes])[work.node]
    room = {kind: MARGIN * plain.pattern.capacity[kind][work.node] for kind in ("compute", "memory")}
    fits = work.slice * compute <= room["compute"] if capacities else np.ones(work.node.size, bool)
    found = []
    for first in range(stages):
        cost, load, memory = (np.zeros(work.node.size) for _ in range(3))
        resource = np.zeros((work.node.size, plain.resources))
        going_on = fits.copy()
        for last in range(first, stages):
            cost, load = cost + work.cost[last], load + work.load[last]
            memory, resource = memory + plain.factors.memory[last], resource + work.resource[last]
            going_on &= work.there[last]
            if capacities:
                going_on &= (load <= MARGIN * work.slice * compute) & (memory <= room["memory"])
            here = np.flatnonzero(going_on)
            node, same = work.node[here], np.ones(here.size, np.int32)
            head = plain.vertices + (last + 1) * nodes + node
            ends = first * nodes + node, head, cost[here], resource[here], first * same, last * same
            found.append(_Arcs(*ends, plain.pattern.computing[node], work.slice[here]))
    return _Arcs(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _sums(figures: Floats) -> Floats:
    """Sums of the figures from a stage to another one, both included, shape (F+1, F+1)."""
    found = np.zeros((figures.size, figures.size))
    for first in range(figures.size):
        found[first, first:] = np.cumsum(figures[first:])
    return found
