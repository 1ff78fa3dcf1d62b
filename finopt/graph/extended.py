"""ExtendedGraph: placement and routing of one application in one configuration as a path.

Vertex (stage i, node v) is "i blocks are done, the data are on v"; it has the number ``i * V + v``, where V
counts only the nodes that the application may use. Computing block i on v is the arc (i, v) -> (i+1, v),
crossing a link the arc (i, u) -> (i, v). Every stage repeats the same pattern of |E| + |V| arcs, so the
arrays are outer products of figures per stage and figures per pattern arc. Arcs cost power [W] (energy
times rate) and use latency [s].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.evaluation import reach
from finopt.graph.kernels import Floats, Ints
from finopt.graph.resource import MARGIN, ROUNDING, ResourceGraph
from finopt.instance import Application, DirectedLink, Instance, Node
from finopt.placement import ApplicationPlacement


class Capacity(NamedTuple):
    """Something shared that a placement can use up: compute or memory of a node, bandwidth of a link."""

    kind: str
    id: str

    def __str__(self) -> str:
        """Like ``compute of node 'edge'``."""
        return f"{self.kind} of {'link' if self.kind == 'bandwidth' else 'node'} {self.id!r}"


class Stages(NamedTuple):
    """Figures per stage 0 .. F of one configuration, all of shape (F+1,)."""

    reach: Floats
    ops: Floats
    memory: Floats
    bits: Floats


@dataclass(frozen=True, eq=False)
class Pattern:
    """The arcs that every stage repeats, sorted by tail; figures are 0 where they do not apply.

    ``nodes`` and ``links`` are those the application may use; ``node`` and ``link`` point into them, -1 on
    arcs of the other kind.
    """

    nodes: tuple[Node, ...]
    links: tuple[DirectedLink, ...]
    tail: Ints
    head: Ints
    node: Ints
    link: Ints
    energy_per_op: Floats
    seconds_per_op: Floats
    energy_per_bit: Floats
    seconds_per_bit: Floats
    delay: Floats

    def taken(self, arc: int) -> list[tuple[Capacity, float]]:
        """The capacities that an arc of the pattern takes part of, and how much there is of them."""
        if self.link[arc] >= 0:
            link = self.links[self.link[arc]]
            return [(Capacity("bandwidth", link.id), link.bandwidth)]
        node = self.nodes[self.node[arc]]
        return [(Capacity("compute", node.id), node.compute), (Capacity("memory", node.id), _memory(node))]

    @cached_property
    def position(self) -> dict[Capacity, int]:
        """Every capacity of the nodes and links, with its place in ``nodes`` or ``links``."""
        nodes = {Capacity(k, node.id): v for k in ("compute", "memory") for v, node in enumerate(self.nodes)}
        return nodes | {Capacity("bandwidth", link.id): e for e, link in enumerate(self.links)}


@dataclass(frozen=True, eq=False)
class ExtendedGraph(ResourceGraph):
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

    def placement(self, path: Ints) -> ApplicationPlacement:
        """The placement that a path means."""
        nodes: list[str] = []
        routes: list[tuple[str, ...]] = []
        route: list[str] = []
        for arc in self.arc[path]:
            if self.pattern.link[arc] >= 0:
                route.append(self.pattern.links[self.pattern.link[arc]].id)
            else:
                nodes.append(self.pattern.nodes[self.pattern.node[arc]].id)
                routes.append(tuple(route))
                route = []
        return ApplicationPlacement(self.application.id, self.configuration, tuple(nodes), tuple(routes))

    @property
    def stage(self) -> Ints:
        """Stage of each arc, shape (A,)."""
        return self.tail // np.int32(len(self.pattern.nodes))

    def load(self, capacity: Capacity) -> Floats:
        """What each arc uses of a capacity, shape (A,): op/s, byte or bit/s."""
        per_stage = _stage_loads(self.application, self.stages)[capacity.kind]
        owner = self.pattern.link if capacity.kind == "bandwidth" else self.pattern.node
        uses = owner[self.arc] == self.pattern.position[capacity]
        return np.where(uses, per_stage[self.stage], 0.0)

    def capacity(self, capacity: Capacity) -> float:
        """How much there is of a capacity; inf without a limit."""
        position = self.pattern.position[capacity]
        if capacity.kind == "bandwidth":
            return self.pattern.links[position].bandwidth
        node = self.pattern.nodes[position]
        return node.compute if capacity.kind == "compute" else _memory(node)

    def most(self, kind: str) -> float:
        """What the application uses of one capacity if it uses it at every stage."""
        return float(_stage_loads(self.application, self.stages)[kind].sum())

    def stage_load(self, kind: str, stage: int) -> float:
        """What computing or sending at one stage uses of a capacity: op/s, byte or bit/s."""
        return float(_stage_loads(self.application, self.stages)[kind][stage])

    def overloaded(self, path: Ints) -> list[Capacity]:
        """The capacities that a path exceeds on its own."""
        loads = _stage_loads(self.application, self.stages)
        left: dict[Capacity, float] = {}
        for arc, stage in zip(self.arc[path], self.tail[path] // len(self.pattern.nodes), strict=True):
            for capacity, size in self.pattern.taken(arc):
                most = MARGIN * (1 + ROUNDING) * size
                left[capacity] = left.get(capacity, most) - float(loads[capacity.kind][stage])
        return sorted(capacity for capacity, rest in left.items() if rest < 0)

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
    stages = _stages(instance, application, configuration)
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
    allowed = _pinned(instance, application, stages, pattern)
    if capacities:
        allowed &= _fits(application, stages, pattern)
    return graph if allowed.all() else graph.keep(allowed.ravel())


def configuration_bound(instance: Instance, application: Application, configuration: int) -> float:
    """A lower bound on the power of one configuration [W]: every block on the frugalest node, no hop."""
    stages = _stages(instance, application, configuration)
    model = instance.model_of(application)
    usable = [node.energy_per_op for node in instance.nodes if instance.may_use(application, node)]
    frugalest = np.full(stages.ops.size, min(usable))
    for block, node in application.pinned.items():
        if model.block_index[block] < frugalest.size:
            frugalest[model.block_index[block]] = instance.node(node).energy_per_op
    return float(application.rate * (stages.reach * stages.ops * frugalest).sum())


def _stages(instance: Instance, application: Application, configuration: int) -> Stages:
    model = instance.model_of(application)
    chosen = model.configurations[configuration]
    last = model.final_block(chosen) + 1
    ops = np.array([block.ops for block in model.blocks[:last]])
    memory = np.array([block.memory for block in model.blocks[:last]])
    for name in chosen.exits:
        ops[model.exit_block(name)] += model.exit_by_id[name].ops
        memory[model.exit_block(name)] += model.exit_by_id[name].memory
    shares = np.array([float(share) for share in reach(model, chosen)])
    return Stages(shares, ops, memory, np.array(model.stage_bits[:last]))


def network_pattern(instance: Instance, application: Application) -> Pattern:
    """The nodes and links that an application may use, as arcs of a stage."""
    nodes = tuple(node for node in instance.nodes if instance.may_use(application, node))
    position = {node.id: v for v, node in enumerate(nodes)}
    links = tuple(e for e in instance.directed_links if e.source in position and e.target in position)
    count = len(nodes)
    here = np.arange(count)
    tail = np.concatenate([np.array([position[e.source] for e in links], int), here])
    head = np.concatenate([np.array([position[e.target] for e in links], int), here + count])
    order = np.argsort(tail, kind="stable")
    on_links, on_nodes = np.zeros(len(links)), np.zeros(count)

    def arcs(per_link: list[float], per_node: list[float]) -> Floats:
        return np.concatenate([per_link or on_links, per_node or on_nodes])[order]

    def owner(per_link: NDArray[np.int_], per_node: NDArray[np.int_]) -> Ints:
        return np.concatenate([per_link, per_node])[order].astype(np.int32)

    none = np.full(max(count, len(links)), -1)
    return Pattern(
        nodes=nodes,
        links=links,
        tail=tail[order].astype(np.int32),
        head=head[order].astype(np.int32),
        node=owner(none[: len(links)], here),
        link=owner(np.arange(len(links)), none[:count]),
        energy_per_op=arcs([], [node.energy_per_op for node in nodes]),
        seconds_per_op=arcs([], [1 / node.compute for node in nodes]),
        energy_per_bit=arcs([link.energy for link in links], []),
        seconds_per_bit=arcs([1 / link.bandwidth for link in links], []),
        delay=arcs([link.delay for link in links], []),
    )


def _pinned(
    instance: Instance, application: Application, stages: Stages, pattern: Pattern
) -> NDArray[np.bool_]:
    """Row (10): which arcs the pins allow, shape (F+1, pattern)."""
    model = instance.model_of(application)
    allowed = np.ones((stages.reach.size, pattern.tail.size), bool)
    for block, name in application.pinned.items():
        i = model.block_index[block]
        if i < len(allowed):
            ids = np.array([node.id == name for node in pattern.nodes])
            allowed[i] = (pattern.node < 0) | ids[pattern.node]
    return allowed


def _fits(application: Application, stages: Stages, pattern: Pattern) -> NDArray[np.bool_]:
    """Which arcs fit on their node or link if nothing else does, shape (F+1, pattern)."""
    loads = _stage_loads(application, stages)
    free = np.inf
    limits = {
        "compute": [node.compute for node in pattern.nodes],
        "memory": [_memory(node) for node in pattern.nodes],
        "bandwidth": [link.bandwidth for link in pattern.links],
    }
    allowed = np.ones((stages.reach.size, pattern.tail.size), bool)
    for kind, limit in limits.items():
        owner = pattern.link if kind == "bandwidth" else pattern.node
        per_arc = np.where(owner >= 0, np.array([*limit, free])[owner], free)
        allowed &= loads[kind][:, None] <= MARGIN * per_arc
    return allowed


def _stage_loads(application: Application, stages: Stages) -> dict[str, Floats]:
    rate = application.rate
    return {
        "compute": rate * stages.reach * stages.ops,
        "memory": stages.memory,
        "bandwidth": rate * stages.reach * stages.bits,
    }


def _memory(node: Node) -> float:
    return np.inf if node.memory is None else node.memory
