"""benchmarks/scale.py: the plan, the gaps and fits it prints, and that no run is ever lost."""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import scale
from scaling import quality, rows, timing
from scaling.child import TINY
from scaling.launch import launch
from scaling.plan import Run, parse_method, parse_seeds, parse_size, plan
from scaling.summary import percent, seconds, summary

import finopt
from finopt.graph import kernels

RUN = Run(nodes=5, blocks=3, topology="sparse", seed=0, method="labels", time_limit_s=1.0)


def make_row(method="labels", objective=1.0, status="OPTIMAL", **changes):
    """A finished run as it comes back from its process, with its stamp."""
    row = {
        **dict.fromkeys(rows.COLUMNS),
        "nodes": 5,
        "links": 8,
        "blocks": 3,
        "arcs": 39,
        "configurations": 3,
        "topology": "sparse",
        "tightness": 0.5,
        "seed": 0,
        "method": method,
        "options": "{}",
        "time_limit_s": 1.0,
        "warm": False,
        "status": status,
        "termination": "COMPLETED",
        "objective": objective,
        "bound": objective,
        "gap": None if objective is None else 0.0,
        "total_s": 0.01,
        "peak_memory_mb": 100.0,
        "warmup_s": 0.5,
    }
    return {**row, **changes}


# --- the plan ---


def test_the_plan_is_every_method_on_every_instance_small_ones_and_exact_methods_first():
    methods = [("fin", "{}"), ("milp", "{}"), ("mcp", "{}"), ("cspp", '{"reduce": true}')]
    runs = plan([(10, 5), (4, 2)], ["sparse", "mesh"], methods, [0, 1], time_limit_s=7.0)
    assert len(runs) == len({run.key for run in runs}) == 2 * 2 * 4 * 2
    assert [run.method for run in runs[:4]] == ["milp", "cspp", "fin", "mcp"]
    assert [run.nodes for run in runs] == 16 * [4] + 16 * [10]
    assert {run.time_limit_s for run in runs} == {7.0}


def test_options_are_values_not_text():
    assert parse_method("fin:lam=0.5:gamma=100") == ("fin", '{"gamma": 100, "lam": 0.5}')
    assert parse_method("milp:reduce=True") == ("milp", '{"reduce": true}')
    assert parse_method("mcp") == ("mcp", "{}")


@pytest.mark.parametrize("text", ["10", "x5", "0x5", "10x-1", "10x5x3", "axb"])
def test_a_size_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="NODESxBLOCKS"):
        parse_size(text)


@pytest.mark.parametrize("flag", [["--sizes", "10"], ["--methods", "fin:gamma"], ["--topologies", "ring"]])
def test_wrong_arguments_end_with_exit_code_2(flag, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        scale.main([*flag, "--output", str(tmp_path / "scale.csv")])
    assert end.value.code == 2
    assert flag[1] in capsys.readouterr().err


def test_seeds_are_a_list_or_a_range():
    assert parse_seeds("0,3,5") == [0, 3, 5]
    assert parse_seeds("2-4") == [2, 3, 4]


# --- gaps and contradictions ---


@pytest.mark.parametrize(
    ("objective", "best", "gap"),
    [
        (1.1, 1.0, 0.1),
        (1.0, 1.0, 0.0),
        (0.0, 0.0, 0.0),
        (1.0, 0.0, math.inf),
        (None, 1.0, None),
        (1.0, None, None),
    ],
)
def test_gap_to_the_optimum(objective, best, gap):
    assert quality.gap_to(objective, best) == pytest.approx(gap)


def test_gaps_are_relative_to_the_optimum_of_the_same_instance_even_if_proven_later():
    found = quality.with_gaps(
        [
            make_row("milp", 1.2, "FEASIBLE", termination="TIME_LIMIT"),
            make_row("fin", 1.5, "FEASIBLE"),
            make_row("labels", 1.0),
            make_row("fin", 1.5, "FEASIBLE", seed=1),
            make_row("fin", 3.0, "OPTIMAL", seed=2),
        ]
    )
    assert [row["gap_to_optimum"] for row in found] == [pytest.approx(0.2), 0.5, 0.0, None, None]


def test_answers_within_the_tolerance_do_not_contradict():
    group = [
        make_row("labels", 1.0),
        make_row("milp", 1.0 + 5e-10),
        make_row("fin", 1.2, "FEASIBLE", bound=1.0 + 5e-10),
        make_row("mcp", None, "NO_SOLUTION"),
    ]
    assert quality.contradictions(group) == []


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (make_row("milp", 1.0 + 2e-9), "milp calls 1.000000002 optimal"),
        (make_row("fin", 1.1, "OPTIMAL", bound=1.0), "fin calls 1.1 optimal"),
        (make_row("fin", 0.9, "FEASIBLE", bound=0.5), "fin answers 0.9, below"),
        (make_row("fin", 1.2, "FEASIBLE", bound=1.1), "the bound 1.1 of fin exceeds the optimum 1.0"),
        (make_row("cspp", None, "INFEASIBLE"), "cspp says infeasible, labels has an answer"),
    ],
)
def test_contradictions_are_found_and_make_the_exit_code_1(row, sentence, capsys):
    group = [make_row("labels", 1.0), row]
    assert any(sentence in found for found in quality.contradictions(group))
    assert scale._verdict(group, smoke=False) == 1
    assert "WRONG" in capsys.readouterr().err


