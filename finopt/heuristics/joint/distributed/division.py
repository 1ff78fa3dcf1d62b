"""An instance divided into partitions: the devices of neighbouring sites, about as many applications each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.heuristics.joint.clusters import site_of
from finopt.problem.application_table import ApplicationTable
from finopt.problem.array_types import Bools, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance

LARGEST = 500_000
"""Most applications of a partition, about: a worker needs some 3 GB more while it works on one of these."""

FEWEST, SMALLEST = 8, 1000
"""So many partitions at least, as long as each has so many applications: what a dead worker held is then soon
made again, and several workers are done at the same time."""


def how_many(applications: int) -> int:
    """Number of partitions for so many applications; it does not depend on who works."""
    enough = max(math.ceil(applications / LARGEST), min(FEWEST, applications // SMALLEST))
    return max(2, enough)


@dataclass(frozen=True, eq=False)
class Division:
    """Which applications, nodes and links each partition has.

    Attributes
    ----------
    instance : Instance
    network : Network
        Of the instance.
    partition : ndarray of int32, shape (N,)
        Of every application.
    home : ndarray of int32, shape (V,)
        Partition of every private node, -1 of the others.
    """

    instance: Instance
    network: Network
    partition: Ints
    home: Ints

    @classmethod
    def of(cls, instance: Instance, number: int | None = None) -> Division:
        """Divide an instance into so many partitions, fewer if there are fewer sources."""
        network, demand = Network.of(instance), Demand.of(instance)
        site, load = site_of(network), np.bincount(demand.source, minlength=network.nodes)
        sources = np.flatnonzero(load)
        sources = sources[np.argsort(site[sources], kind="stable")]
        before = np.cumsum(load[sources]) - load[sources] / 2
        wanted = min(number or how_many(demand.size), sources.size)
        of_node = np.full(network.nodes, -1, np.int32)
        cut = (before * (wanted / demand.size)).astype(np.int64)
        of_node[sources] = np.unique(cut, return_inverse=True)[1]
        return cls(instance, network, of_node[demand.source], np.where(network.shared, -1, of_node))

    @property
    def count(self) -> int:
        """Number of partitions."""
        return int(self.partition.max()) + 1

    def rows(self, number: int) -> NDArray[np.intp]:
        """The applications of a partition."""
        return np.flatnonzero(self.partition == number)

    def nodes(self, number: int) -> NDArray[np.intp]:
        """The nodes of a partition."""
        return np.flatnonzero(self._inside(number))

    def directed_links(self, number: int) -> NDArray[np.intp]:
        """The directed links of a partition."""
        inside = self._inside(number)
        return np.flatnonzero(inside[self.network.tail] & inside[self.network.head])

    def partition_instance(self, number: int) -> Instance:
        """A partition as an instance; names stay."""
        given = self.instance
        nodes = tuple(given.nodes[v] for v in self.nodes(number).tolist())
        known, classes = {node.id for node in nodes}, {node.device for node in nodes}
        return Instance(
            name=f"{given.name} partition {number + 1}",
            version=given.version,
            nodes=nodes,
            links=tuple(link for link in given.links if link.source in known and link.target in known),
            models=given.models,
            profiles=tuple(profile for profile in given.profiles if profile.device in classes),
            applications=self._applications(self.rows(number)),
        ).minimising(given.objective)

    def _inside(self, number: int) -> Bools:
        inside: Bools = self.network.shared | (self.home == number)
        return inside

    def _applications(self, rows: NDArray[np.intp]) -> Any:
        given = self.instance.applications
        if not isinstance(given, ApplicationTable):
            return tuple(given[int(row)] for row in rows)
        return _without_unused_sources(given.take(rows))


def _without_unused_sources(table: ApplicationTable) -> ApplicationTable:
    """The same table with the names of its own sources only: others would travel with every partition."""
    used, source = np.unique(table.source, return_inverse=True)
    columns = {name: getattr(table, name) for name in table.columns}
    names = tuple(table.source_ids[i] for i in used.tolist())
    return ApplicationTable(**{**columns, "source_ids": names, "source": source.ravel()})
