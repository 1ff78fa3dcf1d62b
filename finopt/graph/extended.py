"""ExtendedGraph: placement and routing of one application in one configuration as a path.

Vertex (stage i, node v) is "i blocks are done, the data are on v"; it has the number ``i * V + v``, where V
counts only the nodes that the application may use. Computing block i on v is the arc (i, v) -> (i+1, v),
crossing a link the arc (i, u) -> (i, v). Every stage repeats the same pattern of |E| + |V| arcs, so the
arrays are outer products of figures per stage and figures per pattern arc. Arcs cost power [W] (energy
times rate) and use latency [s]. `finopt.graph.layered` has the same graph without the arrays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from finopt.graph.pattern import (
    Capacity,
    OnPattern,
    Pattern,
    Stages,
    memory_of,
    network_pattern,
    pinned_nodes,
    roomy_nodes,
)
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Floats, Ints
from finopt.problem.instance import Application, Instance

__all__ = [
    "Capacity",
    "ExtendedGraph",
    "Pattern",
    "Stages",
    "configuration_bound",
    "extended_graph",
    "network_pattern",
]


@dataclass(frozen=True, eq=False, repr=False)
class ExtendedGraph(ResourceGraph, OnPattern):
    """The :class:`ResourceGraph` of (instance, application, configuration).

    Attributes
    ----------
    application : Application
        Whose path it is.
    configuration : int
        Index into the model's configurations.
    stages : Stages
        Figures per stage.
    pattern : Pattern
        The arcs that every stage repeats.
    arc : ndarray of int32, shape (A,)
        Index of each arc within the pattern.
    """

    PER_ARC: ClassVar[tuple[str, ...]] = (*ResourceGraph.PER_ARC, "arc")

    application: Application
    configuration: int
    stages: Stages
    pattern: Pattern
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
        per_stage = self.stages.loads(self.application)[capacity.kind]
        owner = self.pattern.link if capacity.kind == "bandwidth" else self.pattern.node
        uses = owner[self.arc] == self.pattern.position[capacity]
        return np.where(uses, per_stage[self.stage], 0.0)

    def capacity(self, capacity: Capacity) -> float:
        """How much there is of a capacity; inf without a limit."""
        position = self.pattern.position[capacity]
        if capacity.kind == "bandwidth":
            return self.pattern.links[position].bandwidth
        node = self.pattern.nodes[position]
        return node.compute if capacity.kind == "compute" else memory_of(node)

    def most(self, kind: str) -> float:
        """What the application uses of one capacity if it uses it at every stage."""
        return float(self.stages.loads(self.application)[kind].sum())

    def stage_load(self, kind: str, stage: int) -> float:
        """What computing or sending at one stage uses of a capacity: op/s, byte or bit/s."""
        return float(self.stages.loads(self.application)[kind][stage])

    def with_capacities(self, capacities: list[Capacity]) -> ExtendedGraph:
        """The graph with one more resource per capacity, as a share of it (budget 1)."""
        most = [max(self.capacity(c), np.finfo(float).tiny) for c in capacities]
        loads = [self.load(c) / limit for c, limit in zip(capacities, most, strict=True)]
        return self.with_resources(np.column_stack(loads), np.ones(len(capacities)))


def extended_graph(
    instance: Instance,
    application: Application,
    configuration: int,
    *,
    capacities: bool = True,
    pattern: Pattern | None = None,
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

    Returns
    -------
    ExtendedGraph
        With (F+1) (|E| + |V|) arcs, less those that pins and capacities remove; F is the final block.
    """
    stages = Stages.of(instance.model_of(application), configuration)
    pattern = pattern or network_pattern(instance, application)
    count, nodes = stages.reach.size, len(pattern.nodes)
    weight = np.ones(count) if application.latency == "worst" else stages.reach
    latency = np.outer(stages.bits * weight, pattern.seconds_per_bit)
    latency += np.outer(stages.ops * weight, pattern.seconds_per_op)
    latency += np.outer(weight, pattern.delay)
    power = np.outer(application.rate * stages.reach * stages.bits, pattern.energy_per_bit)
    power += np.outer(application.rate * stages.reach * stages.ops, pattern.energy_per_op)
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
        stages=stages,
        pattern=pattern,
        arc=np.tile(np.arange(pattern.tail.size, dtype=np.int32), count),
    )
    usable = pinned_nodes(instance, application, stages, pattern)
    if capacities:
        usable &= roomy_nodes(application, stages, pattern)
    allowed = (pattern.node < 0) | usable[:, pattern.node]
    if capacities:
        allowed &= stages.loads(application)["bandwidth"][:, None] <= pattern.room
    return graph if allowed.all() else graph.keep(allowed.ravel())


def configuration_bound(instance: Instance, application: Application, configuration: int) -> float:
    """A lower bound on the power of one configuration [W]: every block on the frugalest node, no hop."""
    stages = Stages.of(instance.model_of(application), configuration)
    model = instance.model_of(application)
    source = application.source
    usable = [node.power / node.compute for node in instance.nodes if node.shared or node.id == source]
    frugalest = np.full(stages.ops.size, min(usable))
    for block, node in application.pinned.items():
        if model.block_index[block] < frugalest.size:
            frugalest[model.block_index[block]] = instance.node(node).energy_per_op
    return float(application.rate * (stages.reach * stages.ops * frugalest).sum())
