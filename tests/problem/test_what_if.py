"""What-if copies: what a file could not say is refused in the same words, all else changes one object."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

import finopt
from finopt import Application, ApplicationTable, Instance, InstanceError, Link, Node
from finopt.io import instance_file
from finopt.problem.versions import VERSION_2
from finopt.problem.what_if import with_row
from tests import documents
from tests.random_instances import joint_instance

FILE = "instances/paper/b-alexnet-cifar10.json"

GOOD: dict[str, Any] = {**documents.GOOD, "version": 2}

VALUES = [-1.0, 0, 0.5, 1e300, 1e-30, True, None, "", "text", [], ["edge"], {}, {"conv1": "edgy"}, {"x": 1}]
"""Values of which every field refuses some."""


def from_file(data: Any) -> Instance:
    return instance_file.read(json.dumps(data), "file.json")


def paper() -> Instance:
    instance = finopt.load(FILE)
    assert isinstance(instance, Instance)
    return instance


def said(make: Callable[[], Instance]) -> list[str] | Instance:
    """The instance, or what is wrong with it."""
    try:
        return make()
    except InstanceError as error:
        return sorted(map(str, error.problems))


def copies(key: str, field: str, value: Any) -> tuple[list[str] | Instance, list[str] | Instance]:
    """What a file says of a changed field of the first object, and what a checked copy says."""
    data = {**copy.deepcopy(GOOD), "version": 2 if field in VERSION_2[key] else 1}
    good = from_file(data)
    data[key][0][field] = value
    method = {"nodes": good.with_node, "links": good.with_link, "applications": good.with_application}[key]
    name = good.directed_links[0].id if key == "links" else getattr(good, key)[0].id
    return said(lambda: from_file(data)), said(lambda: method(name, **{field: value}))


@pytest.mark.parametrize(
    ("key", "field"),
    [
        (key, field)
        for key, kind in (("nodes", Node), ("links", Link), ("applications", Application))
        for field in (*kind.model_fields, "computee", "a key\n")
    ],
)
def test_copies_refuse_what_files_refuse_in_the_same_words(key: str, field: str) -> None:
    refused = 0
    for value in VALUES:
        file, copied = copies(key, field, value)
        assert copied == file, value
        refused += not isinstance(file, Instance)
    assert refused


def test_the_whole_instance_is_checked_like_a_file() -> None:
    data = {**copy.deepcopy(GOOD), "nodes": [{"id": "a", "tier": "edge", "compute": 1, "powr": 2}], "nam": ""}
    changes = {"nodes": data["nodes"], "nam": ""}
    assert said(lambda: from_file(GOOD).replace(**changes)) == said(lambda: from_file(data))


def test_a_copy_differs_in_one_object_only() -> None:
    before = paper()
    after = before.with_node("edge", compute=1e9).with_link(("device", "edge"), delay=0.5)
    assert after.node("edge") == before.node("edge").replace(compute=1e9)
    assert after.link_by_id["device->edge"].delay == 0.5
    assert after.replace(nodes=before.nodes, links=before.links) == before == paper()
    assert after.model_fields_set == before.model_fields_set


def test_one_direction_stands_for_both_of_a_bidirectional_link_and_parallel_links_are_told_apart() -> None:
    links = [
        Link(source="device", target="edge", bandwidth=1.0, energy=0.0, bidirectional=True),
        Link(source="edge", target="device", bandwidth=2.0, energy=0.0),
    ]
    instance = paper().replace(links=links)
    changed = instance.with_link("edge->device", bandwidth=7.0)
    assert [link.bandwidth for link in changed.directed_links] == [7.0, 7.0, 2.0]
    changed = instance.with_link("edge->device#2", bandwidth=7.0)
    assert [link.bandwidth for link in changed.directed_links] == [1.0, 1.0, 7.0]
    assert instance.with_link(("device", "edge"), delay=1.0) == instance.with_link("edge->device", delay=1.0)
    with pytest.raises(InstanceError, match=r"2 links lead from 'edge' to 'device'; name one: .*#2'"):
        instance.with_link(("edge", "device"), bandwidth=7.0)
    with pytest.raises(TypeError, match="named by its id or by"):
        instance.with_link(3, bandwidth=7.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda i: i.with_node("egde", power=1.0), "nodes: no such node, got 'egde'; did you mean 'edge'"),
        (lambda i: i.with_link("device->egde"), "no such link, got 'device->egde'; did you mean"),
        (lambda i: i.with_link(("device", "egde")), "no such link, got 'device->egde'; did you mean"),
        (lambda i: i.with_application("alexnet"), "no such application, got 'alexnet'; did you mean 'b-al"),
        (lambda i: i.with_application(3), "no such application, got 3"),
        (lambda i: i.with_node("edge", id="e"), r"links\[0\]\.target: .*: no such node, got 'edge'"),
        (
            lambda i: i.nodes[0].replace(powr=1.0),
            "  powr: unknown key; did you mean 'power'",
        ),
    ],
)
def test_what_does_not_exist_is_named_with_the_nearest_name(change: Any, message: str) -> None:
    with pytest.raises(InstanceError, match=message):
        change(paper())


# ------------------------------------------------------------------ tables


@pytest.mark.parametrize("seed", range(20))
def test_a_row_of_a_table_changes_like_an_object(seed: int) -> None:
    mine, others = joint_instance(seed), joint_instance(seed + 1).applications
    table = ApplicationTable.of(mine.applications)
    for row in range(len(table)):
        for other in others:
            rows = [*mine.applications[:row], other, *mine.applications[row + 1 :]]
            assert with_row(table, row, other) == ApplicationTable.of(rows)


@pytest.mark.parametrize("ids", [None, ["one", "two"]])
def test_a_copy_of_a_table_checks_the_row_and_the_instance(ids: list[str] | None) -> None:
    table = ApplicationTable(
        model_ids=["b-alexnet"],
        model=[0, 0],
        source_ids=["device"],
        source=[0, 0],
        max_latency=[0.1, 0.2],
        min_accuracy=0.5,
        ids=ids,
        pins={0: {"block1": "device"}},
    )
    instance = paper().replace(applications=table)
    last = table.name(1)
    changed = instance.with_application(last, max_latency=0.3, pinned={"block2": "edge"}, source="edge")
    assert isinstance(changed.applications, ApplicationTable)
    assert list(changed.applications) == [
        table[0],
        table[1].replace(max_latency=0.3, pinned={"block2": "edge"}, source="edge"),
    ]
    assert not instance.with_application(table.name(0), pinned={}).applications[0].pinned
    renamed = instance.with_application(last, id="third")
    assert [application.id for application in renamed.applications] == [table.name(0), "third"]
    for change, message in (
        ({"max_latency": -1.0}, rf"applications\[1\]\.max_latency: application '{last}': must be at least"),
        ({"sorce": "edge"}, r"applications\[1\]\.sorce: .* did you mean 'source'"),
        ({"source": "egde"}, "applications row 2, column source: .* no such node, got 'egde'; did you mean"),
        ({"id": table.name(0)}, "applications row 2, column id: .*duplicate id"),
    ):
        with pytest.raises(InstanceError, match=message):
            instance.with_application(last, **change)
    with pytest.raises(InstanceError, match="no such application, got 'app7'"):
        instance.with_application("app7", rate=2.0)
    with pytest.raises(InstanceError, match="no such application, got 7"):
        instance.with_application(7, rate=2.0)  # type: ignore[arg-type]


def test_no_row_of_a_large_table_becomes_an_object_but_the_changed_one(monkeypatch: Any) -> None:
    count = 100_000
    table = ApplicationTable(
        model_ids=["b-alexnet"],
        model=[0] * count,
        source_ids=["device"],
        source=[0] * count,
        max_latency=0.1,
        min_accuracy=0.5,
    )
    instance = paper().replace(applications=table)
    made = []
    make = ApplicationTable._row
    monkeypatch.setattr(ApplicationTable, "_row", lambda self, row: made.append(row) or make(self, row))
    changed = instance.with_application("app70000", rate=5.0)
    assert made == [70_000]
    assert changed.applications[70_000].rate == 5.0
    assert isinstance(changed.applications, ApplicationTable)
    assert changed.applications.ids is None
    assert changed.applications.rate.sum() == count + 4


# ------------------------------------------------------------------ unchecked copies


@pytest.mark.parametrize("deep", [False, True])
def test_an_unchecked_copy_refuses_fields_that_do_not_exist(deep: bool) -> None:
    application = paper().applications[0]
    message = r"max_latencyy: Application has no such field; did you mean 'max_latency'\? \(replace\("
    with pytest.raises(InstanceError, match=message):
        application.model_copy(update={"max_latencyy": 1.0}, deep=deep)
    with pytest.raises(InstanceError, match="node_by_id: Instance has no such field"):
        paper().model_copy(update={"node_by_id": {}}, deep=deep)
    assert application.model_copy(update={"max_latency": 1.0}, deep=deep).max_latency == 1.0
