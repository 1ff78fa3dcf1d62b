"""The network and the applications as arrays, for methods that look at very many of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from finopt.problem.application import Allowed, Limits
from finopt.problem.application_table import NOBODY, ApplicationTable
from finopt.problem.array_types import Bools, Floats, Ints
from finopt.problem.charges import Charge, charge_of
from finopt.problem.coefficients import LinkFigures, NodeFigures, link_figures, node_figures
from finopt.problem.instance import Instance, Pins
from finopt.problem.network import Node
from finopt.problem.objective import Figure
from finopt.problem.references import SOURCE

UNUSED = -1
"""Number of a name in the vocabulary of a table that no row uses, and that need not exist."""


class DeviceClass(NamedTuple):
    """What nodes share on which measurements take the same: device, charge and stretch by waiting."""

    device: str
    charge: Charge
    slowdown: float


FORWARDS = DeviceClass("", Charge(0.0, 0.0, 0.0), 1.0)
"""The class of nodes that only forward."""


def _kind(node: Node, figure: Figure) -> DeviceClass | None:
    """The class of a node, None if it is of no device."""
    if not node.computes:
        return FORWARDS
    if node.device is None:
        return None
    return DeviceClass(node.device, charge_of(node, figure), node.slowdown)


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes, directed links and their capacities, numbered as in the instance.

    Capacity v is the usable compute of node v [op/s], V + v its memory [byte], 2 V + e the bandwidth of
    directed link e [bit/s].

    Attributes
    ----------
    node_figures : NodeFigures
        Shape (V,).
    device_class : ndarray of int32, shape (V,)
        Number of each node's class in ``classes``; 0 if it is of no device.
    classes : tuple of DeviceClass
        Those there are, the first None.
    speed : ndarray, shape (V,)
        Compute of the nodes, used or not [op/s].
    shared : ndarray of bool, shape (V,)
    tail, head : ndarray of int32, shape (E,)
    link_figures : LinkFigures
        Shape (E,).
    capacity : ndarray, shape (2 V + E,)
        inf without a limit.
    """

    node_figures: NodeFigures
    device_class: Ints
    classes: tuple[DeviceClass | None, ...]
    speed: Floats
    shared: Bools
    tail: Ints
    head: Ints
    link_figures: LinkFigures
    capacity: Floats

    @classmethod
    def of(cls, instance: Instance, figure: Figure | None = None) -> Network:
        """Read the arrays from the objects, once; the figure is what the instance minimises by default."""
        nodes, links, figure = instance.nodes, instance.directed_links, figure or instance.objective
        number = {node.id: v for v, node in enumerate(nodes)}
        compute = np.array([node.usable_compute for node in nodes], float)
        kinds = [_kind(node, figure) for node in nodes]
        classes = {kind: k for k, kind in enumerate(dict.fromkeys([None, *kinds]))}
        memory = np.array([np.inf if node.memory is None else node.memory for node in nodes])
        bandwidth = np.array([link.bandwidth for link in links], float)
        return cls(
            node_figures=node_figures(nodes, figure),
            device_class=np.array([classes[kind] for kind in kinds], np.int32),
            classes=tuple(classes),
            speed=np.array([node.compute for node in nodes], float),
            shared=np.array([node.shared for node in nodes]),
            tail=np.array([number[link.source] for link in links], np.int32),
            head=np.array([number[link.target] for link in links], np.int32),
            link_figures=link_figures(links, figure),
            capacity=np.concatenate([compute, memory, bandwidth]),
        )

    @property
    def nodes(self) -> int:
        """Number of nodes V."""
        return self.shared.size

    def priced(self, price: Floats) -> NodeFigures:
        """The figures of nodes with a price of compute [W per op/s] as part of their energy."""
        figures = self.node_figures
        return figures._replace(energy_per_op=figures.energy_per_op + price)

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
    """The applications as arrays of shape (N,); model, source and result are numbers in the instance.

    ``result`` is the node that the result is returned to, -1 if nobody needs it.
    """

    model: Ints
    source: Ints
    rate: Floats
    limit: Floats
    min_accuracy: Floats
    mean: Bools
    pins: Mapping[int, Pins]
    allowed: Mapping[int, Allowed]
    result: Ints
    limits: Mapping[int, Limits]

    @classmethod
    def of(cls, instance: Instance) -> Demand:
        """Read the columns of the applications' table."""
        table = ApplicationTable.of(instance.applications)
        models = {model.id: m for m, model in enumerate(instance.models)}
        nodes = {node.id: v for v, node in enumerate(instance.nodes)}
        source = np.array([nodes.get(name, UNUSED) for name in table.source_ids], np.int32)[table.source]
        return cls(
            model=np.array([models.get(name, UNUSED) for name in table.model_ids], np.int32)[table.model],
            source=source,
            rate=table.rate,
            limit=table.max_latency,
            min_accuracy=table.min_accuracy,
            mean=table.mean,
            pins=table.pins,
            allowed=table.allowed,
            result=_destinations(table, nodes, source),
            limits=table.limits,
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


def _destinations(table: ApplicationTable, nodes: Mapping[str, int], source: Ints) -> Ints:
    """Number of the node that each result is returned to, -1 if nobody needs it."""
    if not table.has_results:
        return np.full(len(table), NOBODY, np.int32)
    home = len(nodes)  # stands for the source of the row, whichever that is
    number = [home if name == SOURCE else nodes.get(name, UNUSED) for name in table.result_ids]
    result = np.array([*number, NOBODY], np.int32)[table.result]  # index -1 is the last, which is nobody
    return np.where(result == home, source, result).astype(np.int32)
