"""A broken instance file says everything that is wrong with it, and nothing but that error escapes."""

from __future__ import annotations

import copy
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import finopt
from finopt import InstanceError
from finopt.io import instance_file
from finopt.problem.instance import Instance
from tests.documents import ABSENT, GOOD, changed, mutate, places
from tests.strategies import names


def read(text: str) -> Instance:
    return instance_file.read(text, "file.json")


# ---------------------------------------------------------------- one thing wrong

NODE, LINK, DNN, APP = ("nodes", 0), ("links", 0), ("models", 0), ("applications", 0)
BLOCK, EXIT, TWO = (*DNN, "blocks", 0), (*DNN, "exits", 0), (*DNN, "configurations", 1)

BROKEN = [
    # format and version
    (("format",), ABSENT, r"format: is required"),
    (("format",), "finopt-result", r"format: must be 'finopt-instance', got 'finopt-result'"),
    (("version",), ABSENT, r"version: is required"),
    (("version",), 3, r"version: must be 1 or 2, got 3"),
    (("version",), "1", r"version: must be 1 or 2, got '1'"),
    (("version",), True, r"version: must be 1 or 2, got true"),
    # keys
    (("node",), [], r"node: unknown key; did you mean 'nodes'\?"),
    ((*NODE, "compte"), 1.0, r"nodes\[0\]\.compte: node 'phone': unknown key; did you mean 'compute'\?"),
    ((*LINK, "latency"), 1.0, r"links\[0\]\.latency: link 'phone' -> 'edge': unknown key"),
    ((*BLOCK, "op"), 1.0, r"blocks\[0\]\.op: model 'dnn', block 'conv1': unknown key; did you mean 'ops'\?"),
    ((*APP, "deadline"), 1.0, r"applications\[0\]\.deadline: application 'app': unknown key; known: .*"),
    ((*NODE, "a key\n"), 1.0, r"nodes\[0\]\['a key\\n'\]: node 'phone': unknown key"),
    ((*NODE, "compute"), ABSENT, r"nodes\[0\]\.compute: node 'phone': is required$"),
    ((*TWO, "shares"), ABSENT, r"configurations\[1\]\.shares: model 'dnn': is required$"),
    # ids
    (
        ("nodes", 3),
        GOOD["nodes"][0],
        r"nodes\[3\]\.id: node: duplicate id, first used at nodes\[0\], got 'phone'",
    ),
    (("models", 1), GOOD["models"][0], r"models\[1\]\.id: model: duplicate id, first used at models\[0\]"),
    (("applications", 1), GOOD["applications"][0], r"applications\[1\]\.id: application: duplicate id"),
    (
        (*DNN, "blocks", 1, "id"),
        "conv1",
        r"blocks\[1\]\.id: model 'dnn', block: duplicate id, .* got 'conv1'",
    ),
    ((*DNN, "exits", 1, "id"), "early", r"exits\[1\]\.id: model 'dnn', exit: duplicate id, .* got 'early'"),
    ((*NODE, "id"), "", r"nodes\[0\]\.id: node '': must not be empty"),
    ((*NODE, "id"), 7, r"nodes\[0\]\.id: must be text, got 7"),
    ((*NODE, "id"), "\ud800", r"must be text: half a surrogate pair is not, got '\\ud800'"),
    # references
    (
        (*LINK, "target"),
        "egde",
        r"links\[0\]\.target: link 'phone' -> 'egde': no such node, got 'egde'; did you .* 'edge'",
    ),
    (
        (*LINK, "target"),
        "phone",
        r"links\[0\]: link 'phone' -> 'phone': a link must join two different nodes",
    ),
    (
        (*EXIT, "after"),
        "conv",
        r"exits\[0\]\.after: model 'dnn', exit 'early': no such block, got 'conv'; did you mean 'conv",
    ),
    (
        (*TWO, "exits", 0),
        "erly",
        r"configurations\[1\]\.exits\[0\]: model 'dnn': no such exit, got 'erly'; did you mean 'early'",
    ),
    (
        (*APP, "model"),
        "dn",
        r"applications\[0\]\.model: application 'app': no such model, got 'dn'; did you mean 'dnn'",
    ),
    (
        (*APP, "source"),
        "fone",
        r"applications\[0\]\.source: application 'app': no such node, got 'fone'; did you mean 'phone'",
    ),
    ((*APP, "source"), "zzz", r"no such node, got 'zzz'; known: 'edge', 'phone', 'tablet'"),
    (
        (*APP, "pinned"),
        {"conv9": "edge"},
        r"pinned\['conv9'\]: application 'app': no such block, got 'conv9'; did you mean",
    ),
    (
        (*APP, "pinned"),
        {"conv1": "cloud"},
        r"pinned\['conv1'\]: application 'app': no such node, got 'cloud'",
    ),
    (
        (*APP, "pinned"),
        {"conv1": "tablet"},
        r"pinned\['conv1'\]: application 'app': pinned to a private node of another",
    ),
    ((*APP, "pinned"), {"conv1": 5}, r"pinned\['conv1'\]: application 'app': must be text, got 5"),
    ((*APP, "pinned"), {"": "edge"}, r"pinned\[''\]: application 'app': must not be empty"),
    # figures
    (
        (*NODE, "compute"),
        0,
        r"nodes\[0\]\.compute: node 'phone': must be above 0; in version 2, 0 means .*, got 0;",
    ),
    ((*NODE, "compute"), -1e9, r"must be at least 0, got -1000000000\.0"),
    ((*NODE, "compute"), 1e22, r"must be at most 1e\+21, got 1e\+22"),
    (
        (*NODE, "compute"),
        float("nan"),
        r"nodes\[0\]\.compute: node 'phone': must be a finite number, got NaN",
    ),
    ((*NODE, "compute"), float("inf"), r"must be a finite number, got Infinity"),
    ((*NODE, "compute"), 10**400, r"must be a finite number, got Infinity"),
    ((*NODE, "compute"), 10**40, r"must be at most 1e\+21, got 1000"),
    ((*NODE, "compute"), "11e9", r"must be a number, got '11e9'"),
    ((*NODE, "compute"), True, r"must be a number, got true"),
    ((*NODE, "compute"), None, r"must be a number, got null"),
    ((*NODE, "power"), -6.0, r"nodes\[0\]\.power: node 'phone': must be at least 0, got -6\.0"),
    (
        (*NODE, "power"),
        1e-22,
        r"must be 0 or at least 1e-21: solvers cannot represent smaller figures, got 1e-22",
    ),
    ((*NODE, "memory"), -1, r"nodes\[0\]\.memory: node 'phone': must be at least 0"),
    ((*LINK, "bandwidth"), 0, r"links\[0\]\.bandwidth: link 'phone' -> 'edge': must be at least 1e-21"),
    ((*LINK, "energy"), -1e-9, r"links\[0\]\.energy: .* must be at least 0"),
    ((*LINK, "delay"), -1e-9, r"links\[0\]\.delay: .* must be at least 0"),
    ((*DNN, "input_bits"), -1, r"models\[0\]\.input_bits: model 'dnn': must be at least 0"),
    ((*BLOCK, "ops"), -1, r"blocks\[0\]\.ops: model 'dnn', block 'conv1': must be at least 0"),
    ((*BLOCK, "output_bits"), 1e30, r"blocks\[0\]\.output_bits: .* must be at most 1e\+21"),
    ((*EXIT, "ops"), -1, r"exits\[0\]\.ops: model 'dnn', exit 'early': must be at least 0"),
    ((*APP, "max_latency"), 0, r"applications\[0\]\.max_latency: application 'app': must be at least 1e-21"),
    ((*APP, "rate"), 0, r"applications\[0\]\.rate: application 'app': must be at least 1e-21"),
    (
        (*APP, "min_accuracy"),
        1.5,
        r"applications\[0\]\.min_accuracy: application 'app': must be at most 1, got 1\.5",
    ),
    ((*APP, "min_accuracy"), 80, r"must be at most 1, got 80"),
    ((*TWO, "accuracy"), -0.1, r"configurations\[1\]\.accuracy: model 'dnn': must be at least 0, got -0\.1"),
    # exits and shares
    (
        (*TWO, "shares"),
        [-0.25, 0.75],
        r"configurations\[1\]\.shares\[0\]: model 'dnn': must be at least 0, got -0\.25",
    ),
    (
        (*TWO, "shares"),
        [0.5, 0.6],
        r"configurations\[1\]\.shares: model 'dnn': shares must sum to at most 1, got 1\.1",
    ),
    ((*TWO, "shares"), [0.3, 0.70001], r"shares must sum to at most 1, got 1\.00001"),
    ((*TWO, "shares"), [0.5], r"needs one share per enabled exit, 2 of them, got 1 shares"),
    ((*TWO, "shares"), [float("nan"), 0.5], r"shares\[0\]: model 'dnn': must be a finite number, got NaN"),
    (
        (*TWO, "exits"),
        ["final", "early"],
        r"configurations\[1\]\.exits: .* exits must be listed in block order, got \['final', ",
    ),
    (
        (*TWO, "exits"),
        ["final", "final"],
        r"configurations\[1\]\.exits: model 'dnn': an exit is enabled twice",
    ),
    ((*TWO, "exits"), [], r"configurations\[1\]\.exits: model 'dnn': must not be empty"),
    (
        (*DNN, "exits"),
        GOOD["models"][0]["exits"][::-1],
        r"exits\[1\]\.after: .* exits must be listed in block order, got 'conv1'",
    ),
    # enough of everything
    (("nodes",), [], r"nodes: must not be empty, got \[\]"),
    (("models",), [], r"models: must not be empty"),
    (("applications",), [], r"applications: must not be empty"),
    ((*DNN, "blocks"), [], r"models\[0\]\.blocks: model 'dnn': must not be empty"),
    ((*DNN, "exits"), [], r"models\[0\]\.exits: model 'dnn': must not be empty"),
    ((*DNN, "configurations"), [], r"models\[0\]\.configurations: model 'dnn': must not be empty"),
    (("nodes",), ABSENT, r"nodes: is required"),
    # wrong types
    (("nodes",), {}, r"nodes: must be a list, got an object"),
    (("links",), None, r"links: must be a list, got null"),
    (("name",), 5, r"name: must be text, got 5"),
    (NODE, "phone", r"nodes\[0\]: must be an object, got 'phone'"),
    (LINK, [[1]], r"links\[0\]: must be an object, got a list of 1"),
    ((*NODE, "shared"), "no", r"nodes\[0\]\.shared: node 'phone': must be true or false, got 'no'"),
    ((*NODE, "shared"), None, r"must be true or false, got null"),
    (
        (*NODE, "tier"),
        "Edge",
        r"nodes\[0\]\.tier: .* must be 'mobile', 'edge' or 'cloud', got 'Edge'; did you mean 'edge'",
    ),
    ((*NODE, "tier"), {}, r"must be 'mobile', 'edge' or 'cloud', got an object"),
    ((*LINK, "bidirectional"), 1, r"links\[0\]\.bidirectional: .* must be true or false, got 1"),
    (
        (*APP, "latency"),
        "average",
        r"applications\[0\]\.latency: .* must be 'worst' or 'mean', got 'average'",
    ),
    ((*APP, "pinned"), ["conv1"], r"applications\[0\]\.pinned: application 'app': must be an object"),
]


