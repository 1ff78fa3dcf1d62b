"""Paths through the region of one group, each kept and measured once however many follow it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from finopt.heuristics.joint.groups import Group
from finopt.heuristics.joint.value_tables import Table
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Network
from finopt.problem.coefficients import sending_energy, sending_seconds


class Measured(NamedTuple):
    """What some paths cost per sample [J], their latency [s], what they load per sample and second and what
    they hold in memory, each of shape (paths, 2 V + E); and their steps: node of each block, -1 before the
    path begins, and rows (stage, link) of the hops."""

    energy: Floats
    seconds: Floats
    carried: Any
    held: Any
    steps: list[tuple[Ints, Ints]]


@dataclass(eq=False)
class GroupPaths:
    """The distinct paths of one group seen so far, numbered from 0.

    Attributes
    ----------
    network : Network
    group : Group
    seconds : ndarray, shape (paths,)
        Latency that counts [s].
    fresh : list of Measured
        Paths that `finopt.heuristics.joint.region_paths.RegionPaths` has no numbers for yet.
    """

    network: Network
    group: Group
    seconds: Floats = field(default_factory=lambda: np.zeros(0))
    fresh: list[Measured] = field(default_factory=list)
    _known: dict[bytes, int] = field(default_factory=dict)

    def enter(self, table: Table, row: Ints, stage: Ints, node: Ints, step: Ints) -> Ints:
        """Numbers of the paths that a table means from some entries on."""
        shape = table.level.shape
        keys = np.ravel_multi_index((row, stage, node, step), shape)
        distinct, back = np.unique(keys, return_inverse=True)
        nodes, hops = table.paths(*(np.asarray(x, np.int32) for x in np.unravel_index(distinct, shape)))
        size = np.bincount(hops[:, 0], minlength=distinct.size)
        return self.add(nodes, np.ascontiguousarray(hops[:, 1:]), size)[back.ravel()]

    def add(self, nodes: Ints, hops: Ints, size: NDArray[np.intp]) -> Ints:
        """The numbers of some paths.

        Parameters
        ----------
        nodes : ndarray of int32, shape (paths, F + 1)
            Node of each block, -1 before the path begins.
        hops : ndarray of int32, shape (hops, 2)
            Stage and link of the hops, path after path.
        size : ndarray of int, shape (paths,)
            How many hops each path has.
        """
        known, end = self._known, np.cumsum(size)
        keys = _keys(nodes, hops, end)
        fresh = {key: k for k, key in enumerate(keys) if key not in known}
        if fresh:
            known.update(zip(fresh, itertools.count(len(known)), strict=False))
            which = [*fresh.values()]
            self._measure(nodes[which], [hops[end[k] - size[k] : end[k]] for k in which])
        return np.array([known[key] for key in keys], np.int32)

    def _measure(self, nodes: Ints, routes: list[Ints]) -> None:
        network, group, factors = self.network, self.group, self.group.factors
        count, width = len(nodes), network.capacity.size
        row, block = np.nonzero(nodes >= 0)
        where = nodes[row, block]
        hop_row = np.repeat(np.arange(count), [len(route) for route in routes])
        hop = np.concatenate(routes)
        at, link = hop[:, 0], hop[:, 1]

        def total(per_block: Floats, per_hop: Floats) -> Floats:
            sums = np.bincount(row, per_block, count) + np.bincount(hop_row, per_hop, count)
            return np.asarray(sums, float)

        computing, step, sending = group.computing, (network, block, where), (at, network.link_figures, link)
        energy, seconds = computing.energy(*step), computing.seconds(*step)
        back = group.returned
        if back is not None:
            place = group.region.position[where]
            energy, seconds = energy + back.energy[block, place], seconds + back.seconds[block, place]
        latency = total(seconds, sending_seconds(factors, *sending))
        rows, shape = np.concatenate([row, hop_row]), (count, width)
        columns = np.concatenate([where, 2 * network.nodes + link])
        loads = np.concatenate([computing.ops(*step), factors.bits[at]])
        carried = csr_array((loads, (rows, columns)), shape)
        if back is not None:
            nothing = csr_array((count, 2 * network.nodes))
            carried = carried + hstack([nothing, back.carried(row, block, place, count)], "csr")
        held = csr_array((factors.memory[block], (row, network.nodes + where)), shape)
        spent = total(energy, sending_energy(factors, *sending))
        self.seconds = np.concatenate([self.seconds, latency])
        self.fresh.append(Measured(spent, latency, carried, held, [*zip(nodes, routes, strict=True)]))


def _keys(nodes: Ints, hops: Ints, end: NDArray[np.intp]) -> list[bytes]:
    """What tells the paths of a group apart; all paths have as many nodes."""
    before, after, width = nodes.tobytes(), hops.tobytes(), nodes.itemsize * nodes.shape[1]
    ends = (hops.itemsize * hops.shape[1] * end).tolist()
    parts = enumerate(zip([0, *ends], ends, strict=False))
    return [before[width * k : width * (k + 1)] + after[first:last] for k, (first, last) in parts]
