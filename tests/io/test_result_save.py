"""`Result.save`, `finopt.save` and `finopt.load` of results."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import finopt
from finopt import InstanceError, Result
from finopt.io import atomic, result_file

PAPER = "instances/paper/b-alexnet-cifar10.json"


@pytest.fixture(scope="module")
def instance() -> finopt.Instance:
    instance = finopt.load(PAPER)
    assert isinstance(instance, finopt.Instance)
    return instance


@pytest.fixture(scope="module")
def result(instance: finopt.Instance) -> Result:
    return finopt.solve(instance, "labels")


@pytest.mark.parametrize("name", ["plan.json", "plan.json.gz"])
def test_what_is_saved_is_loaded(
    name: str, result: Result, instance: finopt.Instance, tmp_path: Path
) -> None:
    path = tmp_path / name
    result.save(path, instance)
    loaded = finopt.load(path)
    assert isinstance(loaded, Result)
    assert (loaded.placement, loaded.objective, loaded.bound) == (
        result.placement,
        result.objective,
        result.bound,
    )
    assert loaded.status is result.status
    loaded.save(tmp_path / "again.json", instance)
    result.save(tmp_path / "first.json", instance)
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "first.json").read_bytes()


def test_the_file_names_its_instance_when_that_is_given(
    result: Result, instance: finopt.Instance, tmp_path: Path
) -> None:
    for given, name in ((instance, "paper/b-alexnet-cifar10"), (None, "")):
        result.save(tmp_path / "plan.json", given)
        assert json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))["instance"] == name


def test_finopt_save_takes_results(result: Result, tmp_path: Path) -> None:
    finopt.save(result, tmp_path / "plan.json")
    assert (tmp_path / "plan.json").read_text(encoding="utf-8") == result_file.write(result)


def test_a_write_that_fails_leaves_the_old_file(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old", encoding="utf-8")

    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        result.save(path)
    assert [item.name for item in tmp_path.iterdir()] == ["plan.json"]
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"format": "finopt-result"}', "method: is required"),
        ('{"format": "finopt-result", "x": 1', "not valid JSON"),
    ],
)
def test_a_broken_result_lists_its_problems(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InstanceError, match=words):
        finopt.load(path)


def test_an_instance_that_speaks_of_results_is_an_instance(tmp_path: Path) -> None:
    data = json.loads(Path(PAPER).read_text(encoding="utf-8")) | {"name": "finopt-result"}
    (tmp_path / "x.json").write_text(json.dumps(data), encoding="utf-8")
    assert isinstance(finopt.load(tmp_path / "x.json"), finopt.Instance)


def test_what_solves_refuses_a_result_by_its_format(result: Result, tmp_path: Path) -> None:
    result.save(tmp_path / "plan.json")
    (failed,) = finopt.solve_many([tmp_path / "plan.json"], "labels", workers=1)
    assert "finopt-instance" in failed.reason
