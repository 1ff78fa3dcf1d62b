"""The shipped early-exit network: its sweep is what the file gives, and its script gives the file."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

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
