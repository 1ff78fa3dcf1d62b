"""ExtendedGraph: placement and routing of one application in one configuration as a path.

Vertex (stage i, node v) is "i blocks are done, the data are on v"; it has the number ``i * V + v``, where V
counts only the nodes that the application may use. Computing block i on v is the arc (i, v) -> (i+1, v),
crossing a link the arc (i, u) -> (i, v). Every stage repeats the same pattern of |E| + |V| arcs. Arcs cost
power [W] (energy times rate) and use latency [s], see `finopt.problem.coefficients`. `finopt.graph.layered`
has the same graph without the arrays.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from finopt.graph.pattern import (
    Capacity,
    OnPattern,
    Pattern,
    factors_of,
    network_pattern,
    nodes_with_capacity,
)
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Floats, Ints
from finopt.problem.coefficients import (
    ALL_STAGES,
    ComputeTable,
    StageFactors,
    link_figures,
    sending_energy,
    sending_seconds,
    stage_factors,
)
from finopt.problem.compute_tables import compute_table, may_run
from finopt.problem.instance import Application, Instance
from finopt.problem.objective import Figure
from finopt.problem.results import Results, additions_of, results_of

__all__ = [
    "Capacity",
    "ExtendedGraph",
    "Pattern",
    "configuration_bound",
    "extended_graph",
    "network_pattern",
]


class ArcsOnPattern(ResourceGraph, OnPattern):
    """A graph that repeats a pattern and has every arc: what they use of a capacity can be a resource."""

    def load(self, capacity: Capacity) -> Floats:
        """What each arc uses of a capacity, shape (A,): op/s, byte or bit/s."""
        raise NotImplementedError

    def with_capacities(self, capacities: list[Capacity]) -> Self:
        """The graph with one more resource per capacity, as a share of it (budget 1)."""
        most = [max(self.pattern.size(c), np.finfo(float).tiny) for c in capacities]
        loads = [self.load(c) / limit for c, limit in zip(capacities, most, strict=True)]
        return self.with_resources(np.column_stack(loads), np.ones(len(capacities)))


@dataclass(frozen=True, eq=False, repr=False)
class ExtendedGraph(ArcsOnPattern):
    """The :class:`ResourceGraph` of (instance, application, configuration).

    Attributes
    ----------
    application : Application
        Whose path it is.
    configuration : int
        Index into the model's configurations.
    factors : StageFactors
        Figures per stage.
    pattern : Pattern
        The arcs that every stage repeats.
    computing : ComputeTable
        What the stages take on its nodes.
    results : Results or None
        What returning results adds; its energy and seconds are part of ``computing``.
    arc : ndarray of int32, shape (A,)
        Index of each arc within the pattern.
    """

    PER_ARC: ClassVar[tuple[str, ...]] = (*ResourceGraph.PER_ARC, "arc")

    application: Application
    configuration: int
    factors: StageFactors
    pattern: Pattern
    computing: ComputeTable
    results: Results | None
    arc: Ints

    def places(self, path: Ints) -> Iterable[tuple[int, int]]:
        """Stage and pattern arc of each arc of a path."""
        stages = self.tail[path] // len(self.pattern.nodes)
        return zip(stages.tolist(), self.arc[path].tolist(), strict=True)

    @property
    def stage(self) -> Ints:
        """Stage of each arc, shape (A,)."""
        return self.tail // np.int32(len(self.pattern.nodes))

    def load(self, capacity: Capacity) -> Floats:
        """What each arc uses of a capacity, shape (A,): op/s, byte or bit/s."""
        position, pattern = self.pattern.position[capacity], self.pattern
        if capacity.kind == "bandwidth":
            used = np.where(pattern.link[self.arc] == position, self.factors.bits[self.stage], 0.0)
            return used if self.results is None else used + self._results_over(capacity.id)
        loads = self.factors.memory
        if capacity.kind == "compute":
            loads = self.computing.load[:, self.computing.device_class[position]]
        return np.where(pattern.node[self.arc] == position, loads[self.stage], 0.0)

    def computed_on(self, node: str, stage: int) -> Ints:
        """The arcs that compute a stage on a node."""
        position = self.pattern.position[Capacity("compute", node)]
        here = (self.pattern.node[self.arc] == position) & (self.stage == stage)
        return np.flatnonzero(here).astype(np.int32)

    def stage_of(self, vertices: Ints) -> Ints:
        """How many blocks are done at some vertices."""
        return vertices // len(self.pattern.nodes)

    def _results_over(self, link: str) -> Floats:
        """What the results that an arc makes use of a link, shape (A,)."""
        used, stage, node = np.zeros(self.arcs), self.stage, self.pattern.node[self.arc]
        for sent in self.results.exits if self.results is not None else ():
            over = np.array([links.count(link) for links in sent.links])
            used += np.where((stage == sent.stage) & (node >= 0), sent.bits * over[node], 0.0)
        return used

    def most(self, kind: str) -> float:
        """What the application uses at most of one capacity of a kind."""
        if kind == "compute":
            return float(self.computing.load.max(axis=1, initial=0.0).sum())
        results = self.results.exits if kind == "bandwidth" and self.results is not None else ()
        return float(self.factors.loads[kind].sum()) + sum(sent.bits for sent in results)

    def with_limits_of(self, application: Application) -> ExtendedGraph:
        """The graph of one with other limits on latency or accuracy; with the arcs in the same order."""
        other = copy(self)
        budget = self.budget.copy()
        budget[: 1 + (0 if self.results is None else len(self.results.early))] = application.max_latency
        vars(other).update(application=application, budget=budget)
        vars(other).pop("limit", None)
        return other


def extended_graph(
    instance: Instance,
    application: Application,
    configuration: int,
    *,
    capacities: bool = True,
    pattern: Pattern | None = None,
    computing: ComputeTable | None = None,
) -> ExtendedGraph:
    """Build the graph of one application in one configuration with array operations.

    Parameters
    ----------
    instance : Instance
        The network and the models.
    application : Application
        One of its applications.
    configuration : int
        Index into the configurations of the application's model.
    capacities : bool
        Drop arcs that overload a node or link on their own.
    pattern : Pattern, optional
        That of the application, when it is known already; it is the same for all configurations.
    computing : ComputeTable, optional
        What computing takes on the nodes of the pattern. Default: what the instance says.

    Returns
    -------
    ExtendedGraph
        With (F+1) (|E| + |V|) arcs, less those that pins and capacities remove; F is the final block. Early
        exits whose results may be the last to return are resources of their own, with the latency limit;
        so are limits on energy, carbon and cost, after them.
    """
    factors = factors_of(instance, application, configuration)
    pattern = pattern or network_pattern(instance, application)
    results = additions_of(instance, application, configuration, pattern.nodes)
    computing = computing or compute_table(
        instance, application, configuration, factors, pattern.nodes, results, pattern.node_figures
    )
    count, nodes, every = factors.stages, len(pattern.nodes), slice(None)
    power = sending_energy(factors, ALL_STAGES, pattern.link_figures, every)
    latency = sending_seconds(factors, ALL_STAGES, pattern.link_figures, every)
    power[:, pattern.computing] = computing.per_node(computing.energy)
    latency[:, pattern.computing] = computing.per_node(computing.seconds)
    first = (np.arange(count, dtype=np.int32) * nodes)[:, None]
    source = next(v for v, node in enumerate(pattern.nodes) if node.id == application.source)
    graph = ExtendedGraph(
        vertices=(count + 1) * nodes,
        tail=(first + pattern.tail).ravel(),
        head=(first + pattern.head).ravel(),
        cost=power.ravel(),
        resource=latency.reshape(-1, 1),
        source=source,
        targets=np.arange(count * nodes, (count + 1) * nodes, dtype=np.int32),
        budget=np.array([application.max_latency]),
        application=application,
        configuration=configuration,
        factors=factors,
        pattern=pattern,
        computing=computing,
        results=results,
        arc=np.tile(np.arange(pattern.tail.size, dtype=np.int32), count),
    )
    usable = may_run(instance, application, pattern.nodes, computing)
    if capacities:
        usable &= nodes_with_capacity(factors, computing, pattern)
    allowed = (pattern.node < 0) | usable[:, pattern.node]
    if capacities:
        allowed &= factors.bits[:, None] <= pattern.room
    graph = graph if allowed.all() else graph.keep(allowed.ravel())
    graph = graph if results is None else with_early_exits(graph, results)
    return with_limits(graph, instance) if application.limits else graph


def with_early_exits(graph: ExtendedGraph, results: Results) -> ExtendedGraph:
    """The graph with a budget for the way through each early exit that may be the slowest."""
    for stage, back in results.early:
        node = graph.pattern.node[graph.arc]
        there = np.where(graph.stage <= stage, graph.resource[:, 0], 0.0)
        here = (graph.stage == stage) & (node >= 0)
        there[here] += (
            back[node[here]] - results.seconds[stage, node[here]]
        )  # its way back, not that of others
        graph = graph.with_resources(there.reshape(-1, 1), graph.budget[:1])
    return graph


def with_limits(graph: ExtendedGraph, instance: Instance) -> ExtendedGraph:
    """The graph with a budget for each of energy, carbon and cost that its application limits, row (14)."""
    for figure, most in graph.application.limits.items():
        taken = _arc_figures(graph, instance, figure)[graph.stage, graph.arc]
        budget = np.array([most * graph.application.rate])
        graph = graph.with_resources(taken.reshape(-1, 1), budget)
    return graph


def _arc_figures(graph: ExtendedGraph, instance: Instance, figure: Figure) -> Floats:
    """What every arc of the pattern adds to a figure at every stage, shape (F+1, P), at the rate."""
    pattern, factors = graph.pattern, graph.factors
    own = instance, graph.application, graph.configuration
    results = results_of(*own, pattern.nodes, figure)
    computing = compute_table(*own, factors, pattern.nodes, results, figure=figure)
    added = np.zeros((factors.stages, pattern.tail.size))
    over = np.flatnonzero(pattern.link >= 0)
    links = link_figures(pattern.links, figure)
    added[:, over] = sending_energy(factors, ALL_STAGES, links, pattern.link[over])
    added[:, pattern.computing] = computing.per_node(computing.energy)
    return added


def configuration_bound(
    instance: Instance, application: Application, configuration: int, pattern: Pattern
) -> float:
    """A lower bound on the power of one configuration [W]: no hop, and every block where it costs least."""
    model, nodes = instance.model_of(application), pattern.nodes
    factors = stage_factors(model, configuration, mean=application.latency == "mean")
    figures = pattern.node_figures
    computing = compute_table(instance, application, configuration, factors, nodes, figures=figures)
    energy = computing.per_node(computing.energy)
    least = np.where(may_run(instance, application, nodes, computing), energy, np.inf).min(axis=1)
    return float(application.rate * least.sum())
