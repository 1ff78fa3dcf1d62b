"""The answer for many applications is the same for any number of threads."""

from __future__ import annotations

import numpy as np
import pytest

import finopt
from finopt.heuristics.joint.groups import group
from finopt.heuristics.joint.tuning import LEAST_DIVIDED
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance


def answer(instance: Instance, threads: int) -> tuple[object, ...]:
    result = finopt.solve(instance, "fin", threads=threads)
    stats = {name: value for name, value in result.stats.items() if not name.endswith("_s")}
    return result.objective, result.bound, stats, result.placement


@pytest.mark.parametrize("profiles", [False, True])
@pytest.mark.parametrize("applications", [12, 400])
def test_any_number_of_threads_gives_the_same_answer(applications: int, profiles: bool) -> None:
    instance = finopt.generate_fleet(applications, devices=60, sites=8, seed=5, profiles=profiles)
    alone = answer(instance, 1)
    assert answer(instance, 2) == alone
    assert answer(instance, 5) == alone


def test_many_applications_of_one_model_are_divided_and_answered_alike() -> None:
    models = finopt.generate_fleet(3, devices=3, sites=2, seed=1).models[:1]
    instance = finopt.generate_fleet(2 * LEAST_DIVIDED, devices=200, sites=8, seed=1, models=models)
    demand = Demand.of(instance)
    groups = group(instance, Network.of(instance), demand, np.zeros(demand.size, bool))
    assert len({one.family for one in groups}) > 1
    assert answer(instance, 2) == answer(instance, 1)


def test_families_have_nobody_in_common_and_everybody_is_in_one() -> None:
    instance = finopt.generate_fleet(3 * LEAST_DIVIDED, devices=200, sites=8, seed=1)
    demand = Demand.of(instance)
    groups = group(instance, Network.of(instance), demand, np.zeros(demand.size, bool))
    families: dict[int, set[int]] = {}
    for one in groups:
        families.setdefault(one.family, set()).update(one.members.tolist())
    assert sum(map(len, families.values())) == demand.size
    assert len(set().union(*families.values())) == demand.size
