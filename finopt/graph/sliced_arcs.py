"""The arcs of a `finopt.graph.sliced.SlicedGraph`: visits of nodes and hops over links, a slice each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.graph.extended import ExtendedGraph
from finopt.problem.array_types import Bools, Floats, Ints
from finopt.problem.compute_tables import compute_table
from finopt.problem.instance import Instance
from finopt.problem.tolerances import MARGIN


class Arcs(NamedTuple):
    """Arcs as columns, see `finopt.graph.sliced.SlicedGraph`."""

    tail: Ints
    head: Ints
    cost: Floats
    resource: Floats
    first: Ints
    last: Ints
    arc: Ints
    slice: Floats

    @classmethod
    def joined(cls, parts: Sequence[Arcs]) -> Arcs:
        """All arcs of some."""
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        kinds = (np.int32, np.int32, float, float, np.int32, np.int32, np.int32, float)
        return cls(*(column.astype(kind) for column, kind in zip(columns, kinds, strict=True)))

    def take(self, which: NDArray[np.intp]) -> Arcs:
        """Some of them."""
        columns: list[Any] = [np.ascontiguousarray(column[which]) for column in self]
        return Arcs(*columns)


def sliced_arcs(instance: Instance, plain: ExtendedGraph, capacities: bool) -> Arcs:
    """All arcs, sorted by tail; where visits have ended, vertices have numbers from ``plain.vertices`` on."""
    nodes = plain.pattern.nodes
    has_slices = np.array([bool(node.slices) for node in nodes])
    node = plain.pattern.node[plain.arc]
    alone = _unchanged(plain, np.flatnonzero((node >= 0) & ~has_slices[node]))
    hops = _hops(plain, capacities)
    behind_visits = hops.take(np.flatnonzero(has_slices[hops.tail % len(nodes)] & (hops.first > 0)))
    behind_visits = behind_visits._replace(tail=behind_visits.tail + plain.vertices)
    visits = _visits(_Work.of(instance, plain), capacities)
    arcs = Arcs.joined([alone, hops, behind_visits, visits])
    return arcs.take(np.argsort(arcs.tail, kind="stable"))


def _unchanged(plain: ExtendedGraph, which: NDArray[np.intp]) -> Arcs:
    """Some arcs as they are, with nothing reserved."""
    stage, ends = plain.stage[which], (plain.tail[which], plain.head[which])
    figures = plain.cost[which], plain.resource[which]
    return Arcs(*ends, *figures, stage, stage, plain.arc[which], np.zeros(which.size))


def _hops(plain: ExtendedGraph, capacities: bool) -> Arcs:
    """Links; those with slices once for every slice in which the data of the stage fit."""
    link, links = plain.pattern.link[plain.arc], plain.pattern.links
    count = np.array([len(one.bandwidth_slices) for one in links] + [0], int)[link]  # the last: no link
    found = [_unchanged(plain, np.flatnonzero((link >= 0) & (count == 0)))]
    for k in range(int(count.max(initial=0))):
        which = np.flatnonzero(count > k)
        size = np.array([links[e].bandwidth_slices[k] for e in link[which].tolist()])
        found.append(_in_slice(plain, which, size, capacities))
    return Arcs.joined(found)


def _in_slice(plain: ExtendedGraph, which: NDArray[np.intp], size: Floats, capacities: bool) -> Arcs:
    """Some hops, each in a slice of its link, if they fit."""
    pattern, hops = plain.pattern, _unchanged(plain, which)
    link, stage = pattern.link[hops.arc], hops.first
    sending = plain.factors.time_bits[stage] * pattern.link_figures.seconds_per_bit[hops.arc]
    longer = (sending * (1 / size - 1))[:, None] * _counts(plain)[stage]
    hops = hops._replace(resource=hops.resource + longer, slice=size)
    reserved = size * np.array([pattern.links[e].bandwidth for e in link.tolist()])
    fits = plain.factors.bits[stage] <= MARGIN * reserved
    fits &= reserved <= MARGIN * pattern.capacity["bandwidth"][link]
    return hops.take(np.flatnonzero(fits)) if capacities else hops


def _counts(plain: ExtendedGraph) -> Bools:
    """Whether seconds of a stage count in each budget, in that of an early exit those up to it, (F+1, K).

    Budgets of energy, carbon and cost stand behind those of seconds.
    """
    early = plain.results.early if plain.results is not None else ()
    counts = np.zeros((plain.factors.stages, plain.resources), bool)
    counts[:, : 1 + len(early)] = True
    for k, (stage, _) in enumerate(early, 1):
        counts[stage + 1 :, k] = False
    return counts


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
        longer = alone.per_node(alone.seconds)[:, node] * (1 / size - 1)
        stretched = resource[:, node] + longer[:, :, None] * _counts(plain)[:, None, :]
        load = alone.per_node(alone.load)[:, node]
        return cls(plain, node, size, there[:, node], cost[:, node], load, stretched)


def _visits(work: _Work, capacities: bool) -> Arcs:
    """Every visit of every node with slices: the blocks that it computes and the slice that it reserves."""
    plain, stages = work.plain, work.plain.factors.stages
    nodes = len(plain.pattern.nodes)
    reserved = work.slice * np.array([node.compute for node in plain.pattern.nodes])[work.node]
    room = {kind: MARGIN * plain.pattern.capacity[kind][work.node] for kind in ("compute", "memory")}
    fits = reserved <= room["compute"] if capacities else np.ones(work.node.size, bool)
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
                going_on &= (load <= MARGIN * reserved) & (memory <= room["memory"])
            here = np.flatnonzero(going_on)
            node, same = work.node[here], np.ones(here.size, np.int32)
            head = plain.vertices + (last + 1) * nodes + node
            ends = first * nodes + node, head, cost[here], resource[here], first * same, last * same
            found.append(Arcs(*ends, plain.pattern.computing[node], work.slice[here]))
    return Arcs.joined(found)
