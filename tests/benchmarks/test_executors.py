"""benchmarks/scale.py --executor: several runs at a time, none lost, none left behind."""

from __future__ import annotations

import argparse
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import scale
from harness import executors
from harness.launch import Launcher
from harness.rows import SCALE
from scale_study.plan import plan
from scale_study.summary import summary

from tests.benchmarks.scale_rows import make_row

RUNS = plan([(3, 2)], ["sparse"], [("labels", "{}"), ("fin", "{}")], range(3), time_limit_s=5.0, workers=2)


@pytest.mark.parametrize("executor", executors.EXECUTORS)
def test_the_study_is_the_same_whoever_works(executor, tmp_path, capsys):
    common = ["--sizes", "3x2,4x3", "--topologies", "sparse", "--seeds", "0", "--methods", "labels,fin"]
    one, many = tmp_path / "one.csv", tmp_path / "many.csv"
    assert scale.main([*common, "--output", str(one)]) == 0
    assert scale.main([*common, "--output", str(many), "--executor", executor, "--workers", "2"]) == 0
    assert "Up to 2 runs were at work at a time" in capsys.readouterr().out

    def answers(path):
        found = {(r["nodes"], r["method"]): (r["status"], r["objective"]) for r in SCALE.read(path)}
        assert len(found) == 4
        return found

    assert answers(many) == answers(one)
    assert {row["workers"] for row in SCALE.read(many)} == {2}
    assert {row["workers"] for row in SCALE.read(one)} == {1}


def pretending(row):
    """A launcher that starts no process."""

    class Pretending(Launcher):
        def row(self, run):
            return row(run)

    return Pretending(Path("scale.py"), SCALE)


def test_no_more_runs_are_at_work_than_they_say():
    at_work, most, lock = set(), [], threading.Lock()
    both = threading.Barrier(2, timeout=60)

    def pretend(run):
        with lock:
            at_work.add(run)
            most.append(len(at_work))
        both.wait()
        with lock:
            at_work.discard(run)
        return make_row(run.method, seed=run.seed, workers=run.workers)

    with ThreadPoolExecutor(8) as pool:
        found = list(executors.launched_on(pool, RUNS, 2, pretending(pretend)))
    assert sorted((row["seed"], row["method"]) for row in found) == sorted((r.seed, r.method) for r in RUNS)
    assert max(most) == 2


def test_a_run_whose_worker_is_lost_has_a_row():
    def lost(run):
        if run.method == "fin":
            raise ConnectionError("gone")
        return make_row(run.method)

    with ThreadPoolExecutor(2) as pool:
        found = list(executors.launched_on(pool, RUNS, 2, pretending(lost)))
    failed = [row for row in found if row["termination"] == "ERROR"]
    assert len(found) == 6
    assert {(row["method"], row["workers"], row["reason"]) for row in failed} == {
        ("fin", 2, "its worker was lost: ConnectionError: gone")
    }
    assert len(failed) == 3


def test_runs_of_another_number_of_workers_are_made_again(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(Launcher, "row", lambda self, run: made.append(run) or make_row(run.method))
    alone = [make_row("labels", nodes=3, blocks=2, workers=2)]
    run = plan([(3, 2)], ["sparse"], [("labels", "{}")], [0], time_limit_s=1.0)
    scale._collect(run, alone, tmp_path / "s.csv", argparse.Namespace(grace=1.0, executor=None))
    assert made == run


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--workers", "2"], "--workers needs --executor"),
        (["--executor", "dask", "--workers", "0"], "--workers must be at least 1, got 0"),
        (["--executor", "processes", "--scheduler", "tcp://a:1"], "--scheduler needs --executor dask"),
        (["--executor", "threads"], "invalid choice: 'threads'"),
    ],
)
def test_wrong_arguments_are_named(flags, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        scale.main([*flags, "--output", str(tmp_path / "s.csv")])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_only_shared_runs_carry_the_note():
    assert "share its cores" not in summary([make_row()])
    assert "Up to 4 runs" in summary([make_row(), make_row(workers=4)])