@pytest.mark.parametrize(("path", "value", "match"), BROKEN)
def test_one_thing_wrong(path: tuple[str | int, ...], value: object, match: str) -> None:
    with pytest.raises(InstanceError, match=re.compile(match, re.MULTILINE)) as error:
        read(changed(*path, to=value))
    assert str(error.value).startswith("file.json: ")
    assert "pydantic" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('"power": 6.0', '"power": 6.0, "power": 7.0', r"nodes\[0\]\.power: node 'phone': duplicate key"),
        ('"ops": 5000000.0', '"ops": 1, "ops": 2', r"\.ops: model 'dnn', block 'conv2': duplicate key"),
        ('{"conv1"', '{"conv1": "edge", "conv1"', r"pinned\['conv1'\]: application 'app': duplicate key"),
        ('"version": 1', '"version": 1, "version": 1', r"version: duplicate key, got 'version'"),
        ('"compute": 11000000000.0', '"compute": 1e999', r"must be a finite number, got Infinity"),
        ('"compute": 11000000000.0', '"compute": -1e999', r"must be a finite number, got -Infinity"),
        ('"compute": 11000000000.0', '"compute": ' + "9" * 5000, r"must be a finite number, got Infinity"),
        ('"compute": 11000000000.0', '"compute": -' + "9" * 5000, r"must be a finite number, got -Infinity"),
        ('"compute": 11000000000.0', '"compute": 1e-400', r"must be 0 or at least 1e-21"),
        ('"power": 6.0', '"power": 0.' + "0" * 400 + "1", r"must be 0 or at least 1e-21"),
    ],
)  # fmt: skip
def test_what_plain_json_swallows(old: str, new: str, match: str) -> None:
    text = json.dumps(GOOD)
    assert old in text
    with pytest.raises(InstanceError, match=match):
        read(text.replace(old, new, 1))


