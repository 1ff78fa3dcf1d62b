"""The oracle is checked before it judges: its two ways against each other, and a case done by hand."""

from __future__ import annotations

import pytest
from hypothesis import given

from finopt.problem.instance import Instance
from tests.oracle import capacities_can_bind, frontier_optimum, optimum, plain_optimum
from tests.random_instances import Maker, binding_instance, random_instance
from tests.strategies import instances


@pytest.mark.parametrize("seed", range(60))
def test_frontier_agrees_with_plain_enumeration(seed: int) -> None:
    instance = Maker(seed).instance(nodes=(3, 4), blocks=(2, 3), configurations=(1, 2))
    assert not capacities_can_bind(instance)
    assert frontier_optimum(instance).objective == plain_optimum(instance).objective


@given(instances())
def test_frontier_agrees_on_drawn_instances(instance: Instance) -> None:
    assert frontier_optimum(instance).objective == plain_optimum(instance).objective


def test_binding_instances_bind() -> None:
    for seed in range(12):
        instance = binding_instance(seed)
        assert capacities_can_bind(instance)
        assert optimum(instance).objective != frontier_optimum(instance).objective


def test_random_instances_are_reproducible_and_varied() -> None:
    sample = [random_instance(seed) for seed in range(60)]
    assert sample[7] == random_instance(7)
    assert {len(i.nodes) for i in sample} == {3, 4, 5, 6, 7, 8}
    assert {len(i.models[0].blocks) for i in sample} == {2, 3, 4, 5, 6}
    assert {len(i.models[0].configurations) for i in sample} == {1, 2, 3, 4, 5, 6}
    assert {i.applications[0].latency for i in sample} == {"worst", "mean"}
    assert any(i.applications[0].pinned for i in sample)
    assert any("#2" in link.id for i in sample for link in i.directed_links)
    infeasible = sum(optimum(i).objective is None for i in sample)
    assert 3 <= infeasible <= 20


def test_two_applications_share_what_only_one_of_them_can_have() -> None:
    # Two phones (1 Gop/s, 2 W: 2 nJ/op), one edge server (10 Gop/s, 5 W: 0.5 nJ/op) with memory for
    # one block. A block: 1 Mop, 10 byte. At home 2 mJ; on the edge 0.5 mJ + 1000 bit * 100 nJ/bit = 0.6 mJ.
    # Application a runs 10 times a second, b once: the edge goes to a, 10 * 0.6 + 1 * 2 = 8 mW.
    data = {
        "nodes": [
            {"id": "pa", "tier": "mobile", "compute": 1e9, "power": 2.0},
            {"id": "pb", "tier": "mobile", "compute": 1e9, "power": 2.0},
            {"id": "edge", "tier": "edge", "compute": 1e10, "power": 5.0, "memory": 10.0},
        ],
        "links": [
            {"source": "pa", "target": "edge", "bandwidth": 1e6, "energy": 1e-7},
            {"source": "pb", "target": "edge", "bandwidth": 1e6, "energy": 1e-7},
        ],
        "models": [
            {
                "id": "m",
                "input_bits": 1000,
                "blocks": [{"id": "b", "ops": 1e6, "output_bits": 8, "memory": 10}],
                "exits": [{"id": "x", "after": "b"}],
                "configurations": [{"exits": ["x"], "shares": [1.0], "accuracy": 0.9}],
            }
        ],
        "applications": [
            {"id": "a", "model": "m", "source": "pa", "rate": 10.0, "max_latency": 1.0, "min_accuracy": 0.5},
            {"id": "b", "model": "m", "source": "pb", "rate": 1.0, "max_latency": 1.0, "min_accuracy": 0.5},
        ],
    }
    instance = Instance.model_validate(data)
    best = optimum(instance)
    assert best.objective == pytest.approx(8e-3, rel=1e-12)
    assert best.placement is not None
    assert best.placement.of("a").nodes == ("edge",)
    assert best.placement.of("b").nodes == ("pb",)
    # Without the memory both go: 11 * 0.6 = 6.6 mW.
    data["nodes"][2]["memory"] = None
    assert optimum(Instance.model_validate(data)).objective == pytest.approx(6.6e-3, rel=1e-12)
