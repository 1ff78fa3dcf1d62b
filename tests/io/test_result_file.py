"""Result files: what is written is read again, and a broken file says what is wrong with it."""

from __future__ import annotations

import json
import math
import random
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopt import ApplicationPlacement, InstanceError, Placement, Result, Status, Termination
from finopt.evaluation.result import Runtime
from finopt.io import result_file
from tests.documents import mutate
from tests.random_instances import random_instance
from tests.strategies import names

PLACED = Placement((ApplicationPlacement("app", 1, ("phone", "edge"), ((), ("phone->hub", "hub->edge"))),))
RESULT = Result(
    status=Status.FEASIBLE,
    termination=Termination.TIME_LIMIT,
    method="fin",
    solver="finopt 0.1.0",
    placement=PLACED,
    objective=0.1,
    bound=0.09,
    runtime=Runtime(build=0.5, solve=1.25),
    stats={"levels": 128, "passes": [1, 2], "λ": 0.5},
    reason="the time limit of 2 s is reached",
)


def record(**changes: Any) -> str:
    """The text of a good result with some keys changed; an ellipsis takes a key out."""
    data = json.loads(result_file.write(RESULT)) | changes
    return json.dumps({key: value for key, value in data.items() if value is not ...})


def read(text: str) -> Result:
    return result_file.read(text, "result.json")


def test_round_trip() -> None:
    text = result_file.write(RESULT)
    assert read(text) == RESULT
    assert result_file.write(read(text)) == text


def test_slices_are_written_where_there_are_any() -> None:
    (placed,) = PLACED.applications
    own = replace(placed, slices=(None, 0.25), route_slices=((), (None, 0.5)))
    sliced = replace(RESULT, placement=Placement((own,)))
    text = result_file.write(sliced)
    assert read(text) == sliced
    assert json.loads(text)["placement"][0]["slices"] == [None, 0.25]
    assert json.loads(text)["placement"][0]["route_slices"] == [[], [None, 0.5]]
    assert "slices" not in result_file.write(RESULT)


def test_the_file_carries_what_check_needs() -> None:
    data = json.loads(result_file.write(RESULT, random_instance(0)))
    assert (data["format"], data["version"], data["instance"]) == ("finopt-result", 1, "random 0")
    assert (data["status"], data["termination"]) == ("FEASIBLE", "TIME_LIMIT")
    assert (data["objective"], data["bound"]) == (0.1, 0.09)
    assert data["gap"] == pytest.approx(0.1)
    assert data["placement"] == [
        {
            "application": "app",
            "configuration": 1,
            "nodes": ["phone", "edge"],
            "routes": [[], ["phone->hub", "hub->edge"]],
        }
    ]


@given(
    status=st.sampled_from(Status),
    termination=st.sampled_from(Termination),
    objective=st.none() | st.floats(0, 1e9),
    bound=st.none() | st.floats(0, 1e9),
    reason=names,
    placed=st.none()
    | st.lists(st.tuples(names, st.integers(0, 5), st.lists(st.tuples(names, st.lists(names))))),
    path=st.none() | st.lists(st.integers(0, 10**6)),
    stats=st.dictionaries(names, st.integers() | st.floats(allow_nan=False, allow_infinity=False) | names),
)
def test_round_trip_of_drawn_results(placed: Any, path: Any, **fields: Any) -> None:
    placement = None
    if placed is not None:
        placement = Placement(
            tuple(
                ApplicationPlacement(name, c, tuple(n for n, _ in rows), tuple(tuple(r) for _, r in rows))
                for name, c, rows in placed
            )
        )
    path = None if path is None else tuple(path)
    result = Result(method="labels", placement=placement, path=path, **fields)
    assert read(result_file.write(result)) == result


def test_nothing_that_a_method_reports_breaks_the_file() -> None:
    stats = {
        "arcs": np.int64(5), "time": np.float64(0.5), "array": np.arange(3), "levels": {2, 1}, 3: "three",
        "nan": math.nan, "status": Status.OPTIMAL, "nested": {"inf": (math.inf,)}, "object": object,
    }  # fmt: skip
    path = tuple(np.array([0, 2, 1]))
    result = Result(Status.NO_SOLUTION, Termination.LIMIT, "fin", path=path, bound=-math.inf, stats=stats)
    data = json.loads(result_file.write(result), parse_constant=pytest.fail)
    assert data["bound"] is None
    assert data["path"] == [0, 2, 1]
    assert data["stats"] == {
        "arcs": 5, "time": 0.5, "array": [0, 1, 2], "levels": [1, 2], "3": "three",
        "nan": None, "status": "OPTIMAL", "nested": {"inf": [None]}, "object": "<class 'object'>",
    }  # fmt: skip
    assert read(result_file.write(result)).path == (0, 2, 1)


