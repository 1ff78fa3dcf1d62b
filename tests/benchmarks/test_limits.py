"""benchmarks/limits.py: its plan, and what it calls too long."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import limits
from harness.launch import Launcher
from harness.rows import LIMITS as TABLE
from limits_study.plan import CASES, LIMITS, ONE, SEVERAL, SMOKE, allowed, plan
from limits_study.report import QUALITY, report, wrong

from finopt.api.methods import METHODS
from tests.conformance import named


def make_row(over_s=0.1, limit=1.0, **changes):
    """A finished run with its stamp."""
    row = {
        **dict.fromkeys(TABLE.columns),
        "date": "2026-01-02T03:04:05+00:00",
        "machine": "a machine",
        "case": "fleet 20x30",
        "seed": 0,
        "method": "milp",
        "time_limit_s": limit,
        "status": "FEASIBLE",
        "termination": "TIME_LIMIT",
        "objective": 1.0,
        "bound": 0.5,
        "over_s": over_s,
        "allowed_s": allowed(limit),
        "reason": "",
        "python": "3",
    }
    return {**row, **changes}


def test_every_method_runs_on_what_it_takes():
    assert set(ONE) == set(METHODS)
    assert set(SEVERAL) == set(named(lambda c: c.several))
    largest = max(CASES.values(), key=lambda case: case.applications)
    assert largest.applications == 20_000
    assert len(plan(CASES)) == len(LIMITS) * (3 * len(ONE) + 6 * len(SEVERAL))
    (run,) = plan(CASES, ["mesh 40x10"], ["labels"], [0.1])
    assert (run.nodes, run.blocks, run.method, run.time_limit_s) == (40, 10, "labels", 0.1)
    with pytest.raises(ValueError, match="unknown method 'none'"):
        plan(CASES, methods=["none"])


def test_what_is_allowed_is_half_a_second_or_a_share():
    assert [allowed(limit) for limit in (0.1, 10.0, 60.0)] == [0.5, 0.5, 3.0]


def test_a_call_that_took_too_long_is_named():
    rows = [make_row(), make_row(0.7, method="fin"), make_row(0.7, 60.0)]
    assert wrong(rows) == ["fleet 20x30: fin took 700 ms beyond its limit of 1 s, allowed are 500 ms"]
    text = report(rows)
    assert "| fleet 20x30 | `milp` | 100 ms * | 700 ms * |" in text
    assert "| fleet 20x30 | `fin` | **700 ms *** | - |" in text
    assert "- fleet 20x30: fin took 700 ms" in text


def test_without_an_answer_and_killed():
    killed = {"objective": None, "over_s": None, "termination": "KILLED", "reason": "late"}
    rows = [make_row(objective=None), make_row(limit=5.0, **killed)]
    text = report(rows)
    assert "| 100 ms - | - |" in text
    assert "KILLED: milp on fleet 20x30: late" in text


def test_a_run_is_carried_out():
    (run,) = plan(SMOKE, ["fleet 6x6"], ["milp"], [20.0])
    row = Launcher(Path(limits.__file__).resolve(), TABLE).row(run)
    assert (row["status"], row["termination"], row["over_s"]) == ("OPTIMAL", "COMPLETED", 0.0), row["reason"]
    assert QUALITY.where(row) == "fleet 6x6"
