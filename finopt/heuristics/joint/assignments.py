"""Plans: what applications do inside a region, kept once however many follow them; and who follows which.

A *choice* of an application is its group (model and configuration), the stage at which it leaves its device,
the link it takes and the plan it follows from there. Its power, latency and loads follow from these.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from finopt.heuristics.joint.groups import Group
from finopt.heuristics.joint.k_cheapest import Way
from finopt.heuristics.joint.value_tables import Starts, Table
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.coefficients import (
    StageFactors,
    computing_energy,
    computing_seconds,
    sending_energy,
    sending_seconds,
)

NONE = -1


@dataclass(eq=False)
class Plans:
    """The distinct paths through regions seen so far.

    Attributes
    ----------
    energy, seconds : list of ndarray
        Per sample, in batches [J], [s].
    carried, held : list of csr_array, shape (plans, 2 V + E)
        Loads per sample and second (compute, bandwidth), and memory.
    """

    network: Network
    count: int = 0
    _known: dict[tuple[int, bytes, bytes], int] = field(default_factory=dict)
    _rows: list[tuple[int, Ints, Ints]] = field(default_factory=list)
    _energy: list[Floats] = field(default_factory=list)
    _seconds: list[Floats] = field(default_factory=list)
    _carried: list[Any] = field(default_factory=list)
    _held: list[Any] = field(default_factory=list)

    def enter(self, number: int, table: Table, row: Ints, stage: Ints, node: Ints, step: Ints) -> Ints:
        """The plans that a table (of group ``number``) means from some entries on, shape (entries,)."""
        shape = table.level.shape
        keys = np.ravel_multi_index((row, stage, node, step), shape)
        distinct, back = np.unique(keys, return_inverse=True)
        nodes, hops = table.paths(*(np.asarray(x, np.int32) for x in np.unravel_index(distinct, shape)))
        start = np.searchsorted(hops[:, 0], np.arange(len(distinct) + 1))
        routes = [hops[start[k] : start[k + 1], 1:] for k in range(len(distinct))]
        return self.add(number, table.group, nodes, routes)[back.ravel()]

    def add(self, number: int, group: Group, nodes: Ints, routes: list[Ints]) -> Ints:
        """The plans of a group with these nodes per block (-1 before) and hops (stage, link)."""
        plan = np.empty(len(routes), np.int32)
        fresh = []
        for k, route in enumerate(routes):
            key = (number, nodes[k].tobytes(), route.tobytes())
            known = self._known.get(key)
            if known is None:
                known = self._known[key] = self.count
                self._rows.append((number, nodes[k], route))
                fresh.append(k)
                self.count += 1
            plan[k] = known
        if fresh:
            self._measure(group, nodes[fresh], [routes[k] for k in fresh])
        return plan

    def _measure(self, group: Group, nodes: Ints, routes: list[Ints]) -> None:
        network, factors = self.network, group.factors
        count, width = len(nodes), network.capacity.size
        row, block = np.nonzero(nodes >= 0)
        where = nodes[row, block]
        hop_row = np.repeat(np.arange(count), [len(route) for route in routes])
        hop = np.concatenate(routes) if routes else np.zeros((0, 2), np.int32)
        at, link = hop[:, 0], hop[:, 1]

        def total(per_block: Floats, per_hop: Floats) -> Floats:
            sums = np.bincount(row, per_block, count) + np.bincount(hop_row, per_hop, count)
            return np.asarray(sums, float)

        computing, sending = (block, network.node_figures, where), (at, network.link_figures, link)
        self._energy.append(total(computing_energy(factors, *computing), sending_energy(factors, *sending)))
        self._seconds.append(
            total(computing_seconds(factors, *computing), sending_seconds(factors, *sending))
        )
        rows, shape = np.concatenate([row, hop_row]), (count, width)
        columns = np.concatenate([where, 2 * network.nodes + link])
        self._carried.append(
            csr_array((np.concatenate([factors.ops[block], factors.bits[at]]), (rows, columns)), shape)
        )
        self._held.append(csr_array((factors.memory[block], (row, network.nodes + where)), shape))

    @property
    def energy(self) -> Floats:
        """Per sample [J], shape (plans,)."""
        self._energy = [np.concatenate([np.zeros(0), *self._energy])]
        return self._energy[0]

    @property
    def seconds(self) -> Floats:
        """Latency that counts [s], shape (plans,)."""
        self._seconds = [np.concatenate([np.zeros(0), *self._seconds])]
        return self._seconds[0]

    @property
    def loads(self) -> tuple[Any, Any]:
        """Loads per sample and second, and memory held, each of shape (plans, 2 V + E)."""
        empty = csr_array((0, self.network.capacity.size))
        self._carried = [
            vstack([empty, *self._carried], "csr") if len(self._carried) != 1 else self._carried[0]
        ]
        self._held = [vstack([empty, *self._held], "csr") if len(self._held) != 1 else self._held[0]]
        return self._carried[0], self._held[0]

    def steps(self, plan: int) -> tuple[Ints, Ints]:
        """Node of each block (-1 before the plan begins), and rows (stage, link) of the hops."""
        _, nodes, hops = self._rows[plan]
        return nodes, hops


@dataclass(frozen=True, eq=False)
class Choices:
    """Choices of applications, as columns of shape (n,).

    ``group`` numbers the groups; ``link`` and ``plan`` are -1 where the application stays on its device;
    a plan without a link begins at the source, at stage 0.
    """

    application: Ints
    group: Ints
    leave: Ints
    link: Ints
    plan: Ints

    @property
    def size(self) -> int:
        """Number of choices."""
        return self.application.size

    def take(self, which: NDArray[Any]) -> Choices:
        """Some of them."""
        return Choices(*(column[which] for column in self.columns()))

    @property
    def sent(self) -> NDArray[np.intp]:
        """Those that leave the device over a link."""
        return np.flatnonzero(self.link >= 0)

    @property
    def planned(self) -> NDArray[np.intp]:
        """Those that follow a plan."""
        return np.flatnonzero(self.plan >= 0)

    def columns(self) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        """The columns, in the order in which they are declared."""
        return self.application, self.group, self.leave, self.link, self.plan

    @classmethod
    def joined(cls, parts: list[Choices]) -> Choices:
        """All of them, one part after the other."""
        none = (np.zeros(0, np.int32),) * 5
        columns = zip(none, *(part.columns() for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))


@dataclass(frozen=True, eq=False)
class Account:
    """Figures of choices that depend on groups, network and plans."""

    network: Network
    demand: Demand
    groups: list[Group]
    plans: Plans

    def choices(self, number: int, table: Table, members: Ints, starts: Starts) -> Choices:
        """What the entries of a table mean for some members; those without a way are left out."""
        possible = np.flatnonzero(np.isfinite(starts.value))
        members, link = members[possible], starts.link[possible]
        stage, step, row = starts.leave[possible], starts.step[possible], starts.row[possible]
        region = table.group.region
        sent = link >= 0
        gate = self.demand.source[members]
        gate[sent] = self.network.head[link[sent]]
        inside = stage < table.group.stages
        plan = np.full(members.size, NONE, np.int32)
        if inside.any():
            entries = row[inside], stage[inside], region.position[gate[inside]], step[inside]
            plan[inside] = self.plans.enter(number, table, *entries)
        return Choices(members, np.full(members.size, number, np.int32), stage, link, plan)

    def ways(self, number: int, ways: list[list[Way]]) -> Choices:
        """Ways of each member of group ``number`` as choices."""
        group, every = self.groups[number], [way for own in ways for way in own]
        nodes = np.full((len(every), group.stages), NONE, np.int32)
        for k, way in enumerate(every):
            nodes[k, group.stages - len(way.nodes) :] = way.nodes
        leave = np.array([way.leave for way in every], np.int32)
        link = np.array([way.link for way in every], np.int32)
        inside = np.flatnonzero(leave < group.stages)
        routes = [np.array(every[k].hops, np.int32).reshape(-1, 2) for k in inside]
        plan = np.full(len(every), NONE, np.int32)
        plan[inside] = self.plans.add(number, group, nodes[inside], routes)
        application = np.repeat(group.members, [len(own) for own in ways])
        return Choices(application, np.full(len(every), number, np.int32), leave, link, plan)

    @cached_property
    def _stages(self) -> tuple[NDArray[np.int64], StageFactors, StageFactors]:
        """Start of each group's stages 0 .. F + 1; their factors, and the sums of those before each."""
        start = np.cumsum([0, *(group.stages + 1 for group in self.groups)])[:-1]
        columns = list(zip(*(group.factors for group in self.groups), strict=True))
        zero = np.zeros(1)
        own = (np.concatenate([part for one in column for part in (one, zero)]) for column in columns)
        sums = (
            np.concatenate([part for one in column for part in (zero, np.cumsum(one))]) for column in columns
        )
        return start, StageFactors(*own), StageFactors(*sums)

    def left_at(self, choices: Choices) -> tuple[NDArray[np.int64], StageFactors, StageFactors]:
        """The stage at which each choice leaves its device, shape (n,), as an index into the factors that
        follow: of the stages, and summed over the blocks before each."""
        start, own, before = self._stages
        return start[choices.group] + choices.leave, own, before

    def power(self, choices: Choices) -> Floats:
        """Power of choices [W]."""
        network, (leave, stages, before) = self.network, self.left_at(choices)
        home = self.demand.source[choices.application]
        energy = computing_energy(before, leave, network.node_figures, home)
        sent, planned = choices.sent, choices.planned
        energy[sent] += sending_energy(stages, leave[sent], network.link_figures, choices.link[sent])
        energy[planned] += self.plans.energy[choices.plan[planned]]
        return np.asarray(self.demand.rate[choices.application] * energy)

    def seconds(self, choices: Choices) -> Floats:
        """Latency of choices that counts against their limit [s]."""
        network, (leave, stages, before) = self.network, self.left_at(choices)
        home = self.demand.source[choices.application]
        seconds = computing_seconds(before, leave, network.node_figures, home)
        sent, planned = choices.sent, choices.planned
        seconds[sent] += sending_seconds(stages, leave[sent], network.link_figures, choices.link[sent])
        seconds[planned] += self.plans.seconds[choices.plan[planned]]
        return np.asarray(seconds)

    def loads(self, choices: Choices, cluster: Ints | None = None, clusters: int = 0) -> Any:
        """What choices use of every capacity, sparse, shape (n, 2 V + E); or summed over clusters.

        Parameters
        ----------
        choices : Choices
        cluster : ndarray of int, shape (n,), optional
            Cluster of each choice. Default: each is its own.
        clusters : int
            Number of clusters.
        """
        if cluster is None:
            cluster, clusters = np.arange(choices.size, dtype=np.int32), choices.size
        leave, stages, before = self.left_at(choices)
        nodes, planned, sent = self.network.nodes, choices.planned, choices.sent
        source, rate = self.demand.source[choices.application], self.demand.rate[choices.application]
        bits = rate[sent] * stages.bits[leave[sent]]
        used = np.concatenate([rate * before.ops[leave], before.memory[leave], bits])
        where = np.concatenate([source, nodes + source, 2 * nodes + choices.link[sent]])
        owner = np.concatenate([cluster, cluster, cluster[sent]])
        some = used > 0
        own = csr_array((used[some], (owner[some], where[some])), (clusters, self.network.capacity.size))
        carried, held = self.plans.loads
        followed, shape = (cluster[planned], choices.plan[planned]), (clusters, self.plans.count)
        per_second = csr_array((rate[planned], followed), shape) @ carried
        return csr_array(own + per_second + csr_array((np.ones(planned.size), followed), shape) @ held)
