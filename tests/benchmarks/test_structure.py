"""The benchmarks share one harness; what is special stays in the folder of its study."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
FILES = sorted(BENCHMARKS.rglob("*.py"))
STUDIES = {path.name for path in BENCHMARKS.glob("*_study")}
COMMAND = {
    "scale": "scale_study",
    "many": "many_study",
    "peers": "peer_study",
    "paper": "paper_study",
    "digits": "digits_study",
    "day": "day_study",
    "limits": "limits_study",
    "regression": "regression_study",
}

FILE_LIMIT, FUNCTION_LIMIT = 350, 70


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """The first names of everything that a file imports, anywhere in it."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def home(path: Path) -> str:
    """The folder of a file, that of its study for a command."""
    return COMMAND[path.stem] if path.parent == BENCHMARKS else path.relative_to(BENCHMARKS).parts[0]


def test_there_are_a_harness_and_the_studies_of_the_commands():
    assert {home(path) for path in FILES} == {"harness", *STUDIES}
    assert set(COMMAND.values()) == STUDIES
    assert "harness" in imported(BENCHMARKS / "scale.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(BENCHMARKS)))
def test_no_study_imports_another_and_the_harness_imports_none(path):
    assert STUDIES.intersection(imported(path)) <= {home(path)} - {"harness"}


def test_the_commands_start_processes_in_the_harness_only():
    starters = {path for path in FILES if {"subprocess", "multiprocessing"}.intersection(imported(path))}
    assert starters == {BENCHMARKS / "harness" / "launch.py"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(BENCHMARKS)))
def test_files_and_functions_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LIMIT
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < FUNCTION_LIMIT, node.name
