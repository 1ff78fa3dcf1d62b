"""Groups of applications that one value table answers: same model, configuration, latency and pins.

Applications of a group share the graph of the shared nodes, their *region*; each adds its own device. Where
there are few applications, each gets a group and a region of its own, with its device inside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.coefficients import StageFactors, stage_factors
from finopt.problem.instance import Instance
from finopt.problem.model import Model

HOME = -1
"""Stands for the source of an application among the nodes that blocks are pinned to."""

Pinned = tuple[tuple[int, int], ...]
"""Blocks and the nodes they are pinned to."""


@dataclass(frozen=True, eq=False)
class Region:
    """Nodes and the links among them, links sorted by head.

    Attributes
    ----------
    nodes : ndarray of int32, shape (n,)
        Numbers in the network.
    position : ndarray of int32, shape (V,)
        Place of each node of the network in ``nodes``, -1 elsewhere.
    link : ndarray of int32, shape (a,)
        Numbers in the network.
    tail, head : ndarray of int32, shape (a,)
        Ends, as places in ``nodes``.
    entering, leaving : ndarray of int32, shape (n + 1,)
        Starts of the links that enter and leave each node, the latter within ``order``.
    order : ndarray of int32, shape (a,)
        Links sorted by tail.
    place : ndarray of int32, shape (a,)
        Number of each link among those that leave its tail.
    """

    nodes: Ints
    position: Ints
    link: Ints
    tail: Ints
    head: Ints
    entering: Ints
    leaving: Ints
    order: Ints
    place: Ints

    @classmethod
    def of(cls, network: Network, owner: int = HOME) -> Region:
        """The shared nodes, and the owner if there is one."""
        inside = network.shared.copy()
        if owner != HOME:
            inside[owner] = True
        nodes = np.flatnonzero(inside).astype(np.int32)
        position = np.full(network.nodes, -1, np.int32)
        position[nodes] = np.arange(nodes.size)
        links = np.flatnonzero(inside[network.tail] & inside[network.head])
        link: Ints = links[np.argsort(network.head[links], kind="stable")].astype(np.int32)
        tail, head = position[network.tail[link]], position[network.head[link]]
        order = np.argsort(tail, kind="stable").astype(np.int32)
        starts = np.arange(nodes.size + 1)
        leaving = np.searchsorted(tail[order], starts).astype(np.int32)
        place = np.empty_like(order)
        place[order] = np.arange(order.size) - leaving[tail[order]]
        entering = np.searchsorted(head, starts).astype(np.int32)
        return cls(nodes, position, link, tail, head, entering, leaving, order, place)


@dataclass(frozen=True, eq=False)
class Group:
    """Applications that one value table answers, in one of their configurations.

    Attributes
    ----------
    model, configuration : int
    members : ndarray of int32
        The applications.
    region : Region
    factors : StageFactors
        Of the stages, per sample.
    allowed : ndarray of bool, shape (F + 1, n)
        Where in the region each block may run.
    at_home : ndarray of bool, shape (F + 1,)
        Which blocks may run on the source, where that is not in the region.
    """

    model: int
    configuration: int
    members: Ints
    region: Region
    factors: StageFactors
    allowed: NDArray[np.bool_]
    at_home: NDArray[np.bool_]

    @property
    def stages(self) -> int:
        """Number of blocks computed, F + 1."""
        return self.factors.stages


def group(instance: Instance, network: Network, demand: Demand, own_group: NDArray[np.bool_]) -> list[Group]:
    """The groups of an instance.

    Parameters
    ----------
    instance : Instance
    network, demand : Network, Demand
        Its arrays.
    own_group : ndarray of bool, shape (N,)
        Applications with groups of their own, with the source in the region.
    """
    shared = Region.of(network)
    regions: dict[int, Region] = {}
    found = []
    for (m, mean, pins, alone), members in _alike(instance, demand, own_group).items():
        model = instance.models[m]
        region = shared
        if alone >= 0 and not network.shared[demand.source[members[0]]]:
            owner = int(demand.source[members[0]])
            region = regions.setdefault(owner, regions.get(owner) or Region.of(network, owner))
        for c in undominated(model):
            chosen = members[demand.min_accuracy[members] <= model.configurations[c].accuracy]
            if chosen.size:
                whole = _group(model, m, c, mean, pins, chosen, region)
                found.append(_with_home(whole, demand) if alone >= 0 else whole)
    return found


def undominated(model: Model) -> list[int]:
    """Configurations that no other one replaces: as accurate, and at no stage needing more of anything."""
    kept: list[int] = []
    order = sorted(range(len(model.configurations)), key=lambda c: (-model.configurations[c].accuracy, c))
    figures = {
        c: np.array([row for mean in (False, True) for row in stage_factors(model, c, mean=mean)])
        for c in order
    }
    for c in order:
        mine = figures[c]
        if not any(_never_more(figures[other], mine) for other in kept):
            kept.append(c)
    return sorted(kept)


def _never_more(one: Floats, other: Floats) -> bool:
    last = one.shape[1]
    return last <= other.shape[1] and bool((one <= other[:, :last]).all())


def _alike(
    instance: Instance, demand: Demand, own_group: NDArray[np.bool_]
) -> Mapping[tuple[int, bool, Pinned, int], Ints]:
    """Applications by model, kind of latency and pins; the last part of the key is who is apart, or -1."""
    number = {node.id: v for v, node in enumerate(instance.nodes)} if demand.pins else {}
    pinned = {h: _pins(instance, demand, h, pins, number) for h, pins in demand.pins.items() if pins}
    keys: dict[tuple[int, bool, Pinned, int], Ints] = {
        (int(demand.model[h]), bool(demand.mean[h]), pinned.get(h, ()), h): np.array([h], np.int32)
        for h in np.flatnonzero(own_group).tolist()
    }
    free = ~own_group
    free[list(pinned)] = False
    for m in range(len(instance.models)):
        for mean in (False, True):
            members = np.flatnonzero(free & (demand.model == m) & (demand.mean == mean)).astype(np.int32)
            if members.size:
                keys[m, mean, (), HOME] = members
    rest: defaultdict[tuple[int, bool, Pinned, int], list[int]] = defaultdict(list)
    for h, pins in sorted(pinned.items()):
        if own_group[h]:
            continue
        rest[int(demand.model[h]), bool(demand.mean[h]), pins, HOME].append(h)
    return keys | {key: np.array(members, np.int32) for key, members in rest.items()}


def _pins(
    instance: Instance, demand: Demand, h: int, pins: Mapping[str, str], number: Mapping[str, int]
) -> Pinned:
    blocks = instance.models[demand.model[h]].block_index
    source = instance.nodes[demand.source[h]]
    home = HOME if not source.shared else int(demand.source[h])
    return tuple(
        sorted((blocks[block], home if node == source.id else number[node]) for block, node in pins.items())
    )


def _group(model: Model, m: int, c: int, mean: bool, pins: Pinned, members: Ints, region: Region) -> Group:
    factors = stage_factors(model, c, mean=mean)
    allowed = np.ones((factors.stages, region.nodes.size), bool)
    at_home = np.ones(factors.stages, bool)
    for block, node in pins:
        if block < factors.stages:
            allowed[block] = region.nodes == node
            at_home[block] = node == HOME
    return Group(m, c, members, region, factors, allowed, at_home)


def _with_home(whole: Group, demand: Demand) -> Group:
    """The group of one application whose source is in the region: blocks pinned to home may run there."""
    allowed = whole.allowed.copy()
    source = whole.region.position[demand.source[whole.members[0]]]
    allowed[:, source] |= whole.at_home & ~whole.allowed.any(axis=1)
    return replace(whole, allowed=allowed)
