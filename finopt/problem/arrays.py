"""The network and the applications as arrays, for methods that look at very many of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from finopt.problem.application_table import ApplicationTable
from finopt.problem.array_types import Bools, Floats, Ints
from finopt.problem.coefficients import LinkFigures, NodeFigures, link_figures, node_figures
from finopt.problem.instance import Instance, Pins


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes, directed links and their capacities, numbered as in the instance.

    Capacity v is the usable compute of node v [op/s], V + v its memory [byte], 2 V + e the bandwidth of directed
    link e [bit/s].

    Attributes
    ----------
    node_figures : NodeFigures
        Shape (V,).
    shared : ndarray of bool, shape (V,)
    tail, head : ndarray of int32, shape (E,)
    link_figures : LinkFigures
        Shape (E,).
    capacity : ndarray, shape (2 V + E,)
        inf without a limit.
    """

    node_figures: NodeFigures
    shared: Bools
    tail: Ints
    head: Ints
    link_figures: LinkFigures
    capacity: Floats

    @classmethod
    def of(cls, instance: Instance) -> Network:
        """Read the arrays from the objects, once."""
        nodes, links = instance.nodes, instance.directed_links
        number = {node.id: v for v, node in enumerate(nodes)}
        compute = np.array([node.usable_compute for node in nodes], float)
        memory = np.array([np.inf if node.memory is None else node.memory for node in nodes])
        bandwidth = np.array([link.bandwidth for link in links], float)
        return cls(
            node_figures=node_figures(nodes),
            shared=np.array([node.shared for node in nodes]),
            tail=np.array([number[link.source] for link in links], np.int32),
            head=np.array([number[link.target] for link in links], np.int32),
            link_figures=link_figures(links),
            capacity=np.concatenate([compute, memory, bandwidth]),
        )

    @property
    def nodes(self) -> int:
        """Number of nodes V."""
        return self.shared.size

    @property
    def compute(self) -> Floats:
        """Compute of the nodes that may be used [op/s]."""
        return self.capacity[: self.nodes]

    @property
    def memory(self) -> Floats:
        """Memory of the nodes [byte], inf without a limit."""
        return self.capacity[self.nodes : 2 * self.nodes]

    @property
    def bandwidth(self) -> Floats:
        """Bandwidth of the links [bit/s]."""
        return self.capacity[2 * self.nodes :]

    @cached_property
    def uplinks(self) -> tuple[Ints, Ints]:
        """Links from a private node to a shared one: start of each node's group, links in that order."""
        return self._grouped(self.tail, ~self.shared[self.tail] & self.shared[self.head])

    @cached_property
    def downlinks(self) -> tuple[Ints, Ints]:
        """Links from a shared node to a private one: start of each node's group, links in that order."""
        return self._grouped(self.head, self.shared[self.tail] & ~self.shared[self.head])

    def _grouped(self, end: Ints, wanted: Bools) -> tuple[Ints, Ints]:
        links = np.flatnonzero(wanted)
        links = links[np.argsort(end[links], kind="stable")].astype(np.int32)
        start: Ints = np.searchsorted(end[links], np.arange(self.nodes + 1)).astype(np.int32)
        return start, np.asarray(links, np.int32)


@dataclass(frozen=True, eq=False)
class Demand:
    """The applications as arrays of shape (N,); ``model`` and ``source`` are numbers in the instance."""

    model: Ints
    source: Ints
    rate: Floats
    limit: Floats
    min_accuracy: Floats
    mean: Bools
    pins: Mapping[int, Pins]

    @classmethod
    def of(cls, instance: Instance) -> Demand:
        """Read the columns of the applications' table."""
        table = ApplicationTable.of(instance.applications)
        models = {model.id: m for m, model in enumerate(instance.models)}
        nodes = {node.id: v for v, node in enumerate(instance.nodes)}
        return cls(
            model=np.array([models[name] for name in table.model_ids], np.int32)[table.model],
            source=np.array([nodes[name] for name in table.source_ids], np.int32)[table.source],
            rate=table.rate,
            limit=table.max_latency,
            min_accuracy=table.min_accuracy,
            mean=table.mean,
            pins=table.pins,
        )

    @property
    def size(self) -> int:
        """Number of applications N."""
        return self.model.size

    @property
    def pinned(self) -> Bools:
        """Which applications have pins, shape (N,)."""
        pinned = np.zeros(self.size, bool)
        pinned[list(self.pins)] = True
        return pinned