def test_a_true_zero_is_no_vanished_number() -> None:
    for zero in ("0", "0.0", "0e5", "0.00e-999", "-0.0"):
        text = json.dumps(GOOD).replace('"power": 6.0', f'"power": {zero}')
        assert read(text).nodes[0].power == 0


def test_values_are_shown_short() -> None:
    for text in (
        changed("nodes", 0, "compute", to="x" * 10_000),
        changed("nodes", 0, "compute", to=["x"] * 10_000),
        changed("nodes", 0, "x" * 10_000, to=1),
        changed("applications", 0, "source", to="x" * 10_000),
        changed("models", 0, "configurations", 0, "exits", to=["x"] * 100 + ["early", "early"]),
    ):
        with pytest.raises(InstanceError) as error:
            read(text)
        assert max(map(len, str(error.value).splitlines())) < 250


# ---------------------------------------------------------------- many things wrong


def test_every_problem_of_a_file_is_listed() -> None:
    data = copy.deepcopy(GOOD)
    data["version"] = 3
    data["nodes"][0]["compute"] = -1.0
    data["nodes"][1]["memry"] = 5
    data["nodes"].append(GOOD["nodes"][0])
    data["links"][0]["target"] = "cloud"
    data["models"][0]["blocks"][1]["ops"] = float("nan")
    data["models"][0]["exits"][1]["after"] = "conv"
    data["models"][0]["configurations"][0]["shares"] = [1.5]
    data["models"][0]["configurations"][1]["shares"] = [0.5, 0.6]
    data["applications"][0]["min_accuracy"] = 2
    data["applications"][0]["pinned"]["conv2"] = "nowhere"
    del data["applications"][0]["max_latency"]
    text = json.dumps(data).replace('"power": 6.0', '"power": 6.0, "power": 7.0', 1)
    with pytest.raises(InstanceError) as error:
        read(text)
    problems = error.value.problems
    assert [(p.path, p.subject, p.rule, p.value) for p in problems] == [
        ("version", "", "must be 1 or 2", "3"),
        ("nodes[0].compute", "node 'phone'", "must be at least 0", "-1.0"),
        ("nodes[0].power", "node 'phone'", "duplicate key", "'power'"),
        ("nodes[1].memry", "node 'tablet'", "unknown key", ""),
        ("nodes[3].id", "node", "duplicate id, first used at nodes[0]", "'phone'"),
        ("links[0].target", "link 'phone' -> 'cloud'", "no such node", "'cloud'"),
        ("models[0].blocks[1].ops", "model 'dnn', block 'conv2'", "must be a finite number", "NaN"),
        ("models[0].configurations[0].shares[0]", "model 'dnn'", "must be at most 1", "1.5"),
        ("models[0].configurations[1].shares", "model 'dnn'", "shares must sum to at most 1", "1.1"),
        ("models[0].exits[1].after", "model 'dnn', exit 'final'", "no such block", "'conv'"),
        ("applications[0].max_latency", "application 'app'", "is required", ""),
        ("applications[0].min_accuracy", "application 'app'", "must be at most 1", "2"),
        ("applications[0].pinned['conv2']", "application 'app'", "no such node", "'nowhere'"),
    ]
    assert problems[3].suggestion == "did you mean 'memory'?"
    message = str(error.value)
    assert message.startswith("file.json: 13 problems\n")
    for problem in problems:
        assert f"\n  {problem.path}: " in message


