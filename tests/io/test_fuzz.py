"""Mutants of every kind of file are read or refused, and so is every file that was neither once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import seeds
from tests.fuzz import CORPUS, trial
from tests.fuzz_kinds import kinds, outcome

KEPT = sorted(path for path in CORPUS.rglob("*") if path.is_file() and path.parent != CORPUS)


@pytest.mark.parametrize("name", kinds())
def test_the_right_file_is_read(name: str, tmp_path: Path) -> None:
    kind = kinds()[name]
    for beside, content in kind.beside.items():
        (tmp_path / beside).write_bytes(content)
    (tmp_path / kind.name).write_bytes(kind.content)
    assert outcome(kind, tmp_path / kind.name)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_failed_once_fails_no_more(path: Path, tmp_path: Path) -> None:
    kind = kinds()[path.parent.name]
    for beside, content in kind.beside.items():
        (tmp_path / beside).write_bytes(content)
    (tmp_path / kind.name).write_bytes(path.read_bytes())
    outcome(kind, tmp_path / kind.name)


@seeds(20_000, 1000, quick=1000)
def test_mutants(chunk: range, tmp_path: Path) -> None:
    names = list(kinds())
    read = 0
    for seed in chunk:
        name = names[seed % len(names)]
        (tmp_path / name).mkdir(exist_ok=True)
        read += trial(name, seed, tmp_path / name)
    assert 0.02 * len(chunk) < read < 0.7 * len(chunk)  # neither harmless nor all fatal
