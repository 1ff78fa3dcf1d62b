"""The session and the command of docs/onnx.md are run."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
from pathlib import Path

import pytest

from finopt.runtime import measure
from tests.command_line import run
from tests.io.importers.onnx.small_models import light

PAGE = (Path(__file__).parents[2] / "docs" / "onnx.md").read_text(encoding="utf-8")


def test_the_session_is_the_one_printed() -> None:
    test = doctest.DocTestParser().get_doctest(PAGE, {}, "onnx.md", "docs/onnx.md", 0)
    assert test.examples
    assert not doctest.DocTestRunner().run(test).failed


def test_the_command_writes_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(measure, "WARM_UP", 0)
    shutil.copy(light("squeezenet"), "resnet50.onnx")  # the smallest in its place
    (command,) = re.findall(r"^finopt (profile .*)$", PAGE, re.MULTILINE)
    result = run(*shlex.split(command), "--runs", 1)
    assert result.exit_code == 0, result.output
    for end in re.findall(r"^\| `PREFIX(\.[\w.]+)`", PAGE, re.MULTILINE):
        assert Path(f"resnet50{end}").stat().st_size > 0
