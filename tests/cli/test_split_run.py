"""`finopt split` and `finopt run`: from an instance and a result to pieces that were run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from finopt.cli.failures import BACKEND, INTERRUPTED
from finopt.runtime import run as runs
from tests.command_line import SMALL, Write, run, tamper
from tests.digits_plans import MODEL, SAMPLES, SWEEP, digits_instance, placed, write_plan

DIGITS = f"digits={MODEL}"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The instance and a feasible result."""
    return write_plan(tmp_path, placed(), digits_instance())


@pytest.fixture
def pieces(tmp_path: Path, files: list[str]) -> Path:
    """The plan in pieces."""
    folder = tmp_path / "pieces"
    result = run("split", *files, "--model", DIGITS, "--thresholds", SWEEP, "-o", folder)
    assert result.exit_code == 0, result.output
    return folder


def test_split_says_what_it_made(tmp_path: Path, files: list[str]) -> None:
    folder = tmp_path / "pieces"
    result = run("split", *files, "--model", DIGITS, "--thresholds", SWEEP, "-o", folder)
    assert "3 pieces of 1 application" in result.stdout
    assert "pieces/reader.1.edge.onnx" in result.stdout
    assert "no threshold" not in result.stdout
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert made == {
        "manifest.json",
        "kubernetes.yaml",
        "pipeedge.json",
        "autodice/reader.json",
        "models/digits.onnx",
        *(f"pieces/reader.{number}.{node}.onnx" for number, node in enumerate(["camera", "edge", "cloud"])),
    }


def test_run_prints_every_sample_and_totals(pieces: Path) -> None:
    result = run("run", pieces, "--samples", SAMPLES, "--count", 12)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "reader: 12 samples of digits over camera -> edge -> cloud"
    assert sum(line.split()[0].isdigit() for line in lines if line.split()) == 12
    assert "exit and output as of the whole model: 12 of 12 samples, largest difference 0" in lines
    assert "No server." in lines[-1]


def test_run_prints_json(pieces: Path) -> None:
    result = run("run", pieces, "--count", 5, "--seed", 3, "--json")
    (application,) = json.loads(result.stdout)["applications"]
    assert application["samples"] == application["equal"] == 5
    assert application["nodes"] == ["camera", "edge", "cloud"]
    assert [exit_["threshold"] for exit_ in application["exits"]] == [0.6, 0.9, None]
    assert sum(exit_["samples"] for exit_ in application["exits"]) == 5
    for sample in application["measured"]:
        assert sample["difference"] == 0 and sample["seconds"] > 0


def test_thresholds_may_be_given_when_the_plan_is_run(tmp_path: Path, files: list[str]) -> None:
    folder = tmp_path / "pieces"
    result = run("split", *files, "--model", DIGITS, "--threshold", "exit1=0.5", "-o", folder)
    assert "no threshold yet: exit2; finopt run takes --threshold EXIT=NUMBER" in result.stdout
    result = run("run", folder, "--count", 5)
    assert result.exit_code == 2
    assert "exit 'exit2': has no threshold; add --threshold exit2=0.9" in result.stderr
    result = run(
        "run", folder, "--count", 5, "--samples", SAMPLES, "--threshold", "exit2=0", "--brief", "--json"
    )
    assert {sample["exit"] for sample in json.loads(result.stdout)["applications"][0]["measured"]} <= {
        "exit1",
        "exit2",
    }


def test_another_output_than_that_of_the_whole_model_is_told(pieces: Path) -> None:
    manifest = pieces / "manifest.json"
    tamper(manifest, lambda data: data["models"][0].update(file="models/other.onnx"))
    model = onnx.load(MODEL)
    bias = next(tensor for tensor in model.graph.initializer if tensor.name == "exit1.bias")
    changed = onnx.numpy_helper.to_array(bias) + np.linspace(0, 0.01, 10, dtype=np.float32)
    bias.CopyFrom(onnx.numpy_helper.from_array(changed, bias.name))
    onnx.save(model, pieces / "models" / "other.onnx")
    result = run("run", pieces, "--samples", SAMPLES, "--count", 12)
    assert result.exit_code == 1
    assert "largest difference 0\n" not in result.stdout


