"""Applications as columns: they read like a tuple of applications, and obey the same rules."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from finopt import Application, ApplicationTable, Instance
from finopt.problem.table_rules import LISTED
from tests.random_instances import joint_instance

COUNT = 40


def columns(**changed: Any) -> dict[str, Any]:
    """Columns of a table for the network of `toy`."""
    usual: dict[str, Any] = {
        "model_ids": ["net", "other"],
        "model": np.arange(COUNT) % 2,
        "source_ids": ["phone", "car"],
        "source": np.arange(COUNT) % 2,
        "rate": np.linspace(0.5, 2.0, COUNT),
        "max_latency": np.linspace(0.1, 0.2, COUNT),
        "min_accuracy": np.linspace(0.0, 1.0, COUNT),
        "mean": np.arange(COUNT) % 3 == 0,
        "pins": {5: {"b1": "car"}, 7: {"b1": "edge"}},
    }
    return usual | changed


def instance(applications: Any) -> Instance:
    """Two devices and an edge server, two models of a block each."""
    model = {
        "input_bits": 8.0,
        "blocks": [{"id": "b1", "ops": 1.0, "output_bits": 8.0}],
        "exits": [{"id": "out", "after": "b1"}],
        "configurations": [{"exits": ["out"], "shares": [1.0], "accuracy": 1.0}],
    }
    device = {"tier": "mobile", "compute": 1e3, "power": 1.0}
    return Instance.model_validate(
        {
            "nodes": [
                {"id": "phone", **device},
                {"id": "car", **device},
                {"id": "edge", **device, "tier": "edge"},
            ],
            "models": [{"id": "net", **model}, {"id": "other", **model}],
            "applications": applications,
        }
    )


def problems(**changed: Any) -> list[str]:
    """What is wrong with an instance that has a changed table."""
    with pytest.raises(ValueError, match="Value error") as caught:
        instance(ApplicationTable(**columns(**changed)))
    text = str(caught.value)
    return text[text.index("Value error, ") + 13 : text.index(" [type=")].split("\n")


def test_rows_are_applications() -> None:
    table = ApplicationTable(**columns())
    assert len(table) == COUNT
    assert table[3] == Application(
        id="app3",
        model="other",
        source="car",
        rate=0.5 + 3 * 1.5 / 39,
        max_latency=0.1 + 3 * 0.1 / 39,
        min_accuracy=3 / 39,
        latency="mean",
    )
    assert table[5].pinned == {"b1": "car"}
    assert table[-1] == table[COUNT - 1]
    assert [item.id for item in table][:2] == ["app0", "app1"]
    with pytest.raises(IndexError):
        table[COUNT]


@pytest.mark.parametrize("seed", range(20))
def test_a_table_holds_the_applications_it_was_made_of(seed: int) -> None:
    applications = joint_instance(seed).applications
    table = ApplicationTable.of(applications)
    assert tuple(table) == applications
    assert ApplicationTable.of(table) is table
    assert ApplicationTable.of(tuple(table)) == table


def test_slices_are_tables_whose_rows_keep_their_names() -> None:
    table = ApplicationTable(**columns())
    assert tuple(table[4:20:3]) == tuple(table)[4:20:3]
    assert tuple(table.take([7, 5])) == (table[7], table[5])
    assert table[:] == table
    assert table[:0] == ApplicationTable.of(())


def test_equal_tables_may_have_other_vocabularies() -> None:
    one = ApplicationTable(**columns())
    swapped = columns(model_ids=["other", "net", "unused"], model=1 - np.arange(COUNT) % 2)
    same = ApplicationTable(**swapped, ids=[f"app{i}" for i in range(COUNT)])
    assert one == same
    assert hash(one) == hash(same)
    assert same.ids is None
    for change in (
        {"model": np.zeros(COUNT, dtype=int)},
        {"source_ids": ["phone", "edge"]},
        {"rate": 1.0},
        {"mean": False},
        {"pins": {}},
        {"ids": [f"x{i}" for i in range(COUNT)]},
    ):
        assert one != ApplicationTable(**columns(**change))
    assert one != tuple(one)


def test_columns_cannot_be_changed_and_are_copies() -> None:
    given = np.full(COUNT, 0.5)
    table = ApplicationTable(**columns(rate=given, ids=[f"x{i}" for i in range(COUNT)]))
    given[:] = 7.0
    assert table[0].rate == 0.5
    for name in ("model", "source", "rate", "max_latency", "min_accuracy", "mean", "ids"):
        for again in (table, pickle.loads(pickle.dumps(table)), copy.deepcopy(table)):
            with pytest.raises(ValueError, match="read-only"):
                getattr(again, name)[0] = getattr(again, name)[1]
    with pytest.raises(AttributeError, match="frozen"):
        table.rate = given  # type: ignore[misc]
    with pytest.raises(TypeError):
        table.pins[0] = {"b1": "car"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"source": np.zeros(3, dtype=int)}, r"column source: needs 40 rows, has shape \(3,\)"),
        ({"model": np.arange(COUNT)}, "column model: row 3 is 2, there are 2 to choose from"),
        ({"model": np.arange(COUNT) - 1}, "column model: row 1 is -1"),
        ({"source": np.zeros(COUNT)}, "column source: needs whole numbers, holds float64"),
        ({"rate": ["fast"] * COUNT}, "column rate: needs float64"),
        ({"mean": np.zeros(COUNT)}, "column mean: needs bool, holds float64"),
        ({"ids": ["a"]}, "column ids: needs 40 rows, has 1"),
        ({"model_ids": ["net", "net"]}, "model_ids: names one twice"),
        ({"pins": {COUNT: {"b1": "car"}}}, "pins: row 40 is none of the 40 rows"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ApplicationTable(**columns(**changed))


def test_an_instance_takes_a_table_or_a_tuple() -> None:
    table = ApplicationTable(**columns())
    columnar, plain = instance(table), instance(tuple(table))
    assert columnar.applications is table
    assert isinstance(plain.applications, tuple)
    assert columnar != plain
    assert columnar.application_by_id["app7"] == plain.application_by_id["app7"]
    assert dict(columnar.application_by_id) == dict(plain.application_by_id)
    for name in ("app40", "app07", "app-1", "app", "x", "app٣", "app" + "9" * 30):
        with pytest.raises(KeyError):
            columnar.application_by_id[name]


def test_applications_with_names_are_found_by_them() -> None:
    by_id = instance(ApplicationTable(**columns(ids=[f"x{i}" for i in range(COUNT)]))).application_by_id
    assert by_id["x7"].id == "x7"
    assert "app7" not in by_id


@pytest.mark.parametrize(
    "copied",
    [
        copy.deepcopy,
        lambda x: x.model_copy(deep=True),
        lambda x: pickle.loads(pickle.dumps(x)),
        lambda x: Instance.model_validate(x.model_dump()),
    ],
)
def test_copies_of_an_instance_are_equal(copied: Any) -> None:
    original = instance(ApplicationTable(**columns()))
    assert copied(original) == original
    assert hash(copied(original)) == hash(original)


def test_json_lists_the_applications() -> None:
    original = instance(ApplicationTable(**columns()))
    again = Instance.model_validate_json(original.model_dump_json())
    assert again.applications == tuple(original.applications)


def test_figures_out_of_range_are_found_as_in_json() -> None:
    rate, accuracy = np.ones(COUNT), np.zeros(COUNT)
    rate[[3, 4, 5]] = -1.0, 1e22, np.nan
    accuracy[[6, 7]] = -0.5, 1.5
    assert problems(rate=rate, min_accuracy=accuracy) == [
        "applications row 6, column rate: application 'app5': must be a finite number, got NaN",
        "applications row 4, column rate: application 'app3': must be at least 1e-21, got -1.0",
        "applications row 5, column rate: application 'app4': must be at most 1e+21, got 1e+22",
        "applications row 7, column min_accuracy: application 'app6': must be at least 0, got -0.5",
        "applications row 8, column min_accuracy: application 'app7': must be at most 1, got 1.5",
    ]


def test_unknown_names_are_found_and_the_nearest_is_named() -> None:
    source = np.zeros(COUNT, dtype=int)
    source[8] = 1
    assert problems(source_ids=["phone", "cat"], source=source, model_ids=["net", "othr"], pins={})[-1] == (
        "applications row 9, column source: application 'app8': no such node, got 'cat'; did you mean 'car'?"
    )
    known = instance(ApplicationTable(**columns(source_ids=["phone", "car", "nowhere"])))
    assert known.applications[1].source == "car"  # a name that no row uses does no harm


def test_the_first_rows_are_listed_and_the_others_counted() -> None:
    found = problems(max_latency=0.0)
    assert len(found) == LISTED + 1
    assert found[
        -1
    ] == f"applications row {LISTED + 1} and {COUNT - LISTED - 1} more, column max_latency: " + (
        "must be at least 1e-21"
    )


def test_ids_are_distinct_and_not_empty() -> None:
    ids = [f"x{i}" for i in range(COUNT)]
    ids[4], ids[9] = "x2", ""
    assert problems(ids=ids) == [
        "applications row 10, column id: must not be empty, got ''",
        "applications row 5, column id: application: duplicate id, first used in row 3, got 'x2'",
    ]


def test_pins_are_checked_as_in_json() -> None:
    assert problems(pins={0: {"b1": "car"}, 1: {"b2": "edge"}, 2: {"b1": "cloud"}}) == [
        "applications row 1, column pinned['b1']: application 'app0': pinned to a private node of another "
        "application (shared is false, not the source), got 'car'; pin it to the source or to a shared node",
        "applications row 2, column pinned['b2']: application 'app1': no such block, got 'b2'; known: 'b1'",
        "applications row 3, column pinned['b1']: application 'app2': no such node, got 'cloud'; "
        "known: 'car', 'edge', 'phone'",
    ]


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="applications: must not be empty"):
        instance(ApplicationTable.of(()))
