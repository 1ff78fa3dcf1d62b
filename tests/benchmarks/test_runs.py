"""benchmarks/scale.py: one process per run, and no run is ever lost."""

from __future__ import annotations

import argparse
import math
import os
import queue
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import scale
from harness import launch as launching
from harness.child import warm_up
from harness.launch import Launcher, child_command, launch
from harness.rows import SCALE
from scale_study.plan import Run, key_of, plan

import finopt
from finopt.graph import kernels, layered, layered_kernels
from finopt.solvers import jit
from tests.benchmarks.scale_rows import make_row
from tests.fake_time import FakeTime
from tests.many_workers import wait_for

RUN = Run(nodes=5, blocks=3, topology="sparse", seed=0, method="labels", time_limit_s=1.0)

# --- one process per run ---


def script(text):
    """A process that stands in for the benchmark's child."""
    return [sys.executable, "-c", text]


READY = """import json, os, signal, subprocess, sys, time
print(json.dumps({"links": 8, "arcs": 39, "warmup_s": 0.1}), flush=True)
"""
FOREVER = "\nsys.stdin.read()"
"""The parent closes this pipe only when it has ended the child."""


@pytest.fixture
def late(monkeypatch):
    """Let the limit pass at once when the child has told what it was working on."""
    time = FakeTime(monkeypatch, launching)

    class Lines(queue.Queue):
        told = 0

        def get(self, timeout):
            self.told += 1
            if self.told == 1:
                return super().get(timeout=timeout)
            time.advance(timeout)
            raise queue.Empty

    monkeypatch.setattr(launching, "queue", SimpleNamespace(SimpleQueue=Lines, Empty=queue.Empty))


def test_a_child_that_overruns_its_limit_is_killed_and_recorded_with_all_that_is_known(late):
    run = Run(5, 3, "sparse", 0, "milp", time_limit_s=0.1)
    row = launch(run, command=script(READY + FOREVER), grace=0.2)
    assert (row["status"], row["termination"]) == ("NO_SOLUTION", "KILLED")
    assert "the run took more than 0.3 s" in row["reason"]
    assert (row["nodes"], row["arcs"], row["warmup_s"]) == (5, 39, 0.1)
    assert row["total_s"] == pytest.approx(0.3)
    assert row["peak_memory_mb"] > 1


def test_the_processes_of_a_killed_child_die_with_it(tmp_path, late):
    note = tmp_path / "pid"
    grandchild = f"""import subprocess, sys
p = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({str(note)!r}, "w").write(str(p.pid))
"""
    row = launch(RUN, command=script(grandchild + READY + FOREVER))
    assert row["termination"] == "KILLED"
    pid = int(note.read_text())
    wait_for(lambda: not _alive(pid))


def _alive(pid):
    """Whether the process runs; one that waits to be buried by init does not."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_child_that_never_gets_ready_is_killed():
    row = launch(RUN, command=script("import sys" + FOREVER), start_limit=0.3)
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
    run = Run(3, 2, "sparse", 0, "nonsense", time_limit_s=5.0)
    row = launch(run, child_command(scale.SCRIPT, run))
    assert row["termination"] == "ERROR"
    assert "unknown method 'nonsense'" in row["reason"]


@pytest.mark.parametrize("method", ["labels", "fin", "cspp", "mcp"])
def test_the_warm_up_passes_through_every_loop_that_larger_instances_need(method, monkeypatch):
    monkeypatch.setattr(jit, "PATIENCE", math.inf)
    everything = {**vars(kernels), **vars(layered_kernels)}
    loops = [loop for loop in everything.values() if isinstance(loop, jit.Kernel)]

    def used(search, *instances):
        for loop in loops:
            monkeypatch.setattr(loop, "steps", 0)
        for instance in instances:
            search(instance, method)
        return {loop.python.__name__ for loop in loops if loop.steps}

    larger = [
        finopt.generate(6, 4, topology=topology, seed=s) for topology in ("sparse", "mesh") for s in (0, 1)
    ]
    warmed = used(lambda _, method: warm_up(method), None)
    needed = used(finopt.solve, *larger)
    assert needed
    monkeypatch.setattr(layered, "FEW", 0)
    assert warmed >= needed | used(finopt.solve, *larger)


# --- the CSV file ---


def test_rows_survive_the_file(tmp_path):
    path = tmp_path / "scale.csv"
    first = SCALE.stamped(make_row("fin", 1.0000000000000002, "FEASIBLE", options='{"gamma": 100}'))
    second = SCALE.stamped(make_row("mcp", None, "NO_SOLUTION", reason='commas, "quotes"\nand lines'))
    SCALE.append(path, first)
    SCALE.append(path, second)
    found = SCALE.read(path)
    assert [key_of(row) for row in found] == [key_of(first), key_of(second)]
    assert found[0]["objective"] == first["objective"]
    assert found[0]["python"] == first["python"]
    assert found[1]["reason"] == second["reason"]
    assert found[1]["objective"] is None
    SCALE.write(path, found)
    assert SCALE.read(path) == found


def test_the_key_of_a_run_is_the_key_of_its_row_in_the_file(tmp_path):
    path = tmp_path / "scale.csv"
    SCALE.append(path, SCALE.stamped(launch(RUN, command=script("pass"))))
    assert key_of(SCALE.read(path)[0]) == RUN.key


def test_a_file_with_other_columns_is_refused(tmp_path):
    path = tmp_path / "scale.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="other columns"):
        SCALE.read(path)


@pytest.fixture
def recorder(monkeypatch):
    """Replace the processes: every run ends at once, and the methods are noted."""
    called = []

    def record(self, run):
        called.append(run.method)
        return make_row(run.method, nodes=run.nodes, blocks=run.blocks, time_limit_s=run.time_limit_s)

    monkeypatch.setattr(Launcher, "row", record)
    return called


def collect(path, methods, resume=False):
    """What one call of the benchmark would collect."""
    runs = plan([(5, 3)], ["sparse"], [(method, "{}") for method in methods], [0], time_limit_s=1.0)
    old = SCALE.read(path) if resume else []
    return scale._collect(runs, old, path, argparse.Namespace(grace=1.0, executor=None))


def test_only_resume_skips_what_is_in_the_file(tmp_path, recorder):
    path = tmp_path / "scale.csv"
    collect(path, ["labels", "fin"])
    collect(path, ["labels", "fin"])
    assert recorder == ["labels", "fin"] * 2
    found, complete = collect(path, ["labels", "fin", "mcp"], resume=True)
    assert recorder[4:] == ["mcp"]
    assert complete
    assert [row["method"] for row in found] == ["labels", "fin", "mcp"]
    assert len(SCALE.read(path)) == 5


def test_resume_repeats_runs_that_failed(tmp_path, recorder):
    path = tmp_path / "scale.csv"
    SCALE.append(path, make_row("fin", None, "NO_SOLUTION", termination="ERROR"))
    SCALE.append(path, make_row("milp", None, "NO_SOLUTION", termination="KILLED"))
    collect(path, ["fin", "milp"], resume=True)
    assert recorder == ["fin"]


def test_an_interrupt_loses_no_finished_row(tmp_path, monkeypatch):
    def interrupted(self, run):
        if run.method == "fin":
            raise KeyboardInterrupt
        return make_row(run.method)

    monkeypatch.setattr(Launcher, "row", interrupted)
    path = tmp_path / "scale.csv"
    found, complete = collect(path, ["labels", "milp", "fin", "mcp"])
    assert not complete
    assert [row["method"] for row in found] == ["labels", "milp"]
    assert [row["method"] for row in SCALE.read(path)] == ["labels", "milp"]
