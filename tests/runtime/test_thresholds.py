"""Thresholds from a sweep and from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

import finopt
from finopt.problem.errors import InstanceError
from finopt.runtime.thresholds import matched, parsed_thresholds, read_sweep
from tests.digits_plans import SWEEP, configurations

HEADER = "threshold_a,share_a,share_b,accuracy\n"


def written(folder: Path, text: str) -> str:
    path = folder / "sweep.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_configuration_gets_the_thresholds_of_its_row() -> None:
    sweep = read_sweep(str(SWEEP))
    found = [
        matched(configuration, sweep, "model 'digits'", "sweep.csv") for configuration in configurations()
    ]
    assert found == [{"exit1": 0.6, "exit2": 0.9}, {}, {"exit1": 0.6}]


def test_every_row_of_the_shipped_sweep_is_found_again() -> None:
    sweep = read_sweep(str(SWEEP))
    for row in sweep:
        exits = [name for name in ("exit1", "exit2", "exit3") if name in row.shares]
        shares = [row.shares[name] for name in exits]
        configuration = finopt.Configuration(exits=exits, shares=shares, accuracy=row.accuracy)
        found = matched(configuration, sweep, "", "")
        first = next(other for other in sweep if other.fits(configuration))
        assert found == dict(first.thresholds) and first.shares == row.shares


def test_without_a_row_the_configuration_is_named(tmp_path: Path) -> None:
    sweep = read_sweep(written(tmp_path, HEADER + "0.5,0.4,0.6,0.9\n"))
    other = finopt.Configuration(exits=["a", "b"], shares=[0.5, 0.5], accuracy=0.9)
    with pytest.raises(InstanceError, match=r"model 'm': no row has its exits, shares \(a 0.5, b 0.5\)"):
        matched(other, sweep, "model 'm'", "sweep.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("a,b\n", "column 'accuracy': is required"),
        ("accuracy\n1\n", "a column share_<exit> is required"),
        ("threshold_a,share_b,accuracy\n", "needs a column share_a"),
        ("share_a,share_a,accuracy\n", "comes twice"),
        (
            HEADER + "0.5,0.4,0.6,0.9\n0.5,x,2,\n",
            "row 2: column 'share_a': must be a number from 0 to 1, got 'x'",
        ),
        (HEADER + "0.5,0.4,2,\n", "row 1: column 'share_b': must be a number from 0 to 1, got '2'"),
        (HEADER + "0.5,0.4,1,\n", "row 1: column 'accuracy': must be a number from 0 to 1, got ''"),
        (HEADER + "0.5,0.4,1,nan\n", "row 1: column 'accuracy'"),
        (HEADER + "0.5,0.4\n", "row 1: has 2 cells, the header 4"),
    ],
)
def test_what_is_wrong_in_a_sweep_is_named_by_row_and_column(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InstanceError) as caught:
        read_sweep(written(tmp_path, text))
    assert words in str(caught.value)


def test_thresholds_are_read_from_words() -> None:
    assert parsed_thresholds(["a=0.5", "b=c=1"], ["a", "b=c"]) == {"a": 0.5, "b=c": 1.0}


def test_every_wrong_word_is_named() -> None:
    with pytest.raises(InstanceError) as caught:
        parsed_thresholds(["a", "a=2", "a=x", "eixt=0.5"], ["a", "exit"])
    assert len(caught.value.problems) == 4
    assert "no such exit, got 'eixt'; did you mean 'exit'?" in str(caught.value)
