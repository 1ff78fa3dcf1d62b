"""What applications are assigned: which way each takes, what that costs and uses, and the placement it means.

An *assignment* of an application is its group (model and configuration), the stage at which it leaves its
device, the link it takes and the path through the region that it follows from there. Its power, latency and
loads follow from these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from finopt.heuristics.joint.computing import Computing
from finopt.heuristics.joint.groups import Group
from finopt.heuristics.joint.k_cheapest import PartialPath
from finopt.heuristics.joint.region_paths import RegionPaths
from finopt.heuristics.joint.value_tables import Starts, Table
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.coefficients import (
    StageFactors,
    sending_energy,
    sending_seconds,
)
from finopt.problem.instance import Instance
from finopt.problem.placement_table import PlacementTable

NONE = -1


@dataclass(frozen=True, eq=False)
class Assignments:
    """Assignments of applications, as columns of shape (n,).

    ``group`` numbers the groups; ``link`` and ``path`` are -1 where the application stays on its device;
    a path without a link begins at the source, at stage 0.
    """

    application: Ints
    group: Ints
    leave: Ints
    link: Ints
    path: Ints

    @property
    def size(self) -> int:
        """Number of assignments."""
        return self.application.size

    def take(self, which: NDArray[Any]) -> Assignments:
        """Some of them."""
        return Assignments(*(column[which] for column in self.columns()))

    @property
    def sent(self) -> NDArray[np.intp]:
        """Those that leave the device over a link."""
        return np.flatnonzero(self.link >= 0)

    @property
    def with_path(self) -> NDArray[np.intp]:
        """Those that follow a path through the region."""
        return np.flatnonzero(self.path >= 0)

    def columns(self) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        """The columns, in the order in which they are declared."""
        return self.application, self.group, self.leave, self.link, self.path

    @classmethod
    def joined(cls, parts: list[Assignments]) -> Assignments:
        """All of them, one part after the other."""
        none = (np.zeros(0, np.int32),) * 5
        columns = zip(none, *(part.columns() for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))


@dataclass(frozen=True, eq=False)
class AssignmentFigures:
    """What assignments cost and use; it follows from groups, network and paths."""

    network: Network
    demand: Demand
    groups: list[Group]
    region_paths: RegionPaths

    def from_table(self, number: int, table: Table, members: Ints, starts: Starts) -> Assignments:
        """What the entries of a table mean for some members; those without a path are left out.

        Paths have the numbers that their group gives them, until `numbered`.
        """
        possible = np.flatnonzero(np.isfinite(starts.value))
        members, link = members[possible], starts.link[possible]
        stage, step, row = starts.leave[possible], starts.step[possible], starts.row[possible]
        region = table.group.region
        sent = link >= 0
        gate = self.demand.source[members]
        gate[sent] = self.network.head[link[sent]]
        inside = stage < table.group.stages
        path = np.full(members.size, NONE, np.int32)
        if inside.any():
            entries = row[inside], stage[inside], region.position[gate[inside]], step[inside]
            path[inside] = self.region_paths.of_group[number].enter(table, *entries)
        return Assignments(members, np.full(members.size, number, np.int32), stage, link, path)

    def numbered(self, number: int, assignments: Assignments) -> Assignments:
        """Assignments of group ``number`` made by `from_table`, with numbers of paths that all share."""
        return replace(assignments, path=self.region_paths.numbers(number, assignments.path))

    def from_paths(self, number: int, paths: list[list[PartialPath]]) -> Assignments:
        """Finished paths of each member of group ``number`` as assignments."""
        stages, every = self.groups[number].stages, [found for own in paths for found in own]
        nodes = np.full((len(every), stages), NONE, np.int32)
        for k, found in enumerate(every):
            nodes[k, stages - len(found.nodes) :] = found.nodes
        leave = np.array([found.leave for found in every], np.int32)
        link = np.array([found.link for found in every], np.int32)
        inside = np.flatnonzero(leave < stages)
        size = np.array([len(every[k].hops) for k in inside], np.intp)
        hops = np.array([hop for k in inside for hop in every[k].hops], np.int32).reshape(-1, 2)
        path = np.full(len(every), NONE, np.int32)
        path[inside] = self.region_paths.add(number, nodes[inside], hops, size)
        application = np.repeat(self.groups[number].members, [len(own) for own in paths])
        return Assignments(application, np.full(len(every), number, np.int32), leave, link, path)

    @cached_property
    def _stages(self) -> tuple[NDArray[np.int64], StageFactors, Computing]:
        """Start of each group's stages 0 .. F + 1; their factors, and computing all those before each."""
        start = np.cumsum([0, *(group.stages + 1 for group in self.groups)])[:-1]
        columns = list(zip(*(group.factors for group in self.groups), strict=True))
        zero = np.zeros(1)
        own = (np.concatenate([part for one in column for part in (one, zero)]) for column in columns)
        return start, StageFactors(*own), Computing.before([group.computing for group in self.groups])

    def left_at(self, assignments: Assignments) -> tuple[NDArray[np.int64], StageFactors, Computing]:
        """The stage at which each assignment leaves its device, shape (n,), as an index into the factors of
        stages and the sums before them that follow."""
        start, own, before = self._stages
        return start[assignments.group] + assignments.leave, own, before

    def power(self, assignments: Assignments) -> Floats:
        """Power of assignments [W]."""
        network, (leave, stages, before) = self.network, self.left_at(assignments)
        home = self.demand.source[assignments.application]
        energy = before.energy(network, leave, home)
        sent, with_path = assignments.sent, assignments.with_path
        energy[sent] += sending_energy(stages, leave[sent], network.link_figures, assignments.link[sent])
        energy[with_path] += self.region_paths.energy[assignments.path[with_path]]
        return np.asarray(self.demand.rate[assignments.application] * energy)

    def seconds(self, assignments: Assignments, of_path: Floats | None = None) -> Floats:
        """Latency of assignments that counts against their limit [s].

        ``of_path``: that of the paths, where they have the numbers of a group.
        """
        of_path = self.region_paths.seconds if of_path is None else of_path
        network, (leave, stages, before) = self.network, self.left_at(assignments)
        home = self.demand.source[assignments.application]
        seconds = before.seconds(network, leave, home)
        sent, with_path = assignments.sent, assignments.with_path
        seconds[sent] += sending_seconds(stages, leave[sent], network.link_figures, assignments.link[sent])
        seconds[with_path] += of_path[assignments.path[with_path]]
        return np.asarray(seconds)

    def loads(self, assignments: Assignments, cluster: Ints | None = None, clusters: int = 0) -> Any:
        """What assignments use of every capacity, sparse, shape (n, 2 V + E); or summed over clusters.

        Parameters
        ----------
        assignments : Assignments
        cluster : ndarray of int, shape (n,), optional
            Cluster of each assignment. Default: each is its own.
        clusters : int
            Number of clusters.
        """
        if cluster is None:
            cluster, clusters = np.arange(assignments.size, dtype=np.int32), assignments.size
        leave, stages, before = self.left_at(assignments)
        nodes, with_path, sent = self.network.nodes, assignments.with_path, assignments.sent
        source, rate = self.demand.source[assignments.application], self.demand.rate[assignments.application]
        bits = rate[sent] * stages.bits[leave[sent]]
        ops = before.ops(self.network, leave, source)
        used = np.concatenate([rate * ops, before.factors.memory[leave], bits])
        where = np.concatenate([source, nodes + source, 2 * nodes + assignments.link[sent]])
        owner = np.concatenate([cluster, cluster, cluster[sent]])
        some = used > 0
        own = csr_array((used[some], (owner[some], where[some])), (clusters, self.network.capacity.size))
        carried, held = self.region_paths.loads
        followed, shape = (
            (cluster[with_path], assignments.path[with_path]),
            (clusters, self.region_paths.count),
        )
        per_second = csr_array((rate[with_path], followed), shape) @ carried
        return csr_array(own + per_second + csr_array((np.ones(with_path.size), followed), shape) @ held)


