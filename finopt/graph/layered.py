"""LayeredGraph: the extended graph without an array per arc.

Every stage repeats one pattern of |E| + |V| arcs, and what an arc costs and uses follows from figures of the
stage and figures of the pattern arc. So the graph is these figures alone: about F |V| + |E| of them, not
F (|E| + |V|). Shortest paths go layer after layer. Arc a of stage s has the number
``s * P + a``, P arcs in the pattern; the few arcs that a reduction leaves become a `ResourceGraph`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from finopt.graph.extended import ExtendedGraph, extended_graph
from finopt.graph.layered_kernels import Links, Nodes, Sent, sweep_layers
from finopt.graph.pattern import (
    Capacity,
    OnPattern,
    Pattern,
    factors_of,
    network_pattern,
    nodes_with_capacity,
)
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Bools, Floats, Ints
from finopt.problem.coefficients import (
    ComputeTable,
    StageFactors,
    sending_energy,
    sending_seconds,
)
from finopt.problem.compute_tables import compute_table, may_run
from finopt.problem.instance import Application, Instance
from finopt.problem.results import Results, additions_of
from finopt.problem.tolerances import MARGIN, ROUNDING

FEW = 10_000
"""Arcs below which a graph has arrays from the start."""


@dataclass(frozen=True, eq=False)
class LayerTree:
    """Shortest paths between every vertex and the source or the targets; all of shape (F+2, V).

    Attributes
    ----------
    distance : ndarray
        Weight of the path; inf where there is none.
    cost, latency : ndarray
        Of the path.
    via : ndarray of int32
        Pattern arc next to the vertex on its path; -1 at the root and where there is no path.
    """

    distance: Floats
    cost: Floats
    latency: Floats
    via: Ints


@dataclass(eq=False)
class FastestPaths:
    """The shortest paths by latency alone, once they are known: the same for every limit.

    ``usable`` and ``alive`` are those of the graph that they are paths of. They lead from the source, and to
    the targets through what can be reached from there.
    """

    usable: Bools
    alive: Bools
    forward: LayerTree | None = None
    backward: LayerTree | None = None

    def of(self, graph: LayeredGraph) -> FastestPaths:
        """These if they are of this graph, else nothing is known."""
        own = graph.usable is self.usable and graph.alive is self.alive
        return self if own else FastestPaths(graph.usable, graph.alive)


@dataclass(frozen=True, eq=False)
class LayeredGraph(OnPattern):
    """The graph of (instance, application, configuration), by its figures per stage and pattern arc.

    Attributes
    ----------
    instance, application, configuration
        Whose graph it is.
    factors : StageFactors
        Figures per stage.
    pattern : Pattern
        The arcs that every stage repeats.
    computing : ComputeTable
        What the stages take on its nodes.
    results : Results or None
        What returning results adds; its energy and seconds are part of ``computing``.
    source : int
        The node where the samples arise.
    usable : ndarray of bool, shape (F+1, V)
        Which nodes may still compute which stage; by pins and capacities at first.
    alive : ndarray of bool, shape (F+2, V)
        Which vertices may still be on a path.
    since, until : ndarray, shape (F+2, V)
        Least latency from the source to each vertex and from there to a target; -inf: not known. Links
        that cannot keep the limit are left out.
    fastest : FastestPaths
        Of the graph of which nothing was dropped yet.
    """

    instance: Instance
    application: Application
    configuration: int
    factors: StageFactors
    pattern: Pattern
    computing: ComputeTable
    results: Results | None
    source: int
    usable: Bools
    alive: Bools
    since: Floats
    until: Floats
    fastest: FastestPaths

    @property
    def resources(self) -> int:
        """Number of resources: latency alone."""
        return 1

    @property
    def budget(self) -> float:
        """The latency limit with the tolerance up to which it counts as kept."""
        return self.application.max_latency * MARGIN

    @property
    def arcs(self) -> int:
        """Number of arcs that pins and capacities leave."""
        room, bits = self.pattern.leaving[-1], self.factors.bits
        if room.size and bits.max() > room.min():
            crossed = room.size - np.searchsorted(np.sort(room), bits)
        else:
            crossed = np.full(bits.size, room.size)
        return int(crossed.sum() + self.usable.sum())

    def forward(self, unit: float, multiplier: float) -> LayerTree:
        """Shortest paths from the source at weight ``unit * cost + multiplier * latency``."""
        return self._tree(self.pattern.leaving, unit, multiplier, 0, self.source)

    def backward(self, unit: float, multiplier: float) -> LayerTree:
        """Shortest paths to the nearest target at weight ``unit * cost + multiplier * latency``."""
        return self._tree(self.pattern.entering, unit, multiplier, -1, slice(None))

    def _tree(
        self, links: Links, unit: float, multiplier: float, begin: int, roots: int | slice
    ) -> LayerTree:
        distance = np.where(self.alive, np.inf, -1.0)  # what is nearer than any path stays as it is
        cost, latency = np.full((2, *distance.shape), np.inf)
        via = np.full(distance.shape, -1, np.int32)
        distance[begin, roots] = np.where(self.alive[begin, roots], 0.0, -1.0)
        cost[begin, roots] = latency[begin, roots] = 0.0
        most = self.budget * (1 + ROUNDING)
        spare = (self.until, self.since, most) if begin < 0 else (self.since, self.until, most)
        tree = distance, cost, latency, via
        weight = float(unit), float(multiplier)
        sweep_layers(self.work, links, self.compute_nodes, self.sent, weight, begin < 0, spare, tree)
        distance[distance < 0] = np.inf
        return LayerTree(*tree)

    @property
    def compute_nodes(self) -> Nodes:
        """The nodes as the loops over layers take them."""
        table = self.computing
        return self.pattern.computing, table.device_class, table.energy, table.seconds, self.usable

    @property
    def sent(self) -> Sent:
        """What the stages send as the loops over layers take it."""
        factors = self.factors
        return factors.bits, factors.share, factors.time_bits, factors.time_share

    @property
    def work(self) -> int:
        """Size of one pass: decides whether the loops are compiled."""
        return self.factors.stages * self.pattern.tail.size

    def less(self, **arrays: Floats | Bools) -> LayeredGraph:
        """The same graph with other marks of what is left of it: alive, usable, since or until."""
        other = object.__new__(LayeredGraph)
        vars(other).update(vars(self), **arrays)
        return other

    def path_to(self, tree: LayerTree, layer: int, node: int) -> list[int]:
        """Arcs of the forward tree's path from the source to a vertex."""
        via, link, tail, path = tree.via.item, self.pattern.link.item, self.pattern.tail, list[int]()
        while (arc := via(layer, node)) >= 0:
            if link(arc) >= 0:
                node = tail.item(arc)
            else:
                layer -= 1
            path.append(layer * tail.size + arc)
        return path[::-1]

    def path_from(self, tree: LayerTree, layer: int, node: int) -> list[int]:
        """Arcs of the backward tree's path from a vertex to its nearest target."""
        via, link, head, path = tree.via.item, self.pattern.link.item, self.pattern.head, list[int]()
        while (arc := via(layer, node)) >= 0:
            path.append(layer * head.size + arc)
            if link(arc) >= 0:
                node = head.item(arc)
            else:
                layer += 1
        return path

    def path_through(self, forward: LayerTree, arc: int, backward: LayerTree) -> list[int]:
        """Forward tree + arc + backward tree, by arcs."""
        stage, place = divmod(arc, self.pattern.tail.size)
        after, head = divmod(int(self.pattern.head[place]), len(self.pattern.nodes))
        before = self.path_to(forward, stage, int(self.pattern.tail[place]))
        return [*before, arc, *self.path_from(backward, stage + after, head)]

    def places(self, path: Ints) -> Iterable[tuple[int, int]]:
        """Stage and pattern arc of each arc of a path."""
        return [divmod(arc, self.pattern.tail.size) for arc in path.tolist()]

    def ends(self, arcs: Ints) -> tuple[Ints, Ints]:
        """Tails and heads of arcs; vertex (layer, node v) has the number ``layer * V + v``."""
        nodes = np.int32(len(self.pattern.nodes))
        stage, place = np.divmod(arcs, np.int32(self.pattern.tail.size))
        return stage * nodes + self.pattern.tail[place], stage * nodes + self.pattern.head[place]

    def figures_of(self, arcs: Ints) -> tuple[Floats, Floats]:
        """Cost and latency of arcs."""
        stage, place = np.divmod(arcs, self.pattern.tail.size)
        cost = sending_energy(self.factors, stage, self.pattern.link_figures, place)
        latency = sending_seconds(self.factors, stage, self.pattern.link_figures, place)
        node = self.pattern.node[place]
        here = np.flatnonzero(node >= 0)
        step = stage[here], self.computing.device_class[node[here]]
        cost[here], latency[here] = self.computing.energy[step], self.computing.seconds[step]
        return cost, latency

    def path_cost(self, path: Ints) -> float:
        """Cost of a path given by its arcs."""
        return float(self.figures_of(path)[0].sum())

    def nothing(self) -> ResourceGraph:
        """The graph without any arc."""
        none, figures, budget = np.zeros(0, np.int32), np.zeros(0), np.array([self.application.max_latency])
        return ResourceGraph(1, none, none, figures, figures.reshape(-1, 1), 0, none, budget)

    def part(self, arcs: Ints) -> ResourceGraph:
        """The graph of some arcs, given by their numbers in ascending order."""
        layers, nodes = self.alive.shape
        tail, head = self.ends(arcs)
        cost, latency = self.figures_of(arcs)
        last = (layers - 1) * nodes
        reached = np.unique(head[head >= last])
        graph = ResourceGraph(
            vertices=layers * nodes,
            tail=tail,
            head=head,
            cost=cost,
            resource=latency.reshape(-1, 1),
            source=self.source,
            targets=reached if reached.size else np.array([last], np.int32),
            budget=np.array([self.application.max_latency]),
        )
        return graph.compact() if 4 * graph.arcs < graph.vertices else graph

    def with_capacities(self, capacities: list[Capacity]) -> ExtendedGraph:
        """The graph, with all its arrays and one more resource per capacity."""
        own = self.instance, self.application, self.configuration
        graph = extended_graph(*own, pattern=self.pattern, computing=self.computing)
        return graph.with_capacities(capacities)


