"""Fixtures of several files. Hypothesis draws the same examples in every run; `--hypothesis-profile explore`
looks for new ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.command_line import SMALL, Write, run

pytest.register_assert_rewrite("tests.conformance")

settings.register_profile("same", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("same")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the small instance, its application changed, and return the path."""

    def write(name: str = "small.json", **application: Any) -> str:
        data = {**SMALL, "applications": [{**SMALL["applications"][0], **application}]}
        (tmp_path / name).write_text(json.dumps(data), encoding="utf-8")
        return str(tmp_path / name)

    return write


@pytest.fixture
def plan(write: Write, tmp_path: Path) -> Path:
    """The result file of `finopt solve` for the small instance."""
    assert run("solve", write(), "-o", tmp_path / "plan.json").exit_code == 0
    return tmp_path / "plan.json"
