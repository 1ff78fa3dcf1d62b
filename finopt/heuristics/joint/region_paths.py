"""Paths through regions that are met in a search, each kept and measured once however many follow it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

from finopt.heuristics.joint.groups import Group
from finopt.heuristics.joint.value_tables import Table
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Network
from finopt.problem.coefficients import sending_energy, sending_seconds


@dataclass(eq=False)
class RegionPaths:
    """The distinct paths through regions seen so far.

    Attributes
    ----------
    network : Network
    count : int
        How many there are.
    """

    network: Network
    count: int = 0
    _known: dict[int, dict[bytes, int]] = field(default_factory=dict)
    _steps: list[tuple[Ints, Ints]] = field(default_factory=list)
    _energy: list[Floats] = field(default_factory=list)
    _seconds: list[Floats] = field(default_factory=list)
    _carried: list[Any] = field(default_factory=list)
    _held: list[Any] = field(default_factory=list)

    def enter(self, number: int, table: Table, row: Ints, stage: Ints, node: Ints, step: Ints) -> Ints:
        """Numbers of the paths that a table (of group ``number``) means from some entries on."""
        shape = table.level.shape
        keys = np.ravel_multi_index((row, stage, node, step), shape)
        distinct, back = np.unique(keys, return_inverse=True)
        nodes, hops = table.paths(*(np.asarray(x, np.int32) for x in np.unravel_index(distinct, shape)))
        size = np.bincount(hops[:, 0], minlength=distinct.size)
        return self.add(number, table.group, nodes, np.ascontiguousarray(hops[:, 1:]), size)[back.ravel()]

    def add(self, number: int, group: Group, nodes: Ints, hops: Ints, size: NDArray[np.intp]) -> Ints:
        """The numbers of a group's paths.

        Parameters
        ----------
        number : int
            Of the group.
        group : Group
        nodes : ndarray of int32, shape (paths, F + 1)
            Node of each block, -1 before the path begins.
        hops : ndarray of int32, shape (hops, 2)
            Stage and link of the hops, path after path.
        size : ndarray of int, shape (paths,)
            How many hops each path has.
        """
        known, end = self._known.setdefault(number, {}), np.cumsum(size)
        keys = _keys(nodes, hops, end)
        fresh = {key: k for k, key in enumerate(keys) if key not in known}
        if fresh:
            known.update(zip(fresh, itertools.count(self.count), strict=False))
            which = [*fresh.values()]
            self._measure(group, nodes[which], [hops[end[k] - size[k] : end[k]] for k in which])
            self.count += len(fresh)
        return np.array([known[key] for key in keys], np.int32)

    def _measure(self, group: Group, nodes: Ints, routes: list[Ints]) -> None:
        network, factors = self.network, group.factors
        count, width = len(nodes), network.capacity.size
        row, block = np.nonzero(nodes >= 0)
        where = nodes[row, block]
        hop_row = np.repeat(np.arange(count), [len(route) for route in routes])
        hop = np.concatenate(routes)
        at, link = hop[:, 0], hop[:, 1]

        self._steps += zip(nodes, routes, strict=True)

        def total(per_block: Floats, per_hop: Floats) -> Floats:
            sums = np.bincount(row, per_block, count) + np.bincount(hop_row, per_hop, count)
            return np.asarray(sums, float)

        computing, step, sending = group.computing, (network, block, where), (at, network.link_figures, link)
        energy, seconds = computing.energy(*step), computing.seconds(*step)
        back = group.returned
        if back is not None:
            place = group.region.position[where]
            energy, seconds = energy + back.energy[block, place], seconds + back.seconds[block, place]
        self._energy.append(total(energy, sending_energy(factors, *sending)))
        self._seconds.append(total(seconds, sending_seconds(factors, *sending)))
        rows, shape = np.concatenate([row, hop_row]), (count, width)
        columns = np.concatenate([where, 2 * network.nodes + link])
        loads = np.concatenate([computing.ops(*step), factors.bits[at]])
        carried = csr_array((loads, (rows, columns)), shape)
        if back is not None:
            nothing = csr_array((count, 2 * network.nodes))
            carried = carried + hstack([nothing, back.carried(row, block, place, count)], "csr")
        self._carried.append(carried)
        self._held.append(csr_array((factors.memory[block], (row, network.nodes + where)), shape))

    @property
    def energy(self) -> Floats:
        """Per sample [J], shape (paths,)."""
        self._energy = [np.concatenate([np.zeros(0), *self._energy])]
        return self._energy[0]

    @property
    def seconds(self) -> Floats:
        """Latency that counts [s], shape (paths,)."""
        self._seconds = [np.concatenate([np.zeros(0), *self._seconds])]
        return self._seconds[0]

    @property
    def loads(self) -> tuple[Any, Any]:
        """Loads per sample and second, and memory held, each of shape (paths, 2 V + E)."""
        empty = csr_array((0, self.network.capacity.size))
        self._carried = [
            vstack([empty, *self._carried], "csr") if len(self._carried) != 1 else self._carried[0]
        ]
        self._held = [vstack([empty, *self._held], "csr") if len(self._held) != 1 else self._held[0]]
        return self._carried[0], self._held[0]

    def steps(self, path: int) -> tuple[Ints, Ints]:
        """Node of each block (-1 before the path begins), and rows (stage, link) of the hops."""
        return self._steps[path]


def _keys(nodes: Ints, hops: Ints, end: NDArray[np.intp]) -> list[bytes]:
    """What tells the paths of a group apart; all paths have as many nodes."""
    before, after, width = nodes.tobytes(), hops.tobytes(), nodes.itemsize * nodes.shape[1]
    ends = (hops.itemsize * hops.shape[1] * end).tolist()
    parts = enumerate(zip([0, *ends], ends, strict=False))
    return [before[width * k : width * (k + 1)] + after[first:last] for k, (first, last) in parts]
