"""Damaged manifests are refused like any wrong input, whatever is wrong with them."""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from finopt.problem.errors import InstanceError
from finopt.runtime import plan_folder
from finopt.runtime.manifest_file import FILE, read
from finopt.runtime.source_models import SourceModel
from finopt.runtime.split import split
from tests.digits_plans import MODEL, THRESHOLDS, digits_instance, placed

VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    math.inf,
    math.nan,
    10**30,
    "",
    "x",
    "../x",
    "\ud800",
    [],
    {},
    [None],
    [[]],
]


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where anything stands in plain data."""
    if at:
        yield at
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from places(data[key], (*at, key))


def damaged(data: Any, drawn: random.Random) -> str:
    """The text of a manifest in which up to three things are gone or something else."""
    data = copy.deepcopy(data)
    for _ in range(drawn.randint(1, 3)):
        *way, last = drawn.choice(list(places(data)))
        parent = data
        for key in way:
            parent = parent[key]
        if drawn.random() < 0.2:
            del parent[last]
        else:
            parent[last] = drawn.choice(VALUES)
    return json.dumps(data)


@pytest.mark.slow
def test_damaged_manifests_give_instance_errors_only(tmp_path: Path) -> None:
    source = SourceModel("digits", MODEL)
    plan = split(digits_instance(), placed(), {"digits": source}, {"reader": THRESHOLDS})
    plan_folder.write(plan, tmp_path / "plan")
    path, drawn = tmp_path / "plan" / FILE, random.Random(1)
    whole = json.loads(path.read_text(encoding="utf-8"))
    for _ in range(3000):
        content = bytearray(damaged(whole, drawn).encode())
        if drawn.random() < 0.1:
            content[drawn.randrange(len(content))] = drawn.randrange(256)
        path.write_bytes(bytes(content))
        with suppress(InstanceError):
            read(tmp_path / "plan")


def test_a_manifest_that_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(InstanceError, match="is not a regular file"):
        read(tmp_path)
