"""Version 2 of the model against enumeration: every method, features in every combination."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import finopt
from finopt.problem.instance import Instance
from tests.conformance import keeps_its_word, methods, seeds
from tests.joint_oracle import joint_optimum
from tests.oracle import capacities_can_bind, optimum
from tests.random_instances import joint_instance
from tests.version2_instances import FEATURES, decorated, features_of, small, version2_instance


@cache
def single(seed: int) -> tuple[Instance, float | None, bool]:
    """One application, its optimum, and whether a capacity can bind."""
    instance = version2_instance(seed)
    return instance, optimum(instance).objective, capacities_can_bind(instance)


@cache
def joint(seed: int) -> tuple[Instance, float | None]:
    """Two applications on a capacity that binds, with their joint optimum."""
    instance = decorated(joint_instance(seed), seed)
    return instance, joint_optimum(instance).objective


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


@methods()
@seeds(1024, 32, quick=64)
def test_one_application(method: str, chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, best, binds = single(seed)
        keeps_its_word(method, finopt.solve(instance, method), best, binds=binds)


@seeds(1024, 64, quick=64)
def test_the_oracle_agrees_with_the_exact_evaluation(chunk: Iterable[int]) -> None:
    for seed in chunk:
        best = optimum(single(seed)[0])
        if best.placement is None:
            continue
        evaluation = finopt.evaluate(single(seed)[0], best.placement)
        assert evaluation.feasible
        assert evaluation.objective == best.objective


@methods(lambda c: c.several)
@seeds(256, 16, quick=32)
def test_two_applications(method: str, chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, best = joint(seed)
        keeps_its_word(method, finopt.solve(instance, method), best, binds=True)
