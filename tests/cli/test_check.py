"""`finopt check`: instances, and the placements of result files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finopt.evaluation import evaluate
from finopt.evaluation.account import summary
from tests.command_line import Write, cells, run, tamper
from tests.conformance import methods


def test_check_without_a_result_prints_what_the_instance_holds(write: Write) -> None:
    result = run("check", write(min_accuracy=0.86))
    assert result.exit_code == 0
    assert "small: valid" in result.stdout
    assert "2 (1 mobile, 1 edge)" in result.stdout
    assert "accuracy at least 0.86 (1 of 2 configurations)" in result.stdout


def test_check_accepts_what_solve_wrote(write: Write, plan: Path) -> None:
    result = run("check", write(), plan)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("\nfeasible\n")
    row = next(line for line in result.stdout.splitlines() if line.startswith("app "))
    assert row.split() == cells("app 1 52.5 mJ 52 mJ 500 µJ 12 ms 50 ms 0.8500 0.8000")
    # One inference a second: half of 1e5 bit cross the link, half of 1e8 op run on the edge.
    loads = [line.split() for line in result.stdout.splitlines()]
    assert cells("edge compute 50 Mop/s 10 Gop/s 0.5 %") in loads
    assert cells("device->edge bandwidth 50 kbit/s 100 Mbit/s 0.05 %") in loads


def test_check_rejects_another_objective(write: Write, plan: Path) -> None:
    tamper(plan, lambda data: data.update(objective=0.05))
    result = run("check", write(), plan)
    assert result.exit_code == 1
    assert "the file states energy 50 mJ, it is 52.5 mJ" in result.stdout
    assert "the file states the lower bound 52.5 mJ" not in result.stdout


def test_check_rejects_a_bound_above_the_objective(write: Write, plan: Path) -> None:
    tamper(plan, lambda data: data.update(bound=0.06))
    result = run("check", write(), plan)
    assert result.exit_code == 1
    assert "the file states the lower bound 60 mJ, energy is 52.5 mJ" in result.stdout


def test_check_rejects_a_placement_that_breaks_a_rule(write: Write, plan: Path) -> None:
    result = run("check", write(max_latency=0.0119), plan)
    assert result.exit_code == 1
    assert "application 'app': latency 0.012 s exceeds the limit 0.0119 s" in result.stdout
    assert result.stdout.endswith("\nNOT FEASIBLE\n")


def test_check_rejects_names_that_do_not_exist(write: Write, plan: Path) -> None:
    tamper(plan, lambda data: data["placement"][0].update(nodes=["device", "cloud"]))
    result = run("check", write(), plan)
    assert result.exit_code == 1
    assert "uses node 'cloud', which does not exist" in result.stdout


def test_check_of_a_result_without_placement(write: Write, tmp_path: Path) -> None:
    instance = write(max_latency=0.001)
    assert run("solve", instance, "-o", tmp_path / "none.json").exit_code == 1
    result = run("check", instance, tmp_path / "none.json")
    assert result.exit_code == 1
    assert "holds no placement, it states INFEASIBLE" in result.stdout


def test_check_of_a_file_that_is_no_result(write: Write) -> None:
    result = run("check", write(), write("other.json"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "other.json" in result.stderr


def test_check_says_why_the_objective_is_unknown(write: Write, plan: Path) -> None:
    tamper(plan, lambda data: data["placement"][0].update(nodes=["device", "cloud"]))
    result = run("check", write(), plan)
    assert "nan" not in result.stdout
    assert (
        "energy cannot be computed: the placement is incomplete or names what does not exist" in result.stdout
    )


def test_check_says_why_the_cost_of_a_path_is_unknown(tmp_path: Path) -> None:
    graph, answer = "instances/orlib/rcsp1.txt", tmp_path / "answer.json"
    assert run("solve", graph, "-o", answer).exit_code == 0
    assert run("check", graph, answer).stderr == ""
    tamper(answer, lambda data: data.update(path=[0, 99]))
    result = run("check", graph, answer)
    assert result.exit_code == 1
    assert "nan" not in result.stdout
    assert "cost cannot be computed: the path is incomplete or names what does not exist" in result.stdout


def test_check_warns_about_the_result_of_another_instance(write: Write, plan: Path) -> None:
    assert run("check", write(), plan).stderr == ""
    tamper(plan, lambda data: data.update(instance="large"))
    result = run("check", write(), plan)
    assert result.exit_code == 0
    assert result.stderr == f"warning: {plan} answers instance 'large', not 'small'\n"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gap": 0.5}, "the file states gap 0.5, its objective and bound have gap 0"),
        ({"gap": -0.25}, "the file states gap -0.25, its objective and bound have gap 0"),
        ({"bound": None}, "the file states gap 0, but not the objective and bound it is between"),
        ({"bound": None}, "the file states OPTIMAL and no lower bound that proves it"),
        (
            {"bound": 0.0},
            "the file states OPTIMAL, but its lower bound 0 J leaves room below its energy 52.5 mJ",
        ),
        ({"bound": 0.0}, "the file states gap 0, its objective and bound have gap 1"),
        ({"bound": -1.0, "gap": None}, "the file states the lower bound -1 J, energy is never below 0"),
        ({"objective": 0.0525000001}, "the file states energy 52.5000001 mJ, it is 52.5 mJ"),
        ({"objective": None}, "the file states energy -, it is 52.5 mJ"),
        ({"objective": -1.0}, "the file states energy -1 J, it is 52.5 mJ"),
        ({"bound": 0.0525000001}, "the file states the lower bound 52.5000001 mJ, energy is 52.5 mJ"),
        ({"status": "INFEASIBLE"}, "the file states INFEASIBLE and holds a placement"),
        ({"status": "NO_SOLUTION"}, "the file states NO_SOLUTION and holds a placement"),
        ({"placement": None}, "the file states energy 52.5 mJ, and nothing that has it"),
    ],
)
def test_check_names_what_cannot_be(changes: dict[str, Any], words: str, write: Write, plan: Path) -> None:
    tamper(plan, lambda data: data.update(changes))
    result = run("check", write(), plan)
    assert result.exit_code == 1
    assert words in result.stdout.splitlines()


def test_check_names_both_of_two_wrongs(write: Write, plan: Path) -> None:
    tamper(plan, lambda data: data.update(bound=0.0, gap=0.25))
    result = run("check", write(), plan)
    assert result.exit_code == 1
    assert "gap 0.25" in result.stdout
    assert "states OPTIMAL" in result.stdout


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "FEASIBLE"},
        {"status": "FEASIBLE", "bound": 0.0, "gap": 1.0},
        {"status": "FEASIBLE", "bound": None, "gap": None},
        {"gap": None},
        {"gap": 1e-10},
        {"termination": "TIME_LIMIT"},
    ],
)
def test_check_accepts_what_is_modest_but_true(changes: dict[str, Any], write: Write, plan: Path) -> None:
    tamper(plan, lambda data: data.update(changes))
    result = run("check", write(), plan)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "feasible")


@methods()
@pytest.mark.parametrize("limit", [0, 60])
def test_check_accepts_every_method(method: str, limit: int, write: Write, tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    if run("solve", write(), "--method", method, "--time-limit", limit, "-o", answer).exit_code == 0:
        assert run("check", write(), answer).exit_code == 0


def test_check_of_a_path_names_the_same(tmp_path: Path) -> None:
    graph, answer = "instances/orlib/rcsp1.txt", tmp_path / "answer.json"
    assert run("solve", graph, "-o", answer).exit_code == 0
    tamper(answer, lambda data: data.update(bound=-2.0, objective=131.0000002))
    result = run("check", graph, answer)
    assert result.exit_code == 1
    assert "the file states cost 131.0000002, it is 131" in result.stdout
    assert "the file states the lower bound -2, cost is never below 0" in result.stdout
    assert "the file states gap 0, its objective and bound have gap 1.0153" in result.stdout


# ---------------------------------------------------------------- the second judge


def test_the_independent_judge_says_the_same(write: Write, plan: Path) -> None:
    result = run("check", "--independent", write(), plan)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("\nthe independent judge says the same\nfeasible\n")
    result = run("check", "--independent", write(max_latency=0.0119), plan)
    assert result.exit_code == 1
    assert result.stdout.endswith("\nthe independent judge says the same\nNOT FEASIBLE\n")


def test_a_table_of_applications_is_judged_twice_too(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.json"
    assert run("generate-fleet", "--applications", 12, "--devices", 4, "-o", fleet).exit_code == 0
    assert run("solve", fleet, "-o", tmp_path / "plan.json").exit_code == 0
    result = run("check", "--independent", fleet, tmp_path / "plan.json")
    assert result.exit_code == 0, result.output
    assert "the independent judge says the same" in result.stdout


def test_judges_that_disagree_are_an_error(write: Write, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "summary", lambda *given: replace(summary(*given), energy=1.0))
    result = run("check", "--independent", write(), plan)
    assert result.exit_code == 1
    said = "the independent judge disagrees: the energy of application 'app' is 0.0525 and not 1.0"
    assert said in result.stdout.splitlines()
    assert "says the same" not in result.stdout


def test_the_independent_judge_needs_a_placement(write: Write, tmp_path: Path) -> None:
    graph, answer = "instances/orlib/rcsp1.txt", tmp_path / "answer.json"
    assert run("solve", graph, "-o", answer).exit_code == 0
    for arguments in ((write(),), (graph, answer)):
        result = run("check", "--independent", *arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "--independent judges the placement of a RESULT for an instance" in result.stderr
