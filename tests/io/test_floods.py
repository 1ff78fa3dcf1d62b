"""However much is wrong with a file, its error lists a hundred problems, and little more is looked at."""

from __future__ import annotations

import copy
import json
import pickle
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

import finopt
from finopt import InstanceError
from finopt.cli import path_report
from finopt.graph.path_evaluation import evaluate_path
from finopt.io import instance_file, result_file, strict_json, validation
from finopt.problem import errors, references
from finopt.problem import validation as problem_validation
from finopt.problem.errors import COUNTED, LISTED, Problem
from finopt.problem.instance import Application, Instance
from finopt.problem.network import Link
from tests.documents import GOOD, mutate, places

MANY = 5000


def flood(*path: str | int, of: Any) -> Any:
    """The good instance with very many entries somewhere."""
    data = copy.deepcopy(GOOD)
    item = data
    for part in path[:-1]:
        item = item[part]
    item[path[-1]] = of
    return data


def refused(data: Any, read: Callable[[str, str], Any] = instance_file.read) -> InstanceError:
    text = data if isinstance(data, str) else json.dumps(data)
    with pytest.raises(InstanceError) as error:
        read(text, "file.json")
    return error.value


DNN = ("models", 0)
CONFIGURATION = (*DNN, "configurations", 0)
LINK = {"source": "phone", "target": "egde", "bandwidth": 1, "energy": 0}

FLOODS = [
    (("nodes",), [0] * MANY, r"nodes[99]: must be an object, got 0"),
    (("applications",), [{}] * MANY, r"applications[19].source: is required"),
    (("links",), [LINK] * MANY, "links[99].target: link 'phone' -> 'egde': no such node"),
    (("nodes",), [GOOD["nodes"][0]] * MANY, "nodes[100].id: node: duplicate id, first used at nodes[0]"),
    ((*DNN, "blocks"), [[]] * MANY, "models[0].blocks[99]: model 'dnn': must be an object"),
    ((*DNN, "exits"), [{"id": "a", "after": "b"}] * MANY, "models[0].exits[49].id: model 'dnn', exit: dupl"),
    ((*CONFIGURATION, "shares"), [2] * MANY, "configurations[0].shares[98]: model 'dnn': must be at most 1"),
    ((*CONFIGURATION, "exits"), [0] * MANY, "configurations[0].exits[98]: model 'dnn': must be text"),
    ((*CONFIGURATION, "exits"), ["x"] * MANY, "configurations[0].exits[98]: model 'dnn': no such exit"),
    (("models",), [{"blocks": [0] * 50} for _ in range(100)], "models[0].blocks[49]: must be an object"),
    (("applications", 0, "pinned"), {f"b{i}": 0 for i in range(MANY)}, "pinned['b49']: application 'app'"),
    (("nodes", 0), {f"key{i}": 0 for i in range(MANY)}, "nodes[0].key97: unknown key"),
    (("applications",), {f"key{i}": 0 for i in range(MANY)}, "applications.key97: unknown key"),
]


@pytest.mark.parametrize(("path", "of", "among"), FLOODS)
def test_the_first_problems_are_listed_and_the_others_counted(
    path: tuple[str | int, ...], of: Any, among: str
) -> None:
    error = refused(flood(*path, of=of))
    assert len(error.problems) == LISTED
    assert COUNTED - LISTED <= error.omitted < 3 * COUNTED
    lines = str(error).splitlines()
    assert len(lines) == LISTED + 2
    assert lines[0] == f"file.json: at least {LISTED + error.omitted} problems"
    assert lines[-1] == f"  ... and at least {error.omitted} more"
    assert any(among in line for line in lines), lines


def test_keys_of_the_file_itself() -> None:
    error = refused({f"key{i}": 0 for i in range(MANY)})
    assert (len(error.problems), error.omitted) == (LISTED, COUNTED + 2 - LISTED)
    assert [problem.path for problem in error.problems] == [f"key{i}" for i in range(LISTED)]


