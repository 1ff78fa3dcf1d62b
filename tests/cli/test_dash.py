"""`-` for standard input and standard output, in every command that reads or writes a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from finopt.cli import main
from tests.command_line import SMALL, Write, run


def piped(text: str, *arguments: object) -> Result:
    """Run a command with a text on its standard input."""
    return CliRunner().invoke(main.main, [str(argument) for argument in arguments], input=text)


TEXT = json.dumps(SMALL)


@pytest.mark.parametrize(
    "command",
    [
        ("solve", "-", "--json"),
        ("solve", "-"),
        ("compare", "-", "--methods", "fin,mcp", "--json"),
        ("check", "-"),
        ("pareto", "-"),
        ("convert", "-"),
    ],
)
def test_standard_input_is_like_the_file(command: tuple[str, ...], write: Write) -> None:
    by_name = run(*(write() if word == "-" else word for word in command))
    by_dash = piped(TEXT, *command)
    assert by_dash.exit_code == by_name.exit_code == 0, by_dash.output
    assert first_figures(by_dash.stdout) == first_figures(by_name.stdout)


def first_figures(text: str) -> list[str]:
    """The lines without times and names of files."""
    return [
        line for line in text.splitlines() if not any(word in line for word in ("second", "build", "file"))
    ]


def test_a_result_on_standard_input(write: Write, plan: Path) -> None:
    checked = piped(plan.read_text(encoding="utf-8"), "check", write(), "-")
    assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (0, "feasible")


def test_a_path_problem_on_standard_input() -> None:
    content = Path("instances/orlib/rcsp1.txt").read_bytes()
    result = CliRunner().invoke(main.main, ["solve", "-", "--method", "labels"], input=content)
    assert result.exit_code == 0
    assert result.stdout.startswith("standard input: OPTIMAL, cost 131")


def test_standard_input_is_read_once() -> None:
    for command in (("check", "-", "-"), ("compare", "-", "-"), ("plot", "-", "-", "-o", "-")):
        result = piped(TEXT, *command)
        assert result.exit_code == 2
        assert "'-' is standard input, which can be read once" in result.stderr


def test_messages_name_standard_input() -> None:
    result = piped("{", "solve", "-")
    assert result.exit_code == 2
    assert result.stderr.startswith("finopt: standard input: 1 problem")


@pytest.mark.parametrize("command", ["solve", "convert", "check", "compare"])
def test_a_table_beside_standard_input_cannot_be_found(command: str) -> None:
    text = json.dumps({**SMALL, "applications": {"table": "apps.csv"}})
    result = piped(text, command, "-")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "applications.table: is a file beside that of the instance" in result.stderr
    assert "'apps.csv'; give the instance file by its name" in result.stderr


def test_output_to_standard_output_is_the_file_and_nothing_else(write: Write, tmp_path: Path) -> None:
    for command, name in (
        (("convert", write()), "new.json"),
        (("pareto", write()), "front.csv"),
        (("generate", "--seed", "3"), "random.json"),
        (("generate-fleet", "--applications", "3", "--devices", "2", "--sites", "1"), ""),
        (("plot", write(), "--stage", "path", "--gamma", "4"), "path.svg"),
    ):
        printed = run(*command, "--output", "-")
        assert printed.exit_code == 0, printed.output
        if name:
            assert run(*command, "--output", tmp_path / name).exit_code == 0
            assert printed.stdout_bytes == (tmp_path / name).read_bytes()
        else:
            assert json.loads(printed.stdout)["format"] == "finopt-instance"


def test_the_result_on_standard_output(write: Write) -> None:
    printed = run("solve", write(), "-o", "-")
    assert printed.exit_code == 0
    assert json.loads(printed.stdout)["status"] == "OPTIMAL"
    assert json.loads(run("solve", write(), "-o", "-", "--json").stdout)["status"] == "OPTIMAL"


def test_a_file_called_dash_has_a_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write()
    monkeypatch.chdir(tmp_path)
    assert "OPTIMAL, energy" in run("solve", path, "-o", "./-").stdout
    assert json.loads(Path("./-").read_text(encoding="utf-8"))["status"] == "OPTIMAL"
    assert run("check", path, "./-").exit_code == 0


def test_one_command_feeds_the_next(tmp_path: Path) -> None:
    """``python -m finopt`` in a pipe, on real streams."""
    drawn = subprocess.run(
        [
            sys.executable,
            "-m",
            "finopt",
            "generate",
            "--nodes",
            "4",
            "--blocks",
            "3",
            "--seed",
            "1",
            "-o",
            "-",
        ],
        capture_output=True,
        timeout=120,
    )
    solved = subprocess.run(
        [sys.executable, "-m", "finopt", "solve", "-", "--method", "labels", "--output", "-"],
        input=drawn.stdout,
        capture_output=True,
        timeout=120,
    )
    assert (drawn.returncode, solved.returncode, solved.stderr) == (0, 0, b"")
    assert json.loads(solved.stdout)["format"] == "finopt-result"


def test_python_m_finopt_is_the_command() -> None:
    said = [
        subprocess.run([sys.executable, "-m", name, "--version"], capture_output=True, text=True, timeout=120)
        for name in ("finopt", "finopt.cli")
    ]
    assert said[0].returncode == 0
    assert said[0].stdout.split()[-1] == said[1].stdout.split()[-1]
