"""`finopt simulate`: what it prints, writes and refuses, and its exit codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("simpy")

import finopt
from finopt.cli.failures import BACKEND, INTERRUPTED
from finopt.cli.simulation_report import estimate
from finopt.simulation import Estimate
from finopt.simulation import run as running
from tests.command_line import SMALL, run

BRIEF = ("--samples", 300, "--replications", 3)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """An instance and its plan."""
    return written(tmp_path)


def written(folder: Path, **changes: object) -> list[str]:
    data = {**SMALL, "applications": [{**SMALL["applications"][0], **changes}]}
    instance, result = folder / "small.json", folder / "plan.json"
    instance.write_text(json.dumps(data), encoding="utf-8")
    assert run("solve", instance, "-o", result).exit_code == 0
    return [str(instance), str(result)]


def test_figures_stand_beside_those_of_the_plan(files: list[str]) -> None:
    result = run("simulate", *files, *BRIEF, "--arrivals", "deterministic")
    assert result.exit_code == 0, result.output
    assert "3 replications of 300 s after 30 s; arrivals deterministic" in result.stdout
    lines = {line.split()[0]: " ".join(line.split()) for line in result.stdout.splitlines() if line.strip()}
    assert lines["early"].endswith("50 % 1 ms 1 ms 1 ms")
    assert lines["out"].endswith("50 % 12 ms 12 ms 12 ms")
    assert "app slowest exit 12 ms 12 ms 50 ms 0 %" in " ".join(result.stdout.split())
    assert "52.5 mJ" in result.stdout
    assert "no application is late" in result.stdout


def test_late_applications_are_named_with_what_would_help(tmp_path: Path) -> None:
    files = written(tmp_path, rate=150.0, max_latency=0.015)
    result = run("simulate", *files, "--samples", 3000)
    assert result.exit_code == 1, result.output
    assert "LATE" in result.stdout
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("late under load")]
    assert "application 'app'" in line
    assert "max_utilisation of at most 0." in line


def test_a_full_node_is_told(tmp_path: Path) -> None:
    files = written(tmp_path, rate=190.0)
    data = json.loads(Path(files[0]).read_text(encoding="utf-8"))
    data["applications"][0]["rate"] = 250.0
    Path(files[0]).write_text(json.dumps(data), encoding="utf-8")
    result = run("simulate", *files, *BRIEF)
    assert "node 'edge' has 125 % to do: its backlog grows with the horizon" in result.stdout


def test_json_is_the_file(tmp_path: Path, files: list[str]) -> None:
    output = tmp_path / "load.json"
    printed = run("simulate", *files, *BRIEF, "--json", "-o", output)
    assert printed.stdout == output.read_text(encoding="utf-8")
    data = json.loads(printed.stdout)
    assert data["format"] == "finopt-simulation"
    assert data["study"]["samples"] == 300
    (one,) = data["applications"]
    assert one["planned_energy"] == pytest.approx(0.0525)
    assert one["late"] is False
    assert set(one["compared"]) == {"mean", "half_width"}
    assert {node["id"] for node in data["nodes"]} == {"device", "edge"}
    assert run("simulate", *files, *BRIEF, "-o", "-").stdout == printed.stdout


def test_a_picture_is_drawn(tmp_path: Path, files: list[str]) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "load.svg"
    result = run("simulate", *files, *BRIEF, "--plot", picture)
    assert result.exit_code == 0, result.output
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
    assert run("simulate", *files, *BRIEF, "--plot", tmp_path / "load.gif").exit_code == 2


def test_ctrl_c_prints_what_is_done(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    true, calls = running.run, []

    def stopped(*arguments: object) -> object:
        calls.append(arguments)
        return None if len(calls) == 3 else true(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(running, "run", stopped)
    result = run("simulate", *files, "--samples", 300, "--replications", 5)
    assert result.exit_code == INTERRUPTED
    assert "2 replications of 5 (interrupted)" in result.stdout
    calls.extend([()] * 10)
    monkeypatch.setattr(running, "run", lambda *arguments: None)
    result = run("simulate", *files, *BRIEF)
    assert result.exit_code == INTERRUPTED
    assert "0 samples in 0 replications of 3 (interrupted)" in result.stdout


def test_what_is_wrong_is_told(tmp_path: Path, files: list[str]) -> None:
    both = run("simulate", *files, "--samples", 10, "--horizon", 10)
    assert both.exit_code == 2
    assert "--samples and --horizon say the same thing twice" in both.output
    path_problem = run("simulate", "instances/orlib/rcsp1.txt", files[1])
    assert path_problem.exit_code == 2
    assert "only a placement of networks has queues" in path_problem.output
    huge = run("simulate", *files, "--horizon", 1e12)
    assert huge.exit_code == 2
    assert "samples per replication" in huge.output
    data = json.loads(Path(files[1]).read_text(encoding="utf-8"))
    data["placement"][0]["nodes"] = ["edge", "nowhere"]
    Path(files[1]).write_text(json.dumps(data), encoding="utf-8")
    wrong = run("simulate", *files)
    assert wrong.exit_code == 2
    assert f"{files[1]}: " in wrong.output and "nowhere" in wrong.output


def test_without_simpy_the_extra_is_named(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simpy", None)
    result = run("simulate", *files)
    assert result.exit_code == BACKEND
    assert "a simulation needs simpy, which is not installed: pip install 'finopt[simulate]'" in result.output


def test_many_applications_are_summed_up(tmp_path: Path) -> None:
    instance = finopt.generate_fleet(60, 10, 3, 1, seed=1)
    finopt.save(instance, tmp_path / "fleet.json")
    finopt.solve(instance, gap=1.0).save(tmp_path / "plan.json", instance)
    result = run("simulate", tmp_path / "fleet.json", tmp_path / "plan.json", *BRIEF)
    assert "and 40 more applications; those above are nearer to their limits" in result.stdout


@pytest.mark.parametrize(
    ("mean", "half", "text"),
    [
        (0.02, 0.001, "20 ms ±5 %"),
        (0.02, 0.09, "20 ms ±450 %"),
        (0.02, 0.0, "20 ms"),
        (0.0, 0.0, "0 s"),
        (0.02, None, "20 ms"),
        (None, None, "-"),
    ],
)
def test_estimates_in_words(mean: float | None, half: float | None, text: str) -> None:
    assert estimate(Estimate(mean, half), "s") == text
