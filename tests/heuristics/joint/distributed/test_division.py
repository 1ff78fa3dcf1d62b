"""Partitions: everybody is in one, and the bounds of all add up to that of the whole."""

from __future__ import annotations

import numpy as np
import pytest

import finopt
from finopt.heuristics.joint.distributed import division as divisions
from finopt.heuristics.joint.distributed.division import Division, how_many
from finopt.heuristics.joint.distributed.partition import Partition, Setting, SparsePrices
from finopt.heuristics.joint.distributed.shared_capacities import shared_capacities
from finopt.heuristics.joint.distributed.sources import InMemory
from finopt.heuristics.joint.tuning import MOST_LEVELS
from finopt.problem.arrays import Network
from finopt.problem.instance import Instance
from finopt.solvers.clock import Clock
from tests.crowded_instances import crowded_instance
from tests.heuristics.joint.test_joint_fin import pricer

SETTING = Setting(MOST_LEVELS, 1e-4, 0, 1)


def fleet(seed: int = 0, **options: object) -> Instance:
    return finopt.generate_fleet(300, devices=40, sites=6, clouds=2, seed=seed, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "instance", [fleet(), fleet(1, profiles=True), crowded_instance(3), crowded_instance(14)]
)
@pytest.mark.parametrize("number", [2, 5, 30])
def test_every_application_and_private_node_is_in_one_partition(instance: Instance, number: int) -> None:
    division = Division.of(instance, number)
    parts = [division.partition_instance(p) for p in range(division.count)]
    assert 1 <= len(parts) <= number
    names = [application.id for part in parts for application in part.applications]
    assert sorted(names) == sorted(application.id for application in instance.applications)
    private = [node.id for part in parts for node in part.nodes if not node.shared]
    used = {a.source for a in instance.applications} - {n.id for n in instance.nodes if n.shared}
    assert sorted(private) == sorted(used)
    for p, part in enumerate(parts):
        for own, row in zip(part.applications, division.rows(p).tolist(), strict=True):
            assert own == instance.applications[row]
        assert [n.id for n in part.nodes] == [instance.nodes[v].id for v in division.nodes(p)]
        whole = [instance.directed_links[e].id for e in division.directed_links(p)]
        assert [link.id for link in part.directed_links] == whole


def test_partitions_have_about_as_many_applications_each() -> None:
    sizes = np.bincount(Division.of(fleet(), 4).partition)
    assert sizes.size == 4
    assert sizes.max() < 1.5 * sizes.min()


def test_the_number_of_partitions_follows_from_the_applications_alone() -> None:
    assert [how_many(n) for n in (2, 3000, 100_000, 10**7)] == [2, 3, 8, 20]


def test_what_is_shared_is_the_same_in_every_partition() -> None:
    division = Division.of(fleet(), 3)
    parts = [division.partition_instance(p) for p in range(3)]
    found = [shared_capacities(part, Network.of(part)) for part in parts]
    assert len({shared.digest for shared, _ in found}) == 1
    assert len({shared.nodes + shared.links for shared, _ in found}) == 1
    for part, (shared, place) in zip(parts, found, strict=True):
        assert np.array_equal(Network.of(part).capacity[place], shared.limit)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("memory", [False, True])
def test_the_bounds_of_partitions_add_up_to_the_bound_of_the_whole(seed: int, memory: bool) -> None:
    """Where memory has a price, values are interpolated between rates: about the same, from below."""
    instance = fleet(seed, profiles=seed % 2 == 1)
    whole = pricer(instance, own_group=False)
    shared, place = shared_capacities(instance, whole.network)
    rng = np.random.default_rng(seed)
    limited = np.flatnonzero(np.isfinite(shared.limit) & (rng.random(shared.limit.size) < 0.5))
    if not memory:
        limited = limited[(limited < len(shared.nodes)) | (limited >= 2 * len(shared.nodes))]
    price = np.zeros(whole.network.capacity.size)
    price[place[limited]] = rng.exponential(300.0, limited.size) / shared.limit[limited]
    none = np.zeros(0, np.int32)
    prices = SparsePrices(limited.astype(np.int32), price[place[limited]], none, np.zeros(0))
    paid = float(price @ np.where(price > 0, whole.network.capacity, 0.0))
    division = Division.of(instance, 3)
    answered, certified = 0.0, 0.0
    for p in range(3):
        source = InMemory("part", division.partition_instance(p))
        partition = Partition(p, source, SETTING, Clock())
        partition.divide(0, 30)
        answered += partition.answer(prices).value
        certified += partition.certified(prices, 0.0)
    exact = 1e-3 if memory else 1e-11
    assert answered == pytest.approx(whole.answer(price).bound + paid, rel=exact)
    assert certified == pytest.approx(whole.certified(price) + paid, rel=1e-3)
    assert certified <= answered * (1 + 1e-9)


def test_devices_of_a_site_stay_together_where_they_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(divisions, "FEWEST", 3)
    instance = fleet()
    division, network = Division.of(instance, 3), Network.of(instance)
    site = divisions.site_of(network)
    private = np.flatnonzero(division.home >= 0)
    order = np.argsort(site[private], kind="stable")
    assert (np.diff(division.home[private][order]) >= 0).all()
