"""``finopt profile``: what it writes and says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finopt.problem.model import Model
from finopt.problem.profile import Profile
from finopt.runtime import measure as measuring
from tests.command_line import run
from tests.io.importers.onnx.small_models import branched, saved
from tests.runtime.test_measure import pressing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return saved(branched("batch"), tmp_path)


def test_three_files_are_written_and_the_whole_model_stands_beside_its_parts(path: Path) -> None:
    prefix = path.with_name("out.v1")
    options = ["--shape", "batch=1", "--blocks", 3, "--runs", 2, "--power", 5, "--device", "soc"]
    result = run("profile", path, *options, "-o", prefix)
    assert result.exit_code == 0, result.output
    assert "net on soc: 3 blocks, 2 measured exits" in result.stdout
    assert "whole model" in result.stdout and "parts together" in result.stdout
    assert "block relu1" in result.stdout and "exit early/one" in result.stdout
    assert "note: the accuracy is not in the file" in result.stderr
    table = Path(f"{prefix}.csv").read_text(encoding="utf-8").splitlines()
    assert table[0].startswith("model,device,block,exit,time_s,energy_j") and len(table) == 7
    profile = Profile.model_validate_json(Path(f"{prefix}.profile.json").read_text(encoding="utf-8"))
    model = Model.model_validate_json(Path(f"{prefix}.model.json").read_text(encoding="utf-8"))
    assert set(profile.block) == set(model.block_index) == {"relu1", "add", "final"}
    assert profile.device == "soc"


def test_exits_cuts_and_sizes_are_named(path: Path) -> None:
    options = ["--shape", "image=1x3x8x8", "--exit", "early:two", "--exit", "final", "--cut", "relu"]
    result = run("profile", path, *options, "--runs", 1, "--model-id", "mine", "--precision", 16)
    assert result.exit_code == 0, result.output
    assert "mine on this-machine: 3 blocks, 1 measured exit\n" in result.stdout
    assert "'early/one' is no exit" in result.stderr


def test_wrong_input_is_told(path: Path) -> None:
    missing = run("profile", path)
    assert missing.exit_code == 2 and "needs a size for 'batch'" in missing.stderr
    shapeless = run("profile", path, "--shape", "batch")
    assert shapeless.exit_code == 2 and "not of the form batch=1" in shapeless.stderr
    nothing = run("profile", path.with_name("none.onnx"))
    assert nothing.exit_code == 2 and "cannot be read" in nothing.stderr
    folder = run("profile", path, "--shape", "batch=1", "-o", path.parent / "no" / "prefix")
    assert folder.exit_code == 2 and "Cannot write into directory" in folder.stderr


def test_ctrl_c_writes_what_was_measured(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure = measuring.measure
    monkeypatch.setattr(measuring, "measure", lambda *a, **k: measure(*a, **k, clock=pressing(run=2)))
    prefix = path.with_name("part")
    result = run("profile", path, "--shape", "batch=1", "--blocks", 3, "-o", prefix)
    assert result.exit_code == 130
    profile = json.loads(Path(f"{prefix}.profile.json").read_text(encoding="utf-8"))
    assert [entry["block"] for entry in profile["blocks"]] == ["relu1"]
    assert "cannot run there: ['add', 'final']" in result.stderr
