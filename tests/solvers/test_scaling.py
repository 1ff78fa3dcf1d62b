"""Units are a choice: scaling all energies, or all times, changes no placement."""

from __future__ import annotations

from typing import Any

import pytest

from finopt import Result, evaluate
from finopt.api.dispatch import solve
from finopt.problem.instance import Instance
from tests.conformance import methods
from tests.random_instances import random_instance

SEEDS = range(12)
FACTORS = (1e-6, 1e6)


def scaled_energies(instance: Instance, factor: float) -> Instance:
    """Every energy in another unit: of nodes and of links."""
    data = instance.model_dump()
    multiply(data["nodes"], factor, "power")
    multiply(data["links"], factor, "energy")
    return Instance.model_validate(data)


def scaled_times(instance: Instance, factor: float) -> Instance:
    """Every time in another unit; a figure per second shrinks as seconds become more. So does the power
    in J/s: the energy of an operation stays."""
    data = instance.model_dump()
    multiply(data["nodes"], 1 / factor, "compute", "power")
    multiply(data["links"], 1 / factor, "bandwidth")
    multiply(data["links"], factor, "delay")
    multiply(data["applications"], factor, "max_latency")
    multiply(data["applications"], 1 / factor, "rate")
    return Instance.model_validate(data)


def multiply(items: Any, factor: float, *keys: str) -> None:
    for item in items:
        for key in keys:
            item[key] *= factor


def check_same(instance: Instance, before: Result, after: Result, factor: float) -> None:
    """The same placement; of placements that cost exactly the same either one."""
    assert after.status == before.status
    if before.placement is None or after.placement is None:
        assert before.placement is after.placement is None
        return
    assert after.objective == pytest.approx(factor * before.objective, rel=1e-9)
    if after.placement != before.placement:
        same = evaluate(instance, after.placement)
        assert same.feasible
        assert same.objective == pytest.approx(before.objective, rel=1e-12)


@pytest.mark.parametrize("factor", FACTORS)
@methods()
def test_the_unit_of_energy_changes_no_placement(method: str, factor: float) -> None:
    for seed in SEEDS:
        instance = random_instance(seed)
        before, after = solve(instance, method), solve(scaled_energies(instance, factor), method)
        check_same(instance, before, after, factor)


@pytest.mark.parametrize("factor", FACTORS)
@methods()
def test_the_unit_of_time_changes_no_placement(method: str, factor: float) -> None:
    for seed in SEEDS:
        instance = random_instance(seed)
        before, after = solve(instance, method), solve(scaled_times(instance, factor), method)
        check_same(instance, before, after, 1 / factor)
