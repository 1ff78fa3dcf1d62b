"""Instance files: what is written is read again, and what is no instance file is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given

import finopt
from finopt import InstanceError
from finopt.io import instance_file
from finopt.problem.instance import Instance
from tests.documents import ABSENT, GOOD, changed
from tests.random_instances import random_instance
from tests.strategies import instances, renamed


def read(text: str) -> Instance:
    return instance_file.read(text, "file.json")


# ---------------------------------------------------------------- good files


def test_absent_keys_take_their_defaults() -> None:
    instance = read(json.dumps(GOOD))
    assert [node.shared for node in instance.nodes] == [False, False, True]
    assert [node.memory for node in instance.nodes] == [4e9, None, None]
    assert [link.delay for link in instance.links] == [0.0, 0.001]
    assert [link.id for link in instance.directed_links] == ["phone->edge", "edge->phone", "tablet->edge"]
    assert instance.models[0].blocks[1].memory == instance.models[0].exits[1].ops == 0.0
    assert instance.applications[0].rate == 1.0
    assert (instance.description, instance.source) == ("", "")


def test_a_server_can_be_private_and_a_phone_shared() -> None:
    assert not read(changed("nodes", 2, "shared", to=False)).nodes[2].shared
    assert read(changed("nodes", 1, "shared", to=True)).nodes[1].shared


def test_written_text_is_read_and_written_alike(tmp_path: Path) -> None:
    for seed in range(20):
        instance = random_instance(seed)
        first, second = tmp_path / "first.json", tmp_path / "second.json"
        finopt.save(instance, first)
        assert finopt.load(first) == instance
        finopt.save(finopt.load(first), second)
        assert first.read_bytes() == second.read_bytes()


@given(instances() | renamed())
def test_round_trip_of_drawn_instances(instance: Instance) -> None:
    text = instance_file.write(instance)
    again = read(text)
    assert again == instance
    assert instance_file.write(again) == text
    assert json.loads(text)["format"] == "finopt-instance"


def test_written_text_is_a_row_per_object_and_leaves_defaults_out() -> None:
    lines = instance_file.write(read(json.dumps(GOOD))).splitlines()
    row = '    {"id": "tablet", "tier": "mobile", "compute": 22000000000.0, "power": 9.0},'
    assert row in lines
    assert '  "version": 1,' in lines


def test_byte_order_mark_and_integers_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "bom.json"
    path.write_bytes(b"\xef\xbb\xbf" + changed("nodes", 0, "compute", to=11 * 10**9).encode())
    assert finopt.load(path) == read(json.dumps(GOOD))


def test_every_figure_in_range_is_taken() -> None:
    for figure in (1e-21, 1e21, 1):
        assert read(changed("nodes", 0, "compute", to=figure)).nodes[0].compute == figure
    assert read(changed("nodes", 0, "power", to=0)).nodes[0].power == 0.0


def test_shares_that_were_rounded_may_exceed_one_by_a_hair() -> None:
    text = changed("models", 0, "configurations", 1, "shares", to=[0.3, 0.7000000001])
    assert read(text).models[0].configurations[1].shares == (0.3, 0.7000000001)


def test_schema_takes_what_is_written_and_refuses_a_wrong_key() -> None:
    schema = json.loads(instance_file.schema())
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(GOOD)
    for seed in range(10):
        validator.validate(json.loads(instance_file.write(random_instance(seed))))
    for text in (changed("nodes", 0, "cpu", to=1), changed("version", to=ABSENT), changed("nodes", to=[])):
        assert not validator.is_valid(json.loads(text))


def test_schema_gives_the_unit_of_every_figure() -> None:
    definitions = json.loads(instance_file.schema())["$defs"]
    measured = ("BlockMeasurement", "ExitMeasurement")
    for kind in ("Node", "Link", "Block", "Exit", "Application", "Model", *measured):
        for name, field in definitions[kind]["properties"].items():
            figure = any(part.get("type") == "number" for part in field.get("anyOf", [field]))
            if figure and name not in ("min_accuracy", "max_utilisation"):  # shares have no unit
                assert re.search(r"\[.+\]", field["description"]), (kind, name)


# ---------------------------------------------------------------- files that are no instance


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", r"line 1, column 1: is empty"),
        (b" \n", r"is empty"),
        (b"nodes: []", r"line 1, column 1: is not valid JSON"),
        (b'{"format": "finopt-instance",}', r"line 1, column \d+: is not valid JSON"),
        (b'{"name": "\xff"}', r"is not UTF-8 text"),
        ('{"name": "é"}'.encode("utf-16"), r"is not UTF-8 text"),
        (b"[" * 100_000, r"nested too deeply"),
        (b'{"a":' * 100_000, r"nested too deeply"),
        (b"null", r"an instance is a JSON object, got null"),
        (b"[{}]", r"an instance is a JSON object, got a list of 1"),
        (b'"text"', r"an instance is a JSON object, got 'text'"),
    ],
)
def test_text_that_is_no_instance(tmp_path: Path, content: bytes, match: str) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(InstanceError, match=match):
        finopt.load(path)


def test_a_number_is_no_instance() -> None:
    with pytest.raises(InstanceError, match="an instance is a JSON object, got Infinity"):
        read("1e999")


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match="cannot be read: No such file"):
        finopt.load(tmp_path / "missing.json")
    with pytest.raises(InstanceError, match="cannot be read: Is a directory"):
        finopt.load(tmp_path)
    with pytest.raises(InstanceError, match="cannot be read: embedded null"):
        finopt.load("a\0b")
    with pytest.raises(InstanceError, match="cannot be read: File name too long"):
        finopt.load("a" * 5000)


@pytest.mark.parametrize("depth", [*range(960, 1005, 5), 10_000])
def test_depths_around_the_limit_of_the_parser(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    twice = '{"a": ' * depth + '{"b": 1, "b": 2}' + "}" * depth
    for value in (deep, twice):
        for text in (
            value,
            json.dumps(GOOD)[:-1] + f', "deep": {value}}}',
            json.dumps(GOOD)[:-1] + f', "links": {value}}}',
            changed("models", 0, "configurations", 0, "exits", to=["early", "early", "@"]).replace(
                '"@"', value
            ),
            changed("links", 0, "source", to="@").replace('"@"', value),
            changed("applications", 0, "pinned", to={"conv1": "@"}).replace('"@"', value),
        ):
            with pytest.raises(InstanceError):
                read(text)