def test_the_smoke_run_demands_two_proofs_and_no_failure():
    proven = [make_row("labels"), make_row("milp")]
    assert quality.unproven(proven) == []
    assert "settled by 1" in quality.unproven([make_row("labels"), make_row("fin")])[0]
    killed = make_row("fin", None, "NO_SOLUTION", termination="KILLED", reason="late")
    assert scale._verdict([*proven, killed], smoke=True) == 1
    assert scale._verdict([*proven, killed], smoke=False) == 0
    failed = {**killed, "termination": "ERROR"}
    assert scale._verdict([*proven, failed], smoke=False) == 1


# --- run time ---


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.3])
def test_the_exponent_of_a_power_law_is_recovered(exponent):
    fit = timing.fit([(arcs, 3e-5 * arcs**exponent) for arcs in (10, 200, 3000, 40000)])
    assert fit.exponent == pytest.approx(exponent, abs=1e-12)
    assert fit.factor == pytest.approx(3e-5)
    assert fit.error == pytest.approx(0, abs=1e-12)
    assert fit.points == 4


def test_noise_moves_the_exponent_by_about_its_standard_error():
    rng = random.Random(7)
    arcs = [10 * 2**k for k in range(12) for _ in range(5)]
    fit = timing.fit([(n, 1e-4 * n**1.5 * math.exp(rng.gauss(0, 0.3))) for n in arcs])
    # Of sigma / sqrt(sum (x - mean)^2): the x are ln 2 apart, 5 * 143 * ln(2)^2 in all.
    assert fit.error == pytest.approx(0.3 / math.sqrt(5 * 143 * math.log(2) ** 2), rel=0.3)
    assert abs(fit.exponent - 1.5) < 3 * fit.error


def test_one_size_has_no_exponent():
    assert timing.fit([(10, 1.0), (10, 2.0)]) is None
    assert timing.fit([]) is None


def test_sizes_with_cut_off_runs_stay_out_of_the_fit():
    timed = [make_row(arcs=n, nodes=n, total_s=1e-3 * n**2) for n in (10, 100, 1000)]
    late = make_row(arcs=10**4, nodes=10**4, total_s=30.0, termination="TIME_LIMIT")
    assert timing.growth([*timed, late]).exponent == pytest.approx(2)


def test_constant_costs_weigh_less_on_the_larger_half():
    found = [make_row(arcs=n, nodes=n, total_s=0.1 + 1e-4 * n) for n in (10, 100, 10**4, 10**5)]
    assert timing.growth(found).exponent < 0.6
    assert 0.9 < timing.growth(found, larger_half=True).exponent < 1


def test_median_and_quartiles():
    assert timing.spread([4.0, 1.0, 2.0, 3.0, 5.0]) == (3.0, 2.0, 4.0)
    assert timing.spread([7.0]) == (7.0, 7.0, 7.0)


# --- one process per run ---


def script(text):
    """A process that stands in for the benchmark's child."""
    return [sys.executable, "-c", text]


READY = """import json, os, signal, subprocess, sys, time
print(json.dumps({"links": 8, "arcs": 39, "warmup_s": 0.1}), flush=True)
"""


def test_a_child_that_overruns_its_limit_is_killed_and_recorded_with_all_that_is_known():
    run = Run(5, 3, "sparse", 0, "milp", time_limit_s=0.1)
    began = time.perf_counter()
    row = launch(run, command=script(READY + "time.sleep(60)"), grace=0.2)
    assert time.perf_counter() - began < 10
    assert (row["status"], row["termination"]) == ("NO_SOLUTION", "KILLED")
    assert "the run took more than 0.3 s" in row["reason"]
    assert (row["nodes"], row["arcs"], row["warmup_s"]) == (5, 39, 0.1)
    assert 0.3 <= row["total_s"] < 5
    assert row["peak_memory_mb"] > 1


