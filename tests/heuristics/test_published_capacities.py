"""FIN as published where capacities bind: one gets levels of its own, for two there are none."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

import finopt
from finopt.problem.instance import Instance
from finopt.problem.status import Status
from tests.conformance import PRECISION, advice_does, keeps_its_word, seeds
from tests.oracle import optimum
from tests.random_instances import binding_instance

METHOD = "fin-published"


def chain(blocks: int, memory: dict[str, float]) -> Instance:
    """Blocks of 1 Mop and 10 byte: 1 mJ on the phone, 3 mJ on the hub, 9 mJ in the cloud; 1 ms each.

    Sending costs nothing and takes 1 ms a hop, phone - hub - cloud. Nodes have the memories given.
    """
    powers = {"phone": 1.0, "hub": 3.0, "cloud": 9.0}
    tiers = dict(zip(powers, ("mobile", "edge", "cloud"), strict=True))
    limits = {name: {"memory": memory[name]} if name in memory else {} for name in powers}
    link = {"bandwidth": 1e9, "energy": 0.0, "delay": 1e-3}
    return Instance.model_validate(
        {
            "nodes": [
                {"id": name, "tier": tiers[name], "compute": 1e9, "power": power, **limits[name]}
                for name, power in powers.items()
            ],
            "links": [
                {"source": "phone", "target": "hub", **link},
                {"source": "hub", "target": "cloud", **link},
            ],
            "models": [
                {
                    "id": "net",
                    "input_bits": 0,
                    "blocks": [
                        {"id": f"b{i}", "ops": 1e6, "output_bits": 0, "memory": 10} for i in range(blocks)
                    ],
                    "exits": [{"id": "x", "after": f"b{blocks - 1}"}],
                    "configurations": [{"exits": ["x"], "shares": [1.0], "accuracy": 0.9}],
                }
            ],
            "applications": [
                {"id": "app", "model": "net", "source": "phone", "max_latency": 0.01, "min_accuracy": 0.5}
            ],
        }
    )


def test_one_capacity_that_binds_gets_levels_of_its_own() -> None:
    """Both on the phone (2 mJ) exceed its 10 byte; one of them on the hub costs 1 + 3 mJ."""
    instance = chain(2, {"phone": 10})
    for options in ({}, {"certify": True}, {"lam": 1.0}, {"lam": 4, "lam_rule": "levels"}):
        result = finopt.solve(instance, METHOD, **options)
        assert result.placement.applications[0].nodes == ("phone", "hub")
        assert result.objective == pytest.approx(4e-3)
    assert finopt.solve(instance, METHOD, certify=True).status is Status.OPTIMAL


def test_levels_that_lambda_counts_are_those_of_latency() -> None:
    """phone, then a hop and the hub: 3 ms of 10 ms, level 3, number 4; of the memory all 10 levels."""
    instance = chain(2, {"phone": 10})
    assert finopt.solve(instance, METHOD, lam=4, lam_rule="levels").objective == pytest.approx(4e-3)
    higher = finopt.solve(instance, METHOD, lam=5, lam_rule="levels")  # one more hop, to the cloud
    assert higher.placement.applications[0].nodes == ("phone", "cloud")


def test_two_capacities_that_bind_are_too_many() -> None:
    """All on the phone; then, as its memory has levels, one there and two on the hub, which exceed its."""
    instance = chain(3, {"phone": 10, "hub": 10})
    result = finopt.solve(instance, METHOD, certify=True)
    assert result.status is Status.NO_SOLUTION
    assert result.reason == (
        "application 'app': FIN as published has levels for one capacity, and several bind; "
        "fin with its reduction finds one or says why not"
    )
    assert result.bound == pytest.approx(7e-3)  # 1 + 3 + 3 mJ
    assert finopt.solve(instance, "fin").objective == pytest.approx(13e-3)


def test_the_gamma_that_is_advised_counts_the_capacity_too() -> None:
    """All on the phone exceed its memory by a thousandth. Of 3 levels a block takes 2 of the memory there, so
    two are too many, and with a hop the four steps take 4 of the latency."""
    instance = chain(3, {"phone": 30 * (1 - 1e-3)})
    result = finopt.solve(instance, METHOD, gamma=3)
    assert result.status is Status.NO_SOLUTION
    advice_does(result, instance, gamma=3)
    assert "would do" in result.reason


def test_a_configuration_without_any_path_is_no_advice() -> None:
    """The second block is pinned to a node that no link leads to. The first, alone, takes two hops and itself
    3 of 3.6 ms: 2 levels each of 4, of 5 and of 6."""
    data = chain(2, {}).model_dump(exclude_unset=True)
    (model,), (application,) = data["models"], data["applications"]
    data["nodes"] += ({"id": "island", "tier": "edge", "compute": 1e9, "power": 1.0},)
    model["exits"] = ({"id": "early", "after": "b0"}, *model["exits"])
    model["configurations"] += ({"exits": ("early",), "shares": (1.0,), "accuracy": 0.8},)
    application |= {"max_latency": 3.6e-3, "pinned": {"b0": "cloud", "b1": "island"}}
    instance = Instance.model_validate({**data, "applications": (application,)})
    result = finopt.solve(instance, METHOD, gamma=4)
    assert result.reason.endswith("to 4 levels of the limit, every path exceeds it; gamma = 6 would do")
    advice_does(result, instance, gamma=4)
    assert finopt.solve(instance, METHOD, gamma=6).placement.applications[0].nodes == ("cloud",)
    late = finopt.solve(instance, METHOD, gamma=4, certify=True)
    assert (late.status, late.bound) == (Status.NO_SOLUTION, pytest.approx(9e-3))


@seeds(150, 15, quick=30)
def test_a_capacity_that_binds(chunk: Iterable[int]) -> None:
    found = best_found = 0
    for seed in chunk:
        instance = binding_instance(seed)
        best = optimum(instance).objective
        for gamma, certify in ((4, False), (60, True)):
            result = finopt.solve(instance, METHOD, gamma=gamma, certify=certify)
            keeps_its_word(METHOD, result, best, binds=True)
            advice_does(result, instance, gamma=gamma)
        found += result.objective is not None
        best_found += result.objective is not None and result.objective <= best * (1 + PRECISION)
    assert found > len(list(chunk)) / 2
    assert best_found > len(list(chunk)) / 3
