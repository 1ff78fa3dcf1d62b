"""Placements as columns: they read like a tuple of placements."""

from __future__ import annotations

import copy
import pickle
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from finopt import ApplicationPlacement, Placement
from finopt.problem.placement_table import ARRAYS, PlacementTable
from tests.random_instances import joint_instance


def draw(seed: int, count: int = 12) -> tuple[ApplicationPlacement, ...]:
    """Placements of one to four blocks, with routes of up to three hops; some names come twice."""
    rng = random.Random(seed)
    return tuple(_one(rng, f"h{rng.randrange(count)}") for _ in range(count))


def _one(rng: random.Random, name: str) -> ApplicationPlacement:
    blocks = rng.randint(1, 4)
    routes = [tuple(rng.choice("pqr") for _ in range(rng.choice((0, 0, 1, 3)))) for _ in range(blocks)]
    nodes = tuple(rng.choice("abc") for _ in range(blocks))
    return ApplicationPlacement(name, rng.randint(-1, 3), nodes, tuple(routes))


@pytest.mark.parametrize("seed", range(10))
def test_a_table_reads_like_the_placements_it_was_made_of(seed: int) -> None:
    placements = draw(seed)
    table = PlacementTable.of(placements)
    assert len(table) == len(placements)
    assert tuple(table) == placements
    assert table[-1] == placements[-1]
    assert tuple(table[3:11:2]) == placements[3:11:2]
    assert tuple(table.take([5, 5, 0])) == (placements[5], placements[5], placements[0])
    assert PlacementTable.of(table) is table


def test_a_placement_is_found_by_its_application() -> None:
    placements = draw(1)
    by_name = Placement(PlacementTable.of(placements))
    for name in {placed.application for placed in placements}:
        assert by_name.of(name) == Placement(placements).of(name)
    with pytest.raises(KeyError):
        by_name.of("h99")


@pytest.mark.parametrize("seed", range(5))
def test_the_indices_are_those_of_the_instance(seed: int) -> None:
    instance, rng = joint_instance(seed), random.Random(seed)
    nodes, links = list(instance.node_by_id), list(instance.link_by_id)
    placements = tuple(
        ApplicationPlacement(item.id, 0, tuple(rng.choices(nodes, k=2)), ((), tuple(rng.choices(links, k=2))))
        for item in instance.applications
    )
    table = PlacementTable.of(placements)
    columns: dict[str, Any] = {name: getattr(table, name) for name in ARRAYS}
    columns["node"] = [nodes.index(table.node_ids[i]) for i in table.node]
    columns["hop_link"] = np.array([links.index(table.link_ids[i]) for i in table.hop_link])
    again = PlacementTable.for_instance(instance, **columns)
    assert tuple(again) == placements
    assert again == table
    assert hash(again) == hash(table)
    del columns["application"]
    assert tuple(PlacementTable.for_instance(instance, **columns)) == placements


def test_tables_of_different_placements_differ() -> None:
    placements = draw(3)
    table = PlacementTable.of(placements)
    assert table == pickle.loads(pickle.dumps(table)) == copy.deepcopy(table)
    assert table != placements
    assert table != PlacementTable.of(placements[:-1])
    assert table != PlacementTable.of(placements[::-1])
    renamed = replace(placements[0], application="other")
    assert table != PlacementTable.of((renamed, *placements[1:]))


def columns(**changed: Any) -> dict[str, Any]:
    """Two applications, three blocks, two hops."""
    usual: dict[str, Any] = {
        "application_ids": ["one", "two"],
        "node_ids": ["a", "b"],
        "link_ids": ["a->b"],
        "configuration": [0, 1],
        "node_start": [0, 1, 3],
        "node": [0, 0, 1],
        "hop_start": [0, 0, 2],
        "hop_stage": [0, 1],
        "hop_link": [0, 0],
    }
    return usual | changed


def test_columns_cannot_be_changed() -> None:
    for table in (PlacementTable(**columns()), pickle.loads(pickle.dumps(PlacementTable(**columns())))):
        for name in ARRAYS:
            with pytest.raises(ValueError, match="read-only"):
                getattr(table, name)[0] = 0
        with pytest.raises(AttributeError, match="frozen"):
            table.node = [0]


def test_applications_without_names() -> None:
    table = PlacementTable(**columns(application_ids=None, application=[4, 2]))
    assert [placed.application for placed in table] == ["app4", "app2"]
    assert table.find("app2") == table[1]
    with pytest.raises(KeyError):
        table.find("app0")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"node_start": [0, 1]}, "column node_start: needs 3 rows"),
        ({"node_start": [0, 2, 1]}, "column node_start: must rise from 0 to the 3 items"),
        ({"node_start": [1, 1, 3]}, "column node_start: must rise from 0"),
        ({"node": [0, 0, 2]}, "column node: row 3 is 2, there are 2"),
        ({"hop_link": [0, 1]}, "column hop_link: row 2 is 1"),
        ({"hop_stage": [0]}, "column hop_stage: needs 2 rows"),
        ({"hop_stage": [0, 2]}, "a hop stands before a block that its row does not have"),
        ({"hop_stage": [1, 0]}, "the hops of a row must be in travelling order"),
        ({"application": [0, 2]}, "column application: row 2 is 2"),
        ({"configuration": [0.0, 1.0]}, "column configuration: needs int32, holds float64"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PlacementTable(**columns(**changed))


def test_a_placement_with_a_route_too_many_is_refused() -> None:
    with pytest.raises(ValueError, match="'x' has 1 nodes and 2 routes"):
        PlacementTable.of([ApplicationPlacement("x", 0, ("a",), ((), ()))])
