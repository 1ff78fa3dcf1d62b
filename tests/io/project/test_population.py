"""A population is drawn as asked for, and its limits can be met."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from finopt import Application, ApplicationTable, Instance
from finopt.io.project import population
from finopt.problem.generators.latency_range import latency_range, least_latency
from tests.io.project.small import SMALL, built, problems, project
from tests.random_instances import random_instance
from tests.version2_instances import version2_instance


def drawn(folder: Path, **asked: Any) -> Instance:
    return built(folder, project(applications={"count": 40, **asked})).instance


def test_limits_are_multiples_of_the_least_possible_latency(tmp_path: Path) -> None:
    instance = drawn(tmp_path, times_fastest=[1.0, 1.5])
    for application in instance.applications:
        least, _ = latency_range(instance, application)
        assert least <= application.max_latency <= 1.5 * least * (1 + 1e-5)


def test_limits_in_seconds_are_taken_as_they_are(tmp_path: Path) -> None:
    limits = [one.max_latency for one in drawn(tmp_path, max_latency=[0.1, 0.4]).applications]
    assert 0.1 <= min(limits) < 0.2 < max(limits) <= 0.4
    assert {one.max_latency for one in drawn(tmp_path, max_latency=0.3).applications} == {0.3}


def test_rates_and_targets_are_in_their_ranges(tmp_path: Path) -> None:
    applications = drawn(tmp_path, rate=[0.5, 2], min_accuracy=[0.7, 0.75]).applications
    assert all(0.5 <= one.rate <= 2 and 0.7 <= one.min_accuracy <= 0.75 for one in applications)
    assert len({one.rate for one in applications}) > 20
    assert {one.min_accuracy for one in drawn(tmp_path).applications} == {0.74, 0.78, 0.8}


def test_who_starts_where_with_which_model(tmp_path: Path) -> None:
    assert {one.source for one in drawn(tmp_path).applications} == {"phone", "watch"}
    edge = project(applications={"count": 9, "start": "edge"}, profiles=None)
    assert {one.source for one in built(tmp_path, edge).instance.applications} == {"edge"}
    assert {one.source for one in drawn(tmp_path, start=["watch"]).applications} == {"watch"}
    second = {**SMALL["models"][0], "id": "other"}
    data = project(models=[*SMALL["models"], second])
    data["applications"] = {
        "count": 40,
        "models": {"net": 3, "other": 1},
        "prefix": "cam",
        "result_to": "source",
    }
    applications = built(tmp_path, data).instance.applications
    names = [one.model for one in applications]
    assert 0 < names.count("other") < names.count("net")
    assert applications[39].id == "cam40" and applications[0].result_to == "source"
    data["applications"]["models"]["net"] = 0
    assert {one.model for one in built(tmp_path, data).instance.applications} == {"other"}


def test_mean_latencies(tmp_path: Path) -> None:
    instance = drawn(tmp_path, latency="mean", times_fastest=1)
    for application in instance.applications:
        assert application.latency == "mean"
        assert application.max_latency == pytest.approx(latency_range(instance, application)[0], rel=1e-5)


def test_many_are_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population, "MOST_LISTED", 39)
    table = drawn(tmp_path).applications
    assert isinstance(table, ApplicationTable)
    monkeypatch.undo()
    assert list(drawn(tmp_path).applications) == list(table)


def test_who_can_run_nowhere_is_told(tmp_path: Path) -> None:
    asked = project(applications={"count": 40, "start": "edge"})  # where the last block was not measured
    assert problems(tmp_path, asked) == [
        "applications.start: 40 applications can nowhere run with the accuracy asked for, the first at node"
        " 'edge' with model 'net'; look at links and profiles"
    ]


@pytest.mark.parametrize("seed", range(0, 128, 3))
def test_the_least_latency_is_that_of_the_range(seed: int) -> None:
    for instance in (random_instance(seed), version2_instance(seed)):
        for application in instance.applications:
            assert least_latency(instance, application) == latency_range(instance, application)[0]


def test_devices_that_are_alike_are_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = project(applications={"count": 40, "times_fastest": 1, "min_accuracy": 0.7}, profiles=None)
    phone, _, edge = data["network"]["nodes"]
    twins = [{**phone, "id": f"phone{i}"} for i in range(6)]
    near, far = data["network"]["links"]
    links = [{**(near if i < 3 else far), "source": f"phone{i}"} for i in range(6)]
    data["network"] = {"nodes": [*twins, edge], "links": links}
    asked = []

    def counted(instance: Instance, application: Application) -> float:
        asked.append(application.source)
        return least_latency(instance, application)

    monkeypatch.setattr(population, "least_latency", counted)
    instance = built(tmp_path, data).instance
    assert len(asked) == 2  # of those with the fast link and of those with the slow one
    for application in instance.applications:
        assert application.max_latency == pytest.approx(latency_range(instance, application)[0], rel=1e-5)
