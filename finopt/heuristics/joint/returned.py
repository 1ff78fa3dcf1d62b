"""What returning results, and moving blocks, add to the steps of a group; such a group has one application.

A result takes the same way back whatever came before, so energy, latency and loads belong to computing the
block with the exit behind it on its node, see `finopt.problem.results`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from finopt.problem.array_types import Bools, Floats, Ints
from finopt.problem.arrays import Network
from finopt.problem.instance import Application, Instance
from finopt.problem.results import Results, moving_table, results_of

Indices = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Returned:
    """Per sample and node of a region.

    Attributes
    ----------
    energy, seconds : ndarray, shape (F+1, n)
    runs : ndarray of bool, shape (F+1, n)
        Where results have a way.
    bits : list of (int, csr_array)
        Stage, and bits over every link of the network from each node, shape (n, E).
    links : int
        Number of links E.
    """

    energy: Floats
    seconds: Floats
    runs: Bools
    bits: list[tuple[int, Any]]
    links: int

    @classmethod
    def of(
        cls, instance: Instance, network: Network, application: Application, configuration: int, nodes: Ints
    ) -> Returned | None:
        """Of one application in one configuration; None if nobody needs its results and nothing is moved."""
        sample = application.model_copy(update={"rate": 1.0})
        region = [instance.nodes[v] for v in nodes.tolist()]
        moved = moving_table(instance, application, configuration, region)
        found = results_of(instance, sample, configuration, region)
        if found is None and moved is None:
            return None
        if found is None:
            assert moved is not None
            found = Results(np.zeros(moved.shape), np.zeros(moved.shape), np.isfinite(moved), (), ())
        energy, runs = found.energy, found.runs
        if moved is not None:
            runs = runs & np.isfinite(moved)
            energy = energy + np.where(runs, moved, 0.0) / application.rate
        number = {link.id: e for e, link in enumerate(instance.directed_links)}
        shape = nodes.size, network.tail.size
        bits = []
        for sent in found.exits:
            places = [(v, number[link]) for v, links in enumerate(sent.links) for link in links]
            rows, columns = np.array(places, np.int64).reshape(-1, 2).T
            bits.append((sent.stage, csr_array((np.full(rows.size, sent.bits), (rows, columns)), shape)))
        return cls(energy, found.seconds, runs, bits, network.tail.size)

    def priced(self, per_bit: Floats) -> Floats:
        """Energy and price [W per bit/s, shape (E,)] of a sample, shape (F+1, n)."""
        cost = self.energy.copy()
        for stage, bits in self.bits:
            cost[stage] += bits @ per_bit
        return cost

    def carried(self, row: Indices, block: Indices, place: Ints, count: int) -> Any:
        """Bits of paths over the links; path ``row`` computes ``block`` on node ``place`` of the region."""
        total = csr_array((count, self.links))
        for stage, bits in self.bits:
            here = np.flatnonzero(block == stage)
            pick = csr_array((np.ones(here.size), (row[here], place[here])), (count, bits.shape[0]))
            total = total + pick @ bits
        return total
