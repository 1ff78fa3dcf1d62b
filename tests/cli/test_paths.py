"""The command line on resource-constrained shortest paths: solve, compare, check, and the result file.

The file by hand, vertices 1 to 4: 1 2 4 costs 3 and uses (6, 1), 1 3 4 costs 5 and uses (2, 2).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import finopt
from finopt.api.methods import CAPABILITIES, METHODS
from finopt.cli import main
from tests.conformance import methods

TEXT = "4 4 2\n0 0\n{} 3\n" + "0 0\n" * 4 + "1 2 1 3 0\n2 4 2 3 1\n1 3 2 1 1\n3 4 3 1 1\n"
ZHU = """\
num_nodes num_arcs source target
4 4 0 3
Resource Constraint RHS
5 3
Tail Head Distance Resource1 Resource2
0 1 1 3 0
1 3 2 3 1
0 2 2 1 1
2 3 3 1 1
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main.main, [str(argument) for argument in arguments])


def lines(result: Result) -> list[str]:
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.txt"
    path.write_text(TEXT.format(5), encoding="utf-8")
    return path


@pytest.fixture
def answer(file: Path, tmp_path: Path) -> Path:
    assert run("solve", file, "-o", tmp_path / "path.json").exit_code == 0
    return tmp_path / "path.json"


def tamper(file: Path, changes: dict[str, Any]) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(data | changes), encoding="utf-8")


@methods()
def test_solve_prints_the_path_in_the_numbers_of_the_file(method: str, file: Path) -> None:
    result = run("solve", file, "--method", method)
    assert result.exit_code == 0, result.output
    printed = lines(result)
    if not CAPABILITIES[method].bounded:
        assert printed[0] == "small.txt: FEASIBLE, cost 5"
    elif not CAPABILITIES[method].complete:
        assert printed[0].startswith("small.txt: FEASIBLE, cost 5, bound 0")
    else:
        assert printed[0] == "small.txt: OPTIMAL, cost 5, bound 5, gap 0 %"
    assert printed[1].startswith(method)
    assert printed[3:] == [
        "path 1 -> 3 -> 4",
        "cost 5",
        "resource used budget utilisation",
        "1 2 5 40 %",
        "2 2 3 66.7 %",
    ]


def test_files_that_count_from_0_print_so(file: Path) -> None:
    file.write_text(ZHU, encoding="utf-8")
    assert "path 0 -> 2 -> 3" in lines(run("solve", file))
    assert "path from 0 to 3" in lines(run("check", file))


def test_infeasible_says_which_budget_and_ends_with_1(file: Path) -> None:
    file.write_text(TEXT.format(1), encoding="utf-8")
    result = run("solve", file)
    assert result.exit_code == 1
    assert lines(result)[:2] == [
        "small.txt: INFEASIBLE",
        "resource 1: the least use of any path, 2, exceeds the budget 1",
    ]


def test_json_is_the_result_file_and_counts_from_0(file: Path, tmp_path: Path) -> None:
    result = run("solve", file, "--json", "-o", tmp_path / "path.json")
    assert result.stdout == (tmp_path / "path.json").read_text(encoding="utf-8")
    data = json.loads(result.stdout)
    assert (data["path"], data["objective"], data["placement"]) == ([0, 2, 3], 5.0, None)


def test_compare(file: Path) -> None:
    result = run("compare", file, file)
    assert result.exit_code == 0
    first, second = result.stdout.split("\n\n")
    assert first.splitlines()[:2] == second.splitlines()[:2]
    title, header, *rows = (line.split() for line in first.splitlines())
    assert title == ["small.txt"]
    assert header == ["method", "status", "cost", "fullest", "bound", "gap", "build", "solve"]
    assert [row[0] for row in rows] == list(METHODS)
    for row in rows:
        able, answer = CAPABILITIES[row[0]], ["5", "66.7", "%"]
        optimal = ["OPTIMAL", *answer, "5", "0", "%"]
        feasible = ["FEASIBLE", *answer, *(["0", "100", "%"] if able.bounded else ["-", "-"])]
        assert row[1:-4] == (optimal if able.complete else feasible)


