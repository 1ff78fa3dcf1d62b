"""A day of changing demands."""

from __future__ import annotations

import pytest

import finopt
from finopt import ApplicationTable, Instance
from finopt.problem.options import OptionError
from tests.random_instances import joint_instance


def rates(instance: Instance) -> list[float]:
    return [application.rate for application in instance.applications]


@pytest.mark.parametrize("seed", range(4))
def test_rates_change_and_nothing_else_does(seed: int) -> None:
    instance = joint_instance(seed)
    day = list(finopt.generate_day(instance, 12, seed=seed))
    assert len(day) == 12
    for number, hour in enumerate(day, 1):
        assert (hour.nodes, hour.links, hour.models) == (instance.nodes, instance.links, instance.models)
        assert hour.name == f"{instance.name} step {number} of 12"
        for one, own in zip(instance.applications, hour.applications, strict=True):
            assert 0.19 * one.rate <= own.rate <= one.rate
            assert own.replace(rate=one.rate) == one
    assert len({tuple(rates(hour)) for hour in day}) == 12
    assert day == list(finopt.generate_day(instance, 12, seed=seed))
    assert day != list(finopt.generate_day(instance, 12, seed=seed + 1))


def test_a_table_stays_one_and_what_has_room_keeps_it() -> None:
    instance = finopt.generate_fleet(30, 5, 2, 1, seed=2)
    for hour in finopt.generate_day(instance, 3, night=0.5):
        assert isinstance(hour.applications, ApplicationTable)
        assert all(a <= b for a, b in zip(rates(hour), rates(instance), strict=True))


def test_the_busiest_hours_are_busier_than_the_night() -> None:
    instance = finopt.generate_fleet(200, 20, 4, 1, seed=2)
    total = [sum(rates(hour)) for hour in finopt.generate_day(instance, 24, seed=3)]
    assert max(total[18:23]) > 1.3 * min(total[1:5])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"night": 0.0}, "night must be above 0 and finite"),
        ({"night": 1.5}, "night must be at most 1, got 1.5"),
        ({"seed": -1}, "seed must be at least 0"),
    ],
)
def test_arguments_out_of_range(options: dict[str, float], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        finopt.generate_day(joint_instance(1), **options)  # type: ignore[arg-type]