def test_duplicate_keys() -> None:
    twice = ", ".join(f'"key{i}": 0, "key{i}": 1' for i in range(MANY))
    error = refused(json.dumps(GOOD)[:-1] + f", {twice}}}")
    assert (len(error.problems), error.omitted) == (LISTED, 2 * COUNTED - LISTED)
    assert error.problems[0].path == "key0"


def test_so_many_keys_that_they_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "MOST_KEYS", 9)
    data = flood("applications", 0, "pinned", of={f"b{i}": "edge" for i in range(10)})
    assert [str(problem) for problem in refused(data).problems] == [
        "$: an object has 10 keys, no more than 9 are read"
    ]


def test_a_few_more_than_are_listed_are_counted_exactly() -> None:
    error = refused(flood("links", of=[LINK] * 230))
    assert (len(error.problems), error.omitted) == (LISTED, 130)
    assert str(error).startswith("file.json: 230 problems\n")
    assert str(error).endswith("\n  ... and 130 more")
    again = pickle.loads(pickle.dumps(error))
    assert (again.problems, again.omitted, str(again)) == (error.problems, error.omitted, str(error))


def test_an_error_of_few_problems_omits_none() -> None:
    assert refused(flood("links", of=[LINK])).omitted == 0


RESULT = {
    "format": "finopt-result",
    "version": 1,
    "method": "fin",
    "status": "OPTIMAL",
    "termination": "COMPLETED",
}
PLACED = {"application": "app", "configuration": 0, "nodes": [], "routes": []}

RESULT_FLOODS = [
    ({"placement": [{}] * MANY}, "placement[24].routes: is required"),
    ({"placement": [PLACED | {"nodes": [0] * MANY}]}, "placement[0].nodes[99]: must be text, got 0"),
    ({"placement": [PLACED | {"routes": [[0] * MANY]}]}, "placement[0].routes[0][99]: must be text, got 0"),
    (
        {"placement": [PLACED | {"routes": [[], 0, ["a", 0]] * MANY}]},
        "placement[0].routes[149][1]: must be text",
    ),
    ({"placement": {f"key{i}": 0 for i in range(MANY)}}, "placement.key99: unknown key"),
    ({"path": [0.5] * MANY}, "path[99]: must be a whole number, got 0.5"),
    ({f"key{i}": 0 for i in range(MANY)}, "key99: unknown key"),
]


@pytest.mark.parametrize(("changes", "last"), RESULT_FLOODS)
def test_results(changes: dict[str, Any], last: str) -> None:
    error = refused(RESULT | changes, result_file.read)
    assert len(error.problems) == LISTED
    assert COUNTED - LISTED <= error.omitted < 2 * COUNTED
    assert str(error.problems[-1]).startswith(last)


# ---------------------------------------------------------------- how much is looked at


def counted(monkeypatch: pytest.MonkeyPatch, kind: type[BaseModel]) -> list[Any]:
    """What is validated as an object of this class by itself."""
    seen: list[Any] = []
    original = validation._errors

    def noted(of: type[BaseModel], data: Any) -> Any:
        seen.extend([data] if of is kind else [])
        return original(of, data)

    monkeypatch.setattr(validation, "_errors", noted)
    return seen


def test_validation_ends_when_enough_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = counted(monkeypatch, Application)
    refused(flood("applications", of=[{}] * MANY))
    assert len(seen) == COUNTED / 5  # each has five problems
    seen = counted(monkeypatch, Link)
    refused(flood("links", of=[LINK | {"delay": -1}] * MANY))
    assert len(seen) == COUNTED


def test_pydantic_never_lists_more_than_a_few_errors() -> None:
    data = flood("models", of=[{"blocks": [{}] * 100, "exits": [0] * 100}] * 100)
    data |= {"nodes": [0] * MANY, "links": [0] * MANY, "applications": [{}] * MANY}
    with pytest.raises(ValidationError) as error:
        Instance.model_validate(data)
    assert error.value.error_count() < 30