def placed(changes: dict[str, Any]) -> str:
    """The text of a result with one application, some of whose keys are changed."""
    good = {"application": "app", "configuration": 0, "nodes": ["a"], "routes": [[]]}
    return record(placement=[good | changes])


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", r"line 1, column 1: is empty"),
        ("{", r"is not valid JSON"),
        ("[]", r"a result is a JSON object, got \[\]"),
        ("[" * 100_000, r"nested too deeply"),
        ("{}", r"format: is required\n  version: is required\n  method: is required\n  status: is required"),
        (record(format="finopt-instance"), r"format: must be 'finopt-result', got 'finopt-instance'"),
        (record(version=2), r"version: must be 1, got 2"),
        (record(version=...), r"version: is required"),
        (record(status="OPTMAL"), r"status: must be 'OPTIMAL', .*, got 'OPTMAL'; did you mean 'OPTIMAL'\?"),
        (record(termination=5), r"termination: must be .*, got 5"),
        (record(objectve=1), r"objectve: unknown key; did you mean 'objective'\?"),
        (record(objective="1"), r"objective: must be a number, got '1'"),
        (record(objective=math.nan), r"objective: must be a finite number, got NaN"),
        (record(bound=10**400), r"bound: must be a finite number, got Infinity"),
        (record(solve_seconds=-1), r"solve_seconds: must be at least 0, got -1"),
        (record(placement={}), r"placement: must be a list, got an object"),
        (placed({"nodes": "a"}), r"placement\[0\]\.nodes: must be a list, got 'a'"),
        (placed({"nodes": [1]}), r"placement\[0\]\.nodes\[0\]: must be text, got 1"),
        (placed({"routes": [["a->b", None]]}), r"routes\[0\]\[1\]: must be text, got null"),
        (placed({"configuration": 0.5}), r"configuration: must be a whole number, got 0\.5"),
        (placed({"configuration": True}), r"configuration: must be a whole number, got true"),
        (placed({"slices": [0.5, "x"]}), r"placement\[0\]\.slices\[1\]: must be a number, got 'x'"),
        (placed({"slices": 0.5}), r"placement\[0\]\.slices: must be a list, got 0\.5"),
        (placed({"rotes": []}), r"placement\[0\]\.rotes: unknown key; did you mean 'routes'"),
        (record(path=[0, "1"]), r"path\[1\]: must be a whole number, got '1'"),
        (record(stats=[]), r"stats: must be an object, got \[\]"),
        ('{"format": "finopt-result", "format": "finopt-result"}', r"format: duplicate key, got 'format'"),
    ],
)  # fmt: skip
def test_broken_results(text: str, match: str) -> None:
    with pytest.raises(InstanceError, match=re.compile(match)) as error:
        read(text)
    assert str(error.value).startswith("result.json: ")


@pytest.mark.parametrize("seed", range(10))
def test_nothing_but_an_instance_error_ever_escapes(seed: int) -> None:
    rng = random.Random(seed)
    good = json.loads(result_file.write(RESULT))
    refused = 0
    for _ in range(60):
        data = good
        for _ in range(rng.choice((1, 1, 3))):
            data = mutate(rng, data)
        try:
            read(json.dumps(data))
        except InstanceError as error:
            str(error).encode("utf-8")
            refused += 1
    assert refused > 10


def test_statistics_are_not_nested_without_end() -> None:
    good = json.loads(
        result_file.write(Result(Status.NO_SOLUTION, Termination.TIME_LIMIT, "fin", reason="late"))
    )
    for deepest, fine in ((result_file.DEEPEST, True), (result_file.DEEPEST + 1, False)):
        stats: Any = {}
        for level in range(deepest - 1):
            stats = {"a": stats} if level % 2 or level == deepest - 2 else [stats]
        text = json.dumps({**good, "stats": stats})
        if fine:
            assert result_file.read(result_file.write(result_file.read(text, "x")), "x").stats == stats
        else:
            with pytest.raises(InstanceError, match="stats: is nested more than 100 deep"):
                result_file.read(text, "x")
