"""Links that lead out of docs/ lead to the same files in the site.

A page links to `../instances/README.md` as it stands in the repository. Every such file becomes part of the
site, below repository/, with the files that it links to in turn, and the links are turned to there.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TUTORIALS = ROOT / "build" / "tutorials"
"""Pages that tutorial_pages.py adds, with their pictures."""

LINK = re.compile(r"(\]\()(?![a-z]+:|#|/)([^)#\s]+)")
FENCE = re.compile(r"^( *```.*?^ *```)", re.MULTILINE | re.DOTALL)

HERE_INSTEAD = {ROOT / "README.md": "index.md"}
"""What the site has a page of its own for."""


def on_files(files: Any, config: Any) -> Any:
    """Add what pages and the navigation name outside of docs/."""
    pages = [Path(file.abs_src_path) for file in files.documentation_pages()]
    waiting = [*_of_navigation(config["nav"]), *(target for page in pages for target in _outside(page))]
    while waiting:
        target = waiting.pop()
        if files.get_file_from_path(address(target)) is None:
            files.append(File.generated(config, address(target), abs_src_path=str(target)))
            waiting += _outside(target) if target.suffix == ".md" else ()
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn the links of a page, those in code excepted."""
    source = Path(page.file.abs_src_path)
    parts = FENCE.split(markdown)
    parts[::2] = [
        LINK.sub(lambda link: _turned(link, source, page.file.src_uri), text) for text in parts[::2]
    ]
    return "".join(parts)


def address(target: Path) -> str:
    """Where a file of the repository lies in the site."""
    if target in HERE_INSTEAD:
        return HERE_INSTEAD[target]
    if target.is_relative_to(TUTORIALS):
        return "tutorials/" + target.relative_to(TUTORIALS).as_posix()
    if target.is_relative_to(DOCS):
        return target.relative_to(DOCS).as_posix()
    return "repository/" + target.relative_to(ROOT).as_posix()


def _turned(link: re.Match[str], source: Path, uri: str) -> str:
    target = _target(source, link[2])
    if not target.is_file():
        return link[0]  # mkdocs says that it leads nowhere
    return link[1] + posixpath.relpath(address(target), posixpath.dirname(uri))


def _outside(page: Path) -> Iterator[Path]:
    """The files outside of docs/ that a page links to."""
    prose = "".join(FENCE.split(page.read_text(encoding="utf-8"))[::2])
    for _, name in LINK.findall(prose):
        target = _target(page, name)
        if target.is_file() and not target.is_relative_to(DOCS) and target not in HERE_INSTEAD:
            yield target


def _target(page: Path, name: str) -> Path:
    """The file of a link; of a folder its README."""
    target = (page.parent / name).resolve()
    return target / "README.md" if target.is_dir() else target


def _of_navigation(items: Iterable[Any]) -> Iterator[Path]:
    for item in items:
        if isinstance(item, str):
            if item.startswith("repository/"):
                yield ROOT / item.removeprefix("repository/")
            continue
        for value in item.values():
            yield from _of_navigation([value] if isinstance(value, str) else value)
