"""The shipped early-exit network: its file, its sweep, its script, and the plan of its project."""

from __future__ import annotations

import csv
import importlib.util
import json
import runpy
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from finopt.runtime.manifest_file import read
from tests.command_line import run

FOLDER = Path(__file__).parents[2] / "instances" / "digits"


@pytest.fixture(scope="module")
def train() -> Any:
    """The script train.py as a module."""
    spec = importlib.util.spec_from_file_location("digits_train", FOLDER / "train.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shipped() -> list[dict[str, str]]:
    with (FOLDER / "sweep.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def figures(rows: Iterable[Mapping[str, Any]]) -> np.ndarray:
    """The rows of a sweep as numbers; -1 where a cell is empty."""
    return np.array([[float(cell) if cell != "" else -1.0 for cell in row.values()] for row in rows])


def test_the_file_is_small_and_has_three_exits() -> None:
    path = FOLDER / "digits.onnx"
    assert path.stat().st_size < 1e6
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [output.name for output in model.graph.output] == ["exit1", "exit2", "exit3"]


def test_the_sweep_is_that_of_the_file_on_the_samples(train: Any) -> None:
    samples = np.load(FOLDER / "samples.npz", allow_pickle=False)
    found = train.sweep(onnx.load(FOLDER / "digits.onnx"), samples["image"], samples["label"])
    assert figures(found) == pytest.approx(figures(shipped()), abs=2.5 / 600)  # a sample on a threshold


def test_every_row_of_the_sweep_sums_to_one_and_later_exits_are_more_accurate() -> None:
    rows = shipped()
    shares = [[float(row[f"share_exit{i}"] or 0) for i in (1, 2, 3)] for row in rows]
    assert np.sum(shares, axis=1) == pytest.approx(1, abs=1e-9)
    accuracy = [float(row["accuracy"]) for row in rows]
    assert accuracy[0] > 0.98
    assert min(accuracy) < accuracy[0] - 0.02


@pytest.mark.slow
def test_training_anew_gives_the_same_sweep(train: Any) -> None:
    found = train.sweep(*train.trained())
    assert figures(found) == pytest.approx(figures(shipped()), abs=0.03)  # rounding differs between machines


TIMES = """\
model,device,block,exit,time_s
digits,this-machine,block1,,150e-6
digits,this-machine,block2,,350e-6
digits,this-machine,block3,,670e-6
digits,this-machine,exit3,,290e-6
digits,this-machine,,exit1,20e-6
digits,this-machine,,exit2,15e-6
digits,this-machine,,exit3,1e-9
"""


def example() -> Any:
    """The script example.py as a module."""
    return runpy.run_path(str(FOLDER / "example.py"))


def test_the_plan_of_the_project_uses_its_three_nodes(tmp_path: Path) -> None:
    folder = example()["prepared"](tmp_path / "work")
    (folder / "measured.csv").write_text(TIMES, encoding="utf-8")
    assert run("build", folder / "project.yaml", "-o", folder / "instance.json").exit_code == 0
    assert run("solve", folder / "instance.json", "-o", folder / "plan.json").exit_code == 0
    options = ["--model", f"digits={folder / 'digits.onnx'}", "--thresholds", folder / "sweep.csv"]
    result = run("split", folder / "instance.json", folder / "plan.json", *options, "-o", folder / "pieces")
    assert result.exit_code == 0, result.output
    manifest = read(folder / "pieces")
    (application,) = manifest.applications
    assert [(piece.node, piece.blocks) for piece in application.pieces] == [
        ("camera", ("block1",)),
        ("gateway", ("block2", "block3")),
        ("server", ("exit3",)),
    ]
    assert application.missing_thresholds == ()
    result = run("run", folder / "pieces", "--samples", folder / "samples.npz", "--count", 600, "--json")
    (found,) = json.loads(result.stdout)["applications"]
    assert found["equal"] == 600
    for exit_ in found["exits"]:  # the samples are those that the sweep was measured with
        assert exit_["samples"] / 600 == pytest.approx(exit_["planned_share"], abs=2.5 / 600)


@pytest.mark.slow
def test_the_example_runs_from_measuring_to_running(tmp_path: Path) -> None:
    command = [
        sys.executable,
        str(FOLDER / "example.py"),
        "--folder",
        str(tmp_path / "work"),
        "--count",
        "50",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=600)
    assert ended.returncode == 0, ended.stderr
    steps = [line.split()[2] for line in ended.stdout.splitlines() if line.startswith("$ finopt ")]
    assert steps == ["profile", "build", "solve", "split", "run"]
    assert "exit and output as of the whole model: 50 of 50 samples, largest difference 0" in ended.stdout


def test_the_example_leaves_other_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SystemExit, match="holds something else"):
        example()["prepared"](tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
