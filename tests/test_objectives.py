"""Carbon, cost and limits on them against enumeration: every method, with all features of the model."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

import finopt
from finopt.problem.objective import FIGURES
from tests.conformance import check, keeps_its_word, named, seeds
from tests.crowded_instances import crowded_instance
from tests.heuristics.joint.distributed.executors import AtOnce
from tests.joint_oracle import joint_optimum
from tests.objective_instances import (
    joint_objective_instance,
    objective_instance,
    objective_of,
    weighted,
)
from tests.oracle import capacities_can_bind, plain_optimum


@seeds(320, 16, quick=96)
def test_one_application(chunk: Iterable[int]) -> None:
    """Every method, and the exact evaluation of what the oracle found."""
    for seed in chunk:
        instance, objective = objective_instance(seed), objective_of(seed)
        best = joint_optimum(instance.minimising(objective))
        if best.placement is not None:
            evaluation = finopt.evaluate(instance.minimising(objective), best.placement)
            assert evaluation.feasible
            assert evaluation.objective == pytest.approx(best.objective, rel=1e-14, abs=0)
        binds = capacities_can_bind(instance)
        for method in named():
            result = finopt.solve(instance, method, objective=objective)
            keeps_its_word(method, result, best.objective, binds=binds)
            assert result.minimised == objective


@seeds(96, 8, quick=32)
def test_two_applications(chunk: Iterable[int]) -> None:
    """On a capacity that binds."""
    for seed in chunk:
        instance, objective = joint_objective_instance(seed), objective_of(seed)
        best = joint_optimum(instance.minimising(objective)).objective
        for method in named(lambda c: c.several):
            result = finopt.solve(instance, method, objective=objective)
            keeps_its_word(method, result, best, binds=True)


@pytest.mark.parametrize("seed", range(12))
def test_the_two_oracles_say_the_same(seed: int) -> None:
    instance = objective_instance(seed)
    for figure in FIGURES:
        asked = instance.minimising(figure)
        assert plain_optimum(asked).objective == joint_optimum(asked).objective


def test_limits_bind_and_answers_differ_with_the_objective() -> None:
    """The draws are worth something: limits change optima, and no objective stands for another."""
    changed, different = 0, 0
    for seed in range(60):
        instance = objective_instance(seed)
        free = instance.replace(
            applications=[
                one.replace(max_energy=None, max_carbon=None, max_cost=None) for one in instance.applications
            ]
        )
        figure = objective_of(seed)
        one, other = (joint_optimum(i.minimising(figure)).objective for i in (instance, free))
        changed += one is not None and one != other
        placements = {joint_optimum(free.minimising(f)).placement for f in FIGURES}
        different += len(placements) > 1
    assert changed >= 10
    assert different >= 10


@seeds(40, 8, quick=16)
def test_crowds_by_prices(chunk: Iterable[int]) -> None:
    """Applications without limits on several devices, as many as prices are for; also over workers."""
    for seed in chunk:
        instance = weighted(crowded_instance(seed), seed)
        objective = FIGURES[1 + seed % 2]
        best = joint_optimum(instance.minimising(objective)).objective
        for method in named(lambda c: c.several):
            result = finopt.solve(instance, method, objective=objective)
            keeps_its_word(method, result, best, binds=True)
        check(finopt.solve(instance, executor=AtOnce(), objective=objective), best)
