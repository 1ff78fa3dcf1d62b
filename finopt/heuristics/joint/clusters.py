"""Clusters of applications, each of which has a row of the restricted master."""

from __future__ import annotations

import numpy as np

from finopt.heuristics.joint.tuning import CLUSTERS
from finopt.problem.array_types import Ints
from finopt.problem.arrays import Demand, Network


def site_of(network: Network) -> Ints:
    """The first shared node that each node has a link to, itself if there is none; shape (V,)."""
    start, links = network.uplinks
    site = np.arange(network.nodes, dtype=np.int32)
    some = np.flatnonzero(np.diff(start))
    site[some] = network.head[links[start[some]]]
    return site


def clusters(network: Network, demand: Demand, each: int, most: int = CLUSTERS) -> tuple[Ints, int]:
    """Cluster of each application, shape (N,), and how many there are.

    Parameters
    ----------
    network, demand : Network, Demand
    each : int
        Up to so many applications are a cluster each. More: applications of the same model at the same site
        are one.
    most : int
        Most clusters, as long as models allow; sites are merged with their neighbours.
    """
    if demand.size <= each:
        return np.arange(demand.size, dtype=np.int32), demand.size
    sites, number = np.unique(site_of(network)[demand.source], return_inverse=True)
    models = int(demand.model.max()) + 1
    merged = min(1.0, most / (models * sites.size))  # neighbours together if there are too many
    _, cluster = np.unique((number * merged).astype(np.int64) * models + demand.model, return_inverse=True)
    return cluster.astype(np.int32), int(cluster.max()) + 1
