"""The capacities that partitions have in common: those of shared nodes and of the links among them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from finopt.graph.extended import Capacity
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Network
from finopt.problem.instance import Instance


@dataclass(frozen=True, eq=False)
class SharedCapacities:
    """Compute and memory of the shared nodes, then bandwidth of the links among them, by name.

    Attributes
    ----------
    nodes, links : tuple of str
        Ids, sorted.
    limit : ndarray, shape (2 * nodes + links,)
        inf without a limit.
    digest : str
        Of all that partitions must have in common: these nodes and links, models, and profiles on the
        classes of these nodes.
    """

    nodes: tuple[str, ...]
    links: tuple[str, ...]
    limit: Floats
    digest: str

    @property
    def names(self) -> list[Capacity]:
        """What each is the capacity of."""
        return [
            *(Capacity("compute", node) for node in self.nodes),
            *(Capacity("memory", node) for node in self.nodes),
            *(Capacity("bandwidth", link) for link in self.links),
        ]


def shared_capacities(instance: Instance, network: Network) -> tuple[SharedCapacities, Ints]:
    """Those of an instance, and where each stands among the capacities of its network."""
    inside = network.shared
    nodes = sorted(np.flatnonzero(inside).tolist(), key=lambda v: instance.nodes[v].id)
    among = np.flatnonzero(inside[network.tail] & inside[network.head])
    links = sorted(among.tolist(), key=lambda e: instance.directed_links[e].id)
    here = np.array(nodes, np.int32), np.array(links, np.int32)
    place = np.concatenate([here[0], network.nodes + here[0], 2 * network.nodes + here[1]]).astype(np.int32)
    names = tuple(instance.nodes[v].id for v in nodes), tuple(instance.directed_links[e].id for e in links)
    return SharedCapacities(*names, network.capacity[place], _digest(instance, nodes, links)), place


def _digest(instance: Instance, nodes: list[int], links: list[int]) -> str:
    found = hashlib.sha256()
    shared = [instance.nodes[v] for v in nodes]
    classes = {node.device for node in shared}
    profiles = [profile for profile in instance.profiles if profile.device in classes]
    for one in (*shared, *instance.models, *profiles):
        found.update(one.model_dump_json().encode())
    for e in links:
        found.update(repr(tuple(instance.directed_links[e])).encode())
    return found.hexdigest()