def test_problems_of_lists_are_in_their_order() -> None:
    data = copy.deepcopy(GOOD)
    data["nodes"] = [{**GOOD["nodes"][2], "id": f"n{i}", "power": -1.0} for i in range(12)] + GOOD["nodes"]
    with pytest.raises(InstanceError) as error:
        read(json.dumps(data))
    assert [p.path for p in error.value.problems] == [f"nodes[{i}].power" for i in range(12)]


def test_the_same_rules_hold_for_instances_built_in_python() -> None:
    data = copy.deepcopy(GOOD)
    data["links"][0]["target"] = "egde"
    with pytest.raises(
        ValueError, match=r"links\[0\]\.target: .* no such node, got 'egde'; did you mean 'edge'"
    ):
        Instance.model_validate(data)


# ---------------------------------------------------------------- any thing wrong


@pytest.mark.parametrize("seed", range(20))
def test_nothing_but_an_instance_error_ever_escapes(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    path = tmp_path / "mutated.json"
    accepted = 0
    for _ in range(60):
        data: Any = GOOD
        for _ in range(rng.choice((1, 1, 2, 5))):
            data = mutate(rng, data)
        accepted += loads_or_says_why(path, json.dumps(data).encode())
    assert accepted < 60


@pytest.mark.parametrize("seed", range(5))
def test_nothing_else_escapes_from_damaged_bytes(seed: int, tmp_path: Path) -> None:
    rng = random.Random(1000 + seed)
    path = tmp_path / "damaged.json"
    for _ in range(100):
        content = bytearray(json.dumps(GOOD).encode())
        for _ in range(rng.choice((1, 1, 2, 10))):
            start = rng.randrange(len(content))
            damage = rng.choice(
                (b"", b"\x00", b"\xff", b'"', b"}", b"]", b",", b"9" * 40, b"e999", b"NaN", b"\\u")
            )
            content[start : start + rng.choice((0, 1, 1, 5, 50))] = damage
        loads_or_says_why(path, bytes(content))


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | names, st.lists))
def test_nothing_else_escapes_in_place_of_anything(value: Any) -> None:
    for path in [(), *places(GOOD)][1::7]:
        if path:
            try:
                read(changed(*path, to=value))
            except InstanceError as error:
                assert error.problems


def loads_or_says_why(path: Path, content: bytes) -> bool:
    """Whether the file loads; any exception but an InstanceError with a printable text is a failure."""
    path.write_bytes(content)
    try:
        instance = finopt.load(path)
    except InstanceError as error:
        assert error.problems
        str(error).encode("utf-8")
        return False
    finopt.save(instance, path)
    assert finopt.load(path) == instance
    return True


def test_the_path_of_a_problem_leads_to_the_damage() -> None:
    for path in [p for p in places(GOOD) if len(p) > 1 and isinstance(p[-1], str)]:
        with pytest.raises(InstanceError) as error:
            read(changed(*path, to=[[]]))
        wanted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        wanted = wanted.replace("pinned.conv1", "pinned['conv1']")
        assert any(p.path.startswith(wanted) for p in error.value.problems), (path, str(error.value))
