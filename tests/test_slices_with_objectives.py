"""Slices together with carbon, cost, limits on them, and moving, against enumeration."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

import finopt
from finopt import Instance, Moving
from finopt.evaluation.independent import judge
from finopt.problem.moving import Before
from finopt.problem.objective import Figure
from tests.conformance import keeps_its_word, named, seeds
from tests.joint_oracle import joint_optimum
from tests.objective_instances import limited, objective_of, weighted
from tests.test_moving import horizon_of, placed_before
from tests.version2_instances import link_sliced_instance, link_sliced_pair, sliced_instance, sliced_pair

Draw = Callable[[int], Instance]


def drawn(draw: Draw, seed: int) -> tuple[Instance, Figure]:
    """An instance with slices, carbon, prices and limits, and what is minimised."""
    return limited(weighted(draw(seed), seed), seed), objective_of(seed)


@seeds(192, 16, quick=32)
@pytest.mark.parametrize("draw", [sliced_instance, link_sliced_instance])
def test_one_application(draw: Draw, chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, objective = drawn(draw, seed)
        best = joint_optimum(instance.minimising(objective))
        if best.placement is not None:
            evaluation = finopt.evaluate(instance.minimising(objective), best.placement)
            assert evaluation.feasible
            assert evaluation.objective == pytest.approx(best.objective, rel=1e-14, abs=0)
        for method in named():
            result = finopt.solve(instance, method, objective=objective)
            keeps_its_word(method, result, best.objective, binds=True)


@seeds(64, 8, quick=16)
@pytest.mark.parametrize("draw", [sliced_pair, link_sliced_pair])
def test_two_applications(draw: Draw, chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, objective = drawn(draw, seed)
        best = joint_optimum(instance.minimising(objective)).objective
        for method in named(lambda c: c.several):
            result = finopt.solve(instance, method, objective=objective)
            keeps_its_word(method, result, best, binds=True)


@seeds(96, 16, quick=16)
@pytest.mark.parametrize("draw", [sliced_instance, link_sliced_instance])
def test_moving(draw: Draw, chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, objective = drawn(draw, seed)
        previous = placed_before(instance, seed)
        if previous is None:
            continue
        moving, asked = Moving(horizon_of(seed)), instance.minimising(objective)
        best = joint_optimum(asked.after(Before.of(asked, previous, moving))).objective
        for method in named():
            result = finopt.solve(instance, method, objective=objective, previous=previous, moving=moving)
            keeps_its_word(method, result, best, binds=True)


@pytest.mark.parametrize("seed", range(24))
def test_the_second_judge_agrees_on_all_three_figures(seed: int) -> None:
    instance = weighted(link_sliced_instance(seed), seed)
    placement = finopt.solve(instance, "labels").placement
    if placement is None:
        return
    evaluation, (placed,) = finopt.evaluate(instance, placement).applications[0], placement.applications
    document = {
        "application": placed.application,
        "configuration": placed.configuration,
        "nodes": placed.nodes,
        "routes": placed.routes,
        "slices": placed.slices or None,
        "route_slices": placed.route_slices or None,
    }
    said = judge(instance.model_dump(mode="json"), [document])
    for figure in ("energy", "carbon", "cost", "latency"):
        assert float(getattr(said, figure)[placed.application]) == pytest.approx(
            getattr(evaluation, figure), rel=1e-12
        )
    assert not said.broken
