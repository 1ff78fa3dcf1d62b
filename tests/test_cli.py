"""The command line: what it prints, where, and with which exit code.

The instance of these tests, by hand: a device at 1 Gop/s and 2 W (2 nJ/op), an edge server at 10 Gop/s and
10 W (1 nJ/op), a link of 100 Mbit/s and 10 nJ/bit. Configuration 1 leaves half of the samples at block b1.

    b1 on the device, b2 on the edge   1e6 op * 2 nJ + 1/2 (1e5 bit * 10 nJ + 1e8 op * 1 nJ) = 2 + 0.5 + 50 mJ
                                       1 ms + 1 ms + 10 ms = 12 ms
    both on the edge                   8e5 bit * 10 nJ + 1e6 op * 1 nJ + 50 mJ = 59 mJ
    both on the device                 2 mJ + 100 mJ = 102 mJ
    configuration 0 (no early exit)    103 mJ at least

The first is the optimum: 52.5 mJ, 52 of them for computing.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import finopt
from finopt import cli
from finopt.api import METHODS

SMALL: dict[str, Any] = {
    "format": "finopt-instance",
    "version": 1,
    "name": "small",
    "nodes": [
        {"id": "device", "tier": "mobile", "compute": 1e9, "power": 2.0},
        {"id": "edge", "tier": "edge", "compute": 1e10, "power": 10.0},
    ],
    "links": [{"source": "device", "target": "edge", "bandwidth": 1e8, "energy": 1e-8}],
    "models": [
        {
            "id": "net",
            "input_bits": 8e5,
            "blocks": [
                {"id": "b1", "ops": 1e6, "output_bits": 1e5},
                {"id": "b2", "ops": 1e8, "output_bits": 100},
            ],
            "exits": [{"id": "early", "after": "b1"}, {"id": "out", "after": "b2"}],
            "configurations": [
                {"exits": ["out"], "shares": [1.0], "accuracy": 0.9},
                {"exits": ["early", "out"], "shares": [0.5, 0.5], "accuracy": 0.85},
            ],
        }
    ],
    "applications": [
        {"id": "app", "model": "net", "source": "device", "max_latency": 0.05, "min_accuracy": 0.8}
    ],
}

Write = Callable[..., str]


def run(*arguments: object) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the small instance, its application changed, and return the path."""

    def write(name: str = "small.json", **application: Any) -> str:
        data = {**SMALL, "applications": [{**SMALL["applications"][0], **application}]}
        (tmp_path / name).write_text(json.dumps(data), encoding="utf-8")
        return str(tmp_path / name)

    return write


@pytest.fixture
def plan(write: Write, tmp_path: Path) -> Path:
    """The result file of `finopt solve` for the small instance."""
    assert run("solve", write(), "-o", tmp_path / "plan.json").exit_code == 0
    return tmp_path / "plan.json"


def cells(text: str) -> list[str]:
    """The words of a row of a table."""
    return text.split()


def tamper(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrite a result file with something changed."""
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def test_help_has_an_example_for_every_command() -> None:
    commands = ("solve", "compare", "check", "generate")
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


@pytest.mark.parametrize("method", METHODS)
def test_every_method_answers(method: str, write: Write) -> None:
    result = run("solve", write(), "--method", method, "--time-limit", 60)
    assert result.exit_code == 0, result.output
    assert f"\n{method}" in result.stdout
    assert "energy 52.5 mJ" in result.stdout or method == "mcp"


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
        (["--method", "mcp", "--gamma", "5"], "--gamma is an option of fin, not of mcp"),
        (["--reduce"], "--reduce is an option of milp and cspp, not of fin"),
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


def test_options_are_those_of_the_methods() -> None:
    for method, name in METHODS.items():
        accepted = inspect.signature(import_module(name).solve).parameters
        for option, owners in cli.OPTIONS.items():
            assert (option in accepted) == (method in owners), (method, option)


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
    assert [line.split()[0] for line in result.stdout.splitlines()[2:7]] == list(METHODS)


def test_compare_names_an_unknown_method(write: Write) -> None:
    result = run("compare", write(), "--methods", "fin,magic")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'magic' is not one of milp" in result.stderr


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


def failing(error: BaseException) -> Callable[..., Any]:
    """A `finopt.solve` that fails."""

    def solve(*arguments: Any, **options: Any) -> Any:
        raise error

    return solve


def test_a_back_end_that_fails_is_exit_code_3(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "solve", failing(finopt.BackendError("HiGHS is not installed")))
    result = run("solve", write())
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "finopt: back end: HiGHS is not installed\n"
    compared = run("compare", write(), "--methods", "milp")
    assert compared.exit_code == 3
    assert "milp: back end: HiGHS is not installed" in compared.stderr


def test_ctrl_c_is_quiet(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "solve", failing(KeyboardInterrupt()))
    result = run("solve", write())
    assert (result.exit_code, result.output) == (130, "")


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, encoding="utf-8", timeout=60
    )


WHAT_IS_LOADED = """
import sys
from finopt.cli import main
try:
    main(sys.argv[1:])
except SystemExit as stop:
    code = stop.code
print(code, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def test_fin_loads_no_solver(write: Write) -> None:
    code, *modules = python(WHAT_IS_LOADED, "solve", write()).stderr.split()
    assert code == "0"
    assert not {"pyomo", "highspy", "ortools", "matplotlib", "pandas"} & set(modules)


def test_help_loads_neither_numpy_nor_a_solver() -> None:
    code, *modules = python(WHAT_IS_LOADED, "--help").stderr.split()
    assert code == "0"
    assert not {"numpy", "numba", "pyomo", "highspy", "ortools", "networkx"} & set(modules)


def test_bad_input_gives_no_traceback_in_a_real_process(write: Write) -> None:
    script = str(Path(sys.executable).with_name("finopt"))
    for arguments in (["solve", "nowhere.json"], ["check", write(source="nobody")]):
        done = subprocess.run([script, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2
        assert done.stdout == ""
        assert "problem" in done.stderr
        assert "Traceback" not in done.stderr
