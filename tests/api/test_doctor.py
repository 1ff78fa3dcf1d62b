"""`finopt.show_versions` and `finopt doctor`: all is well, or every fault is named with what to do."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba
import pytest

import finopt
from finopt.api import doctor, versions
from finopt.api.doctor import KNOWN, LEAST, Finding, examine
from finopt.api.versions import is_allowed, packages, version_lines
from finopt.problem.instance import Instance
from tests.command_line import run
from tests.conformance import methods
from tests.oracle import optimum


@pytest.mark.parametrize(
    ("version", "bounds", "right"),
    [
        ("1.13.1", ">=1.12,<1.14", True),
        ("1.14", ">=1.12,<1.14", False),
        ("1.14.0", "<1.14", False),
        ("1.9", ">=1.12", False),
        ("2", ">=1.12", True),
        ("3.0.0rc1", ">=3", True),
        ("1.2.3+local", "==1.2.3", True),
        ("1.2", "!=1.2.0", False),
        ("1.2", "~=1.1", True),  # not known, so nothing is said
        ("1.2", "", True),
    ],
)
def test_bounds_of_versions(version: str, bounds: str, right: bool) -> None:
    assert is_allowed(version, bounds) == right


def test_versions_name_what_finopt_needs() -> None:
    text = io.StringIO()
    finopt.show_versions(text)
    lines = text.getvalue().splitlines()
    assert lines == version_lines()
    assert lines[0].split()[:2] == ["finopt", finopt.__version__]
    known = {line.split()[0] for line in lines}
    assert {"Python", "system", "numpy", "highspy", "ortools", "numba", "pyarrow", "onnx"} <= known
    assert not known & {"pytest", "ruff"}
    by_name = {one.name: one for one in packages()}
    assert is_allowed("1.13", by_name["highspy"].bounds) and not is_allowed("1.14", by_name["highspy"].bounds)
    assert by_name["pyarrow"].extra == "table"


def test_versions_where_packages_are_missing_or_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name in ("pyarrow", "numba"):
            raise metadata.PackageNotFoundError(name)
        return "1.14.0" if name == "highspy" else "99"

    monkeypatch.setattr(metadata, "version", version)
    lines = {line.split()[0]: line for line in version_lines()}
    assert (
        lines["pyarrow"].split(maxsplit=1)[1] == "not installed  extra table"
        or "extra table" in lines["pyarrow"]
    )
    assert "should be" not in lines["pyarrow"]
    assert "should be" in lines["numba"]
    assert "1.14.0" in lines["highspy"] and "should be" in lines["highspy"]
    found = {finding.what: finding for finding in doctor._versions()}
    assert found["version of numba"].wrong == "is not installed"
    assert "1.14.0 is not within" in found["version of highspy"].wrong
    assert found["version of highspy"].advice.startswith("pip install 'highspy")
    assert "versions" not in found


def test_finopt_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert versions.packages() == []
    assert [finding.wrong for finding in doctor._versions()] == ["finopt is not installed as a package"]


def test_the_known_answer_is_right() -> None:
    best = optimum(Instance.model_validate(KNOWN))
    assert best.objective == pytest.approx(LEAST, rel=1e-12)


def test_nothing_is_wrong_here() -> None:
    result = run("doctor")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("finopt ")
    assert result.stdout.endswith("\n\nnothing is wrong\n")
    for line in ("ok     versions", "ok     known answer of milp", "ok     cache of compiled loops"):
        assert line in result.stdout.splitlines()


def findings(*words: str) -> list[Finding]:
    return [finding for finding in examine() if all(word in finding.what for word in words)]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No process is started, and no method is asked."""
    monkeypatch.setattr(doctor.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    monkeypatch.setattr(doctor, "METHODS", {})
    yield


def test_solvers_that_do_not_live_together(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = SimpleNamespace(returncode=-11, stderr="")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *_, **__: broken)
    one, other = findings("in one process")
    assert one.wrong == other.wrong == "exit code -11"
    assert "highspy>=1.12,<1.14" in one.advice
    broken.stderr = "Traceback\nImportError: undefined symbol\n"
    assert findings("in one process")[0].wrong == "ImportError: undefined symbol"

    def hang(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("python", 1)

    monkeypatch.setattr(doctor.subprocess, "run", hang)
    assert findings("in one process")[0].wrong.startswith("TimeoutExpired")


@methods()
def test_a_method_with_a_wrong_answer(method: str, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "METHODS", {method: ""})
    (right,) = findings("known answer of")
    assert right == Finding(f"known answer of {method}")
    result = SimpleNamespace(objective=LEAST / 2, status="FEASIBLE", solver="that solver", reason="")
    monkeypatch.setattr(doctor, "solve", lambda *_: result)
    (wrong,) = findings("known answer of")
    assert wrong.wrong == f"{LEAST / 2!r} J, it is {LEAST!r} J (that solver)"
    result.objective, result.status, result.reason = None, "NO_SOLUTION", "no time"
    assert findings("known answer of")[0].wrong == "NO_SOLUTION: no time"
    monkeypatch.setattr(doctor, "solve", lambda *_: 1 / 0)
    assert findings("known answer of")[0].wrong == "ZeroDivisionError: division by zero"


def test_a_cache_that_cannot_be_written(quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    stats = SimpleNamespace(stats=SimpleNamespace(cache_path=tmp_path / "file" / "cache"))
    monkeypatch.setattr(numba, "njit", lambda *_, **__: lambda function: stats)
    (found,) = findings("cache of compiled loops")
    assert "cannot be written: Not a directory" in found.wrong
    assert "NUMBA_CACHE_DIR" in found.advice

    def nowhere(*_: Any, **__: Any) -> Any:
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(numba, "njit", nowhere)
    (found,) = findings("cache of compiled loops")
    assert found.wrong == "cannot cache function: no locator available"


def test_the_command_says_what_is_wrong_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Finding("one"), Finding("other", "is broken", "mend it")]
    monkeypatch.setattr(doctor, "examine", lambda: found)
    result = run("doctor")
    assert result.exit_code == 3
    assert result.stdout.endswith("ok     one\nWRONG  other: is broken\n       mend it\n\n1 thing wrong\n")
