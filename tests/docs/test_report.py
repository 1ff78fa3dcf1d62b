"""docs/report.md: its session runs, and it names every option of the command."""

from __future__ import annotations

import doctest
import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("jinja2")
pytest.importorskip("plotly")

from finopt.cli.report_page import report_command
from finopt.reporting.latency import SHOWN
from finopt.reporting.page import SECONDS
from finopt.reporting.table import FIRST, MOST

PAGE = Path(__file__).parents[2] / "docs" / "report.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_session_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(PAGE.parents[1] / "instances" / "paper", tmp_path / "instances" / "paper")
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(TEXT, {}, "report", str(PAGE), 0)
    runner = doctest.DocTestRunner()
    runner.run(test)
    assert runner.failures == 0 and runner.tries == 4
    assert (tmp_path / "report.html").stat().st_size < 6_000_000


def test_every_option_of_the_command_is_named() -> None:
    options = {option for parameter in report_command.params for option in parameter.opts}
    long = {option for option in options if option.startswith("--")}
    assert long - set(re.findall(r"--[\w-]+", TEXT)) <= {"--debug", "--max-bytes"}


def test_figures_are_those_of_the_code() -> None:
    assert f"than {SHOWN} applications" in TEXT
    assert f"{FIRST} rows a page" in TEXT
    assert f"up to {MOST:,} rows".replace(",", " ") in TEXT
    assert f"within {SECONDS:g} s" in TEXT
