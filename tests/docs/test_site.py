"""What `make docs` checks in a built site."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT


@pytest.fixture(scope="module")
def check() -> Any:
    """docs/tools/check.py as a module."""
    spec = importlib.util.spec_from_file_location("site_check", ROOT / "docs" / "tools" / "check.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        ('<script src="./a.js?1"></script>', None),
        ('<a href="https://example.org">elsewhere</a>', None),
        ('<link rel="canonical" href="https://example.org">', None),
        ('<script src="https://example.org/a.js"></script>', "<script> loads https://example.org/a.js"),
        ('<link rel="stylesheet" href="//example.org/a.css">', "<link> loads //example.org/a.css"),
        ('<img src="a.png" alt="what is seen">', None),
        ('<img src="b.png" alt="what is seen">', "<img> loads b.png, which is not there"),
        ('<img src="a.png">', "<img> a.png has no text"),
        ('<img src="a.png" alt="png">', "<img> a.png has no text"),
        ('<img src="http://example.org/a.png" alt="what is seen">', "<img> loads http://example.org/a.png"),
    ],
)
def test_what_a_page_loads_and_says(check: Any, tmp_path: Path, page: str, wrong: str | None) -> None:
    for name, text in (("style.css", ""), ("a.js", ""), ("a.png", ""), ("a.html", page)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert list(check.problems(tmp_path)) == ([] if wrong is None else [f"a.html: {wrong}"])


def test_styles_load_nothing_from_elsewhere(check: Any, tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text('a {background: url("https://example.org/a.png")}', encoding="utf-8")
    assert list(check.problems(tmp_path)) == ["style.css: loads https://example.org/a.png"]


def test_contrast(check: Any) -> None:
    assert check.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert check.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert list(check.low_contrasts("a { /* on #ffffff */ color: #777777; }"))
    assert not list(check.low_contrasts("a { /* on #ffffff */ color: #767676; }"))


def test_the_own_colours_can_be_read(check: Any) -> None:
    style = (ROOT / "docs" / "style.css").read_text(encoding="utf-8")
    assert len(check.COLOURS.findall(style)) >= 3
    assert not list(check.low_contrasts(style))


def test_every_picture_is_shown_on_a_page_and_drawn_by_the_script() -> None:
    docs = ROOT / "docs"
    pages = "".join(page.read_text(encoding="utf-8") for page in docs.rglob("*.md"))
    script = (docs / "tools" / "pictures.py").read_text(encoding="utf-8")
    for picture in (docs / "pictures").iterdir():
        assert f"pictures/{picture.name}" in pages
        assert f'"{re.sub("[0-9]+", "{gamma}", picture.stem)}"' in script