@pytest.mark.parametrize(("interrupted", "code"), [(True, INTERRUPTED), (False, BACKEND)])
def test_a_run_that_ends_early_prints_what_was_measured(
    pieces: Path, monkeypatch: pytest.MonkeyPatch, interrupted: bool, code: int
) -> None:
    real = runs.run

    def early(*arguments: object) -> runs.Run:
        found = real(*arguments)  # type: ignore[arg-type]
        found.interrupted, found.reason = interrupted, "the reason"
        return found

    monkeypatch.setattr(runs, "run", early)
    result = run("run", pieces, "--count", 4)
    assert result.exit_code == code
    assert "reader: 4 samples" in result.stdout and "ended early: the reason" in result.stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.update(instance="other"), "answers another instance than 'digits', got 'other'"),
        (
            lambda data: data.update(placement=None, status="INFEASIBLE", reason="too slow"),
            "there is none, the file states INFEASIBLE: too slow",
        ),
        (lambda data: data["placement"][0].update(nodes=["camera"] * 3 + ["moon"]), "uses node 'moon'"),
        (lambda data: data["placement"][0].update(routes=[[], [], [], []]), "reader"),
    ],
)
def test_a_result_that_is_no_plan_for_the_instance_is_refused(
    tmp_path: Path, files: list[str], change: Callable[[dict[str, object]], None], words: str
) -> None:
    tamper(tmp_path / "result.json", change)
    result = run("split", *files, "--model", DIGITS, "-o", tmp_path / "pieces")
    assert result.exit_code == 2
    assert "result.json" in result.stderr and words in result.stderr
    assert not (tmp_path / "pieces").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "model 'digits': no file is given; add --model digits=FILE.onnx"),
        (["--model", "digits"], "--model: must be NAME=FILE.onnx, got 'digits'"),
        (["--model", DIGITS, "--model", DIGITS], "--model: is given twice, got 'digits'"),
        (["--model", "digits=missing.onnx"], "missing.onnx"),
        (["--model", f"digits={SWEEP}"], "sweep.csv"),
        (["--model", DIGITS, "--threshold", "exit9=0.5"], "no such exit, got 'exit9'; did you mean"),
        (["--model", DIGITS, "--threshold", "exit1"], "must be EXIT=NUMBER"),
        (["--model", DIGITS, "--thresholds", "missing.csv"], "missing.csv"),
        (["--model", DIGITS, "--application", "writer"], "is not placed, got 'writer'"),
    ],
)
def test_wrong_options_are_named(tmp_path: Path, files: list[str], options: list[str], words: str) -> None:
    result = run("split", *files, *options, "-o", tmp_path / "pieces")
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_sweep_of_other_figures_is_refused(tmp_path: Path, files: list[str]) -> None:
    sweep = tmp_path / "sweep.csv"
    sweep.write_text(
        "threshold_exit1,threshold_exit2,share_exit1,share_exit2,share_exit3,accuracy\n0.5,0.5,0.1,0.1,0.8,0.9\n",
        encoding="utf-8",
    )
    result = run("split", *files, "--model", DIGITS, "--thresholds", sweep, "-o", tmp_path / "pieces")
    assert result.exit_code == 2
    assert "model 'digits', configuration 0: no row has its exits, shares" in result.stderr


def test_a_sweep_may_be_that_of_one_model(tmp_path: Path, files: list[str]) -> None:
    folder = tmp_path / "pieces"
    result = run("split", *files, "--model", DIGITS, "--thresholds", f"digits={SWEEP}", "-o", folder)
    assert result.exit_code == 0 and "no threshold" not in result.stdout


def test_a_folder_that_holds_something_is_refused_before_any_work(tmp_path: Path) -> None:
    result = run("split", "missing.json", "missing.json", "-o", tmp_path.parent)
    assert result.exit_code == 2
    assert "is there and not an empty folder" in result.stderr


def test_a_path_problem_is_refused(tmp_path: Path) -> None:
    result = run("split", "instances/orlib/rcsp1.txt", "plan.json", "-o", tmp_path / "pieces")
    assert result.exit_code == 2
    assert "is a shortest path problem" in result.stderr


def test_an_instance_that_is_not_of_the_file_is_told_which_tensors_lack(
    write: Write, plan: Path, tmp_path: Path
) -> None:
    model = SMALL["models"][0]["id"]
    result = run("split", write(), plan, "--model", f"{model}={MODEL}", "-o", tmp_path / "pieces")
    assert result.exit_code == 2
    for name in ("b1", "early", "out"):
        assert f"has no tensor of model 'net', got '{name}'" in result.stderr


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"format": "finopt-instance"}', "\x00"])
def test_a_folder_without_a_good_manifest_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    result = run("run", tmp_path)
    assert result.exit_code == 2
    assert "manifest.json" in result.stderr and "Traceback" not in result.stderr


def test_samples_that_do_not_fit_are_refused(pieces: Path, tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("1,2,3\n", encoding="utf-8")
    result = run("run", pieces, "--samples", tmp_path / "few.csv")
    assert result.exit_code == 2
    assert "image: needs samples of shape 1 x 1 x 8 x 8 one after the other, got [1, 3]" in result.stderr
