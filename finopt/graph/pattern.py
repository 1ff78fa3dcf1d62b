"""What every stage of an application repeats: the nodes and links it may use, and their figures.

Computing on node v is the pattern arc v -> V + v, crossing a link u -> v; V counts the nodes that the
application may use. What an arc costs and uses at a stage says `finopt.problem.coefficients`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.graph.kernels import group_arcs
from finopt.graph.layered_kernels import Figures, Links, alike_links
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.array_types import Bools, Floats, Ints
from finopt.problem.coefficients import (
    ComputeTable,
    LinkFigures,
    NodeFigures,
    StageFactors,
    link_figures,
    node_figures,
    sending_energy,
    sending_only,
    sending_seconds,
    stage_factors,
)
from finopt.problem.instance import Application, Instance
from finopt.problem.network import DirectedLink, Node
from finopt.problem.results import Results
from finopt.problem.tolerances import MARGIN, ROUNDING

BLOCK = 16
"""Links in a block: the loops over layers pass over whole blocks."""

NEVER = 1e60
"""More than any figure of a link: the bound of nodes that no link leads to."""


class Capacity(NamedTuple):
    """Something shared that a placement can use up: compute or memory of a node, bandwidth of a link."""

    kind: str
    id: str

    def __str__(self) -> str:
        """Like ``compute of node 'edge'``."""
        return f"{self.kind} of {'link' if self.kind == 'bandwidth' else 'node'} {self.id!r}"


@dataclass(frozen=True, eq=False)
class Pattern:
    """The arcs that every stage repeats, sorted by tail.

    Of each tail the links come first, then the arc that computes there. ``nodes`` and ``links`` are those
    the application may use; ``node`` and ``link`` point into them, -1 on arcs of the other kind.
    ``node_figures`` has a figure per node, ``link_figures`` one per arc, 0 where that computes.
    ``capacity`` has what may be used of them by kind: compute and memory of the nodes, bandwidth of the
    links. ``typical`` is one stage that only tells which links are alike.
    """

    nodes: tuple[Node, ...]
    links: tuple[DirectedLink, ...]
    tail: Ints
    head: Ints
    node: Ints
    link: Ints
    node_figures: NodeFigures
    link_figures: LinkFigures
    capacity: Mapping[str, Floats]
    typical: StageFactors

    def size(self, capacity: Capacity) -> float:
        """How much may be used of a capacity; inf without a limit."""
        return float(self.capacity[capacity.kind][self.position[capacity]])

    @cached_property
    def computing(self) -> Ints:
        """The arc that computes on each node, shape (V,)."""
        return np.flatnonzero(self.node >= 0).astype(np.int32)

    @cached_property
    def room(self) -> Floats:
        """The most bit/s that each arc carries; inf where it is no link."""
        bandwidth = np.append(self.capacity["bandwidth"], np.inf)
        return MARGIN * bandwidth[self.link]  # the last one where there is no link

    @cached_property
    def leaving(self) -> Links:
        """The links by the node they leave, as the loops over layers take them."""
        links, start, _, _ = self._ends
        return self._in_blocks(links, start, self.head)

    @cached_property
    def entering(self) -> Links:
        """The links by the node they enter, as the loops over layers take them."""
        _, _, links, start = self._ends
        return self._in_blocks(links, start, self.tail)

    @cached_property
    def _ends(self) -> tuple[Ints, Ints, Ints, Ints]:
        """The links by tail with the start of each node's, and the same by head."""
        count = len(self.nodes)
        leaving = np.flatnonzero(self.link >= 0).astype(np.int32)
        last = self.computing - np.arange(count, dtype=np.int32)
        start, entering = group_arcs(self.head.size, self.head, 2 * count)
        first = np.concatenate([np.zeros(1, np.int32), last])
        return leaving, first, entering[: start[count]].copy(), start[: count + 1].copy()

    def _in_blocks(self, links: Ints, start: Ints, far: Ints) -> Links:
        figures, ends = self.link_figures.take(links), far[links]
        node_bound = LinkFigures(*(self._least(figure, ends) for figure in figures))
        beyond = LinkFigures(
            *(figure - least[ends] for figure, least in zip(figures, node_bound, strict=True))
        )
        energy = sending_energy(self.typical, 0, beyond, slice(None))
        seconds = sending_seconds(self.typical, 0, beyond, slice(None))
        order, begin, edge, block_bound = alike_links(
            links.size, start, energy, seconds, np.array(beyond), BLOCK
        )
        arcs = links[order]
        charged = bool(figures.energy_per_hop.any())
        shown = arcs, far[arcs], plain(figures.take(order)), charged, self.room[arcs]
        return begin, edge, plain(block_bound), plain(node_bound), *shown

    def _least(self, figure: Floats, ends: Ints) -> Floats:
        """The least figure of the links at each node."""
        least = np.full(len(self.nodes), NEVER)
        np.minimum.at(least, ends, figure)
        return least

    @cached_property
    def position(self) -> dict[Capacity, int]:
        """Every capacity of the nodes and links, with its place in ``nodes`` or ``links``."""
        nodes = {Capacity(k, node.id): v for k in ("compute", "memory") for v, node in enumerate(self.nodes)}
        return nodes | {Capacity("bandwidth", link.id): e for e, link in enumerate(self.links)}


