"""Groups of applications that one value table answers: same model, configuration, latency and pins.

Applications of a group share the graph of the shared nodes, their *region*; each adds its own device. Where
there are few applications, each gets a group and a region of its own, with its device inside.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from finopt.heuristics.joint.computing import Computing
from finopt.heuristics.joint.returned import Returned
from finopt.heuristics.joint.tuning import LEAST_DIVIDED, PARTS
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.coefficients import StageFactors, stage_factors
from finopt.problem.compute_tables import measured_stages
from finopt.problem.instance import Instance
from finopt.problem.model import Model
from finopt.problem.profile import Profile

HOME = -1
"""Stands for the source of an application among the nodes that blocks are pinned to."""

Pinned = tuple[tuple[int, tuple[int, ...]], ...]
"""Blocks and the nodes that may run them."""


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
    computing : Computing
        What they take on nodes.
    allowed : ndarray of bool, shape (F + 1, n)
        Where in the region each block may run.
    at_home : ndarray of bool, shape (F + 1,)
        Which blocks may run on the source, where that is not in the region.
    family : int
        Number of the set of applications that the members are from: sets have nobody in common.
    returned : Returned or None
        What returning results adds in the region.
    """

    model: int
    configuration: int
    members: Ints
    region: Region
    factors: StageFactors
    computing: Computing
    allowed: NDArray[np.bool_]
    at_home: NDArray[np.bool_]
    family: int = 0
    returned: Returned | None = None

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
        Applications with groups of their own, with the source in the region; all whose results return, and
        all where moving blocks costs something.
    """
    shared = Region.of(network)
    regions: dict[int, Region] = {}
    found = []
    for family, (m, mean, pins, alone, members) in enumerate(_alike(instance, demand, own_group)):
        model = instance.models[m]
        region, returns = shared, instance.moves or bool(demand.result[members[0]] >= 0)
        if alone >= 0 and not network.shared[demand.source[members[0]]]:
            owner = int(demand.source[members[0]])
            region = regions.setdefault(owner, regions.get(owner) or Region.of(network, owner))
        chosen_ones = range(len(model.configurations)) if returns else undominated(instance, model)
        for c in chosen_ones:
            chosen = members[demand.min_accuracy[members] <= model.configurations[c].accuracy]
            if chosen.size:
                factors = stage_factors(model, c, mean=mean)
                computing = Computing.of(instance, network, model, c, factors)
                whole = replace(_group(network, computing, m, c, pins, chosen, region), family=family)
                whole = _with_home(whole, network, demand) if alone >= 0 else whole
                found.append(_with_results(instance, network, whole) if returns else whole)
    return found


def undominated(instance: Instance, model: Model) -> list[int]:
    """Configurations that no other one replaces: as accurate, and at no stage needing more of anything."""
    profiles = [profile for profile in instance.profiles if profile.model == model.id]
    kept: list[int] = []
    order = sorted(range(len(model.configurations)), key=lambda c: (-model.configurations[c].accuracy, c))
    figures = {
        c: np.array([*_needed(model, c), *(row for p in profiles for row in _measured(model, c, p))])
        for c in order
    }
    for c in order:
        mine = figures[c]
        if not any(_never_more(figures[other], mine) for other in kept):
            kept.append(c)
    return sorted(kept)


def _needed(model: Model, configuration: int) -> list[Floats]:
    """What the stages need, row by row."""
    return [row for mean in (False, True) for row in stage_factors(model, configuration, mean=mean)]


def _measured(model: Model, configuration: int, profile: Profile) -> list[Floats]:
    """What the stages were measured to take, of the samples that reach them and of all."""
    share = stage_factors(model, configuration, mean=False).share
    taken = measured_stages(model, configuration, profile)
    barred = np.where(np.isfinite(taken.seconds), 0.0, np.inf)
    some = np.where(np.isfinite(taken.seconds), share, 0.0)
    weighted = [some * np.where(np.isfinite(row), row, 0.0) + barred for row in taken]
    return [*taken, *weighted]


def _never_more(one: Floats, other: Floats) -> bool:
    last = one.shape[1]
    return last <= other.shape[1] and bool((one <= other[:, :last]).all())


def _alike(
    instance: Instance, demand: Demand, own_group: NDArray[np.bool_]
) -> Iterator[tuple[int, bool, Pinned, int, Ints]]:
    """Applications by model, kind of latency and pins, with who is apart, or -1, before the members."""
    special = sorted({*demand.pins, *demand.allowed})
    number = {node.id: v for v, node in enumerate(instance.nodes)} if special else {}
    pinned = {h: _pins(instance, demand, h, number) for h in special}
    pinned = {h: pins for h, pins in pinned.items() if pins}
    for h in np.flatnonzero(own_group).tolist():
        alone = np.array([h], np.int32)
        yield int(demand.model[h]), bool(demand.mean[h]), pinned.get(h, ()), h, alone
    free = ~own_group
    free[list(pinned)] = False
    for m in range(len(instance.models)):
        for mean in (False, True):
            members = np.flatnonzero(free & (demand.model == m) & (demand.mean == mean)).astype(np.int32)
            for some in _divided(members, demand.size):
                yield m, mean, (), HOME, some
    rest: defaultdict[tuple[int, bool, Pinned], list[int]] = defaultdict(list)
    for h, pins in sorted(pinned.items()):
        if not own_group[h]:
            rest[int(demand.model[h]), bool(demand.mean[h]), pins].append(h)
    for key, applications in rest.items():
        yield *key, HOME, np.array(applications, np.int32)


def _divided(members: Ints, everyone: int) -> list[Ints]:
    """Applications in parts that several threads can work on, where one model has most of them."""
    most = max(LEAST_DIVIDED, everyone / PARTS)
    return np.array_split(members, math.ceil(members.size / most)) if members.size else []


def _pins(instance: Instance, demand: Demand, h: int, number: Mapping[str, int]) -> Pinned:
    """Where the blocks of an application may run that may not run everywhere."""
    blocks = instance.models[demand.model[h]].block_index
    source = instance.nodes[demand.source[h]]
    home = HOME if not source.shared else int(demand.source[h])
    nodes = dict(demand.allowed.get(h, {}))
    nodes |= {block: (node,) for block, node in demand.pins.get(h, {}).items()}
    return tuple(
        sorted(
            (blocks[block], tuple(sorted(home if node == source.id else number[node] for node in names)))
            for block, names in nodes.items()
        )
    )


def _group(
    network: Network, computing: Computing, m: int, c: int, pins: Pinned, members: Ints, region: Region
) -> Group:
    factors = computing.factors
    allowed = computing.runs(network, region.nodes)
    at_home = np.ones(factors.stages, bool)
    for block, nodes in pins:
        if block < factors.stages:
            allowed[block] &= np.isin(region.nodes, nodes)
            at_home[block] = HOME in nodes
    return Group(m, c, members, region, factors, computing, allowed, at_home)


def _with_home(whole: Group, network: Network, demand: Demand) -> Group:
    """The group of one application whose source is in the region: blocks pinned to home may run there."""
    allowed = whole.allowed.copy()
    source = whole.region.position[demand.source[whole.members[0]]]
    runs = whole.computing.runs(network, demand.source[whole.members])
    allowed[:, source] |= whole.at_home & runs[:, 0]
    return replace(whole, allowed=allowed)


def _with_results(instance: Instance, network: Network, whole: Group) -> Group:
    """The group of one application with what returning its results adds."""
    application = instance.applications[int(whole.members[0])]
    nodes = whole.region.nodes
    returned = Returned.of(instance, network, application, whole.configuration, nodes)
    assert returned is not None
    return replace(whole, returned=returned, allowed=whole.allowed & returned.runs)
