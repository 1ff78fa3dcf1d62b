"""benchmarks/many.py: its plan, its runs, and what its tables claim."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import many
from harness.launch import Launcher
from harness.rows import MANY
from many_study import files
from many_study.checks import wrong
from many_study.plan import CASES, EXACT, JUDGED, QUALITY, SMOKE, Run, plan
from many_study.report import report

import finopt


def make_row(case="20x30", method=JUDGED, objective=1.0, **changes):
    """A finished run with its stamp."""
    chosen = CASES[case]
    row = {
        **dict.fromkeys(MANY.columns),
        "date": "2026-01-02T03:04:05+00:00",
        "machine": "a machine",
        "case": case,
        "applications": chosen.applications,
        "devices": chosen.devices,
        "sites": chosen.sites,
        "clouds": chosen.clouds,
        "scarcity": 0.4,
        "seed": 0,
        "method": method,
        "options": "{}",
        "status": "OPTIMAL" if method == EXACT else "FEASIBLE",
        "termination": "COMPLETED",
        "objective": objective,
        "bound": objective,
        "gap": 0.0,
        "violations": 0,
        "total_s": 10.0 if method == EXACT else 0.1,
        "load_s": 0.05,
        "peak_memory_mb": 300.0,
        "reason": "",
        "python": "3",
    }
    return {**row, **changes}


def failed(**changes):
    """A run that raised."""
    known = {"status": "NO_SOLUTION", "termination": "ERROR", "reason": "two\n  lines", "total_s": None}
    return make_row(objective=None, **{**known, "bound": None, "gap": None, **changes})


# --- the plan ---


def test_the_judged_cases_are_those_of_the_issue():
    judged = {name: case.target for name, case in CASES.items() if case.target}
    assert list(judged) == ["20x30", "3000x323", "10000x1105", "1000000x100105"]
    assert (judged["20x30"].to_optimum, judged["20x30"].speedup) == (0.005, 50.0)
    assert [(t.gap, t.seconds, t.memory_mb) for t in list(judged.values())[1:]] == [
        (0.001, 5.0, None),
        (0.001, 15.0, 1000.0),
        (0.01, 120.0, 6000.0),
    ]
    assert (CASES["3000x323"].devices, CASES["3000x323"].sites + CASES["3000x323"].clouds) == (300, 23)


def test_the_plan_is_every_method_on_every_instance_small_cases_first():
    runs = plan(CASES, ["20x30", "10x10"], seeds=[3, 5], time_limit_s=7.0, scarcity=0.25, table="parquet")
    assert [(run.case, run.seed, run.method) for run in runs] == [
        (case, seed, method) for case in ("10x10", "20x30") for seed in (3, 5) for method in (EXACT, JUDGED)
    ]
    assert {(run.time_limit_s, run.scarcity, run.table) for run in runs} == {(7.0, 0.25, "parquet")}


def test_by_default_a_case_has_its_own_seeds_methods_and_limit():
    runs = plan(CASES)
    assert len(runs) == sum(case.seeds * len(case.methods) for case in CASES.values())
    assert {run.time_limit_s for run in runs if run.case == "1000000x100105"} == {120.0}


def test_methods_have_options():
    (run,) = plan(SMOKE, ["6x6"], ["fin:gap=0.01"])
    assert (run.method, json.loads(run.options)) == ("fin", {"gap": 0.01})


def test_a_case_that_there_is_not():
    with pytest.raises(ValueError, match="unknown case '5x5', known: 10x10, 20x30"):
        plan(CASES, ["5x5"])
    with pytest.raises(SystemExit) as caught:
        many.main(["--only", "5x5"])
    assert caught.value.code == 2


# --- files and runs ---


@pytest.mark.parametrize("table", ["csv", "parquet"])
def test_a_file_holds_the_instance_of_the_run(tmp_path, table):
    if table == "parquet":
        pytest.importorskip("pyarrow")
    (run, *_) = plan(SMOKE, ["60x17"], table=table)
    path = files.path_of(run, tmp_path)
    assert files.make(run, many.STUDY.script, path) == ""
    assert list(tmp_path.glob(f"*.{table}"))
    loaded = finopt.load(path)
    again = finopt.generate_fleet(60, 12, 4, 1, scarcity=0.4, seed=0)
    assert (loaded.nodes, loaded.links, loaded.models) == (again.nodes, again.links, again.models)
    assert loaded.applications == again.applications


def test_runs_on_one_instance_share_its_file(tmp_path):
    first, second = plan(SMOKE, ["6x6"])
    assert files.path_of(first, tmp_path) == files.path_of(second, tmp_path)
    (other, _) = plan(SMOKE, ["6x6"], seeds=[1])
    assert files.path_of(other, tmp_path) != files.path_of(first, tmp_path)


def test_an_instance_that_cannot_be_made_is_reported(tmp_path):
    run = Run("bad", 0, 1, 1, 1, 0, JUDGED)
    row = many._row(run, Launcher(many.STUDY.script, MANY), tmp_path)
    assert row["termination"] == "ERROR"
    assert "applications must be a whole number of at least 1, got 0" in row["reason"]


def test_a_small_study_from_end_to_end(tmp_path, capsys):
    output = tmp_path / "many.csv"
    code = many.main(
        ["--smoke", "--only", "6x6", "--methods", "milp", "--table", "csv", "--output", str(output)]
    )
    assert code == 0
    (row,) = MANY.read(output)
    instance = finopt.generate_fleet(6, 3, 2, 1, seed=0)
    assert row["objective"] == finopt.solve(instance, "milp").objective
    assert (row["status"], row["violations"], row["gap_to_optimum"]) == ("OPTIMAL", 0, 0.0)
    assert (row["nodes"], row["links"]) == (6, len(instance.directed_links))
    assert min(row["load_s"], row["total_s"], row["check_s"], row["peak_memory_mb"]) > 0
    assert output.with_suffix(".md").read_text(encoding="utf-8") == capsys.readouterr().out[:-1]


def test_a_method_that_refuses_the_instance_becomes_a_row(tmp_path, capsys):
    output = tmp_path / "many.csv"
    code = many.main(
        ["--smoke", "--only", "6x6", "--methods", "mcp", "--table", "csv", "--output", str(output)]
    )
    assert code == 1
    (row,) = MANY.read(output)
    assert row["termination"] == "ERROR"
    assert "InstanceError" in row["reason"]
    assert "ERROR: mcp on 6x6 seed 0" in capsys.readouterr().err


# --- checks ---


def test_gaps_are_relative_to_the_proven_optimum():
    rows = QUALITY.with_gaps([make_row(method=EXACT, objective=2.0), make_row(objective=2.002), failed()])
    assert [row["gap_to_optimum"] for row in rows] == [0.0, pytest.approx(0.001), None]
    assert QUALITY.optimum([make_row(objective=2.0)]) is None


def test_sound_answers_are_not_wrong():
    assert wrong([make_row(method=EXACT), make_row(objective=1.01, bound=0.99), failed()]) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"objective": 1.2, "bound": 1.1},
            "20x30 seed 0: the bound 1.1 of fin exceeds the answer 1.0 of milp",
        ),
        (
            {"objective": 0.9, "bound": 0.8},
            "20x30 seed 0: milp calls 1.0 optimal, lower is the answer 0.9 of fin",
        ),
        ({"violations": 2}, "20x30 seed 0: the answer of fin breaks 2 limits"),
        (
            {"status": "INFEASIBLE", "objective": None, "bound": None},
            "20x30 seed 0: fin says infeasible, but",
        ),
    ],
)
def test_answers_that_cannot_be_right(changes, sentence):
    found = wrong([make_row(method=EXACT, bound=0.5), make_row(**changes)])
    assert any(one.startswith(sentence) for one in found)


# --- the report ---


def test_the_report_says_what_was_reached():
    text = report(
        [
            make_row(method=EXACT),
            make_row(objective=1.004),
            make_row(method=EXACT, seed=1, total_s=4.0),
            make_row(seed=1),
            make_row("3000x323", gap=5e-4, total_s=3.0),
            make_row("3000x323", seed=1, gap=2e-3, total_s=4.96),
            make_row("10000x1105", peak_memory_mb=900.0),
            failed(case="10000x1105", seed=1),
        ]
    )
    lines = [line for line in text.splitlines() if line.endswith(("| yes |", "| no |"))]
    assert lines == [
        "| 20x30 | to the optimum <= 0.5 % | 0.4 % | yes |",
        "| 20x30 | >= 50 x as fast as `milp` | 40 x | no |",
        "| 3000x323 | certified gap <= 0.1 % | 0.2 % | no |",
        "| 3000x323 | load and solve <= 5 s | 5.01 s | no |",
        "| 10000x1105 | certified gap <= 0.1 % | 0 | no |",
        "| 10000x1105 | load and solve <= 15 s | 150 ms | no |",
        "| 10000x1105 | memory <= 1000 MB | 900 MB | yes |",
    ]


def test_growth_is_fitted_over_runs_that_ended():
    rows = [
        make_row("10x10", total_s=0.1),
        make_row("100x30", total_s=1.0),
        make_row("1000x120", total_s=10.0),
        make_row("3000x323", total_s=60.0, termination="TIME_LIMIT"),
    ]
    assert "| `fin` | 3 | 1.00 ± 0.00 | 1.00 |" in report(rows)


def test_failures_are_in_the_report():
    text = report([make_row(), failed(seed=1)])
    assert "- ERROR: fin on 20x30 seed 1: two lines" in text
    assert "| 20x30 | `fin` | 1 of 2 |" in text