def test_compare_says_why_there_is_no_answer(file: Path) -> None:
    file.write_text(TEXT.format(1), encoding="utf-8")
    result = run("compare", file, "--methods", "fin,labels")
    assert result.exit_code == 1
    reason = "resource 1: the least use of any path, 2, exceeds the budget 1"
    assert lines(result)[-2:] == [f"fin: {reason}", f"labels: {reason}"]


def test_compare_mixes_instances_and_paths(file: Path) -> None:
    result = run("compare", file, "instances/paper/b-lenet-mnist.json", "--methods", "labels")
    assert result.exit_code == 0
    assert "paper/b-lenet-mnist" in result.stdout


def test_check_prints_what_the_file_holds(file: Path) -> None:
    assert lines(run("check", file)) == [
        "small.txt: valid",
        "vertices 4 (1 to 4)",
        "arcs 4",
        "path from 1 to 4",
        "budgets 5 3",
    ]


def test_check_accepts_what_solve_wrote(file: Path, answer: Path) -> None:
    result = run("check", file, answer)
    assert result.exit_code == 0
    assert lines(result)[0] == "cost 5"
    assert result.stdout.endswith("\nfeasible\n")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"objective": 4.0, "bound": 4.0}, "the file states cost 4, it is 5"),
        ({"bound": 6.0}, "the file states the lower bound 6, cost is 5"),
        ({"status": "INFEASIBLE"}, "the file states INFEASIBLE and holds a path"),
        ({"path": [0, 1, 3]}, "resource 1: 6 exceeds the budget 5"),
        ({"path": [0, 3]}, "no arc from 1 to 4"),
        ({"path": [0, 2, 9]}, "ends at vertex 10, not at a target"),
        ({"path": [2, 3]}, "begins at vertex 3, not at the source 1"),
        ({"path": []}, "is empty"),
    ],
)
def test_check_rejects_what_is_not_so(
    changes: dict[str, Any], expected: str, file: Path, answer: Path
) -> None:
    tamper(answer, changes)
    result = run("check", file, answer)
    assert result.exit_code == 1
    assert expected in lines(result)
    assert ("path" in changes) == result.stdout.endswith("\nNOT FEASIBLE\n")


def test_check_of_results_for_something_else(file: Path, answer: Path, tmp_path: Path) -> None:
    instance = "instances/paper/b-lenet-mnist.json"
    assert run("solve", instance, "-o", tmp_path / "plan.json").exit_code == 0
    for one, other, what in ((file, tmp_path / "plan.json", "path"), (instance, answer, "placement")):
        result = run("check", one, other)
        assert result.exit_code == 1
        assert f"holds no {what}, it states OPTIMAL" in result.stdout


def test_a_broken_file_is_exit_code_2(file: Path) -> None:
    file.write_text(TEXT.format(-1), encoding="utf-8")
    for command in ("solve", "compare", "check"):
        result = run(command, file)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "line 3: upper limit: must be at least 0, got '-1'" in result.stderr


def test_more_resources_than_fin_takes(file: Path) -> None:
    file.write_text("1 0 3\n0 0 0\n1 1 1\n0 0 0\n", encoding="utf-8")
    result = run("solve", file)
    assert result.exit_code == 2
    assert "one or two resources; use 'labels', 'milp' or 'cspp', got 3" in result.stderr
    compared = run("compare", file, "--methods", "fin,labels")
    assert compared.exit_code == 0
    assert "fin: method 'fin' has levels for one or two resources" in compared.stdout


def test_import_loads_no_numpy_and_resource_graph_is_there() -> None:
    code = """
import sys, finopt
assert not {"numpy", "numba", "highspy", "ortools"} & set(sys.modules)
finopt.load("instances/paper/b-lenet-mnist.json")
assert "numpy" not in sys.modules
assert "ResourceGraph" in finopt.__all__
from finopt import ResourceGraph
assert isinstance(finopt.load("instances/orlib/rcsp1.txt"), ResourceGraph)
assert not {"highspy", "ortools"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    with pytest.raises(AttributeError, match="module 'finopt' has no attribute 'ResourceGrph'"):
        finopt.ResourceGrph  # noqa: B018
