"""The README shows what really happens: its commands, its Python session and its file are run."""

from __future__ import annotations

import doctest
import re
import runpy
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import finopt
from finopt.api.methods import CAPABILITIES
from finopt.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the README's commands are meant to be typed."""
    monkeypatch.chdir(ROOT)


def blocks(language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def output(*arguments: str) -> str:
    """What the command line prints."""
    result = CliRunner().invoke(main.main, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def without_run_times(text: str) -> list[str]:
    """The lines of a plan or table, with neither the time it took nor the spacing that depends on it."""
    lines = [
        re.sub(r"build .* solve .*", "", line) if "; build" in line else line for line in text.splitlines()
    ]
    return [" ".join(re.sub(r"(\s+[\d.]+ [µm]?s){2}$", "", line).split()) for line in lines]


def test_the_plan_is_the_one_printed() -> None:
    shown = blocks("console")[0].partition("\n")
    assert shown[0] == "$ finopt solve instances/paper/b-alexnet-cifar10.json"
    printed = output("solve", "instances/paper/b-alexnet-cifar10.json")
    assert without_run_times(shown[2]) == without_run_times(printed)


def test_the_plan_with_a_measured_table_is_the_one_printed() -> None:
    head, _, plan = blocks("console")[-1].partition("\n")
    assert head == "$ finopt solve instances/measured/mobilenet-v2.json --method labels"
    printed = output("solve", "instances/measured/mobilenet-v2.json", "--method", "labels")
    assert without_run_times(plan) == without_run_times(printed)


def test_the_figures_of_the_rank_one_fit_are_those_of_its_script() -> None:
    script = runpy.run_path("instances/rank_one.py")
    instance = finopt.load("instances/measured/mobilenet-v2.json")
    plans = script["compared"](instance, script["rank_one"](instance))
    for name, predicted, true in plans:
        row = f"| plan of the {name.removeprefix('rank-one ')} | {script['in_words'](predicted)} "
        assert f"{row}| {script['in_words'](true)} |" in README
    table = script["times"](instance)
    ratio = script["fitted"](table) / table
    assert f"are {ratio.min():.2f} to {ratio.max():.2f} times those of the table" in README


def test_the_table_is_the_one_printed() -> None:
    printed = output("compare", "instances/paper/b-alexnet-cifar10.json")
    assert without_run_times(blocks("console")[1]) == without_run_times(printed)


def test_the_python_session_is_right() -> None:
    test = doctest.DocTestParser().get_doctest("\n".join(blocks("python")), {}, "README", "README.md", 0)
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test)
    assert runner.summarize(verbose=False).attempted >= 9
    assert runner.summarize(verbose=False).failed == 0


def test_the_file_is_valid_and_has_an_answer(tmp_path: Path) -> None:
    (tmp_path / "example.json").write_text(blocks("json")[0], encoding="utf-8")
    instance = finopt.load(tmp_path / "example.json")
    assert finopt.solve(instance, method="labels").status is finopt.Status.OPTIMAL


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "instances" / "paper", tmp_path / "instances" / "paper")
    monkeypatch.chdir(tmp_path)
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("finopt ")]
    assert len(commands) >= 4
    for command in commands:
        words = shlex.split(command, comments=True)[1:]
        output(*(name for word in words for name in (sorted(map(str, Path().glob(word))) or [word])))


def test_the_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", README):
        assert Path(target).exists(), target


def test_the_table_of_methods_is_what_they_can_do() -> None:
    row = re.compile(r"^\| `([\w-]+)`.*? \| .* \| yes \| (\w+).* \| (\w+)[^|]* \|$", re.MULTILINE)
    table = {method: (several, claim) for method, several, claim in row.findall(README)}
    assert table.keys() == CAPABILITIES.keys()
    for method, able in CAPABILITIES.items():
        several, claim = table[method]
        assert (several != "no") == able.several, method
        assert (claim == "OPTIMAL") == able.optimal, method


def test_the_number_of_resources_is_what_the_methods_take() -> None:
    sentence = re.search(r"^(.*) take any number of resources, (.*) one or two\.", README, re.MULTILINE)
    assert sentence is not None
    for names, resources in zip(sentence.groups(), (None, 2), strict=True):
        named = set(re.findall(r"`([\w-]+)`", names))
        assert named == {method for method, able in CAPABILITIES.items() if able.resources == resources}
