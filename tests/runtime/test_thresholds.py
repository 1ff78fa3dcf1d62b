"""Thresholds from a sweep and from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

import finopt
from finopt.io.importers.measurements import Sweep, read_sweep
from finopt.problem.errors import InstanceError
from finopt.runtime.thresholds import matched, parsed_thresholds, read_confidences
from tests.digits_plans import SWEEP, configurations

HALF = finopt.Configuration(exits=["a", "b"], shares=[0.4, 0.6], accuracy=0.9)


def sweep_of(folder: Path, rows: str, header: str = "threshold_a,share_a,share_b,accuracy") -> Sweep:
    path = folder / "sweep.csv"
    path.write_text(f"{header}\n{rows}\n", encoding="utf-8")
    return read_sweep(path)


def test_a_configuration_gets_the_thresholds_of_its_row() -> None:
    sweep = read_sweep(SWEEP, ["exit1", "exit2", "exit3"])
    found = [matched(configuration, sweep, "", "") for configuration in configurations()]
    assert found == [{"exit1": 0.6, "exit2": 0.9}, {}, {"exit1": 0.6}]


def test_of_rows_with_the_same_shares_and_accuracy_the_first_counts(tmp_path: Path) -> None:
    assert matched(HALF, sweep_of(tmp_path, "0.5,0.4,0.6,0.9\n0.7,0.4,0.6,0.9"), "", "") == {"a": 0.5}


@pytest.mark.parametrize("row", ["0.5,0.5,0.5,0.9", "0.5,0.4,0.6,0.8", ",,1,0.9"])
def test_without_a_row_the_configuration_is_named(tmp_path: Path, row: str) -> None:
    with pytest.raises(InstanceError, match=r"model 'm': no row has its exits, shares \(a 0.4, b 0.6\)"):
        matched(HALF, sweep_of(tmp_path, row), "model 'm'", "sweep.csv")


def test_a_row_without_threshold_is_named(tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match="row 1: has no column threshold_a, or an empty cell in it"):
        matched(HALF, sweep_of(tmp_path, ",0.4,0.6,0.9"), "", "sweep.csv")


def test_a_threshold_that_is_no_confidence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match="threshold of exit 'a': must be a confidence from 0 to 1"):
        matched(HALF, sweep_of(tmp_path, "5,0.4,0.6,0.9"), "", "sweep.csv")


def test_entropies_are_no_confidences() -> None:
    model = finopt.load("instances/early_exit/b-lenet-mnist-worst.json").models[0]
    with pytest.raises(InstanceError, match="lists entropies as thresholds"):
        read_confidences("instances/data/early_exit/branchynet_sweep_lenet_mnist.csv", model)


def test_thresholds_are_read_from_words() -> None:
    assert parsed_thresholds(["a=0.5", "b=c=1"], ["a", "b=c"]) == {"a": 0.5, "b=c": 1.0}


def test_every_wrong_word_is_named() -> None:
    with pytest.raises(InstanceError) as caught:
        parsed_thresholds(["a", "a=2", "a=x", "eixt=0.5"], ["a", "exit"])
    assert len(caught.value.problems) == 4
    assert "no such exit, got 'eixt'; did you mean 'exit'?" in str(caught.value)
