"""docs/simulation.md: its session runs, and its table has every field and every option."""

from __future__ import annotations

import doctest
import re
from dataclasses import fields
from pathlib import Path

import pytest

pytest.importorskip("simpy")

from finopt.cli.simulate import simulate_command
from finopt.simulation import Study
from finopt.simulation.study import ENOUGH, FEWEST

PAGE = Path(__file__).parents[2] / "docs" / "simulation.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_session_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PAGE.parents[1])
    test = doctest.DocTestParser().get_doctest(TEXT, {}, "simulation", str(PAGE), 0)
    runner = doctest.DocTestRunner()
    runner.run(test)
    assert runner.failures == 0 and runner.tries > 8


def test_every_field_is_there_with_its_option_and_default() -> None:
    rows = {row[0]: row for row in re.findall(r"^\| `(\w+)` \| `(--[\w-]+)` \| .* \| (.*) \|$", TEXT, re.M)}
    assert set(rows) == {field.name for field in fields(Study)}
    options = {option for parameter in simulate_command.params for option in parameter.opts}
    assert {row[1] for row in rows.values()} <= options
    for field in fields(Study):
        if field.default is not None:
            assert rows[field.name][2].strip("`") == str(field.default)
    assert (
        rows["samples"][2].replace(" ", "").startswith(f"{FEWEST},")
        and f"{ENOUGH:,}".replace(",", " ") in rows["samples"][2]
    )


def test_every_option_of_the_command_is_named() -> None:
    named = {"--seed", *re.findall(r"--[\w-]+", TEXT)}
    options = {option for parameter in simulate_command.params for option in parameter.opts}
    assert {option for option in options if option.startswith("--")} - named <= {"--debug"}
