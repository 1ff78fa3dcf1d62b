"""Evaluation in arrays says of version 2 of the model what exact evaluation says, in every combination."""

from __future__ import annotations

import random
from typing import Any

import pytest

import finopt
from finopt import ApplicationPlacement, ApplicationTable, Instance, Placement
from finopt.evaluation.bulk import evaluate_table
from finopt.evaluation.evaluate import BULK_FROM, evaluate_exactly
from finopt.evaluation.loads import Load
from finopt.problem.objective import FIGURES, LIMIT_OF, LIMITS
from finopt.problem.placement_table import PlacementTable
from tests.evaluation.test_bulk import assert_same, assert_same_for, crowd, on_the_edge, placements
from tests.version2_instances import ADD, FEATURES, features_of

SHARED = 1 << len(FEATURES)
"""The bit of a seed that says whether models share their weights."""


def combinations(numbers: range) -> pytest.MarkDecorator:
    """Features by the bits of ``seed``; quick are those with at most two of them, and all together."""
    slow = [seed for seed in numbers if 2 < seed.bit_count() <= len(FEATURES)]
    every = [pytest.param(seed, marks=[pytest.mark.slow] if seed in slow else []) for seed in numbers]
    return pytest.mark.parametrize("seed", every)


def fleet(seed: int, count: int = 12) -> Instance:
    """Applications of two models on one network; the bits of the seed choose among the features.

    Every second one has carbon and prices, and limits on energy, carbon and cost.
    """
    rng = random.Random(seed)
    data = crowd(seed, count).model_dump() | {"version": 2}
    second = crowd(seed + 1000).model_dump()["models"][0] | {"id": "second"}
    data["models"] = [*data["models"], second]
    for application in data["applications"]:
        if rng.random() < 0.5:
            application |= {"model": "second", "pinned": {}}
    for name in features_of(seed):
        ADD[name](data, rng)
    for model in data["models"] if seed & SHARED else ():
        model["shared_weights"] = rng.random() < 0.7
    if seed.bit_count() % 2:
        add_weights(data, random.Random(seed))
    return Instance.model_validate(data)


def add_weights(data: dict[str, Any], rng: random.Random) -> None:
    """Carbon and prices of nodes and links, and limits of some applications."""
    for part in (*data["nodes"], *data["links"]):
        part["carbon"] = rng.choice((0.0, 1e-4, 1e-3 * rng.random()))
    for node in data["nodes"]:
        node["price"] = rng.choice((0.0, 1e-5, 1e-3 * rng.random()))
    for link in data["links"]:
        link["price"] = rng.choice((0.0, 1e-12, 1e-9 * rng.random()))
    for application in data["applications"]:
        for name in LIMITS:
            if rng.random() < 0.3:
                application[name] = 10 ** rng.uniform(-8, 1)


@combinations(range(2 * SHARED))
def test_every_combination_of_features(seed: int) -> None:
    instance = fleet(seed)
    columnar = instance.model_copy(update={"applications": ApplicationTable.of(instance.applications)})
    for trouble in (0.0, 0.4):
        placed = placements(instance, seed, trouble)
        exact = evaluate_exactly(instance, placed)
        assert_same(evaluate_table(instance, PlacementTable.of(placed)), exact)
        assert_same(evaluate_table(columnar, PlacementTable.of(placed)), exact)


@pytest.mark.parametrize("seed", [0, SHARED - 1, 2 * SHARED - 1, *(1 << k for k in range(len(FEATURES) + 1))])
def test_hundreds_of_applications(seed: int) -> None:
    instance = fleet(seed, BULK_FROM + 200)
    placed = placements(instance, seed, trouble=0.2)
    found = finopt.evaluate(instance, Placement(placed))
    assert not isinstance(found.applications, tuple)
    assert_same(found, evaluate_exactly(instance, placed))


def test_every_rule_is_broken_and_all_are_kept() -> None:
    broken, clean = set(), 0
    for seed in range(1, 2 * SHARED, 5):
        instance = fleet(seed)
        for trouble in (0.0, 0.4):
            found = evaluate_exactly(instance, placements(instance, seed, trouble)).violations
            broken |= {violation.rule for violation in found}
            clean += not found
    assert broken == {
        *("placed", "configuration", "blocks", "node", "link", "accuracy", "route", "private", "pin"),
        *("allowed", "device", "result", "latency", "compute", "memory", "bandwidth"),
        *FIGURES,
    }
    assert clean


# ---------------------------------------------------------------- on the very limit


@combinations(range(0, 2 * SHARED, 9))
@pytest.mark.parametrize("steps", [-2, 0, 2])
def test_latencies_within_a_rounding_of_the_tolerance_are_decided_exactly(seed: int, steps: int) -> None:
    data, placed = evaluated(seed)
    loose = evaluate_exactly(Instance.model_validate(data), placed)
    latency = {figures.application: figures.latency for figures in loose.applications}
    for application in data["applications"]:
        application["max_latency"] = on_the_edge(latency.get(application["id"], 1.0), steps) or 1.0
    assert_same_for(data, placed)


@combinations(range(1, 2 * SHARED, 9))
@pytest.mark.parametrize("steps", [-2, 0, 2])
def test_limits_within_a_rounding_of_the_tolerance_are_decided_exactly(seed: int, steps: int) -> None:
    data, placed = evaluated(seed)
    add_weights(data, random.Random(seed))
    found = evaluate_exactly(Instance.model_validate(data), placed)
    figures = {item.application: item for item in found.applications}
    for application in data["applications"]:
        own = figures.get(application["id"])
        for figure, name in LIMIT_OF.items():
            application[name] = on_the_edge(getattr(own, figure, 1.0), steps) or None
    assert_same_for(data, placed)


@combinations(range(0, 2 * SHARED, 9))
@pytest.mark.parametrize("steps", [-2, 0, 2])
def test_loads_within_a_rounding_of_the_tolerance_are_decided_exactly(seed: int, steps: int) -> None:
    """Compute too: of measured blocks the load grows with it, so it is the rate that is moved to the edge."""
    data, placed = evaluated(seed)
    loads = evaluate_exactly(Instance.model_validate(data), placed)
    fullest = max((load.utilisation for load in loads.compute.values()), default=0.0)
    for node in data["nodes"]:
        node["memory"] = on_the_edge(loads.memory[node["id"]].used, steps)
    for link in data["links"]:
        if not link["bidirectional"]:  # the two directions carry different loads
            used = loads.bandwidth.get(f"{link['source']}->{link['target']}", Load(1.0, None)).used
            link["bandwidth"] = on_the_edge(used, steps) or 1.0
    assert_same_for(data, placed)
    for application in data["applications"]:
        application["rate"] = on_the_edge(application["rate"] / (fullest or 1.0), -steps)
    assert_same_for(data, placed)


def evaluated(seed: int) -> tuple[dict[str, Any], tuple[ApplicationPlacement, ...]]:
    """A fleet as data and where it runs, without limits on latencies."""
    instance = fleet(seed)
    data = instance.model_dump()
    for application in data["applications"]:
        application["max_latency"] = 1e9
    return data, placements(instance, seed, trouble=0.0)
