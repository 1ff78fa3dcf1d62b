"""The command ``finopt plot``: which files it writes, what it refuses, and with which exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from finopt.cli.failures import Commands
from finopt.cli.plot import plot_command
from tests.command_line import Write, python, run, tamper

pytest.importorskip("matplotlib")

STARTS = {".png": b"\x89PNG", ".PDF": b"%PDF", ".svg": b"<?xml"}


def plot(*arguments: object) -> Result:
    """The command in a group that turns errors into exit codes."""
    group = Commands("finopt", commands=[plot_command])
    return CliRunner().invoke(group, ["plot", *map(str, arguments)])


@pytest.mark.parametrize("ending", STARTS)
def test_the_ending_says_the_format(ending: str, write: Write, plan: Path, tmp_path: Path) -> None:
    picture = tmp_path / f"plan{ending}"
    result = plot(write(), plan, "-o", picture)
    assert (result.exit_code, result.output) == (0, "")
    assert picture.read_bytes().startswith(STARTS[ending])


@pytest.mark.parametrize("ending", STARTS)
def test_the_same_input_gives_the_same_file(ending: str, write: Write, plan: Path, tmp_path: Path) -> None:
    first, second = (tmp_path / f"{name}{ending}" for name in "ab")
    assert plot(write(), plan, "-o", first).exit_code == plot(write(), plan, "-o", second).exit_code == 0
    assert first.read_bytes() == second.read_bytes()


def test_a_vector_picture_names_what_it_shows(write: Write, plan: Path, tmp_path: Path) -> None:
    plot(write(), plan, "-o", tmp_path / "plan.svg")
    drawn = (tmp_path / "plan.svg").read_text(encoding="utf-8")
    assert all(
        f'id="{name}"' in drawn for name in ("node device", "node edge", "block b1", "hop device-&gt;edge")
    )


def test_title_and_size_are_those_asked_for(write: Write, plan: Path, tmp_path: Path) -> None:
    picture = tmp_path / "plan.png"
    assert plot(write(), plan, "-o", picture, "--size", "3x2.5", "--title", "mine").exit_code == 0
    width, height = (int.from_bytes(picture.read_bytes()[at : at + 4]) for at in (16, 20))
    assert (width, height) == (600, 500)


@pytest.mark.parametrize("size", ["3", "3x", "0x2", "3x2x1", "axb", "nanx2", "3x1000"])
def test_a_size_is_two_figures(size: str, write: Write, plan: Path, tmp_path: Path) -> None:
    result = plot(write(), plan, "-o", tmp_path / "plan.png", "--size", size)
    assert result.exit_code == 2
    assert "--size" in result.stderr


@pytest.mark.parametrize("name", ["plan.gif", "plan", "plan.png.txt", ".png"])
def test_other_endings_are_a_usage_error(name: str, write: Write, plan: Path, tmp_path: Path) -> None:
    result = plot(write(), plan, "-o", tmp_path / name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{name!r} must end in one of .png, .svg, .pdf." in " ".join(result.stderr.split())
    assert not (tmp_path / name).exists()


def test_the_output_is_required_and_its_folder_must_exist(write: Write, plan: Path) -> None:
    assert plot(write(), plan).exit_code == 2
    result = plot(write(), plan, "-o", "no-such-folder/plan.png")
    assert result.exit_code == 2
    assert "Cannot write into directory" in result.stderr


def test_a_result_without_placement(write: Write, tmp_path: Path) -> None:
    instance, stated = write(max_latency=0.001), tmp_path / "none.json"
    assert run("solve", instance, "-o", stated).exit_code == 1
    result = plot(instance, stated, "-o", tmp_path / "none.png")
    assert result.exit_code == 1
    assert "none.json holds no placement, it states INFEASIBLE: " in result.stdout
    assert not (tmp_path / "none.png").exists()


def test_an_answer_to_a_path_problem_is_not_drawn(plan: Path, tmp_path: Path) -> None:
    result = plot("instances/orlib/rcsp1.txt", plan, "-o", tmp_path / "path.png")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "rcsp1.txt: 1 problem" in result.stderr
    assert "a picture is of a placement" in result.stderr


def test_names_that_do_not_exist_are_those_of_the_result_file(
    write: Write, plan: Path, tmp_path: Path
) -> None:
    tamper(plan, lambda data: data["placement"][0].update(nodes=["device", "cloud"]))
    result = plot(write(), plan, "-o", tmp_path / "plan.png")
    assert result.exit_code == 2
    assert f"{plan}: 1 problem" in result.stderr
    assert "uses node 'cloud', which does not exist" in result.stderr


def test_a_result_of_another_instance_is_drawn_with_a_warning(
    write: Write, plan: Path, tmp_path: Path
) -> None:
    tamper(plan, lambda data: data.update(instance="another"))
    result = plot(write(), plan, "-o", tmp_path / "plan.png")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "answers instance 'another', not 'small'" in result.stderr


@pytest.mark.parametrize("text", ["{", "[]", '{"format": "finopt-result"}'])
def test_a_broken_result_file(text: str, write: Write, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text(text, encoding="utf-8")
    result = plot(write(), tmp_path / "broken.json", "-o", tmp_path / "plan.png")
    assert result.exit_code == 2
    assert "broken.json" in result.stderr


def test_without_matplotlib(
    write: Write, plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = plot(write(), plan, "-o", tmp_path / "plan.png")
    assert result.exit_code == 3
    assert "pip install 'finopt[plot]'" in result.stderr


def test_help_has_an_example() -> None:
    assert "Example: finopt plot " in plot("--help").stdout


def test_the_command_and_the_functions_load_no_matplotlib_until_they_draw() -> None:
    heavy = "('matplotlib', 'numpy', 'networkx')"
    code = f"import sys, finopt.cli.plot, finopt.plotting; print([m for m in {heavy} if m in sys.modules])"
    assert python(code).stdout.strip() == "[]"


@pytest.mark.parametrize("ending", STARTS)
@pytest.mark.parametrize("stage", ["extended", "feasible", "path"])
def test_a_stage_gives_the_same_file_each_time(stage: str, ending: str, write: Write, tmp_path: Path) -> None:
    first, second = (tmp_path / f"{name}{ending}" for name in "ab")
    for picture in (first, second):
        result = plot(write(), "--stage", stage, "-o", picture)
        assert (result.exit_code, result.output) == (0, "")
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(STARTS[ending])


def test_the_picture_of_a_stage_does_not_depend_on_the_order_of_hashes(write: Write, tmp_path: Path) -> None:
    pictures = [tmp_path / f"{seed}.svg" for seed in (1, 2)]
    for seed, picture in zip((1, 2), pictures, strict=True):
        command = [sys.executable, "-m", "finopt.cli", "plot", write(), "--stage", "path", "-o", str(picture)]
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": str(seed)}, check=True, timeout=120)
    first, second = pictures
    assert first.read_bytes() == second.read_bytes()


def test_options_of_a_stage_reach_the_picture(write: Write, tmp_path: Path) -> None:
    picture = tmp_path / "path.svg"
    options = ("--gamma", 7, "--lam", 2, "--lam-rule", "levels", "--application", "app", "--configuration", 1)
    result = plot(write(), "--stage", "path", *options, "-o", picture)
    assert (result.exit_code, result.output) == (0, "")
    drawn = picture.read_text(encoding="utf-8")
    assert "app, configuration 1: cheapest path" in drawn
    assert "energy 52.5 mJ per inference" in drawn
    assert "of 7 levels" in drawn


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ([], "Missing argument 'RESULT', whose placement is drawn, or option '--stage'."),
        (["plan.json", "--stage", "path"], "no RESULT: leave out 'plan.json'."),
        (["plan.json", "--gamma", "5"], "--gamma needs --stage"),
        (["plan.json", "--application", "app"], "--application needs --stage"),
        (["--lam-rule", "bound"], "--lam-rule needs --stage"),
        (["--stage", "extended", "--gamma", "5"], "--gamma is of stages feasible and path"),
        (["--stage", "extended", "--lam-rule", "bound"], "--lam-rule is of stages feasible and path"),
        (["--stage", "pruned"], "'pruned' is not one of 'extended', 'feasible', 'path'."),
        (["--stage", "path", "--gamma", "0"], "0 is not in the range"),
        (
            ["--stage", "path", "--application", "nobody"],
            "is not an application of the instance, got 'nobody'",
        ),
        (["--stage", "path", "--configuration", "2"], "configuration must be between 0 and 1, got 2"),
        (["--stage", "path", "--lam", "12", "--lam-rule", "levels"], "lam must be at most gamma + 1 = 11"),
        (["--stage", "path", "--gamma", "41"], "41 levels (at most 40); use a smaller gamma or instance"),
    ],
)
def test_wrong_combinations_of_a_stage(words: list[str], rule: str, write: Write, tmp_path: Path) -> None:
    picture = tmp_path / "path.png"
    result = plot(write(), *words, "-o", picture)
    assert (result.exit_code, result.stdout) == (2, "")
    assert rule in " ".join(result.stderr.split())
    assert not picture.exists()


def test_no_stage_of_a_path_problem(tmp_path: Path) -> None:
    result = plot("instances/orlib/rcsp1.txt", "--stage", "path", "-o", tmp_path / "path.png")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "rcsp1.txt: 1 problem" in result.stderr
    assert "stages are those of an instance, not of a path problem" in result.stderr


def test_an_unknown_application_is_one_of_the_file(write: Write, tmp_path: Path) -> None:
    result = plot(write(), "--stage", "path", "--application", "nobody", "-o", tmp_path / "path.png")
    assert "small.json: 1 problem" in result.stderr


def test_no_path_is_a_picture_that_says_so(write: Write, tmp_path: Path) -> None:
    picture = tmp_path / "path.svg"
    assert plot(write(max_latency=0.001), "--stage", "path", "-o", picture).exit_code == 0
    assert "none to a target is left on levels 0 to 10" in picture.read_text(encoding="utf-8")