class OnPattern:
    """A graph that repeats a pattern: what its paths mean."""

    application: Application
    configuration: int
    factors: StageFactors
    pattern: Pattern
    computing: ComputeTable
    results: Results | None

    def places(self, path: Ints) -> Iterable[tuple[int, int]]:
        """Stage and pattern arc of each arc of a path."""
        raise NotImplementedError

    def placement(self, path: Ints) -> ApplicationPlacement:
        """The placement that a path means."""
        nodes: list[str] = []
        routes: list[tuple[str, ...]] = []
        route: list[str] = []
        for _, arc in self.places(path):
            if self.pattern.link[arc] >= 0:
                route.append(self.pattern.links[self.pattern.link[arc]].id)
            else:
                nodes.append(self.pattern.nodes[self.pattern.node[arc]].id)
                routes.append(tuple(route))
                route = []
        return ApplicationPlacement(self.application.id, self.configuration, tuple(nodes), tuple(routes))

    def overloaded(self, path: Ints) -> list[Capacity]:
        """The capacities that a path exceeds on its own."""
        left: dict[tuple[str, int], float] = {}
        for kind, place, load in self.taken(path):
            size = left.get((kind, place))
            if size is None:
                size = MARGIN * (1 + ROUNDING) * self.pattern.capacity[kind].item(place)
            left[kind, place] = size - load
        return sorted(self._capacity(kind, place) for (kind, place), rest in left.items() if rest < 0)

    def taken(self, path: Ints) -> Iterator[tuple[str, int, float]]:
        """What a path takes: kind of capacity, place of the node or link, load."""
        for stage, arc in self.places(path):
            yield from self._taken(stage, arc)

    def _taken(self, stage: int, arc: int) -> Iterator[tuple[str, int, float]]:
        """What an arc of the pattern takes at a stage: kind of capacity, place of the node or link, load."""
        pattern = self.pattern
        link = pattern.link.item(arc)
        if link >= 0:
            yield "bandwidth", link, self.factors.bits.item(stage)
            return
        v, table = pattern.node.item(arc), self.computing
        yield "compute", v, table.load.item(stage, table.device_class.item(v))
        yield "memory", v, self.factors.memory.item(stage)
        for name, bits in self.results.sent(stage, v) if self.results is not None else ():
            yield "bandwidth", pattern.position[Capacity("bandwidth", name)], bits

    def _capacity(self, kind: str, place: int) -> Capacity:
        owners = self.pattern.links if kind == "bandwidth" else self.pattern.nodes
        return Capacity(kind, owners[place].id)


def plain(figures: Iterable[Floats]) -> Figures:
    """The four figures of links as compiled loops take them."""
    bit_energy, hop_energy, bit_seconds, hop_seconds = figures
    return bit_energy, hop_energy, bit_seconds, hop_seconds


def network_pattern(instance: Instance, application: Application) -> Pattern:
    """The nodes and links that an application may use, as arcs of a stage."""
    nodes = tuple([node for node in instance.nodes if node.shared or node.id == application.source])
    position = {node.id: v for v, node in enumerate(nodes)}
    links = instance.directed_links
    if len(nodes) < len(instance.nodes):
        links = tuple([e for e in links if e.source in position and e.target in position])
    count, here = len(nodes), np.arange(len(nodes))
    source, target = (
        np.fromiter(map(position.__getitem__, map(attrgetter(end), links)), int, len(links))
        for end in ("source", "target")
    )
    tail, head = np.concatenate([source, here]), np.concatenate([target, here + count])
    order = np.argsort(tail, kind="stable")

    def owner(per_link: NDArray[np.int_], per_node: NDArray[np.int_]) -> Ints:
        return np.concatenate([per_link, per_node])[order].astype(np.int32)

    bandwidth = np.fromiter(map(attrgetter("bandwidth"), links), float, len(links))
    none = np.full(max(count, len(links)), -1)
    return Pattern(
        nodes=nodes,
        links=links,
        tail=tail[order].astype(np.int32),
        head=head[order].astype(np.int32),
        node=owner(none[: len(links)], here),
        link=owner(np.arange(len(links)), none[:count]),
        node_figures=node_figures(nodes, instance.objective),
        link_figures=_by_arc(link_figures(links, instance.objective), count, order),
        capacity={
            "compute": np.array([node.usable_compute for node in nodes]),
            "memory": np.array([np.inf if node.memory is None else node.memory for node in nodes]),
            "bandwidth": bandwidth,
        },
        typical=sending_only(typical_bits(instance, application)),
    )


def _by_arc(figures: LinkFigures, nodes: int, order: NDArray[np.int_]) -> LinkFigures:
    """Figures of links and, after them, 0 for every node, in the order of the arcs."""
    return LinkFigures(*(np.concatenate([figure, np.zeros(nodes)])[order] for figure in figures))


def typical_bits(instance: Instance, application: Application) -> float:
    """The mean size of what an application sends [bit]."""
    bits = instance.model_of(application).stage_bits
    return sum(bits) / len(bits)


def factors_of(instance: Instance, application: Application, configuration: int) -> StageFactors:
    """The factors of an application's stages: energies become power [W], loads are per second."""
    model, mean = instance.model_of(application), application.latency == "mean"
    return stage_factors(model, configuration, mean=mean, rate=application.rate)


def nodes_with_capacity(factors: StageFactors, computing: ComputeTable, pattern: Pattern) -> Bools:
    """Which nodes have room for each stage if there is nothing else, shape (F+1, V)."""
    fits: Bools = computing.per_node(computing.load) <= MARGIN * pattern.capacity["compute"]
    return fits & (factors.memory[:, None] <= MARGIN * pattern.capacity["memory"])
