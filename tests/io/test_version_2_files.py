"""Instance files of version 2: every field is read and written, and what is wrong with one is named."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import jsonschema
import pytest

import finopt
from finopt import InstanceError
from finopt.io import instance_file
from finopt.problem.fields import Frozen
from finopt.problem.instance import Instance
from finopt.problem.model import Exit, Model
from finopt.problem.network import Link, Node
from finopt.problem.versions import VERSION_2, needed_version
from tests.documents import ABSENT, GOOD, GOOD_2, changed
from tests.random_instances import random_instance


def read(text: str) -> Instance:
    return instance_file.read(text, "file.json")


def refused(text: str) -> list[str]:
    with pytest.raises(InstanceError) as error:
        read(text)
    assert "pydantic" not in str(error.value)
    return [str(problem) for problem in error.value.problems]


# ---------------------------------------------------------------- good files


def test_every_field_is_read() -> None:
    instance = read(json.dumps(GOOD_2))
    phone, tablet, edge = instance.nodes
    assert (phone.device, phone.max_utilisation, phone.waiting) == ("soc", 1.0, "none")
    assert (tablet.device, edge.max_utilisation, edge.waiting) == (None, 0.75, "processor-sharing")
    assert (phone.slices, tablet.slices) == ((), (0.25, 0.5))
    assert [link.bandwidth_slices for link in instance.links] == [(), (0.5, 1.0)]
    assert [link.energy_per_transfer for link in instance.links] == [1e-3, 0.0]
    model, application = instance.models[0], instance.applications[0]
    assert model.shared_weights
    assert [exit_.output_bits for exit_ in model.exits] == [320.0, 320.0]
    assert application.allowed == {"conv1": ("phone", "edge"), "conv2": ("edge",)}
    assert (application.result_to, application.destination) == ("source", "phone")
    assert (phone.carbon, phone.price, tablet.carbon, tablet.price) == (1e-4, 2e-6, 0.0, 0.0)
    assert [(link.carbon, link.price) for link in instance.links] == [(3e-4, 1e-12), (0.0, 0.0)]
    assert application.limits == {"energy": 8.0, "carbon": 1.0, "cost": 1e-3}
    profile = instance.measured(model, phone)
    assert profile is not None
    assert (profile.block["conv1"].time, profile.block["conv1"].energy) == (2e-3, 1e-2)
    assert profile.block["conv2"].energy is None
    assert "conv1" not in instance.profile_of["dnn", "gpu"].block


def test_what_is_written_is_read_and_written_alike() -> None:
    instance = read(json.dumps(GOOD_2))
    text = instance_file.write(instance)
    assert read(text) == instance
    assert instance_file.write(read(text)) == text
    assert '      "device": "soc",' in text.splitlines()
    assert '        {"block": "conv2", "time": 0.0005}' in text.splitlines()


def test_version_2_without_its_fields_means_the_same_as_version_1() -> None:
    old, new = read(json.dumps(GOOD)), read(changed("version", to=2))
    assert (old.version, new.version) == (1, 2)
    assert new.model_copy(update={"version": 1}) == old
    assert instance_file.write(new) == instance_file.write(old).replace('"version": 1', '"version": 2')


def test_what_uses_no_field_of_version_2_is_written_as_before() -> None:
    for seed in range(5):
        assert '  "version": 1,' in instance_file.write(random_instance(seed)).splitlines()


def new_fields() -> list[tuple[str | int, ...]]:
    """Where the good file of version 2 holds what version 1 does not have."""
    within: list[tuple[str | int, ...]] = [
        (key, i, name)
        for key in ("nodes", "links", "models", "applications")
        for i, item in enumerate(GOOD_2[key])
        for name in VERSION_2[key]
        if name in item
    ]
    exits: list[tuple[str | int, ...]] = [("models", 0, "exits", i, "output_bits") for i in (0, 1)]
    return [("profiles",), *within, *exits]


def only(path: tuple[str | int, ...]) -> dict[str, Any]:
    """The good file of version 1 with one field of version 2."""
    data, given = copy.deepcopy(GOOD), GOOD_2
    if path in (("profiles",), ("nodes", 2, "waiting")):  # which are nothing without others
        data["nodes"] = GOOD_2["nodes"]
    for part in path[:-1]:
        given = given[part]  # type: ignore[index]
    item: Any = data
    for part in path[:-1]:
        item = item[part]
    item[path[-1]] = given[path[-1]]  # type: ignore[index]
    return data


def test_the_list_of_new_fields_is_complete() -> None:
    assert {path[-1] for path in new_fields()} == {"profiles"} | {
        n for names in VERSION_2.values() for n in names
    }
    kinds: dict[str, type[Frozen]] = {"nodes": Node, "links": Link, "models": Model, "exits": Exit}
    for key, kind in kinds.items():
        assert set(VERSION_2[key]) <= set(kind.model_fields)


@pytest.mark.parametrize("path", new_fields())
def test_an_instance_that_uses_any_of_them_is_of_version_2(path: tuple[str | int, ...]) -> None:
    data = only(path)
    built = Instance.model_validate({**data, "version": 1})
    assert built.version == needed_version(built) == 2
    assert read(json.dumps({**data, "version": 2})) == built
    forced = built.model_copy(update={"version": 1})  # copies are not checked
    assert read(instance_file.write(forced)) == built


@pytest.mark.parametrize("path", new_fields())
def test_a_file_of_version_1_has_no_field_of_version_2(path: tuple[str | int, ...]) -> None:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    found = refused(json.dumps(only(path)))
    line = next(line for line in found if line.startswith(f"{where}: "))
    assert line.endswith('is a field of version 2; set "version": 2, or run finopt convert')


def test_the_object_with_a_field_of_version_2_is_named() -> None:
    assert refused(json.dumps(only(("models", 0, "exits", 0, "output_bits")))) == [
        "models[0].exits[0].output_bits: model 'dnn', exit 'early': is a field of version 2; "
        'set "version": 2, or run finopt convert'
    ]


def test_the_schema_takes_both_versions() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(instance_file.schema()))
    validator.validate(GOOD_2)
    validator.validate(json.loads(instance_file.write(read(json.dumps(GOOD_2)))))
    assert not validator.is_valid({**GOOD_2, "version": 3})
    for path in (("profiles", 0, "devise"), ("profiles", 0, "blocks", 0, "ms"), ("nodes", 0, "utilisation")):
        assert not validator.is_valid(json.loads(changed(*path, to=1, of=GOOD_2)))


# ---------------------------------------------------------------- one thing wrong

ONE, TWO = ("profiles", 0), ("profiles", 1)
APP, TABLET, EDGE = ("applications", 0), ("nodes", 1), ("nodes", 2)
PROFILE = r"profile of 'dnn' on 'soc'"

BROKEN = [
    # profiles
    (
        (*ONE, "model"),
        "dn",
        r"profiles\[0\]\.model: profile of 'dn' on 'soc': no such model, got 'dn'; did .* 'dnn'",
    ),
    (
        (*ONE, "device"),
        "sock",
        r"profiles\[0\]\.device: .*: no such device of a node, got 'sock'; did .* 'soc'",
    ),
    (
        (*TWO, "device"),
        "soc",
        r"profiles\[1\]: .*: a second profile of the same model and device, first at profiles\[0\]",
    ),
    ((*ONE, "devise"), "soc", rf"profiles\[0\]\.devise: {PROFILE}: unknown key; did you mean 'device'"),
    ((*ONE, "model"), ABSENT, r"profiles\[0\]\.model: .*: is required"),
    ((*ONE, "blocks"), [], rf"profiles\[0\]\.blocks: {PROFILE}: must not be empty"),
    (("profiles",), {}, r"profiles: must be a list, got an object"),
    # their entries
    (
        (*ONE, "blocks", 0, "block"),
        "conv",
        rf"blocks\[0\]\.block: {PROFILE}: no such block, got 'conv'; did you mean 'conv",
    ),
    (
        (*ONE, "blocks", 1, "block"),
        "conv1",
        rf"blocks\[1\]\.block: {PROFILE}: measured twice, first at .*blocks\[0\], got",
    ),
    (
        (*ONE, "blocks", 0, "time"),
        0,
        rf"profiles\[0\]\.blocks\[0\]\.time: {PROFILE}: must be at least 1e-21, got 0$",
    ),
    ((*ONE, "blocks", 0, "time"), ABSENT, rf"profiles\[0\]\.blocks\[0\]\.time: {PROFILE}: is required"),
    ((*ONE, "blocks", 0, "energy"), -1, rf"blocks\[0\]\.energy: {PROFILE}: must be at least 0, got -1"),
    ((*ONE, "blocks", 0, "tme"), 1.0, rf"blocks\[0\]\.tme: {PROFILE}: unknown key; did you mean 'time'"),
    (
        (*ONE, "exits", 0, "exit"),
        "erly",
        rf"exits\[0\]\.exit: {PROFILE}: no such exit, got 'erly'; did you mean 'early'",
    ),
    (
        (*ONE, "exits", 1, "exit"),
        "early",
        rf"exits\[1\]\.exit: {PROFILE}: measured twice, first at profiles\[0\]\.exits\[0\]",
    ),
    (
        (*ONE, "exits", 0),
        ABSENT,
        rf"profiles\[0\]\.exits: {PROFILE}: needs an entry for exit 'early', whose block is measured",
    ),
    ((*ONE, "exits"), ABSENT, r"exits: .*needs an entry for exit 'final', whose .*; measure its classifier"),
    # nodes and links
    (
        (*EDGE, "max_utilisation"),
        0,
        r"nodes\[2\]\.max_utilisation: node 'edge': must be at least 1e-21, got 0",
    ),
    (
        (*EDGE, "max_utilisation"),
        1.5,
        r"nodes\[2\]\.max_utilisation: node 'edge': must be at most 1, got 1\.5",
    ),
    (
        (*EDGE, "max_utilisation"),
        ABSENT,
        r"nodes\[2\]\.waiting: node 'edge': waiting needs max_utilisation below 1",
    ),
    (
        (*EDGE, "max_utilisation"),
        1,
        r"nodes\[2\]\.waiting: node 'edge': waiting needs max_utilisation below 1",
    ),
    (
        (*TABLET, "slices"),
        [0.5, 0.25],
        r"nodes\[1\]\.slices\[1\]: node 'tablet': slices must increase, the one before is 0\.5, got 0\.25",
    ),
    ((*TABLET, "slices"), [0.5, 0.5], r"nodes\[1\]\.slices\[1\]: node 'tablet': slices must increase"),
    ((*TABLET, "slices"), [0, 0.5], r"nodes\[1\]\.slices\[0\]: node 'tablet': must be at least 1e-21, got 0"),
    ((*TABLET, "slices"), [0.5, 1.5], r"nodes\[1\]\.slices\[1\]: node 'tablet': must be at most 1, got 1\.5"),
    ((*TABLET, "slices"), 0.5, r"nodes\[1\]\.slices: node 'tablet': must be a list, got 0\.5"),
    ((*TABLET, "slices"), ["half"], r"nodes\[1\]\.slices\[0\]: node 'tablet': must be a number, got 'half'"),
    (
        (*EDGE, "slices"),
        [0.25, 0.5],
        r"nodes\[2\]\.waiting: node 'edge': nobody waits on a node with slices, .* leave one of them out",
    ),
    ((*EDGE, "waiting"), "fifo", r"waiting: node 'edge': must be 'none' or 'processor-sharing', got 'fifo'"),
    ((*EDGE, "device"), "", r"nodes\[2\]\.device: node 'edge': must not be empty"),
    ((*EDGE, "devices"), "gpu", r"nodes\[2\]\.devices: node 'edge': unknown key; did you mean 'device'"),
    (
        ("links", 0, "energy_per_transfer"),
        -1,
        r"links\[0\]\.energy_per_transfer: .* must be at least 0, got -1",
    ),
    ((*EDGE, "carbon"), -1, r"nodes\[2\]\.carbon: node 'edge': must be at least 0, got -1"),
    ((*EDGE, "price"), 1e30, r"nodes\[2\]\.price: node 'edge': must be at most 1e\+21, got 1e\+30"),
    (("links", 0, "carbon"), "low", r"links\[0\]\.carbon: .* must be a number, got 'low'"),
    (("links", 0, "prize"), 1.0, r"links\[0\]\.prize: .* unknown key; did you mean 'price'"),
    (
        ("links", 1, "bandwidth_slices"),
        [0.5, 0.5],
        r"links\[1\]\.bandwidth_slices\[1\]: link .*: slices must increase, the one before is 0\.5, got 0\.5",
    ),
    (
        ("links", 1, "bandwidth_slices"),
        [2],
        r"links\[1\]\.bandwidth_slices\[0\]: .* must be at most 1, got 2",
    ),
    # models and exits
    (
        ("models", 0, "exits", 0, "output_bits"),
        -1,
        r"output_bits: model 'dnn', exit 'early': must be at least 0",
    ),
    (("models", 0, "shared_weights"), 1, r"shared_weights: model 'dnn': must be true or false, got 1"),
    # applications
    (
        (*APP, "allowed"),
        {"conv9": ["edge"]},
        r"allowed\['conv9'\]: application 'app': no such block, got 'conv9'; did",
    ),
    (
        (*APP, "allowed"),
        {"conv2": ["edge", "egde"]},
        r"allowed\['conv2'\]\[1\]: .* no such node, got 'egde'; did .* 'edge'",
    ),
    (
        (*APP, "allowed"),
        {"conv2": ["tablet"]},
        r"\['conv2'\]\[0\]: application 'app': allowed on a private node of another",
    ),
    (
        (*APP, "allowed"),
        {"conv1": ["edge"]},
        r"\['conv1'\]: .* lacks the node that the block is pinned to, 'phone'",
    ),
    ((*APP, "allowed"), {"conv1": []}, r"allowed\['conv1'\]: application 'app': must not be empty"),
    (
        (*APP, "allowed"),
        {"conv1": "phone"},
        r"allowed\['conv1'\]: application 'app': must be a list, got 'phone'",
    ),
    (
        (*APP, "allowed"),
        {"conv1": ["phone", 7]},
        r"allowed\['conv1'\]\[1\]: application 'app': must be text, got 7",
    ),
    ((*APP, "result_to"), "sauce", r"result_to: application 'app': no such node, got 'sauce'; known: 'edge'"),
    ((*APP, "result_to"), "tablet", r"result_to: application 'app': returned to a private node of another"),
    ((*APP, "max_energy"), 0, r"max_energy: application 'app': must be at least 1e-21, got 0"),
    ((*APP, "max_carbn"), 1.0, r"max_carbn: application 'app': unknown key; did you mean 'max_carbon'"),
    ((*APP, "max_cost"), "cheap", r"max_cost: application 'app': must be a number, got 'cheap'"),
    ((*APP, "result_to"), 3, r"applications\[0\]\.result_to: application 'app': must be text, got 3"),
]


@pytest.mark.parametrize(("path", "value", "match"), BROKEN)
def test_one_thing_wrong(path: tuple[str | int, ...], value: object, match: str) -> None:
    found = refused(changed(*path, to=value, of=GOOD_2))
    assert any(re.search(match, line) for line in found), found


def test_no_node_names_a_device() -> None:
    data = {**GOOD_2, "nodes": GOOD["nodes"]}
    assert refused(json.dumps(data))[0] == (
        "profiles[0].device: profile of 'dnn' on 'soc': no node is of this device, got 'soc'; "
        'name it as "device" of nodes'
    )


def test_everything_that_is_wrong_stands_in_one_error() -> None:
    data = copy.deepcopy(GOOD_2)
    data["nodes"][2]["max_utilisation"] = 1.0
    data["links"][0]["energy_per_transfer"] = -1.0
    data["profiles"][0]["blocks"][0]["time"] = 0
    data["profiles"][1]["device"] = "soc"
    data["applications"][0]["allowed"]["conv2"] = ["nowhere"]
    data["applications"][0]["result_to"] = "tablet"
    with pytest.raises(InstanceError) as error:
        read(json.dumps(data))
    assert [problem.path for problem in error.value.problems] == [
        "nodes[2].waiting",
        "links[0].energy_per_transfer",
        "profiles[0].blocks[0].time",
        "profiles[1]",
        "applications[0].allowed['conv2'][0]",
        "applications[0].result_to",
    ]


def test_the_same_rules_hold_in_python() -> None:
    with pytest.raises(ValueError, match=r"profiles\[1\]: .* a second profile of the same model and device"):
        Instance.model_validate(json.loads(changed("profiles", 1, "device", to="soc", of=GOOD_2)))
    with pytest.raises(ValueError, match="greater than or equal to"):
        finopt.Node(id="a", tier="edge", compute=1.0, power=1.0, max_utilisation=0.0)
