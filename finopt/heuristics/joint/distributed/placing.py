"""A partition places its applications within what is allotted to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from finopt.heuristics.joint.assignments import Assignments
from finopt.heuristics.joint.distributed.allotted import AllottedMix
from finopt.heuristics.joint.distributed.partition import Partition, SparsePrices
from finopt.heuristics.joint.primal_heuristic import PrimalHeuristic
from finopt.problem.array_types import Floats, Ints
from finopt.solvers.clock import OutOfTimeError

FURTHER_SEED = 1000
"""Between the seeds of two partitions: turns of the annealing count on from a seed."""


@dataclass(frozen=True, eq=False)
class MixOfPartition:
    """Of the caller's last mix what concerns a partition: its shares, prices, and those of the best bound.

    ``coarse``: of very many applications in all partitions, see `PrimalHeuristic`.
    """

    share: Floats
    mix_price: SparsePrices
    price: SparsePrices
    coarse: bool


class Placed(NamedTuple):
    """What a partition uses now.

    Attributes
    ----------
    used : ndarray, shape (shared capacities,)
    power : float
        Of the applications that have a place [W].
    missing : int
        Number of the others.
    wanted : ndarray, shape (shared capacities,)
        What the missing would like to use at the prices of the mix.
    """

    used: Floats
    power: float
    missing: int
    wanted: Floats


def place(partition: Partition, mix: MixOfPartition, allotment: Floats, hurry: bool) -> Placed:
    """Choose one assignment per application from the mix; `refit` may follow."""
    partition.mix = mix
    heuristic = _heuristic(partition, allotment)
    heuristic.run(hurry)
    _keep(partition, heuristic)
    return placed(partition)


def refit(partition: Partition, allotment: Floats, only_whole: bool) -> Placed:
    """Choose anew within another allotment, beginning with what is chosen.

    ``only_whole``: stay as it is where somebody would lose a place.
    """
    before = partition.selected
    heuristic = _heuristic(partition, allotment)
    heuristic.resume(partition.selected or Assignments.joined([]))
    if not (only_whole and before is not None and _size(heuristic) < before.size):
        _keep(partition, heuristic)
    return placed(partition)


def placed(partition: Partition) -> Placed:
    """What is chosen, and what it uses."""
    selected = partition.selected or Assignments.joined([])
    missing = np.setdiff1d(np.arange(partition.demand.size, dtype=np.int32), selected.application)
    power = float(partition.figures.power(selected).sum())
    wanted = _wanted(partition, missing) if missing.size else np.zeros(partition.place.size)
    return Placed(_used(partition, selected), power, int(missing.size), wanted)


def _heuristic(partition: Partition, allotment: Floats) -> PrimalHeuristic:
    mix = partition.mix
    assert mix is not None
    prices = partition.price(mix.mix_price), partition.price(mix.price)
    allotted = AllottedMix.of(partition, allotment, mix.share, *prices)
    setting, weight = partition.setting, np.ones(partition.demand.size)
    seed = setting.seed + FURTHER_SEED * partition.number
    ends = setting.gap, allotted.bound, seed, partition.pricer.clock, mix.coarse
    return PrimalHeuristic(partition.small_instance, allotted, weight, *ends)


def _size(heuristic: PrimalHeuristic) -> int:
    return 0 if heuristic.selected is None else heuristic.selected.size


def _keep(partition: Partition, heuristic: PrimalHeuristic) -> None:
    partition.selected = heuristic.selected


def _used(partition: Partition, selected: Assignments) -> Floats:
    together = np.zeros(selected.size, np.int32)
    loads = partition.figures.loads(selected, together, 1)
    return np.asarray(loads[:, partition.place].toarray()).ravel()


def _wanted(partition: Partition, missing: Ints) -> Floats:
    assert partition.mix is not None
    try:
        answers = partition.pricer.answer(partition.price(partition.mix.mix_price)).assignments
    except OutOfTimeError:
        return np.zeros(partition.place.size)
    return _used(partition, answers.take(np.flatnonzero(np.isin(answers.application, missing))))
