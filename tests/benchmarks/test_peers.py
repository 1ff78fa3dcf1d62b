"""benchmarks/peers.py: its plan, and what its tables claim."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import peers
from harness.rows import PEERS
from peer_study import growth
from peer_study.plan import FAMILIES, METHODS, NOT_RUN, QUALITY, Run, plan, pointless
from peer_study.report import Cell, ratio_text, report, table, time_text


def make_row(method="labels", total_s=0.01, objective=1.0, status="OPTIMAL", **changes):
    """A finished run with its stamp."""
    row = {
        **dict.fromkeys(PEERS.columns),
        "date": "2026-01-02T03:04:05+00:00",
        "machine": "a machine",
        "family": "mesh",
        "size": "3x5",
        "seed": 0,
        "method": method,
        "time_limit_s": 60.0,
        "arcs": 45,
        "status": status,
        "termination": "COMPLETED",
        "objective": objective,
        "bound": objective,
        "gap": None if objective is None else 0.0,
        "build_s": None if total_s is None else total_s / 4,
        "total_s": total_s,
        "reason": "",
        "python": "3",
    }
    return {**row, **changes}


def late(method="cspy", **changes):
    """A run that its limit cut off."""
    known = {"status": "NO_SOLUTION", "termination": "TIME_LIMIT", "total_s": 60.0, **changes}
    return make_row(method, objective=None, **known)


def not_run(method="cspy", reason="out of time at 3x5, seed 0", **changes):
    known = {"status": "", "termination": NOT_RUN, "total_s": None, "arcs": None}
    return make_row(method, objective=None, **known, reason=reason, **changes)


# --- the plan ---


def test_the_plan_is_every_method_on_every_instance_small_sizes_first():
    runs = plan(["mesh", "hard-grid"], ["labels", "cspy"], ["30x20", "3x5"], [4, 7], time_limit_s=9.0)
    assert [(r.family, r.size) for r in runs[::4]] == [
        ("mesh", "3x5"),
        ("mesh", "30x20"),
        ("hard-grid", "3x5"),
        ("hard-grid", "30x20"),
    ]
    assert [(r.seed, r.method) for r in runs[:4]] == list(itertools.product([4, 7], ["labels", "cspy"]))
    assert {r.time_limit_s for r in runs} == {9.0}


def test_by_default_a_family_has_its_own_sizes_seeds_methods_and_limit():
    for name, family in FAMILIES.items():
        runs = plan([name])
        assert len(runs) == len(set(runs)) == sum(family.sizes.values()) * len(family.methods)
        assert {run.time_limit_s for run in runs} == {family.time_limit_s}
    assert {run.size for run in plan(["kdl"], sizes=["5x5"])} == {"755x20"}


def test_sizes_of_the_full_mesh_are_those_that_were_asked_for():
    assert list(FAMILIES["mesh"].sizes) == ["3x5", "10x10", "30x20", "100x20", "300x30"]
    assert FAMILIES["mesh"].methods == METHODS


def test_a_method_that_ran_out_of_time_is_not_run_again_in_its_family():
    run = Run("mesh", "30x20", 0, "cspy")
    assert pointless(run, [late(size="10x10")]) == "out of time at 10x10, seed 0"
    assert pointless(run, [late(size="10x10", termination="KILLED")])
    others = [late("highs"), late(family="hard-grid"), make_row("cspy"), not_run()]
    assert pointless(run, others) == ""


def test_the_slower_of_two_settings_is_not_run_on_larger_sizes():
    done = [
        make_row("highs", 0.5),
        make_row("highs-nopresolve", 0.1),
        make_row("highs", 2.0, size="10x10"),
        make_row("highs-nopresolve", 3.0, size="10x10"),
    ]
    run = Run("mesh", "30x20", 0, "highs")
    assert pointless(Run("mesh", "30x20", 0, "highs-nopresolve"), done) == "slower than highs at 10x10"
    assert pointless(run, done) == ""
    assert pointless(Run("mesh", "10x10", 1, "highs-nopresolve"), done) == ""
    assert pointless(run, done[:2]) == ""  # half a second tells little
    assert pointless(Run("mesh", "30x20", 0, "labels"), [*done, make_row("labels", 9.0)]) == ""


@pytest.mark.parametrize(
    "flags", [["--family", "ring"], ["--methods", "dijkstra"], ["--sizes", "ten"], ["--seeds", "x"]]
)
def test_wrong_arguments_end_with_exit_code_2(flags, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        peers.main([*flags, "--output", str(tmp_path / "peers.csv")])
    assert end.value.code == 2
    assert flags[1] in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


# --- agreement ---


def test_answers_within_the_tolerance_agree():
    rows = [make_row(), make_row("cspy", objective=1 + 5e-10), late("highs"), not_run("milp")]
    rows += [make_row("fin", objective=1.3, status="FEASIBLE", bound=0.9)]
    assert QUALITY.contradictions(rows) == []
    assert QUALITY.optimum(rows) == 1.0


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (make_row("cspy", objective=1.1), "cspy calls 1.1 optimal, the optimum is 1.0"),
        (make_row("fin", objective=1.1), "fin calls 1.1 optimal"),
        (make_row("fin", objective=0.9, status="FEASIBLE"), "fin answers 0.9, below the optimum"),
        (make_row("fin", objective=1.2, status="FEASIBLE", bound=1.1), "the bound 1.1 of fin exceeds"),
        (make_row("highs", objective=None, status="INFEASIBLE"), "highs says infeasible, labels has"),
    ],
)
def test_disagreements_make_the_exit_code_1(row, sentence, capsys):
    rows = [make_row(), row]
    assert any(sentence in found for found in QUALITY.contradictions(rows))
    assert peers.STUDY.verdict(rows, smoke=False) == 1
    assert f"WRONG: mesh 3x5 seed 0: {sentence}" in capsys.readouterr().err
    assert "WRONG" in report(rows)


def test_answers_to_different_instances_are_not_compared():
    rows = [make_row(), make_row("cspy", objective=2.0, seed=1), make_row("cspy", objective=3.0, size="6x6")]
    assert QUALITY.contradictions(rows) == []


def test_failed_runs_make_the_exit_code_1_and_late_ones_do_not():
    proven = [make_row(), make_row("highs")]
    failed = make_row("cspy", None, None, "NO_SOLUTION", termination="ERROR", reason="a crash")
    assert peers.STUDY.verdict([*proven, failed], smoke=False) == 1
    assert peers.STUDY.verdict([*proven, late(), not_run()], smoke=False) == 0
    assert QUALITY.unproven([make_row(), late()])
    assert not QUALITY.unproven(proven)
    assert peers.STUDY.verdict([make_row(), late()], smoke=True) == 1


# --- the tables ---


def test_times_are_medians_with_quartiles_and_say_when_they_are_lower_bounds():
    timed = [make_row("cspy", seconds, seed=seed) for seed, seconds in enumerate((0.1, 0.2, 0.4))]
    assert time_text(Cell(timed)) == "200 ms [150 ms, 300 ms]"
    assert time_text(Cell(timed[:1])) == "100 ms"
    assert time_text(Cell([late()])) == "> 60 s"
    assert time_text(Cell([late(), not_run(seed=1)])) == "> 60 s, 1 of 2 seeds"
    assert time_text(Cell([timed[0], late(seed=1), timed[1]])).startswith("> 200 ms")
    assert time_text(Cell([not_run()])) == "(> 60 s)"
    assert time_text(Cell([not_run(reason="slower than highs at 3x5")])) == "(slower)"
    unfinished = make_row("labels", 2.0, status="FEASIBLE", termination="LIMIT")
    assert time_text(Cell([unfinished])) == "-"
    assert time_text(Cell([])) == "-"


def test_ratios_pair_the_seeds():
    reference = Cell([make_row(total_s=seconds, seed=seed) for seed, seconds in enumerate((0.01, 0.1, 1.0))])
    assert ratio_text(Cell([make_row("cspy", 0.2, seed=0), make_row("cspy", 4.0, seed=1)]), reference) == "30"
    assert ratio_text(Cell([late(seed=2)]), reference) == "> 60"
    assert ratio_text(Cell([not_run()]), reference) == "(> 600)"
    assert ratio_text(Cell([not_run(reason="slower than highs at 3x5")]), reference) == "-"
    assert ratio_text(Cell([make_row("cspy", 0.2)]), Cell([late("labels")])) == "-"
    assert ratio_text(Cell([make_row("cspy", 0.2)]), None) == "-"


def test_fin_counts_as_done_with_a_gap():
    answered = make_row("fin", 0.5, status="FEASIBLE", bound=0.99, gap=0.01)
    assert time_text(Cell([answered])) == "500 ms"


def test_the_report_shows_every_size_method_and_version():
    rows = [
        make_row(highspy="1.13"),
        make_row("cspy", 0.2),
        make_row(size="10x10", arcs=1000, highspy="1.13"),
        not_run(size="10x10"),
        make_row("pass-single", 2e-3, family="growth", size="gamma", status="", gamma=64, relaxed=8_000_000),
        make_row(
            "pass-single", 4e-3, family="growth", size="gamma", status="", gamma=128, relaxed=16_000_000
        ),
        make_row("fin", objective=1.1, status="FEASIBLE", bound=1.0, gap=0.1, highspy="1.13"),
    ]
    text = report(rows)
    assert "2026-01-02. a machine. Python 3, highspy 1.13." in text
    assert "| 3x5 | 45 | 1 | 10 ms | 10 ms | 200 ms |" in text
    assert "| 10x10 | 1000 | 1 | 10 ms | - | (> 60 s) |" in text
    assert "| 3x5 | 45 | 1 | 1 | 20 |" in text
    assert "| 3x5 | 10 % | 10 % | 10 % | 10 % |" in text
    assert "| `pass-single` | 1.00 | - |" in text
    assert "| `pass-single` | 128 | 4 ms | [4 ms, 4 ms] | 1.6e+07 | 4 |" in text
    assert "2 instances; 1 were settled by at least two exact methods" in text
    assert list(table(rows[:4])) == ["3x5", "10x10"]


@pytest.mark.slow
def test_the_whole_thing(tmp_path, capsys):
    output = tmp_path / "peers.csv"
    flags = ["--family", "hard-grid,growth", "--smoke", "--output", str(output)]
    assert peers.main([*flags, "--methods", "labels,highs,pass-double"]) == 0
    text = output.with_suffix(".md").read_text(encoding="utf-8")
    assert text in capsys.readouterr().out
    rows = PEERS.read(output)
    assert [row["method"] for row in rows[:2]] == ["labels", "highs"]
    assert rows[0]["objective"] == rows[1]["objective"]
    assert rows[0]["late_compile_s"] == 0
    assert 0 < rows[0]["before_mb"] <= rows[0]["run_peak_mb"] <= rows[0]["peak_memory_mb"] * 1.01
    assert len(rows) == 2 + growth.REPEATS * len(growth.POINTS["smoke"])
    output.with_suffix(".md").unlink()
    assert peers.main(["--render", "--output", str(output)]) == 0
    assert output.with_suffix(".md").read_text(encoding="utf-8") == text
