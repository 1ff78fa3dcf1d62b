"""Version 2 of the model against enumeration: every method, features in every combination."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

import finopt
from finopt.problem.instance import Instance
from tests.conformance import keeps_its_word, named, seeds
from tests.joint_oracle import joint_optimum
from tests.oracle import capacities_can_bind, optimum
from tests.random_instances import joint_instance
from tests.version2_instances import FEATURES, decorated, features_of, small, version2_instance


def test_every_combination_of_features_occurs() -> None:
    assert len({tuple(features_of(seed)) for seed in range(128)}) == 128
    assert features_of(0) == []
    assert features_of(127) == list(FEATURES)


def test_without_features_it_is_the_instance_of_version_1() -> None:
    for seed in range(0, 1280, 128):
        given, plain = version2_instance(seed), small(seed)
        assert given.applications[0].model_copy(update={"max_latency": 1.0}) == plain.applications[
            0
        ].model_copy(update={"max_latency": 1.0})
        assert (given.nodes, given.links, given.models) == (plain.nodes, plain.links, plain.models)


@seeds(1024, 16, quick=64)
def test_one_application(chunk: Iterable[int]) -> None:
    """Every method, and the exact evaluation of what the oracle found; it is slow, and asked once."""
    for seed in chunk:
        instance = version2_instance(seed)
        binds = capacities_can_bind(instance)
        best = joint_optimum(instance) if binds else optimum(instance)  # plain enumeration can take minutes
        if best.placement is not None:
            evaluation = finopt.evaluate(instance, best.placement)
            assert evaluation.feasible
            assert evaluation.objective == best.objective
        for method in named():
            keeps_its_word(method, finopt.solve(instance, method), best.objective, binds=binds)


@seeds(256, 8, quick=32)
def test_two_applications(chunk: Iterable[int]) -> None:
    """On a capacity that binds."""
    for seed in chunk:
        instance = decorated(joint_instance(seed), seed)
        best = joint_optimum(instance).objective
        for method in named(lambda c: c.several):
            keeps_its_word(method, finopt.solve(instance, method), best, binds=True)


def late_early_exits(seed: int) -> Instance:
    """Results return, and two exits sit behind each block that has one: both may be enabled."""
    data = small(seed).model_dump() | {"version": 2}
    (model,), rng = data["models"], random.Random(seed)
    twins = [{**one, "id": f"{one['id']}twin"} for one in model["exits"]]
    model["exits"] = [one for pair in zip(twins, model["exits"], strict=True) for one in pair]
    for exit_ in model["exits"]:
        exit_["output_bits"] = rng.choice((0.0, 1e3, 1e6, 1e7))
    for chosen in model["configurations"]:
        chosen["exits"] = [*chosen["exits"][:-1], f"{chosen['exits'][-1]}twin", chosen["exits"][-1]]
        chosen["shares"] = [*chosen["shares"][:-1], 0.5 * chosen["shares"][-1], 0.5 * chosen["shares"][-1]]
    home = {"result_to": "source", "latency": "worst", "max_latency": 1e6}
    return Instance.model_validate(data).with_application("app", **home)


@seeds(96, 8, quick=24)
def test_an_early_exit_behind_the_last_block_is_as_late_as_its_own_result(chunk: Iterable[int]) -> None:
    """And not as late as both results together; the limit is the latency of the cheapest placement."""
    for seed in chunk:
        instance = late_early_exits(seed)
        loose = finopt.solve(instance, "labels").evaluation
        if loose is not None and loose.applications[0].latency > 0:
            tight = instance.with_application("app", max_latency=loose.applications[0].latency * (1 + 1e-12))
            for method in named(lambda c: c.optimal):
                assert finopt.solve(tight, method).objective == pytest.approx(loose.objective, rel=1e-9)
