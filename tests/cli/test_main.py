"""The command line: what it prints, where, and with which exit code; the instance is in command_line.py."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt.api.methods import CAPABILITIES, METHODS, options_of
from finopt.cli import main
from tests.command_line import SMALL, Write, cells, run
from tests.conformance import methods


def test_help_has_an_example_for_every_command() -> None:
    commands = ("solve", "compare", "check", "generate", "generate-fleet", "pareto", "plot")
    overview = run("--help")
    assert overview.exit_code == 0
    for command in commands:
        assert command in overview.stdout
        assert f"Example: finopt {command} " in run(command, "--help").stdout


def test_version() -> None:
    assert run("--version").stdout.split()[-1] == finopt.__version__


def test_plan_of_the_small_instance(write: Write) -> None:
    result = run("solve", write())
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "small: OPTIMAL, energy 52.5 mJ, bound 52.5 mJ, gap 0 %"
    assert "exits early (50 % leave), out (final)" in lines
    route = lines.index("send device->edge 100 kbit, 50 % of the samples")
    assert lines[route - 1] == "compute device b1"
    assert lines[route + 1] == "compute edge b2"
    assert "accuracy 0.85 (target 0.8)" in lines
    assert "energy 52.5 mJ per inference: compute 52 mJ + communication 500 µJ" in lines
    assert "latency 12 ms of 50 ms (worst): compute 11 ms + communication 1 ms" in lines


@methods()
def test_every_method_answers(method: str, write: Write) -> None:
    result = run("solve", write(), "--method", method, "--time-limit", 60)
    assert result.exit_code == 0, result.output
    assert f"\n{method}" in result.stdout
    assert "energy 52.5 mJ" in result.stdout or not CAPABILITIES[method].optimal


def test_power_instead_of_energy_when_there_is_a_rate(write: Write) -> None:
    result = run("solve", write(rate=2.0))
    assert "OPTIMAL, power 105 mW" in result.stdout
    assert "at 2 per second 105 mW" in result.stdout


def test_json_is_the_result_file_and_nothing_else(write: Write, tmp_path: Path) -> None:
    result = run("solve", write(), "--json", "-o", tmp_path / "plan.json")
    assert result.exit_code == 0
    assert result.stdout == (tmp_path / "plan.json").read_text(encoding="utf-8")
    data = json.loads(result.stdout)
    assert data["format"] == "finopt-result"
    assert data["objective"] == pytest.approx(0.0525, rel=1e-12)
    assert data["placement"][0]["nodes"] == ["device", "edge"]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"max_latency": 0.011}, ("app", "latency", "12 ms")), ({"min_accuracy": 0.95}, ("app", "0.95", "0.9"))],
)
def test_infeasible_says_why_and_ends_with_1(change: dict[str, float], words: Any, write: Write) -> None:
    # 12 ms is the least latency: the edge is ten times as fast, but sending b1's input takes 8 ms.
    result = run("solve", write(**change))
    assert result.exit_code == 1
    assert "INFEASIBLE" in result.stdout
    reason = result.stdout.replace("0.012 s", "12 ms")
    assert all(word in reason for word in words), result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--method", "magic"], "'magic' is not one of"),
        (["--method", "mcp", "--gamma", "5"], "--gamma is an option of fin and fin-published, not of mcp"),
        (["--method", "labels", "--reduce"], "--reduce is an option of milp and cspp and fin, not of labels"),
        (["--method", "mcp", "--lam-rule", "levels"], "is an option of fin and fin-published, not of mcp"),
        (["--lam-rule", "x"], "'--lam-rule': 'x' is not one of 'bound', 'levels'"),
        (
            ["--lam-rule", "levels"],
            "lam_rule 'levels' is for FIN as published: use method 'fin-published', or reduce=False",
        ),
        (["--gamma", "0"], "'--gamma': 0 is not in the range"),
        (["--gamma", "100000001"], "100000001 is not in the range"),
        (["--gap", "1.5"], "'--gap': 1.5 is not in the range"),
        (["--time-limit", "nan"], "nan is not a finite number"),
        (["--time-limit", "-1"], "-1.0 is not in the range"),
        (["--output", "no-such-folder/plan.json"], "Cannot write into directory"),
        (["--colour"], "No such option"),
    ],
)
def test_usage_errors(options: list[str], message: str, write: Write) -> None:
    result = run("solve", write(), *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_missing_file() -> None:
    result = run("solve", "no-such-file.json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no-such-file.json: 1 problem" in result.stderr
    assert "No such file" in result.stderr


@pytest.mark.parametrize("command", ["solve", "compare", "check"])
def test_every_problem_of_a_bad_file_is_listed(command: str, write: Write) -> None:
    result = run(command, write(source="devise", rate=-1.0))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "2 problems" in result.stderr
    assert "did you mean 'device'?" in result.stderr
    assert "applications[0].rate" in result.stderr


def test_a_file_that_is_not_json(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"format": ', encoding="utf-8")
    result = run("check", tmp_path / "broken.json")
    assert result.exit_code == 2
    assert "is not valid JSON" in result.stderr


def test_the_help_of_an_option_begins_with_its_methods() -> None:
    for option in main.solve_command.params:
        owners = {method for method in METHODS if option.name in options_of(method)}
        named = re.match(r"([\w, -]+): ", getattr(option, "help", None) or "")
        assert owners == (set(named[1].split(", ")) if named else set()), option.name


@pytest.mark.parametrize(
    "options",
    [["--gamma", "1"], ["--gamma", "64", "--lam", "0.5"], ["--gap", "0.05"], ["--lam", "0"]],
)
def test_options_of_fin_reach_it(options: list[str], write: Write) -> None:
    result = run("solve", write(), *options, "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == 0
    assert data["objective"] >= 0.0525 * (1 - 1e-9) >= data["bound"] * (1 - 2e-9)


def test_compare_prints_a_row_per_method_and_a_block_per_instance(write: Write) -> None:
    result = run("compare", write(), write("late.json", max_latency=0.001), "--methods", "fin,labels")
    assert result.exit_code == 1, "the second instance has no answer"
    first, second = result.stdout.split("\n\n")
    header, fin, labels = (line.split() for line in first.splitlines()[1:])
    assert header == cells("method status energy latency accuracy bound gap build solve")
    assert fin[:5] == ["fin", "OPTIMAL", "52.5", "mJ", "12"]
    assert labels[:2] == ["labels", "OPTIMAL"]
    assert second.count("INFEASIBLE") >= 2
    assert "latency" in second.splitlines()[-1]


def test_compare_leaves_out_methods_that_cannot_take_the_instance(tmp_path: Path) -> None:
    app = SMALL["applications"][0]
    data = {**SMALL, "applications": [app, {**app, "id": "second"}]}
    (tmp_path / "two.json").write_text(json.dumps(data), encoding="utf-8")
    result = run("compare", tmp_path / "two.json", "--methods", "labels,milp")
    assert result.exit_code == 0
    assert "labels: method 'labels' places one application" in result.stdout
    # Two applications at 52.5 mJ and one inference a second each; the slower one uses 12 of its 50 ms.
    row = next(line.split() for line in result.stdout.splitlines() if line.startswith("milp "))
    assert row[:8] == ["milp", "OPTIMAL", "105", "mW", "24", "%", "of", "limit"]


def test_compare_with_all_methods_ends_with_0(write: Write) -> None:
    result = run("compare", write())
    assert result.exit_code == 0
    rows = result.stdout.splitlines()[2 : 2 + len(METHODS)]
    assert [line.split()[0] for line in rows] == list(METHODS)


def test_compare_names_an_unknown_method(write: Write) -> None:
    result = run("compare", write(), "--methods", "fin,magic")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'magic' is not one of milp" in result.stderr


def test_generate_is_reproducible_and_solvable(tmp_path: Path) -> None:
    options = ("--nodes", 5, "--blocks", 3, "--seed", 7)
    result = run("generate", *options)
    assert result.exit_code == 0
    assert run("generate", *options, "-o", tmp_path / "random.json").stdout == ""
    assert (tmp_path / "random.json").read_text(encoding="utf-8") == result.stdout
    assert len(json.loads(result.stdout)["nodes"]) == 5
    assert run("solve", tmp_path / "random.json").exit_code == 0


def test_generate_says_which_argument_is_out_of_range() -> None:
    result = run("generate", "--nodes", 4, "--devices", 9)
    assert result.exit_code == 2
    assert "devices must be" in result.stderr


FLEET = ("generate-fleet", "--applications", 12, "--devices", 4, "--sites", 2, "--clouds", 1, "--seed", 3)


@pytest.mark.parametrize("table", ["csv", "parquet"])
def test_a_fleet_is_a_file_with_a_table_beside_it(table: str, tmp_path: Path) -> None:
    if table == "parquet":
        pytest.importorskip("pyarrow")
    result = run(*FLEET, "--table", table, "--output", tmp_path / "fleet.json")
    assert (result.exit_code, result.output) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["fleet.json", f"fleet.{table}"])
    assert finopt.load(tmp_path / "fleet.json") == finopt.generate_fleet(12, 4, 2, 1, seed=3)


def test_a_fleet_on_standard_output_holds_its_applications() -> None:
    data = json.loads(run(*FLEET).stdout)
    assert len(data["applications"]) == 12
    assert run(*FLEET).stdout == run(*FLEET).stdout


def test_generate_fleet_says_which_argument_is_out_of_range() -> None:
    result = run("generate-fleet", "--sites", 0)
    assert result.exit_code == 2
    assert "sites must be a whole number of at least 1, got 0" in result.stderr
