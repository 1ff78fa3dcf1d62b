"""The restricted master: what it sets aside comes back when it is worth it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.sparse import csr_array

import finopt
from finopt.heuristics.joint import restricted_master
from finopt.heuristics.joint.restricted_master import Master, Mix
from finopt.problem.tolerances import PLACED
from finopt.solvers.clock import Clock

CLUSTERS, CAPACITIES, ROUNDS = 6, 5, 12


def rounds(seed: int) -> tuple[np.ndarray, list[tuple[np.ndarray, csr_array]]]:
    """Capacities, and per round a column of each cluster: the dearer its power, the less it uses."""
    rng = np.random.default_rng(seed)
    capacity = rng.uniform(1.0, 3.0, CAPACITIES)
    columns = []
    for _ in range(ROUNDS):
        loads = rng.uniform(0.0, 1.0, (CLUSTERS, CAPACITIES)) * (rng.random((CLUSTERS, CAPACITIES)) < 0.6)
        columns.append((rng.uniform(0.5, 1.5, CLUSTERS) + 3.0 - loads.sum(axis=1), csr_array(loads)))
    return capacity, columns


@pytest.mark.parametrize("seed", range(5))
def test_columns_set_aside_are_not_lost(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    capacity, columns = rounds(seed)
    cluster, penalty = np.arange(CLUSTERS, dtype=np.int32), np.full(CLUSTERS, 100.0)
    monkeypatch.setattr(restricted_master, "SIFTED_FROM", 1)
    monkeypatch.setattr(restricted_master, "SIFTED_TO", 1)
    short = Master(capacity, penalty, 1.0, 0)
    aside = 0
    for number, (power, loads) in enumerate(columns):
        short.add(cluster, power, loads, number)
        mix = short.solve(Clock())
        aside = max(aside, short.cluster.size - short._inside.size)
        monkeypatch.setattr(restricted_master, "SIFTED_FROM", math.inf)
        whole = Master(capacity, penalty, 1.0, 0)
        for earlier, (power_then, loads_then) in enumerate(columns[: number + 1]):
            whole.add(cluster, power_then, loads_then, earlier)
        known = whole.solve(Clock())
        monkeypatch.setattr(restricted_master, "SIFTED_FROM", 1)
        assert mix.power == pytest.approx(known.power, rel=1e-9)
        assert short.power @ mix.share + penalty @ mix.unplaced == pytest.approx(mix.power, rel=1e-9)
        assert (short.loads.T @ mix.share <= capacity * (1 + 1e-8)).all()
        sums = np.bincount(short.cluster, mix.share, CLUSTERS) + mix.unplaced
        assert sums == pytest.approx(np.ones(CLUSTERS))
        reduced = short.power + short.loads @ mix.price - mix.convexity_dual[short.cluster]
        assert reduced.min() >= -1e-8
    assert aside > 2 * CLUSTERS


@pytest.mark.parametrize("seed", range(3))
def test_the_first_mix_of_many_applications_places_them_all(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixes = []
    solve = Master.solve

    def noted(self: Master, clock: Clock) -> Mix:
        mixes.append(solve(self, clock))
        return mixes[-1]

    monkeypatch.setattr(Master, "solve", noted)
    instance = finopt.generate_fleet(400, 40, 8, 2, scarcity=0.3, seed=seed)
    finopt.solve(instance, "fin")
    assert mixes[0].unplaced.max() <= PLACED
    assert mixes[0].power < 1.2 * mixes[-1].power
