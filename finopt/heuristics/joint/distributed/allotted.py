"""A partition within its allotment of the shared capacities: a joint problem of its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from finopt.heuristics.joint.assignments import AssignmentFigures, Assignments
from finopt.heuristics.joint.distributed.partition import Partition
from finopt.heuristics.joint.mixed_answers import MixedAnswers
from finopt.heuristics.joint.pricing import Pricer
from finopt.heuristics.joint.restricted_master import Mix
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.solvers.clock import OutOfTimeError

NEXT_TO_NOTHING = 1e-9
"""Share of a capacity that stands for an allotment of none, by which loads can be divided."""


@dataclass
class AllottedMix(MixedAnswers):
    """The answers of a partition, mixed as the caller's master says, in the capacities allotted to it."""

    network: Network
    demand: Demand
    figures: AssignmentFigures
    pricer: Pricer
    answers: list[Assignments]
    cluster: Ints
    clusters: int
    share: Floats
    price: Floats
    mix: Mix | None
    bound: float = 0.0
    value: Floats = field(default_factory=lambda: np.zeros(0))
    safest: Assignments | None = None

    def __post_init__(self) -> None:
        """The last prices are those of the best bound."""
        self.asked = self.price

    @classmethod
    def of(
        cls, partition: Partition, allotment: Floats, share: Floats, mix_price: Floats, price: Floats
    ) -> AllottedMix:
        """The mix of a partition with so much of each shared capacity.

        Parameters
        ----------
        partition : Partition
        allotment : ndarray, shape (shared capacities,)
        share : ndarray, shape (rounds, clusters)
            Share of each round in each cluster.
        mix_price, price : ndarray, shape (2 V + E,)
            Prices of the mix, and of the best bound.
        """
        capacity = partition.network.capacity.copy()
        capacity[partition.place] = np.maximum(
            np.minimum(allotment, capacity[partition.place]), NEXT_TO_NOTHING * capacity[partition.place]
        )
        network = replace(partition.network, capacity=capacity)
        figures = replace(partition.figures, network=network)
        pricer = replace(partition.pricer, network=network, figures=figures)
        nothing = np.zeros(0)
        mix = Mix(nothing, nothing, mix_price, nothing, 0.0)
        known = partition.answers, partition.cluster, partition.clusters, share, price, mix
        mixed = cls(network, partition.demand, figures, pricer, *known)
        mixed._find_bound()
        return mixed

    def shares(self) -> Floats:
        """Share of each round in each cluster, shape (rounds, clusters)."""
        return self.share

    def _find_bound(self) -> None:
        try:
            answer = self.pricer.answer(self.price)
        except OutOfTimeError:
            self.value = np.zeros(self.demand.size)
            return
        self.bound, self.value = max(0.0, answer.bound), answer.value
