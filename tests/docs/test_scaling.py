"""The examples of docs/scaling.md run, and its figures are those of the code."""

from __future__ import annotations

import doctest
from pathlib import Path

from finopt.heuristics.joint.distributed.crew import REPLACED_WITHIN, TRIES
from finopt.heuristics.joint.distributed.division import FEWEST, LARGEST
from finopt.heuristics.joint.tuning import CLUSTERS

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_examples_run() -> None:
    assert doctest.testfile(str(PAGE), module_relative=False) == (0, 8)


def test_the_figures_are_those_of_the_code() -> None:
    assert f"{FEWEST} or as many as keep each below {LARGEST:_} applications".replace("_", " ") in TEXT
    assert f"within a partition, {CLUSTERS} in all" in TEXT
    assert f"up to {REPLACED_WITHIN:g} s for another" in TEXT
    assert TRIES == 4 and "lost four times in a row" in TEXT
