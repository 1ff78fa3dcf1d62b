"""Result files whose placement is an object of columns."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt import ApplicationPlacement, InstanceError, Placement, PlacementTable, Result, Status, Termination
from finopt.io import result_file
from tests.command_line import run
from tests.documents import mutate
from tests.problem.test_placement_table import columns, draw


def result(table: PlacementTable, **changed: Any) -> Result:
    """A result that holds the placement."""
    usual: dict[str, Any] = {"objective": 0.5, "stats": {"rounds": [1, 2]}, "reason": "two\nlines"}
    return Result(
        Status.FEASIBLE, Termination.COMPLETED, "fin", placement=Placement(table), **usual | changed
    )


def written(**changed: Any) -> dict[str, Any]:
    """The placement of a good file with some columns changed; an ellipsis takes one out."""
    good: dict[str, Any] = json.loads(result_file.write(result(PlacementTable(**columns()))))["placement"]
    return {key: value for key, value in (good | changed).items() if value is not ...}


def read(placement: Any) -> Result:
    data = json.loads(result_file.write(result(PlacementTable(**columns())))) | {"placement": placement}
    return result_file.read(json.dumps(data), "result.json")


@pytest.mark.parametrize("seed", range(10))
def test_round_trip(seed: int) -> None:
    original = result(PlacementTable.of(draw(seed)))
    text = result_file.write(original)
    again = result_file.read(text, "result.json")
    assert again == original
    assert again.placement is not None
    assert isinstance(again.placement.applications, PlacementTable)
    assert tuple(again.placement.applications) == draw(seed)
    assert result_file.write(again) == text


def test_applications_without_names_are_not_named() -> None:
    for application in (None, [4, 2]):
        table = PlacementTable(**columns(application_ids=None, application=application))
        text = result_file.write(result(table))
        assert '"applications": null' in text
        assert ('"application":' in text) == (application is not None)
        assert result_file.read(text, "result.json") == result(table)


def test_the_file_has_a_line_per_column_and_only_names_in_use() -> None:
    text = result_file.write(result(PlacementTable(**columns(node_ids=["a", "b", "unused"]))))
    assert text.splitlines()[-13:-3] == [
        '  "placement": {',
        '    "applications": ["one", "two"],',
        '    "nodes": ["a", "b"],',
        '    "links": ["a->b"],',
        '    "configuration": [0, 1],',
        '    "blocks": [1, 2],',
        '    "node": [0, 0, 1],',
        '    "hops": [0, 2],',
        '    "stage": [0, 1],',
        '    "link": [0, 0]',
    ]
    assert json.loads(text)["stats"] == {"rounds": [1, 2]}


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"nods": []}, r"placement\.nods: unknown key; did you mean 'nodes'\?"),
        ({"stage": ...}, r"placement\.stage: is required"),
        ({"node": 5}, r"placement\.node: must be a list, got 5"),
        ({"node": [0, "0", 1]}, r"placement\.node\[1\]: must be a whole number, got '0'"),
        ({"node": [0, 0, True]}, r"placement\.node\[2\]: must be a whole number, got true"),
        ({"nodes": ["a", 7]}, r"placement\.nodes\[1\]: must be text, got 7"),
        ({"node": [0, 0, 2]}, r"placement: column node: row 3 is 2, there are 2"),
        ({"node": [0, 0, 2**70]}, r"placement: .*too (big|large)"),
        ({"blocks": [1, 1]}, r"placement: column node_start: must rise from 0 to the 3 items"),
        ({"blocks": [4, -1]}, r"placement: column blocks: must not be negative"),
        ({"hops": [1]}, r"placement: column hop_start: needs 3 rows"),
        ({"applications": ["one"]}, r"names 1 applications and has 2 rows: column application is required"),
    ],
)
def test_broken_columns(changed: dict[str, Any], match: str) -> None:
    with pytest.raises(InstanceError, match=re.compile(match)):
        read(written(**changed))


@pytest.mark.parametrize("seed", range(5))
def test_nothing_but_an_instance_error_ever_escapes(seed: int) -> None:
    rng = random.Random(seed)
    refused = 0
    for _ in range(60):
        data = written()
        for _ in range(rng.choice((1, 1, 3))):
            data = mutate(rng, data)
        try:
            read(data)
        except InstanceError as error:
            str(error).encode("utf-8")
            refused += 1
    assert refused > 10


def test_check_reads_a_placement_in_columns(tmp_path: Path) -> None:
    path = "instances/paper/b-alexnet-cifar10.json"
    instance = finopt.load(path)
    assert isinstance(instance, finopt.Instance)
    steps = ("device", "device", "device", "edge", "edge")
    routes = ((), (), (), ("device->edge",), ())
    table = PlacementTable.of([ApplicationPlacement("b-alexnet", 2, steps, routes)])
    objective = finopt.evaluate(instance, Placement(table)).objective
    file = tmp_path / "plan.json"
    file.write_text(result_file.write(result(table, objective=objective), instance), encoding="utf-8")
    answer = run("check", path, str(file))
    assert answer.exit_code == 0
    assert "feasible" in answer.output