def test_suggestions_are_looked_for_when_they_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def suggest(name: object, known: object) -> str:
        asked.append(name)
        return "ask somebody"

    monkeypatch.setattr(references, "suggest", suggest)
    error = refused(flood("links", of=[LINK] * MANY))
    assert len(asked) <= 2 * LISTED
    assert {problem.suggestion for problem in error.problems} == {"ask somebody"}


def test_the_nearest_of_many_names_is_found_without_comparing_all(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"edge-{i:03}" for i in range(references.MOST_NAMES)]
    assert references.suggest("edge_777", names) == "did you mean 'edge-777'?"
    assert len(references._likely("edge_777", names)) == references.LIKELY
    assert references.suggest("edge_777", [*names, "more"]) == ""


def test_blocks_of_a_model_are_listed_once_and_not_for_every_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    listings: list[str] = []
    original = problem_validation.ids_of

    def noted(data: Any, key: str) -> list[str]:
        listings.append(key)
        return original(data, key)

    monkeypatch.setattr(problem_validation, "ids_of", noted)
    data = flood("applications", 0, "pinned", of={f"b{i}": "edge" for i in range(300)})
    list(problem_validation.find_problems(data))
    assert listings.count("blocks") < 5


# ---------------------------------------------------------------- piece by piece is as good as at once


def told(found: Iterable[ErrorDetails]) -> list[tuple[Any, ...]]:
    """Place and kind of what is passed on: pydantic calls a list too short after a wrong item, too."""
    return [(e["loc"], e["type"]) for e in found if e["type"] != "too_short" or not e["input"]]


@pytest.mark.parametrize("seed", range(300))
def test_nothing_is_lost_and_nothing_added_piece_by_piece(seed: int) -> None:
    rng = random.Random(seed)
    data: Any = GOOD
    for _ in range(rng.choice((1, 1, 3))):
        data = mutate(rng, data)
    pieces = told(validation.errors(Instance, data))
    try:
        Instance.model_validate(data)
        at_once = []
    except ValidationError as error:  # of every list the first error only
        at_once = told(item for item in error.errors() if item["type"] != "value_error" or item["loc"])
    assert len(set(pieces)) == len(pieces)
    assert set(at_once) <= set(pieces)
    assert bool(at_once) == bool(pieces)


def test_every_damaged_place_is_found_in_a_copy_of_many() -> None:
    for path in places(GOOD):
        if len(path) < 2 or isinstance(path[-1], int):
            continue
        data = copy.deepcopy(GOOD)
        item: Any = data
        for part in path[:-1]:
            item = item[part]
        item[path[-1]] = {"x": [1]}
        locations = [error["loc"][: len(path)] for error in validation.errors(Instance, data)]
        assert path in locations, path


def test_long_lists_are_read_in_pieces_whose_places_are_right() -> None:
    shares = [0.0] * 1000
    shares[7] = shares[450] = shares[999] = 2.0
    found = validation.errors(Instance, flood(*CONFIGURATION, "shares", of=shares))
    assert [error["loc"][-1] for error in found] == [7, 450, 999]
    routes: list[Any] = [[]] * 250
    routes[3], routes[240] = ["a"] * 150 + [0], 5
    record = RESULT | {"placement": [PLACED | {"routes": routes}]}
    found = validation.errors(result_file._ResultRecord, record)
    assert [error["loc"] for error in found] == [
        ("placement", 0, "routes", 3, 150),
        ("placement", 0, "routes", 240),
    ]


def test_an_error_cuts_what_it_is_given() -> None:
    error = InstanceError([Problem(f"line {i}", "is wrong") for i in range(150)], "x", omitted=7)
    assert (len(error.problems), error.omitted) == (LISTED, 57)
    assert len(errors.first(Problem("", "") for _ in iter(int, 1))) == COUNTED  # of an endless stream


def test_violations_of_a_path_are_cut_as_well() -> None:
    graph = finopt.ResourceGraph.build(2, [0], [1], [1], [[1]], 0, [1], [1])
    lines = path_report.account(graph, evaluate_path(graph, [1] * 301)).splitlines()
    assert lines[0] == "violations: 301"
    assert lines[-1] == "  ... and 201 more violations"
    assert len(lines) == LISTED + 2
