"""The benchmarks have answers judged a second time, and stop where the judges disagree."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from harness import second_judge
from harness.second_judge import judge_again

import finopt


def test_a_right_answer_passes_and_a_wrong_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = finopt.generate_fleet(applications=12, devices=4, sites=2, clouds=1, scarcity=0.3)
    result = finopt.solve(instance)
    assert judge_again(instance, result)
    wrong = replace(result, evaluation=replace(result.evaluation, objective=1.0))
    with pytest.raises(
        ValueError, match=r"the independent judge disagrees: the objective is \S+ and not 1\.0"
    ):
        judge_again(instance, wrong)
    monkeypatch.setattr(second_judge, "MOST", 11)
    assert not judge_again(instance, wrong)
