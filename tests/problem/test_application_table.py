"""Applications as columns: they read like a tuple of applications, and obey the same rules."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from finopt import Application, ApplicationTable, Instance
from finopt.problem.arrays import Demand
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
        "allowed": {5: {"b1": ["car", "edge"]}, 8: {"b1": ["phone"]}},
        "result_ids": ["source", "edge"],
        "result": np.arange(COUNT) % 3 - 1,
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
    assert table[5].allowed == {"b1": ("car", "edge")}
    assert [item.result_to for item in table[:4]] == [None, "source", "edge", None]
    assert [item.destination for item in table[:5]] == [None, "car", "edge", None, "phone"]
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
    assert table[5:9].allowed == {0: {"b1": ("car", "edge")}, 3: {"b1": ("phone",)}}


def test_equal_tables_may_have_other_vocabularies() -> None:
    one = ApplicationTable(**columns())
    swapped = columns(model_ids=["other", "net", "unused"], model=1 - np.arange(COUNT) % 2)
    swapped |= columns(
        result_ids=["edge", "unused", "source"], result=np.array([-1, 2, 0])[np.arange(COUNT) % 3]
    )
    swapped |= {"model_ids": ["other", "net", "unused"], "model": 1 - np.arange(COUNT) % 2}
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
        {"allowed": {}},
        {"allowed": {5: {"b1": ["edge", "car"]}, 8: {"b1": ["phone"]}}},
        {"result": -1},
        {"result": np.minimum(np.arange(COUNT) % 3 - 1, 0)},
        {"result_ids": ["source", "phone"]},
        {"limits": {3: {"max_energy": 2.0}}},
        {"ids": [f"x{i}" for i in range(COUNT)]},
    ):
        assert one != ApplicationTable(**columns(**change))
    assert one != tuple(one)


def test_columns_cannot_be_changed_and_are_copies() -> None:
    given = np.full(COUNT, 0.5)
    table = ApplicationTable(**columns(rate=given, ids=[f"x{i}" for i in range(COUNT)]))
    given[:] = 7.0
    assert table[0].rate == 0.5
    for name in ("model", "source", "rate", "max_latency", "min_accuracy", "mean", "ids", "result"):
        for again in (table, pickle.loads(pickle.dumps(table)), copy.deepcopy(table)):
            with pytest.raises(ValueError, match="read-only"):
                getattr(again, name)[0] = getattr(again, name)[1]
    with pytest.raises(AttributeError, match="frozen"):
        table.rate = given  # type: ignore[misc]
    with pytest.raises(TypeError):
        table.pins[0] = {"b1": "car"}  # type: ignore[index]
    with pytest.raises(TypeError):
        table.allowed[5]["b1"] = ("phone",)


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
        ({"allowed": {-1: {"b1": ["car"]}}}, "allowed: row -1 is none of the 40 rows"),
        ({"result": np.full(COUNT, 2)}, "column result: row 1 is 2, there are 2 to choose from"),
        ({"result": np.full(COUNT, -2)}, "column result: row 1 is -2"),
        ({"result": [0]}, r"column result: needs 40 rows, has shape \(1,\)"),
        ({"result_ids": ["edge", "edge"]}, "result_ids: names one twice"),
        ({"limits": {COUNT: {"max_cost": 1.0}}}, "limits: row 40 is none of the 40 rows"),
        (
            {"limits": {0: {"max_price": 1.0}}},
            "limits: 'max_price' is none of max_energy, max_",
        ),
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
    assert problems(
        source_ids=["phone", "cat"], source=source, model_ids=["net", "othr"], pins={}, allowed={}
    )[-1] == (
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
        "application (shared is false, not the source), got 'car'; name the source or a shared node",
        "applications row 2, column pinned['b2']: application 'app1': no such block, got 'b2'; known: 'b1'",
        "applications row 3, column pinned['b1']: application 'app2': no such node, got 'cloud'; "
        "known: 'car', 'edge', 'phone'",
    ]


def test_allowed_nodes_are_checked_as_in_json() -> None:
    allowed = {0: {"b1": ["phone", "car"]}, 1: {"b2": ["edge"]}, 2: {"b1": ["cloud"]}, 5: {"b1": ["edge"]}}
    assert problems(allowed=allowed) == [
        "applications row 1, column allowed['b1'][1]: application 'app0': allowed on a private node of "
        "another application (shared is false, not the source), got 'car'; name the source or a shared node",
        "applications row 2, column allowed['b2']: application 'app1': no such block, got 'b2'; known: 'b1'",
        "applications row 3, column allowed['b1'][0]: application 'app2': no such node, got 'cloud'; "
        "known: 'car', 'edge', 'phone'",
        "applications row 6, column allowed['b1']: application 'app5': lacks the node that the block is "
        "pinned to, 'car'",
    ]


def test_destinations_of_results_are_checked_as_in_json() -> None:
    result = np.full(COUNT, -1)
    result[[2, 3, 4, 5]] = 0, 1, 2, 2  # odd rows have the car as their source, even ones the phone
    assert problems(result_ids=["car", "cloud", "phone"], result=result) == [
        "applications row 3, column result_to: application 'app2': returned to a private node of another "
        "application (shared is false, not the source), got 'car'; name the source or a shared node",
        "applications row 4, column result_to: application 'app3': no such node, got 'cloud'; "
        "known: 'car', 'edge', 'phone'",
        "applications row 6, column result_to: application 'app5': returned to a private node of another "
        "application (shared is false, not the source), got 'phone'; name the source or a shared node",
    ]
    found = problems(result_ids=["cloud"], result=0)
    assert len(found) == LISTED + 1
    assert found[-1].startswith(
        f"applications row {LISTED + 1} and {COUNT - LISTED - 1} more, column result_to:"
    )


def test_limits_are_checked_as_in_json() -> None:
    limits = {
        1: {"max_energy": -1.0},
        2: {"max_energy": 1e30, "max_cost": float("nan")},
        3: {"max_carbon": 1.0},
    }
    assert problems(limits=limits) == [
        "applications row 2, column max_energy: application 'app1': must be at least 1e-21, got -1.0",
        "applications row 3, column max_energy: application 'app2': must be at most 1e+21, got 1e+30",
        "applications row 3, column max_cost: application 'app2': must be a finite number, got NaN",
    ]


def test_limits_stay_with_their_rows() -> None:
    limits = {2: {"max_energy": 1.0, "max_cost": 2.0}, 5: {"max_carbon": 3.0}}
    table = ApplicationTable(**columns(limits=limits))
    assert table[2].limits == {"energy": 1.0, "cost": 2.0}
    assert ApplicationTable.of(tuple(table)) == table
    assert table.take([5, 0, 2]).limits == {0: {"max_carbon": 3.0}, 2: {"max_energy": 1.0, "max_cost": 2.0}}
    for again in (pickle.loads(pickle.dumps(table)), copy.deepcopy(table)):
        assert again == table
        with pytest.raises(TypeError):
            again.limits[2]["max_energy"] = 7.0


def test_methods_read_allowed_nodes_and_destinations_as_arrays() -> None:
    columnar = instance(ApplicationTable(**columns(result_ids=["source", "edge", "gone"])))
    demand = Demand.of(columnar)
    number = {node.id: v for v, node in enumerate(columnar.nodes)}
    wanted = [-1 if a.destination is None else number[a.destination] for a in columnar.applications]
    assert demand.result.tolist() == wanted
    assert demand.allowed == {5: {"b1": ("car", "edge")}, 8: {"b1": ("phone",)}}
    assert Demand.of(instance(tuple(columnar.applications))).result.tolist() == wanted
    assert Demand.of(instance(ApplicationTable(**columns(result=-1)))).result.tolist() == [-1] * COUNT


def test_names_that_no_row_uses_do_no_harm() -> None:
    changed = columns(source_ids=["phone", "car", "nowhere"], model_ids=["net", "other", "none"])
    assert Demand.of(instance(ApplicationTable(**changed))).source.max() == 1


def test_what_a_table_uses_of_version_2_makes_the_instance_one_of_version_2() -> None:
    plain = {"allowed": {}, "result": -1}
    assert instance(ApplicationTable(**columns(**plain))).version == 1
    limits = {"limits": {1: {"max_cost": 1.0}}}
    for changed in ({"allowed": {5: {"b1": ["car"]}}}, {"result": 0}, limits):
        assert instance(ApplicationTable(**columns(**{**plain, **changed}))).version == 2


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="applications: must not be empty"):
        instance(ApplicationTable.of(()))
