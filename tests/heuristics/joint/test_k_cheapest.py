"""The cheapest ways in order: all of them, against every combination there is."""

from __future__ import annotations

import numpy as np
import pytest

import finopt
from finopt.problem.instance import Instance
from tests.heuristics.joint.test_joint_fin import pricer, random_prices
from tests.oracle import Task, every_choice

EVERYTHING = 10**6


def powers_of_every_choice(instance: Instance, h: int, configuration: int) -> list[float]:
    """Power of whatever is on time, ascending."""
    task = Task(instance, instance.applications[h])
    return sorted(
        float(task.rate * choice.energy)
        for choice in every_choice(task)
        if choice.latency <= task.limit and choice.configuration == configuration
    )


def tiny(seed: int) -> Instance:
    """Three applications that have some dozens to thousands of choices each."""
    kind = "mean" if seed % 2 else "worst"
    return finopt.generate(nodes=4 + seed % 2, blocks=3, applications=3, seed=seed, latency=kind)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("number", [1, 4, EVERYTHING])
def test_ways_are_the_cheapest_of_all(seed: int, number: int) -> None:
    instance = tiny(seed)
    one = pricer(instance, own_group=True)
    nothing = np.zeros(one.network.capacity.size)
    assignments = one.near(nothing, np.full(3, np.inf), number)
    power = one.figures.power(assignments)
    for k, group in enumerate(one.figures.groups):
        found = power[assignments.group == k]
        expected = powers_of_every_choice(instance, int(group.members[0]), group.configuration)[:number]
        np.testing.assert_allclose(np.sort(found), expected, rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("own_group", [True, False])
def test_ways_stay_within_their_priced_power_and_on_time(seed: int, own_group: bool) -> None:
    instance = finopt.generate(nodes=12, blocks=5, applications=8, devices=4, seed=seed)
    one = pricer(instance, own_group=own_group)
    price = random_prices(instance, seed)
    answer = one.answer(price)
    power_limit = 1.05 * answer.value
    assignments = one.near(price, power_limit, 50)
    paid = one.figures.power(assignments) + one.figures.loads(assignments) @ price
    assert (paid <= power_limit[assignments.application] * (1 + 1e-9)).all()
    assert one.on_time(assignments).all()
    least = np.full(8, np.inf)
    np.minimum.at(least, assignments.application, paid)
    np.testing.assert_allclose(least, answer.value, rtol=1e-6)
    rows = np.column_stack(assignments.columns())
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_nothing_is_found_below_the_least() -> None:
    instance = finopt.generate(nodes=6, blocks=3, applications=2, seed=1)
    one = pricer(instance, own_group=True)
    nothing = np.zeros(one.network.capacity.size)
    assert one.near(nothing, 0.99 * one.answer(nothing).value, 5).size == 0
