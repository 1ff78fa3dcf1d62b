"""What moving blocks costs, against enumeration: every method, after a plan for other demands."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

import finopt
from finopt import Instance, Moving, Placement
from finopt.problem.moving import Before
from finopt.problem.objective import FIGURES
from tests.conformance import keeps_its_word, named, seeds
from tests.joint_oracle import joint_optimum
from tests.objective_instances import joint_objective_instance, objective_instance, weighted
from tests.oracle import capacities_can_bind
from tests.random_instances import joint_instance


def changed(instance: Instance, seed: int) -> Instance:
    """The same network an hour later: other links, other demands."""
    rng = random.Random(seed)
    data = instance.model_dump()
    for link in data["links"]:
        link["energy"] *= rng.choice((0.1, 1.0, 10.0))
    for node in data["nodes"]:
        node["power"] *= rng.choice((0.1, 1.0, 10.0))
    for model in data["models"]:
        for part in (*model["blocks"], *model["exits"]):
            part["memory"] *= rng.choice((0.0, 1.0, 1.0))
    return Instance.model_validate(data)


def horizon_of(seed: int) -> float:
    """From so short that nothing moves to so long that moving is free."""
    return (1e-3, 1.0, 1e2, 1e4, 1e9)[seed % 5]


def placed_before(instance: Instance, seed: int) -> Placement | None:
    """What was best before, or anything that some method found."""
    found = joint_optimum(changed(instance, seed + 1)).placement
    return found or finopt.solve(instance, "mcp" if len(instance.applications) == 1 else "fin").placement


@seeds(160, 16, quick=48)
def test_one_application(chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, figure = objective_instance(seed), FIGURES[seed % 3]
        previous = placed_before(instance, seed)
        if previous is None:
            continue
        moving = Moving(horizon_of(seed))
        asked = instance.minimising(figure)
        asked = asked.after(Before.of(asked, previous, moving))
        best, binds = joint_optimum(asked).objective, capacities_can_bind(instance)
        for method in named():
            result = finopt.solve(instance, method, objective=figure, previous=previous, moving=moving)
            keeps_its_word(method, result, best, binds=binds)


@seeds(64, 8, quick=24)
def test_two_applications(chunk: Iterable[int]) -> None:
    """With limits and by prices."""
    for seed in chunk:
        limited = seed % 2
        instance = joint_objective_instance(seed) if limited else weighted(joint_instance(seed), seed)
        figure, moving = FIGURES[seed % 3], Moving(horizon_of(seed))
        previous = placed_before(instance, seed)
        if previous is None:
            continue
        asked = instance.minimising(figure)
        asked = asked.after(Before.of(asked, previous, moving))
        best = joint_optimum(asked).objective
        for method in named(lambda c: c.several):
            result = finopt.solve(instance, method, objective=figure, previous=previous, moving=moving)
            keeps_its_word(method, result, best, binds=True)
            if result.objective is not None:
                assert result.evaluation is not None
                total = getattr(result.evaluation, {"energy": "power"}.get(figure, figure))
                moved = result.evaluation.moving
                assert result.objective == pytest.approx(total + moved, rel=1e-12)
                assert (result.stats["moved"] > 0) >= (moved > 0)
