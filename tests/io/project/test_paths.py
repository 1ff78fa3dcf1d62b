"""Files that a project names stay in its folder, unless the user says on the command line where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from finopt import InstanceError
from finopt.io.project import build
from finopt.io.project.paths import Files
from tests.io.project.small import SWEEP, built, problems, project, written


def swept(name: str) -> dict[str, object]:
    data = project()
    data["models"][0]["sweep"] = name
    return data


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../sweep.csv",
        "a/../../sweep.csv",
        "..",
        "C:/sweep.csv",
        "a\\sweep.csv",
        "file:sweep.csv",
        "a\0b",
    ],
)
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "sweep.csv").write_text(SWEEP)
    (found,) = problems(tmp_path / "in", swept(name))
    assert "must be" in found and "say it on the command line: --file NAME=PATH" in found


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "other.csv").write_text(SWEEP)
    path = written(folder, swept("link.csv"))
    (folder / "link.csv").symlink_to("../other.csv")
    with pytest.raises(InstanceError, match="leads out of the project's folder"):
        build(path)
    (folder / "link.csv").unlink()
    (folder / "link.csv").symlink_to("sweep.csv")
    assert build(path).instance


def test_a_file_below_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sweep.csv").write_text(SWEEP)
    assert built(tmp_path, swept("data/sweep.csv")).instance


def test_what_the_user_says_himself_may_lie_anywhere(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "elsewhere.csv").write_text(SWEEP)
    files = {"/x/sweep.csv": tmp_path / "elsewhere.csv"}
    assert built(tmp_path / "in", swept("/x/sweep.csv"), files=files).instance
    found = problems(tmp_path / "in", swept("sweep.csv"), files=files)
    assert found == ["--file /x/sweep.csv: the project names no such file"]


def test_a_file_that_is_missing_or_none_is_told_at_its_place(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, swept("none.csv"))
    assert found == "models[0].sweep: none.csv: cannot be read: No such file or directory"
    (tmp_path / "folder.csv").mkdir()
    (found,) = problems(tmp_path, swept("folder.csv"))
    assert found == "models[0].sweep: folder.csv: is not a regular file"


def test_models_of_the_wheel_have_names(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    files = Files(tmp_path, {})
    assert files.find_model("wheel:light_resnet50.onnx").is_file()
    for name in ("wheel:light_resnet5.onnx", "wheel:../light/light_resnet50.onnx", "wheel:"):
        with pytest.raises(InstanceError, match="no such model in the package onnx"):
            files.find_model(name)