class Layers(NamedTuple):
    """What graphs of applications that differ in their limits alone share, see `LayeredGraph`."""

    factors: StageFactors
    pattern: Pattern
    computing: ComputeTable
    results: Results | None
    source: int
    usable: Bools
    alive: Bools
    since: Floats
    until: Floats
    fastest: FastestPaths


def layers_of(
    instance: Instance,
    application: Application,
    configuration: int,
    pattern: Pattern,
    computing: ComputeTable | None = None,
) -> Layers:
    """What the graph of one application in one configuration is made of, whatever its limits."""
    factors = factors_of(instance, application, configuration)
    results = additions_of(instance, application, configuration, pattern.nodes)
    computing = computing or compute_table(
        instance, application, configuration, factors, pattern.nodes, results, pattern.node_figures
    )
    usable = may_run(instance, application, pattern.nodes, computing)
    usable &= nodes_with_capacity(factors, computing, pattern)
    _ = pattern.leaving, pattern.entering  # sorted once, here rather than in the middle of a search
    shape = factors.stages + 1, len(pattern.nodes)
    alive, unknown = np.ones(shape, bool), np.full(shape, -np.inf)
    source = next(v for v, node in enumerate(pattern.nodes) if node.id == application.source)
    fastest = FastestPaths(usable, alive)
    return Layers(factors, pattern, computing, results, source, usable, alive, unknown, unknown, fastest)


def layered_graph(
    instance: Instance,
    application: Application,
    configuration: int,
    pattern: Pattern | None = None,
    computing: ComputeTable | None = None,
) -> LayeredGraph:
    """The graph of one application in one configuration; see `extended_graph` for the parameters."""
    pattern = pattern or network_pattern(instance, application)
    layers = layers_of(instance, application, configuration, pattern, computing)
    return LayeredGraph(instance, application, configuration, *layers)


def path_graph(
    instance: Instance, application: Application, configuration: int, pattern: Pattern
) -> LayeredGraph | ExtendedGraph:
    """The graph of one application in one configuration: layered, unless its arrays cost less than that."""
    large = is_large(instance, application, configuration, pattern) and may_be_layered(application)
    build = layered_graph if large else extended_graph
    return build(instance, application, configuration, pattern=pattern)


def is_large(instance: Instance, application: Application, configuration: int, pattern: Pattern) -> bool:
    """Whether an array per arc costs more than it saves."""
    model = instance.model_of(application)
    stages = model.final_block(model.configurations[configuration]) + 1
    return stages * pattern.tail.size >= FEW


def may_be_layered(application: Application) -> bool:
    """Whether its graphs have one budget only, as layered graphs do."""
    return application.destination is None and not application.limits
