"""benchmarks/day.py: three plans for every hour, what they take, and the table."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import day
from day_study.plans import plans_of
from day_study.scenario import busy

import finopt
from finopt import Moving

SMALL = ("--applications", "4", "--devices", "3", "--sites", "2", "--hours", "3", "--gap", "0.01")


def test_a_short_day(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert day.main([*SMALL, "--output", str(tmp_path / "day.md")]) == 0
    text = capsys.readouterr().out
    written = (tmp_path / "day.md").read_text(encoding="utf-8")
    assert written.startswith("# A day of changing demands\n") and f"```text\n{text}```" in written
    lines = text.splitlines()
    assert lines[0].split() == ["hour", "anew", "moves", "charged", "moves", "kept"]
    assert [line.split()[0] for line in lines[1:4]] == ["0", "1", "2"]
    assert lines[-1].startswith("charging what moving costs saves ")


def test_figures_are_those_of_the_evaluation() -> None:
    instance = busy(4, 3, 2, 0.01, 1)
    hours = list(finopt.generate_day(instance, 3, seed=1))
    moving = Moving(60.0)
    plans = list(plans_of(hours, moving, 1e-3))
    assert plans[0]["anew"] == plans[0]["charged"] == plans[0]["kept"]
    for hour in plans:
        own = hour["charged"]
        assert own is not None and own.power > 0
        assert own.together == own.power + own.moving
        assert (own.moving > 0) <= (own.moved > 0) or own.moving < 1e-2 * own.power
    first = plans[0]["anew"]
    assert first is not None and first.moving == first.moved == 0