def placement_table(
    instance: Instance, figures: AssignmentFigures, assignments: Assignments
) -> PlacementTable:
    """The placement that assignments mean, one per application and sorted by application.

    Notes
    -----
    O(blocks + hops) array operations.
    """
    stages = np.array([group.stages for group in figures.groups])
    node_start = np.concatenate([[0], np.cumsum(stages[assignments.group])])
    hop_start, hop_stage, hop_link = _hops(figures, assignments)
    configuration = np.array([group.configuration for group in figures.groups], np.int32)
    return PlacementTable.for_instance(
        instance,
        application=assignments.application,
        configuration=configuration[assignments.group],
        node_start=node_start,
        node=_nodes(figures, assignments, node_start),
        hop_start=hop_start,
        hop_stage=hop_stage,
        hop_link=hop_link,
    )


def _nodes(figures: AssignmentFigures, assignments: Assignments, start: Ints) -> Ints:
    """Node of every block: the source until the application leaves, then those of its path."""
    nodes = np.empty(start[-1], np.int32)
    for number in np.unique(assignments.group):
        which = np.flatnonzero(assignments.group == number)
        block = np.arange(figures.groups[number].stages)
        distinct, path = np.unique(assignments.path[which], return_inverse=True)
        home = figures.demand.source[assignments.application[which]]
        table = np.array(
            [figures.region_paths.steps(p)[0] if p >= 0 else np.full(block.size, -1) for p in distinct]
        )
        mine = table[path.ravel()]
        at_home = block[None, :] < assignments.leave[which][:, None]
        nodes[start[which][:, None] + block] = np.where(at_home, home[:, None], mine)
    return nodes


def _hops(figures: AssignmentFigures, assignments: Assignments) -> tuple[Ints, Ints, Ints]:
    """Where the hops of each start, their stages and links: the one from home, then those of its path."""
    distinct, path = np.unique(assignments.path, return_inverse=True)
    routes = [figures.region_paths.steps(p)[1] if p >= 0 else np.zeros((0, 2), np.int32) for p in distinct]
    size = np.array([len(route) for route in routes], np.int64)
    first = np.concatenate([[0], np.cumsum(size)])[:-1]
    every = np.concatenate([np.zeros((0, 2), np.int32), *routes])
    path = path.ravel()
    sent = (assignments.link >= 0).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(sent + size[path])])
    stage, link = np.empty(start[-1], np.int32), np.empty(start[-1], np.int32)
    leaving = np.flatnonzero(sent)
    stage[start[leaving]], link[start[leaving]] = assignments.leave[leaving], assignments.link[leaving]
    count = size[path]
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    to, source = np.repeat(start[:-1] + sent, count) + within, np.repeat(first[path], count) + within
    stage[to], link[to] = every[source, 0], every[source, 1]
    return start, stage, link
