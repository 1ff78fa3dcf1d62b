"""docs/projects.md: its examples are read, and its tables name the fields and columns that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from finopt.io.importers import measurements
from finopt.io.importers.measurements import block_csv
from finopt.io.project import build
from finopt.io.project.applications import Population
from finopt.io.project.models import ModelFile, OnnxModelFile
from finopt.io.project.network import TopologyNetwork
from finopt.io.project.profiles import MeasurementFile
from finopt.io.project.reading import Head

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "projects.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    """The code blocks of one kind."""
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def named(heading: str) -> set[str]:
    """The keys in the first column of the tables below a heading."""
    section = re.split(r"^#+ ", PAGE.split(f"{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    return {
        key
        for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
        for key in re.findall(r"`(\w+)`", row)
    }


def test_the_tables_name_the_fields_that_there_are() -> None:
    assert named("## Sections") == set(Head.model_fields)
    assert named("### network") == set(TopologyNetwork.model_fields)
    swept = {"sweep", "sweep_network"}
    assert named("### models") == {*OnnxModelFile.model_fields, *ModelFile.model_fields} - swept
    assert named("### profiles") == set(MeasurementFile.model_fields)
    assert named("### applications") == set(Population.model_fields)
    assert named("## Measured times") == set(block_csv.KNOWN)


def test_the_tables_of_times_and_exits_are_read(tmp_path: Path) -> None:
    times, sweep = blocks("csv")
    (tmp_path / "a.csv").write_text(times, encoding="utf-8")
    assert len(measurements.read(tmp_path / "a.csv").profiles[0].blocks) == 1
    (tmp_path / "b.csv").write_text(sweep, encoding="utf-8")
    assert len(measurements.read_sweep(tmp_path / "b.csv").rows) == 3


def test_the_project_is_built_with_the_tables(tmp_path: Path) -> None:
    pytest.importorskip("topohub")
    pytest.importorskip("onnx")
    times, sweep = blocks("csv")
    (tmp_path / "project.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    (tmp_path / "sweep.csv").write_text(sweep, encoding="utf-8")
    (tmp_path / "measured.csv").write_text(times, encoding="utf-8")
    assert len(build(tmp_path / "project.yaml").instance.applications) == 50
