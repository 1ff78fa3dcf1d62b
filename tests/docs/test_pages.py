"""Every page of the documentation shows what happens: its files, commands and sessions are run, in order."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, run_page

DOCS = ROOT / "docs"

RUN_ELSEWHERE = {
    "files.md": "test_files.py",
    "networks.md": "test_networks.py",
    "onnx.md": "test_onnx.py",
    "projects.md": "test_projects.py",
    "running.md": "test_digits.py",
    "scaling.md": "test_scaling.py",
    "simulation.md": "test_simulation.py",
}
"""Pages with tests of their own."""

SLOW = ("howto/many_applications.md", "howto/cluster.md", "howto/calling.md", "howto/own_network.md")

PAGES = [path.relative_to(DOCS).as_posix() for path in sorted(DOCS.rglob("*.md"))]

RUNNABLE = {"sh", "console", "python"}


def parameters() -> list[object]:
    """The pages that have something to run."""
    names = [
        name
        for name in PAGES
        if name not in RUN_ELSEWHERE and any(b.language in RUNNABLE for b in blocks(DOCS / name))
    ]
    return [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in names]


@pytest.mark.parametrize("name", parameters())
def test_the_page_shows_what_happens(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "instances", tmp_path / "instances")
    monkeypatch.chdir(tmp_path)
    assert run_page(DOCS / name) > 0


def test_the_lists_name_pages() -> None:
    assert {*RUN_ELSEWHERE, *SLOW} <= set(PAGES)
    assert all((Path(__file__).parent / name).exists() for name in RUN_ELSEWHERE.values())
