"""Version 2 of the model against enumeration: every method, features in every combination."""

from __future__ import annotations

from collections.abc import Iterable

import finopt
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
