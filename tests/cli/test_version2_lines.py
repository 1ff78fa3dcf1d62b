"""What the commands print of measured tables, usable compute and returned results."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.command_line import run
from tests.documents import GOOD_2, changed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.json"
    loose = changed("applications", 0, "max_latency", to=0.05, of=GOOD_2)
    path.write_text(loose, encoding="utf-8")
    return path


def test_check_names_what_was_measured_and_where_results_go(file: Path) -> None:
    shown = run("check", file).stdout
    assert "  profile       'dnn' on 'soc': 2 of 2 blocks, 1 node\n" in shown
    assert "  profile       'dnn' on 'gpu': 1 of 2 blocks, 1 node\n" in shown
    limits = "energy at most 8 J, carbon at most 1 g, cost at most 0.001"
    assert f"configurations), result to 'phone', {limits}\n" in shown


def test_the_plan_shows_the_way_of_results(file: Path) -> None:
    lines = run("solve", file, "--method", "milp").stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  result  "))
    # conv1 is pinned to the phone, where a quarter leaves; conv2 may run on the edge only.
    assert lines[at] == "  result    early: stays on phone  320 bit, 25 % of the samples"
    assert lines[at + 1] == "            final: edge->phone  320 bit, 75 % of the samples"


def test_loads_are_shown_with_what_may_be_used(file: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert run("solve", file, "--method", "milp", "-o", plan).exit_code == 0
    shown = run("check", file, plan)
    assert shown.exit_code == 0, shown.stdout
    (row,) = [line for line in shown.stdout.splitlines() if line.startswith("edge ") and "compute" in line]
    assert "375 Gop/s (75 % of the node)" in row


def test_nobody_needs_the_result(file: Path) -> None:
    data = json.loads(file.read_text())
    del data["applications"][0]["result_to"]
    file.write_text(json.dumps(data))
    assert "result" not in run("check", file).stdout
    assert "  result " not in run("solve", file).stdout


def test_slices_stand_in_the_plan_and_in_the_loads(file: Path, tmp_path: Path) -> None:
    data = json.loads(file.read_text())
    del data["nodes"][2]["waiting"]
    data["nodes"][2]["slices"] = [0.25, 0.5]
    data["links"][0]["bandwidth_slices"] = [0.5]
    file.write_text(json.dumps(data))
    plan = tmp_path / "plan.json"
    shown = run("solve", file, "--method", "milp", "-o", plan).stdout
    assert re.search(r"\n  compute +edge \(slice 0\.(25|5)\) +conv2\n", shown)
    assert "phone->edge (slice 0.5)" in shown
    shown = run("check", file, plan, "--independent").stdout
    assert re.search(r"\nedge +compute +[\d.]+ Gop/s reserved +375 Gop/s \(75 % of the node\)", shown)
    assert "the independent judge says the same\n" in shown
    assert "  nodes         3 (2 mobile, 1 edge), 2 with slices\n" in run("check", file).stdout