def test_the_processes_of_a_killed_child_die_with_it(tmp_path):
    note = tmp_path / "pid"
    grandchild = f"""
p = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open({str(note)!r}, "w").write(str(p.pid))
time.sleep(60)"""
    launch(RUN, command=script(READY + grandchild), grace=0.5)
    pid = int(note.read_text())
    deadline = time.perf_counter() + 5
    while _alive(pid) and time.perf_counter() < deadline:
        time.sleep(0.02)
    assert not _alive(pid)


def _alive(pid):
    """Whether the process runs; one that waits to be buried by init does not."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_child_that_never_gets_ready_is_killed():
    row = launch(RUN, command=script("import time; time.sleep(60)"), start_limit=0.3)
    assert row["termination"] == "KILLED"
    assert "start and warm-up took more than 0.3 s" in row["reason"]
    assert row.get("total_s") is None


def test_a_child_that_crashes_is_recorded_with_its_last_words():
    row = launch(RUN, command=script(READY + "os.kill(os.getpid(), signal.SIGSEGV)"))
    assert row["termination"] == "ERROR"
    assert "signal 11" in row["reason"]
    row = launch(RUN, command=script("raise RuntimeError('no such luck')"))
    assert row["termination"] == "ERROR"
    assert "exit code 1" in row["reason"]
    assert "RuntimeError: no such luck" in row["reason"]


def test_the_real_child_reports_an_exception():
    row = launch(Run(3, 2, "sparse", 0, "nonsense", time_limit_s=5.0))
    assert row["termination"] == "ERROR"
    assert "unknown method 'nonsense'" in row["reason"]


@pytest.mark.parametrize("method", ["labels", "fin", "cspp", "mcp"])
def test_the_warm_up_passes_through_every_loop_that_larger_instances_need(method, monkeypatch):
    monkeypatch.setattr(kernels, "PATIENCE", math.inf)
    loops = [loop for loop in vars(kernels).values() if isinstance(loop, kernels.Kernel)]

    def used(*instances):
        for loop in loops:
            monkeypatch.setattr(loop, "steps", 0)
        for instance in instances:
            finopt.solve(instance, method)
        return {loop.python.__name__ for loop in loops if loop.steps}

    larger = [
        finopt.generate(6, 4, topology=topology, seed=s) for topology in ("sparse", "mesh") for s in (0, 1)
    ]
    assert used(finopt.generate(**TINY)) == used(*larger) != set()


# --- the CSV file ---


def test_rows_survive_the_file(tmp_path):
    path = tmp_path / "scale.csv"
    first = rows.stamped(make_row("fin", 1.0000000000000002, "FEASIBLE", options='{"gamma": 100}'))
    second = rows.stamped(make_row("mcp", None, "NO_SOLUTION", reason='commas, "quotes"\nand lines'))
    rows.append(path, first)
    rows.append(path, second)
    found = rows.read(path)
    assert [rows.key(row) for row in found] == [rows.key(first), rows.key(second)]
    assert found[0]["objective"] == first["objective"]
    assert found[0]["python"] == first["python"]
    assert found[1]["reason"] == second["reason"]
    assert found[1]["objective"] is None
    rows.write(path, found)
    assert rows.read(path) == found


def test_the_key_of_a_run_is_the_key_of_its_row_in_the_file(tmp_path):
    path = tmp_path / "scale.csv"
    rows.append(path, rows.stamped(launch(RUN, command=script("pass"))))
    assert rows.key(rows.read(path)[0]) == RUN.key


def test_a_file_with_other_columns_is_refused(tmp_path):
    path = tmp_path / "scale.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="other columns"):
        rows.read(path)


@pytest.fixture
def recorder(monkeypatch):
    """Replace the processes: every run ends at once, and the methods are noted."""
    called = []

    def record(run, **_):
        called.append(run.method)
        return make_row(run.method, nodes=run.nodes, blocks=run.blocks, time_limit_s=run.time_limit_s)

    monkeypatch.setattr(scale, "launch", record)
    return called


def collect(path, methods, resume=False):
    """What one call of the benchmark would collect."""
    runs = plan([(5, 3)], ["sparse"], [(method, "{}") for method in methods], [0], time_limit_s=1.0)
    old = rows.read(path) if resume else []
    return scale._collect(runs, old, path, argparse.Namespace(grace=1.0))


def test_only_resume_skips_what_is_in_the_file(tmp_path, recorder):
    path = tmp_path / "scale.csv"
    collect(path, ["labels", "fin"])
    collect(path, ["labels", "fin"])
    assert recorder == ["labels", "fin"] * 2
    found, complete = collect(path, ["labels", "fin", "mcp"], resume=True)
    assert recorder[4:] == ["mcp"]
    assert complete
    assert [row["method"] for row in found] == ["labels", "fin", "mcp"]
    assert len(rows.read(path)) == 5


def test_resume_repeats_runs_that_failed(tmp_path, recorder):
    path = tmp_path / "scale.csv"
    rows.append(path, make_row("fin", None, "NO_SOLUTION", termination="ERROR"))
    rows.append(path, make_row("milp", None, "NO_SOLUTION", termination="KILLED"))
    collect(path, ["fin", "milp"], resume=True)
    assert recorder == ["fin"]


def test_an_interrupt_loses_no_finished_row(tmp_path, monkeypatch):
    def interrupted(run, **_):
        if run.method == "fin":
            raise KeyboardInterrupt
        return make_row(run.method)

    monkeypatch.setattr(scale, "launch", interrupted)
    path = tmp_path / "scale.csv"
    found, complete = collect(path, ["labels", "milp", "fin", "mcp"])
    assert not complete
    assert [row["method"] for row in found] == ["labels", "milp"]
    assert [row["method"] for row in rows.read(path)] == ["labels", "milp"]


# --- what is printed and drawn ---


def study():
    """Two sizes, three seeds: labels takes arcs^2, milp is cut off on the larger one, fin is 2 % off."""
    found = []
    for nodes, arcs in ((5, 100), (10, 1000)):
        for seed in range(3):
            common = {"nodes": nodes, "arcs": arcs, "seed": seed}
            late = {"termination": "TIME_LIMIT", "total_s": 30.0} if nodes == 10 else {"total_s": 2.0}
            status = "FEASIBLE" if nodes == 10 else "OPTIMAL"
            found += [
                make_row("labels", total_s=1e-6 * arcs**2, **common),
                make_row("milp", status=status, **late, **common),
                make_row("fin", 1.02, "FEASIBLE", bound=0.99, gap=0.03 / 1.02, **common),
            ]
    return quality.with_gaps(found)


def test_the_summary_says_gaps_times_and_exponents():
    text = summary(study())
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "fin 6 0 6 0 0 0 0 2 % 2 % 2.94 % 2.94 %" in lines
    assert any(line.startswith("milp 6 3 3 0 0 3 0 ") for line in lines)
    assert "sparse 10x3 1000 1 [1, 1] s > 30 [30, 30] s 10 [10, 10] ms" in lines
    assert any(line.startswith("labels 2.00 ± 0.00 ") for line in lines)
    assert "milp - - 0 -" in lines  # one size alone has no exponent


def test_nothing_run_is_nothing_to_summarise():
    assert summary([]) == "no runs"


def test_figures_are_short():
    assert [percent(x) for x in (0.0, -1e-16, 0.0123456, 1.5)] == ["0", "0", "1.23 %", "150 %"]
    assert [seconds(x) for x in (2.5e-5, 0.0123456, 1.5, 1234.5)] == ["25 µs", "12.3 ms", "1.5 s", "1234 s"]


def test_the_picture_names_axes_units_and_methods(tmp_path):
    from scaling.plot import plot

    found = study()
    plot(
        [*found, *({**row, "topology": "mesh", "arcs": row["arcs"] * 5} for row in found)], tmp_path / "a.svg"
    )
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")  # text is drawn as glyphs, with a comment each
    for words in (
        "gap to the proven optimum [%]",
        "time per run [s]",
        "labels (arcs^",
        "milp",
        "mesh network",
    ):
        assert f"<!-- {words}" in text


@pytest.mark.slow
def test_a_small_study_from_the_command_line(tmp_path, capsys):
    output, picture = tmp_path / "scale.csv", tmp_path / "scale.png"
    sizes = ["--sizes", "3x2,4x2", "--topologies", "mesh", "--seeds", "1", "--methods", "fin,labels"]
    assert scale.main([*sizes, "--output", str(output), "--plot", str(picture), "--time-limit", "20"]) == 0
    found = rows.read(output)
    assert [row["method"] for row in found] == ["labels", "fin", "labels", "fin"]
    assert [(row["links"], row["arcs"]) for row in found[::2]] == [(6, 18), (12, 32)]
    for row in found:
        assert row["gap_to_optimum"] >= -1e-9
        assert row["total_s"] > 0
        assert row["warmup_s"] > 0
        assert row["peak_memory_mb"] > 20
        assert row["finopt"]
    assert picture.stat().st_size > 1000
    captured = capsys.readouterr()
    assert "Optimality" in captured.out
    assert captured.err == ""  # no progress bar outside a terminal
