"""Paths through the regions of all groups: one number for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from finopt.heuristics.joint.group_paths import GroupPaths
from finopt.heuristics.joint.groups import Group
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Network


class RegionPaths:
    """The paths of all groups seen so far.

    Several threads may each find paths of a group of their own (`of_group`); one thread gives them numbers
    afterwards (`numbers`), so that these do not depend on who was first.

    Attributes
    ----------
    network : Network
    count : int
        How many have a number.
    """

    def __init__(self, network: Network, groups: Sequence[Group]) -> None:
        self.network = network
        self.count = 0
        self.of_group = [GroupPaths(network, group) for group in groups]
        self._number: list[Ints] = [np.full(1, -1, np.int32) for _ in groups]  # the last is that of none
        self._steps: list[tuple[Ints, Ints]] = []
        self._energy = [np.zeros(0)]
        self._seconds = [np.zeros(0)]
        empty = csr_array((0, network.capacity.size))
        self._carried: list[Any] = [empty]
        self._held: list[Any] = [empty]

    def add(self, number: int, nodes: Ints, hops: Ints, size: NDArray[np.intp]) -> Ints:
        """The numbers of some paths of group ``number``; see `GroupPaths.add`."""
        return self.numbers(number, self.of_group[number].add(nodes, hops, size))

    def numbers(self, number: int, path: Ints) -> Ints:
        """The numbers of paths that group ``number`` has numbers of its own for; -1 stays."""
        own = self.of_group[number]
        for new in own.fresh:
            fresh = np.arange(self.count, self.count + len(new.steps), dtype=np.int32)
            self._number[number] = np.insert(self._number[number], -1, fresh)
            self.count += len(new.steps)
            self._energy.append(new.energy)
            self._seconds.append(new.seconds)
            self._carried.append(new.carried)
            self._held.append(new.held)
            self._steps += new.steps
        own.fresh.clear()
        return self._number[number][path]

    @property
    def energy(self) -> Floats:
        """Per sample [J], shape (paths,)."""
        self._energy = [np.concatenate(self._energy)]
        return self._energy[0]

    @property
    def seconds(self) -> Floats:
        """Latency that counts [s], shape (paths,)."""
        self._seconds = [np.concatenate(self._seconds)]
        return self._seconds[0]

    @property
    def loads(self) -> tuple[Any, Any]:
        """Loads per sample and second, and memory held, each of shape (paths, 2 V + E)."""
        self._carried, self._held = [_stacked(self._carried)], [_stacked(self._held)]
        return self._carried[0], self._held[0]

    def steps(self, path: int) -> tuple[Ints, Ints]:
        """Node of each block (-1 before the path begins), and rows (stage, link) of the hops."""
        return self._steps[path]


def _stacked(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else vstack(parts, "csr")
