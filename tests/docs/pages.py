"""What a page of the documentation shows, as blocks that can be run in the order in which they stand.

| block | what happens to it |
|---|---|
| of any language with `title="name"` | becomes a file of that name in the folder of the page |
| `sh` | runs in Bash, in that folder; `pip` and `make` do nothing there, `python` is this one |
| `console` | every line that begins with `$ ` runs; what it prints is what the page shows, run times aside |
| `python` with `>>>` | a doctest; blocks of a page share their names |
| `python` without | a program that runs |

The folder has the shipped instances in `instances/`.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from finopt.cli import main

ROOT = Path(__file__).parents[2]

BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?[^\n]*\n(.*?)^```', re.MULTILINE | re.DOTALL)

PYTHON = shlex.quote(sys.executable)
FUNCTIONS = f"""
pip() {{ :; }}
make() {{ :; }}
python() {{ {PYTHON} "$@"; }}
finopt() {{ {PYTHON} -m finopt "$@"; }}
"""


@dataclass(frozen=True)
class Block:
    """A code block: its language, the name of the file that it is, and its text."""

    language: str
    title: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The code blocks of a page."""
    return [Block(*found) for found in BLOCK.findall(page.read_text(encoding="utf-8"))]


def run_page(page: Path) -> int:
    """Run the blocks of a page in the current folder; how many there were to run.

    Raises
    ------
    AssertionError
        A block fails, or prints something else.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    return sum(_run(block, names, page.name) for block in blocks(page))


def _run(block: Block, names: dict[str, Any], page: str) -> bool:
    if block.title:
        Path(block.title).write_text(block.text, encoding="utf-8")
    elif block.language == "sh":
        _run_script(block.text)
    elif block.language == "console":
        _compare(block.text)
    elif block.language == "python" and ">>>" in block.text:
        _run_session(block.text, names, page)
    elif block.language == "python":
        exec(compile(block.text, page, "exec"), names)
    else:
        return False
    return True


def _run_script(text: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", FUNCTIONS + text],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=600,
    )
    assert ended.returncode == 0, f"{text}\n{ended.stdout}\n{ended.stderr}"


def _run_session(text: str, names: dict[str, Any], page: str) -> None:
    test = doctest.DocTestParser().get_doctest(text, {}, page, page, 0)
    test.globs = names
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        failed = doctest.DocTestRunner(verbose=False).run(test, clear_globs=False).failed
    assert failed == 0, said.getvalue()


def _compare(text: str) -> None:
    for command, shown in sessions(text):
        assert without_run_times(printed(command)) == without_run_times(shown), command


def sessions(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with what the page shows below it."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def printed(command: str) -> str:
    """What a command of finopt prints, whatever its exit code; what it warns of comes last."""
    words = shlex.split(command)
    assert words[0] == "finopt", command
    result = CliRunner().invoke(main.main, words[1:])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.stdout + result.stderr


def without_run_times(text: str) -> list[str]:
    """The lines of a plan or table, with neither the time it took nor the spacing that depends on it."""
    lines = [
        re.sub(r"build .* solve .*", "", line) if "; build" in line else line for line in text.splitlines()
    ]
    plain = [" ".join(re.sub(r"(\s+[\d.]+ [µm]?s){2}$", "", line).split()) for line in lines]
    return [line for line in plain if line]
