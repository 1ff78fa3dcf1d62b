"""The command line when something fails, and in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt.cli import main
from tests.command_line import Write, python, run


def failing(error: BaseException) -> Callable[..., Any]:
    """A `finopt.solve` that fails."""

    def solve(*arguments: Any, **options: Any) -> Any:
        raise error

    return solve


def test_a_back_end_that_fails_is_exit_code_3(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "solve", failing(finopt.BackendError("HiGHS is not installed")))
    result = run("solve", write())
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "finopt: back end: HiGHS is not installed\n"
    compared = run("compare", write(), "--methods", "milp")
    assert compared.exit_code == 3
    assert "milp: back end: HiGHS is not installed" in compared.stderr


def test_ctrl_c_is_quiet(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "solve", failing(KeyboardInterrupt()))
    result = run("solve", write())
    assert (result.exit_code, result.output) == (130, "")


WHAT_IS_LOADED = """
import sys
from finopt.cli.main import main
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


def test_a_gamma_too_large_for_the_memory_is_exit_code_2(tmp_path: Path) -> None:
    finopt.save(finopt.generate(60, 15, tightness=0.2, topology="mesh", seed=1), tmp_path / "large.json")
    result = run("solve", tmp_path / "large.json", "--gamma", 10**8)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("finopt: gamma = 100000000 needs")
    assert result.stderr.count("\n") == 1


SCRIPT = str(Path(sys.executable).with_name("finopt"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
@pytest.mark.parametrize("arguments", [["--help"], ["check", "instances/paper/b-alexnet-cifar10.json"]])
def test_a_full_disk_is_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [SCRIPT, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr == "finopt: input or output failed: [Errno 28] No space left on device\n"


def test_a_closed_pipe_is_quiet(write: Write) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([SCRIPT, "check", write()], stdout=writing, stderr=subprocess.PIPE, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")
