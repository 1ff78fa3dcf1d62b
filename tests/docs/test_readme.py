"""The README shows what really happens, and what moved from it to pages is still true."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path

import pytest

import finopt
from finopt.api.methods import CAPABILITIES
from tests.docs.pages import ROOT, blocks, run_page

README = ROOT / "README.md"
MEASUREMENTS = (ROOT / "docs" / "howto" / "own_measurements.md").read_text(encoding="utf-8")
METHODS = (ROOT / "docs" / "howto" / "which_method.md").read_text(encoding="utf-8")


def test_its_plan_commands_and_session_are_what_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "instances", tmp_path / "instances")
    monkeypatch.chdir(tmp_path)
    assert run_page(README) >= 5


def test_it_has_commands_and_a_session() -> None:
    commands = [line for block in blocks(README) for line in block.text.splitlines() if "finopt " in line]
    assert len(commands) >= 10
    assert sum(block.text.count(">>> ") for block in blocks(README)) >= 9


def test_it_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) < 150


def test_the_figures_of_the_rank_one_fit_are_those_of_its_script() -> None:
    script = runpy.run_path(str(ROOT / "instances" / "rank_one.py"))
    instance = finopt.load(ROOT / "instances" / "measured" / "mobilenet-v2.json")
    plans = script["compared"](instance, script["rank_one"](instance))
    for name, predicted, true in plans:
        row = f"| plan of the {name.removeprefix('rank-one ')} | {script['in_words'](predicted)} "
        assert f"{row}| {script['in_words'](true)} |" in MEASUREMENTS
    table = script["times"](instance)
    ratio = script["fitted"](table) / table
    assert f"are {ratio.min():.2f} to {ratio.max():.2f} times those of the table" in MEASUREMENTS


def test_the_links_lead_somewhere() -> None:
    text = README.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", text):
        assert (ROOT / target).exists(), target


def test_the_table_of_methods_is_what_they_can_do() -> None:
    row = re.compile(r"^\| `([\w-]+)`.*? \| .* \| yes \| (\w+).* \| (\w+)[^|]* \|$", re.MULTILINE)
    table = {method: (several, claim) for method, several, claim in row.findall(METHODS)}
    assert table.keys() == CAPABILITIES.keys()
    for method, able in CAPABILITIES.items():
        several, claim = table[method]
        assert (several != "no") == able.several, method
        assert (claim == "OPTIMAL") == able.optimal, method


def test_the_number_of_resources_is_what_the_methods_take() -> None:
    sentence = re.search(r"^(.*) take any number of resources, (.*) one or two\.", METHODS, re.MULTILINE)
    assert sentence is not None
    for names, resources in zip(sentence.groups(), (None, 2), strict=True):
        named = set(re.findall(r"`([\w-]+)`", names))
        assert named == {method for method, able in CAPABILITIES.items() if able.resources == resources}
