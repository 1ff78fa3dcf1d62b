"""When finopt crashes: one line that says what to report, an exit code of its own, a traceback on request."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

import finopt
from finopt.cli import main
from tests.command_line import Write, run

CRASH = IndexError("nothing\nto exchange")


def failing(error: Exception) -> Callable[..., Any]:
    """Stands for any function that fails."""

    def fail(*arguments: Any, **options: Any) -> Any:
        raise error

    return fail


def breaking(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let every command fail where it begins to work."""
    monkeypatch.setattr(import_module("finopt.cli.inputs"), "read_text", failing(error))
    monkeypatch.setattr(
        import_module("finopt.problem.generators.random_instance"), "generate", failing(error)
    )
    monkeypatch.setattr(import_module("finopt.problem.generators.fleet"), "generate_fleet", failing(error))


COMMANDS = (
    ("solve", "x.json"),
    ("compare", "x.json"),
    ("check", "x.json"),
    ("pareto", "x.json"),
    ("plot", "x.json", "plan.json", "-o", "plan.png"),
    ("generate", "--nodes", "3"),
    ("generate-fleet", "--seed", "3"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_crash_is_exit_code_4_and_one_line(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch, CRASH)
    result = run(*command)
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == (
        f"finopt: crashed: IndexError: nothing to exchange (finopt {finopt.__version__}, "
        f"Python {platform.python_version()}: finopt {' '.join(command)}); "
        "please report this line, and run again with --debug for the traceback\n"
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_debug_shows_the_traceback_before_and_after_the_command(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch, CRASH)
    for arguments in (("--debug", *command), (*command, "--debug")):
        result = run(*arguments)
        assert result.exit_code == 4
        assert result.stderr.startswith("Traceback (most recent call last)")
        assert "raise error" in result.stderr
        assert result.stderr.splitlines()[-1].startswith("finopt: crashed: IndexError: nothing to exchange")


def test_errors_of_values_deep_inside_are_crashes_and_not_bad_input(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "solve", failing(ValueError("need at least one array to concatenate")))
    result = run("solve", write())
    assert result.exit_code == 4
    assert "crashed: ValueError: need at least one array to concatenate (finopt " in result.stderr


def test_words_of_the_command_line_are_quoted_and_long_messages_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    breaking(monkeypatch, RuntimeError("x" * 10_000))
    result = run("check", "my file.json")
    assert ": finopt check 'my file.json');" in result.stderr
    assert len(result.stderr) < 700


def test_out_of_memory_is_said_so(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "solve", failing(MemoryError("Unable to allocate 8. GiB")))
    result = run("solve", write())
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == (
        "finopt: out of memory: MemoryError: Unable to allocate 8. GiB; "
        "free some or raise its limit (ulimit -v)\n"
    )


def crashing(methods: dict[str, Exception]) -> Callable[..., Any]:
    """`finopt.solve`, of which some methods fail."""

    def solve(target: Any, method: str, **options: Any) -> Any:
        if method in methods:
            raise methods[method]
        return finopt.solve(target, method, **options)

    return solve


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ({"labels": CRASH}, 4),
        ({"labels": MemoryError()}, 4),
        ({"labels": finopt.BackendError("not installed")}, 3),
        ({"labels": CRASH, "mcp": finopt.BackendError("not installed")}, 4),
        ({"labels": finopt.BackendError("not installed"), "mcp": OSError("a bug")}, 4),
    ],
)
def test_compare_keeps_the_rows_of_the_others(
    errors: dict[str, Exception], code: int, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "solve", crashing(errors))
    result = run("compare", write(), "--methods", "labels,mcp,fin,cspp")
    rows = [line.split()[0] for line in result.stdout.splitlines()[2:]]
    assert rows == [name for name in ("labels", "mcp", "fin", "cspp") if name not in errors]
    for method, error in errors.items():
        line = next(line for line in result.stderr.splitlines() if line.startswith(f"{method}: "))
        assert " ".join(str(error).split()) in line
    assert result.exit_code == code
    assert "Traceback" not in result.stderr


def test_compare_shows_tracebacks_when_asked(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "solve", crashing({"fin": CRASH}))
    result = run("compare", write(), "--methods", "fin,mcp", "--debug")
    assert result.exit_code == 4
    assert "Traceback (most recent call last)" in result.stderr
    assert "\nmcp " in result.stdout


def test_a_crash_with_one_file_costs_nothing_with_the_next(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "solve", crashing({"fin": CRASH}))
    result = run("compare", write(), write("again.json"), "--methods", "fin,labels")
    assert result.exit_code == 4
    assert result.stdout.count("\nlabels ") == 2
