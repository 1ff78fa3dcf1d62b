"""Answers of several rounds, mixed: which of them applications take, and which are candidates for it."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from finopt.heuristics.joint.assignments import AssignmentFigures, Assignments
from finopt.heuristics.joint.pricing import Pricer
from finopt.heuristics.joint.restricted_master import Mix
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.tolerances import PLACED

GOLDEN = 0.6180339887498949
"""Multiples of it are spread evenly, modulo 1."""


class MixedAnswers(ABC):
    """What `finopt.heuristics.joint.primal_heuristic` begins with.

    Attributes
    ----------
    network, demand, figures, pricer : Network, Demand, AssignmentFigures, Pricer
    answers : list of Assignments
        Of every round.
    cluster : ndarray of int32, shape (N,)
        Of every application.
    clusters : int
        How many there are.
    bound : float
        On the total power if no path returns to a device.
    price : ndarray, shape (2 V + E,)
        Prices of that bound.
    value : ndarray, shape (N,)
        Priced power of every application at these prices.
    mix : Mix or None
        Its ``price`` is that of the mix.
    asked : ndarray, shape (2 V + E,)
        The last prices.
    safest : Assignments or None
        The answers that exceed least of the capacities, if that is known.
    """

    network: Network
    demand: Demand
    figures: AssignmentFigures
    pricer: Pricer
    answers: list[Assignments]
    cluster: Ints
    clusters: int
    bound: float
    price: Floats
    value: Floats
    mix: Mix | None
    asked: Floats
    safest: Assignments | None

    @abstractmethod
    def shares(self) -> Floats:
        """Share of each round in each cluster, shape (rounds, clusters)."""

    def rounded(self) -> Assignments:
        """One assignment per application: rounds in the shares of the mix, spread evenly over clusters.

        Without a mix, the last answers.
        """
        if self.mix is None:
            return self.answers[-1]
        share = np.cumsum(self.shares(), axis=0)
        share /= np.maximum(share[-1], 1e-300)
        order = np.argsort(self.cluster, kind="stable")
        first = np.searchsorted(self.cluster[order], np.arange(self.clusters))
        rank = np.empty(self.demand.size)
        rank[order] = np.arange(self.demand.size) - first[self.cluster[order]]
        spread = (rank * GOLDEN) % 1.0  # a sequence of low discrepancy
        picked = np.zeros(self.demand.size, np.int64)
        for row in share[:-1]:
            picked += spread >= row[self.cluster]
        parts = [c.take(np.flatnonzero(picked[c.application] == r)) for r, c in enumerate(self.answers)]
        return Assignments.joined(parts)

    def pool(self, latest: int) -> Assignments:
        """The answers that are part of the mix, and all of the latest rounds; without a mix all there are."""
        if self.mix is None:
            return Assignments.joined(self.answers)
        share = self.shares()
        parts = self.answers[-latest:]
        for row, assignments in zip(share, self.answers, strict=True):
            used = row > PLACED
            if used.any():
                parts.append(assignments.take(np.flatnonzero(used[self.cluster[assignments.application]])))
        return Assignments.joined(parts)
