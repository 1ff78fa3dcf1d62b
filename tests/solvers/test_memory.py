"""Too little memory: one clear line that says what to do, never a traceback or the end of the process."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt.api import solve
from finopt.problem.errors import BackendError
from finopt.problem.status import Status, Termination
from finopt.solvers import memory
from finopt.solvers.clock import Clock
from finopt.solvers.jit import Kernel
from finopt.solvers.memory import out_of_memory_told, reserve
from tests.command_line import Write, python, run
from tests.conformance import methods

LIMITED = """
import resource, sys
megabytes, *arguments = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_AS, (int(megabytes) * 10**6,) * 2)
from finopt.cli.main import main
main(arguments)
"""
"""The command line in a process that may only have so much address space."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space are Linux's")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One application on a network whose graphs take some hundred MB as models of solvers."""
    file = tmp_path_factory.mktemp("memory") / "large.json"
    finopt.save(finopt.generate(nodes=100, blocks=12, seed=1), file)
    return file


# ---------------------------------------------------------------- in a process of its own


@linux
@pytest.mark.parametrize(
    "megabytes", [150, 500, *(pytest.param(m, marks=pytest.mark.slow) for m in (300, 600, 700, 800, 1000))]
)
@methods()
def test_a_process_without_memory_says_so_in_one_line(method: str, megabytes: int, large: Path) -> None:
    done = python(LIMITED, str(megabytes), "solve", str(large), "--method", method, "--time-limit", "60")
    assert done.returncode in (0, 1, 3), done.stderr
    if done.returncode == 3 or megabytes == 150:
        assert done.returncode == 3
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"finopt: back end: method {method!r} ran out of memory (")
        assert "(ulimit -v)" in line
    else:
        assert done.stderr == ""


# ---------------------------------------------------------------- faults


def exhausted(*_: Any, **__: Any) -> Any:
    """What takes more memory than there is."""
    raise MemoryError("Unable to allocate 7. TiB")


@methods()
def test_every_method_that_runs_out_of_memory_is_a_back_end_that_failed(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = finopt.generate(4, 3, seed=0)
    solve(instance, method)
    monkeypatch.setattr(Clock, "elapsed", property(exhausted))
    said = f"method '{method}' ran out of memory \\(Unable to allocate 7. TiB\\); free some or raise"
    with pytest.raises(BackendError, match=said):
        solve(instance, method)


def test_a_thread_that_finds_no_stack_is_out_of_memory_too() -> None:
    with pytest.raises(BackendError, match="ran out of memory"), out_of_memory_told("it", "or not"):
        raise RuntimeError("can't start new thread")
    with pytest.raises(RuntimeError, match="something else"), out_of_memory_told("it", "or not"):
        raise RuntimeError("something else")


def no_stack(*_: Any, **__: Any) -> Any:
    """What starts a thread where there is no memory for its stack."""
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("fault", [exhausted, no_stack])
def test_what_is_asked_besides_a_solve_is_out_of_memory_too(
    fault: Any, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = finopt.generate(4, 3, seed=0)
    result = solve(instance, "labels")
    for module in ("pareto", "sensitivity"):
        monkeypatch.setattr(import_module(f"finopt.api.{module}"), "cheapest", fault)
    with pytest.raises(BackendError, match="the sensitivity ran out of memory"):
        finopt.sensitivity(instance, result)
    with pytest.raises(BackendError, match="the front ran out of memory"):
        finopt.pareto(instance)
    shown = run("solve", write())
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "binding   not computed: there is no memory for it" in shown.stdout


def test_a_command_whose_threads_find_no_stack_is_out_of_memory(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finopt.cli.inputs.read_text", no_stack)
    result = run("solve", write())
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.startswith("finopt: out of memory: ")


def test_many_instances_go_on_after_one_without_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import ThreadPoolExecutor

    monkeypatch.setattr("finopt.heuristics.fin.solve", exhausted)
    with ThreadPoolExecutor(1) as executor:
        (result,) = finopt.solve_many([finopt.generate(4, 3, seed=0)], executor=executor)
    assert (result.status, result.termination) == (Status.NO_SOLUTION, Termination.ERROR)
    assert result.reason.startswith("BackendError: method 'fin' ran out of memory")


def test_the_command_line_out_of_memory_outside_of_a_method(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finopt.cli.inputs.read_text", exhausted)
    result = run("solve", write())
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.startswith("finopt: out of memory: ")
    assert result.stderr.endswith("; free some or raise its limit (ulimit -v)\n")
    assert result.stderr.count("\n") == 1


def test_what_cannot_be_had_is_refused_before_it_is_needed() -> None:
    reserve(10**6, "begin")
    with pytest.raises(MemoryError, match="4000000000000 MB of address space to begin cannot be had"):
        reserve(4 * 10**18, "begin")


def test_a_loop_is_not_compiled_without_room_for_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(x: int) -> int:
        return 2 * x

    kernel = Kernel(twice)
    monkeypatch.setattr(memory, "_map", exhausted)
    assert kernel(1, 21) == 42
    with pytest.raises(MemoryError, match="to compile a loop cannot be had"):
        kernel(10**9, 21)
