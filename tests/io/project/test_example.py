"""The example is a project that builds and has an answer, and its files are never written over."""

from __future__ import annotations

from pathlib import Path

import pytest

import finopt
from finopt.io.project import build, write_example

pytest.importorskip("topohub")
pytest.importorskip("onnx")


def test_the_example_builds_and_has_an_answer(tmp_path: Path) -> None:
    paths = write_example(tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["project.yaml", "measured.csv", "sweep.csv"]
    found = build(paths[0])
    instance = found.instance
    assert len(instance.applications) == 12
    assert [profile.device for profile in instance.profiles] == ["laptop core"]
    assert [exit_.id for exit_ in instance.models[0].exits[:2]] == ["early", "middle"]
    result = finopt.solve(instance, time_limit=60)
    assert result.placement is not None
    assert finopt.evaluate(instance, result.placement).feasible


def test_nothing_is_assumed_of_the_example_that_its_files_could_say(tmp_path: Path) -> None:
    notes = build(write_example(tmp_path)[0]).notes
    assert {note.of for note in notes} == {"network", "model resnet50", "applications"}


@pytest.mark.parametrize("name", ["project.yaml", "sweep.csv"])
def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError) as error:
        write_example(tmp_path)
    assert error.value.filename == str(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"
