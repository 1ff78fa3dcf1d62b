"""The examples of docs/files.md are files that finopt reads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import finopt
from finopt.io import instance_file, result_file
from finopt.io.tables.columns import KNOWN
from finopt.problem.profile import BlockMeasurement, ExitMeasurement, Profile
from finopt.problem.versions import VERSION_2

ROOT = Path(__file__).parents[2]


def blocks(name: str, kind: str) -> list[str]:
    """The code blocks of one kind in a page."""
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)


def placement(text: str) -> finopt.Placement:
    """What a result file with this placement says."""
    data: dict[str, Any] = {"format": "finopt-result", "version": 1, "method": "fin", "status": "FEASIBLE"}
    data |= {"termination": "COMPLETED", **json.loads("{" + text + "}")}
    found = result_file.read(json.dumps(data), "example").placement
    assert found is not None
    return found


def test_the_examples_fit_together(tmp_path: Path) -> None:
    example, _, reference, listed, columns, _ = blocks("docs/files.md", "json")
    (table,) = blocks("docs/files.md", "csv")
    data = json.loads(example) | json.loads("{" + reference + "}")
    (tmp_path / data["applications"]["table"]).write_text(table, encoding="utf-8")
    (tmp_path / "example.json").write_text(json.dumps(data), encoding="utf-8")
    instance = finopt.load(tmp_path / "example.json")
    assert isinstance(instance, finopt.Instance)
    camera, scanner = instance.applications
    assert (camera.pinned, scanner.latency, scanner.rate) == ({"conv1": "phone"}, "mean", 2.5)
    one = placement(listed).applications[0]
    two = placement(columns).applications
    assert (two[0].nodes, two[0].routes) == (one.nodes, one.routes)
    assert [item.application for item in two] == ["app0", "app1"]
    only = finopt.evaluate(instance, placement(listed)).violations
    assert [violation.rule for violation in only] == ["placed"]  # the scanner is not placed


def test_the_first_example_is_valid_and_has_an_answer() -> None:
    instance = instance_file.read(blocks("docs/files.md", "json")[0], "example")
    assert finopt.solve(instance, "labels").status is finopt.Status.OPTIMAL


def test_the_path_is_that_of_the_shipped_file() -> None:
    answer = json.loads("{" + blocks("docs/files.md", "json")[5] + "}")
    result = finopt.solve(finopt.load(ROOT / "instances/orlib/rcsp5.txt"), "labels")
    assert (list(result.path or ()), list(result.arcs or ())) == (answer["path"], answer["arcs"])


def test_the_example_of_version_2_is_an_instance_with_every_kind_of_field() -> None:
    instance = instance_file.read(blocks("docs/files.md", "json")[1], "example")
    application = instance.applications[0]
    assert (instance.version, application.destination) == (2, "phone")
    assert instance_file.read(instance_file.write(instance), "again") == instance


def test_every_field_of_version_2_is_described() -> None:
    page = (ROOT / "docs/files.md").read_text(encoding="utf-8")
    section = page[page.index("## Version 2") :].partition("```json")[0]
    measured = {*Profile.model_fields, *BlockMeasurement.model_fields, *ExitMeasurement.model_fields}
    fields = {"profiles", *measured, *(name for names in VERSION_2.values() for name in names)}
    assert fields <= set(re.findall(r"`(\w+)`", section))


def test_every_column_is_described() -> None:
    page = (ROOT / "docs/files.md").read_text(encoding="utf-8")
    assert set(KNOWN) <= set(re.findall(r"`(\w+)`", page[: page.index("## Results")]))
