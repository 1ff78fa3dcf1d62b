"""`finopt build`: from a project file to an instance, and what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import finopt
from tests.command_line import run
from tests.io.project.small import SWEEP, project, written

ROOT = Path(__file__).parents[2]


def test_an_instance_is_written_and_what_was_assumed_is_told(tmp_path: Path) -> None:
    output = tmp_path / "instance.json"
    result = run("build", written(tmp_path), "--output", output)
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines()[:2] == [
        "assumed:",
        "  profiles      net on gpu: dense not measured, so cannot run there",
    ]
    assert result.stdout.startswith(
        f"{output}: <Instance 'small' of 3 nodes, 2 links, 1 model, 5 applications>"
    )
    assert isinstance(finopt.load(output), finopt.Instance)


def test_without_a_place_to_write_standard_output_is_the_file(tmp_path: Path) -> None:
    path = written(tmp_path)
    run("build", path, "--output", tmp_path / "instance.json")
    assert run("build", path).stdout == (tmp_path / "instance.json").read_text(encoding="utf-8")
    other = run("build", path, "--seed", 5).stdout
    assert other != run("build", path).stdout
    assert other == run("build", path, "--seed", 5).stdout


def test_files_may_lie_elsewhere_if_the_user_says_so(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = written(tmp_path / "in")
    (tmp_path / "in" / "sweep.csv").unlink()
    (tmp_path / "other.csv").write_text(SWEEP, encoding="utf-8")
    assert run("build", path).exit_code == 2
    assert run("build", path, "--file", f"sweep.csv={tmp_path / 'other.csv'}").exit_code == 0
    result = run("build", path, "--file", "sweep.csv")
    assert result.exit_code == 2 and "is not of the form NAME=PATH" in result.output
    result = run("build", path, "--file", f"swep.csv={tmp_path / 'other.csv'}")
    assert "--file swep.csv: the project names no such file" in result.output


def test_all_problems_are_told_and_nothing_is_written(tmp_path: Path) -> None:
    path = written(tmp_path, project(name=3, models=[]))
    result = run("build", path, "--output", tmp_path / "instance.json")
    assert result.exit_code == 2
    assert "2 problems" in result.stderr
    assert "name: must be text, got 3" in result.stderr and "models: must not be empty" in result.stderr
    assert not (tmp_path / "instance.json").exists()


def test_many_applications_become_a_table_beside_the_file(tmp_path: Path) -> None:
    data = project(applications={"count": 10_001, "max_latency": 1.0})
    result = run("build", written(tmp_path, data), "--output", tmp_path / "big.json")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "big.json").read_text(encoding="utf-8"))["applications"] == {
        "table": "big.csv"
    }
    assert (tmp_path / "big.csv").read_text(encoding="utf-8").count("\n") == 10_002


def test_an_example_is_written_once(tmp_path: Path) -> None:
    result = run("build", "--example", tmp_path / "first")
    assert result.exit_code == 0
    assert "next: finopt build " in result.stdout
    (tmp_path / "first" / "sweep.csv").write_text("mine", encoding="utf-8")
    result = run("build", "--example", tmp_path / "first")
    assert result.exit_code == 2 and "File exists" in result.output
    assert (tmp_path / "first" / "sweep.csv").read_text(encoding="utf-8") == "mine"


def test_a_project_or_an_example_and_not_both(tmp_path: Path) -> None:
    for arguments in ((), (written(tmp_path), "--example", tmp_path / "x")):
        result = run("build", *arguments)
        assert result.exit_code == 2 and "Give a PROJECT, or --example DIR" in result.output


def test_the_command_line_loads_nothing_of_projects_before_it_is_needed() -> None:
    heavy = "'yaml', 'onnx', 'topohub', 'numpy', 'finopt.io.project'"
    code = f"import sys, finopt.cli.main; print([name for name in ({heavy}) if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_the_walk_of_the_documentation_leads_from_an_empty_folder_to_a_checked_plan(tmp_path: Path) -> None:
    pytest.importorskip("topohub")
    pytest.importorskip("onnx")
    page = (ROOT / "docs" / "howto" / "own_network.md").read_text(encoding="utf-8")
    (walk,) = re.findall(r"^```sh\n(finopt build --example.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(re.findall(r"^(finopt|cp|cat) ", walk, re.MULTILINE)) <= 9  # and pip install
    (tmp_path / "instances").symlink_to(ROOT / "instances")
    shell = f'set -e; finopt() {{ "{sys.executable}" -m finopt.cli "$@"; }}\n{walk}'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", shell],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert "200 applications" in done.stdout
    assert done.stdout.rstrip().endswith("feasible")
    instance = finopt.load(tmp_path / "cogentco" / "instance.json")
    assert isinstance(instance, finopt.Instance)
    assert (len(instance.nodes), len(instance.applications)) == (297, 200)
