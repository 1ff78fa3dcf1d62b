"""The command ``finopt report``: which file it writes, what it refuses, and with which exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("jinja2")
pytest.importorskip("plotly")

from finopt.cli.failures import Commands
from finopt.cli.report_page import report_command
from tests.command_line import Write, run, tamper
from tests.reporting.pages import Page


def report(*arguments: object) -> Result:
    """The command in a group that turns errors into exit codes."""
    group = Commands("finopt", commands=[report_command])
    return CliRunner().invoke(group, ["report", *map(str, arguments)])


def test_it_writes_a_page_that_names_its_files(write: Write, plan: Path, tmp_path: Path) -> None:
    path = tmp_path / "a page.html"
    result = report(write(), plan, "--front", "-o", path)
    assert (result.exit_code, result.output) == (0, "")
    page = Page(path.read_text(encoding="utf-8"))
    assert f"finopt report {write()} {plan} --front --output '{path}'" in page.words
    assert "front" in page.json("specs")


def test_dash_is_standard_output(write: Write, plan: Path) -> None:
    result = report(write(), plan, "-o", "-")
    assert result.exit_code == 0
    assert result.stdout.startswith("<!DOCTYPE html>")


def test_without_placement_the_page_says_why(write: Write, tmp_path: Path) -> None:
    instance, stated = write(max_latency=0.001), tmp_path / "none.json"
    assert run("solve", instance, "-o", stated).exit_code == 1
    assert report(instance, stated, "-o", tmp_path / "none.html").exit_code == 0
    assert "Why there is no placement" in Page((tmp_path / "none.html").read_text(encoding="utf-8")).words


def test_a_map_of_a_network_file(plan: Path, tmp_path: Path) -> None:
    instance, stated = "instances/network/geant-b-alexnet.json", tmp_path / "geant.json"
    assert run("solve", instance, "-o", stated).exit_code == 0
    places = "instances/data/zoo/Geant2012.graphml"
    assert report(instance, stated, "--map", places, "-o", tmp_path / "map.html").exit_code == 0
    assert "map" in Page((tmp_path / "map.html").read_text(encoding="utf-8")).json("specs")


def test_a_map_of_another_network_is_refused(write: Write, plan: Path, tmp_path: Path) -> None:
    places = "instances/data/zoo/Geant2012.graphml"
    result = report(write(), plan, "--map", places, "-o", tmp_path / "map.html")
    assert result.exit_code == 2
    assert "has no place with a position that is called like a node of the instance" in result.stderr


def test_a_front_of_several_applications_is_refused(tmp_path: Path) -> None:
    instance, stated = tmp_path / "two.json", tmp_path / "plan.json"
    assert run("generate-fleet", "--applications", 3, "-o", instance).exit_code == 0
    assert run("solve", instance, "-o", stated).exit_code == 0
    result = report(instance, stated, "--front", "-o", tmp_path / "page.html")
    assert result.exit_code == 2
    assert "a front is of one application" in result.stderr


def test_an_answer_of_another_instance_is_told(write: Write, plan: Path, tmp_path: Path) -> None:
    tamper(plan, lambda data: data.update(instance="another"))
    result = report(write(), plan, "-o", tmp_path / "page.html")
    assert result.exit_code == 0
    assert "answers instance 'another', not 'small'" in result.stderr


def test_a_path_problem_has_no_report(plan: Path, tmp_path: Path) -> None:
    result = report("instances/orlib/rcsp1.txt", plan, "-o", tmp_path / "page.html")
    assert result.exit_code == 2
    assert "a report is of an instance and its placement" in result.stderr


def test_the_output_is_required_and_an_old_file_stays_when_it_fails(
    write: Write, plan: Path, tmp_path: Path
) -> None:
    assert report(write(), plan).exit_code == 2
    assert report(write(), plan, "-o", "no-such-folder/page.html").exit_code == 2
    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")
    assert report(write(), tmp_path / "missing.json", "-o", path).exit_code == 2
    assert path.read_text(encoding="utf-8") == "old"


def test_help_has_an_example() -> None:
    assert "Example: finopt report " in report("--help").stdout
