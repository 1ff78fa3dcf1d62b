"""Topologies and ONNX files of a project: what becomes of them, and what is said where they are wrong."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.io.project.small import built, problems

pytest.importorskip("topohub")
pytest.importorskip("onnx")

FOREIGN: dict[str, Any] = {
    "network": {
        "topology": "sndlib/polska",
        "tiers": {"edge": {"count": 2}, "devices": [{"count": 3, "kind": "Apple A14"}]},
    },
    "models": [
        {
            "onnx": "wheel:light_squeezenet.onnx",
            "id": "squeeze",
            "blocks": 4,
            "precision": 8,
            "accuracy": 0.58,
        }
    ],
    "applications": {"count": 4},
}


def changed(**fields: Any) -> dict[str, Any]:
    """The project with other fields of its model."""
    data = copy.deepcopy(FOREIGN)
    data["models"][0].update(fields)
    return data


def test_a_topology_and_an_onnx_file_become_an_instance(tmp_path: Path) -> None:
    found = built(tmp_path, FOREIGN)
    assert [len(found.instance.nodes), len(found.instance.models[0].blocks)] == [15, 4]
    assert [c.accuracy for c in found.instance.models[0].configurations] == [0.58]
    texts = [note.text for note in found.notes]
    assert "4 blocks of wheel:light_squeezenet.onnx, 8 bits per number" in texts
    assert not any("accuracy is not in the file" in text for text in texts)
    assert any(
        "accuracy is not in the file" in note.text for note in built(tmp_path, changed(accuracy=None)).notes
    )


def test_classifiers_are_put_behind_blocks_by_number_or_id(tmp_path: Path) -> None:
    model = built(tmp_path, FOREIGN).instance.models[0]
    second = model.blocks[1].id
    data = changed(
        classifiers=[
            {"id": "late", "after": 3, "ops": 1e6, "memory": 10, "output_bits": 8000},
            {"id": "early", "after": second, "ops": 1e6},
        ]
    )
    exits = built(tmp_path, data).instance.models[0].exits
    assert [(one.id, one.after) for one in exits] == [
        ("early", second),
        ("late", model.blocks[2].id),
        (model.exits[0].id, model.blocks[3].id),
    ]
    assert (exits[1].ops, exits[1].memory, exits[1].output_bits) == (1e6, 10.0, 8000.0)


def test_what_is_wrong_with_classifiers(tmp_path: Path) -> None:
    last = built(tmp_path, FOREIGN).instance.models[0].exits[0].id
    data = changed(
        classifiers=[
            {"id": "a", "after": 9, "ops": 1},
            {"id": last, "after": 1, "ops": 1},
            {"id": "b", "after": "nowhere", "ops": 1},
            {"id": "c", "after": 1, "ops": 1},
            {"id": "c", "after": 2, "ops": 1},
        ]
    )
    found = problems(tmp_path, data)
    assert found[0].startswith("models[0].classifiers[0].after: no such block, there are 4, got 9")
    assert found[1] == f"models[0].classifiers[1].id: is the id of another exit, got {last!r}"
    assert found[2].startswith("models[0].classifiers[2].after: no such block, there are 4, got 'nowhere'")
    assert found[3] == "models[0].classifiers[4].id: is the id of another exit, got 'c'"
    data = changed(classifiers=[{"id": "a", "after": True, "ops": 1}, {"id": "a", "after": 1, "ops": "x"}])
    assert problems(tmp_path, data) == [
        "models[0].classifiers[0].after: model 'squeeze', classifier 'a': must be the number of a block,"
        " from 1, or its id, got true",
        "models[0].classifiers[1].ops: model 'squeeze', classifier 'a': must be a number, got 'x'",
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"onnx": "wheel:light_squeeze.onnx"},
            "models[0].onnx: wheel:light_squeeze.onnx: no such model in the",
        ),
        ({"onnx": "none.onnx"}, "models[0].onnx: none.onnx: cannot be read: No such file"),
        ({"blocks": 4000}, "models[0].onnx: wheel:light_squeezenet.onnx: "),
        (
            {"shapes": {"batch": 0}},
            "models[0].shapes.batch: model 'squeeze': must be a whole number above 0",
        ),
        ({"cuts": []}, None),
    ],
)
def test_what_is_wrong_with_an_onnx_entry(tmp_path: Path, fields: Any, expected: str | None) -> None:
    if expected is None:
        assert len(built(tmp_path, changed(**fields)).instance.models[0].blocks) == 1
        return
    found = problems(tmp_path, changed(**fields))
    assert any(problem.startswith(expected) for problem in found), found


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (
            {"topology": "topozoo/Dfnn"},
            "network.topology: topozoo/Dfnn: no topology of topohub has this name; did",
        ),
        ({"topology": "net.graphml"}, "network.topology: net.graphml: cannot be read"),
        (
            {"topology": "../net.graphml"},
            "network.topology: ../net.graphml: must be a path in the project's folder",
        ),
        (
            {"tiers": {"edge": {"count": 2, "card": "T4"}}},
            "network.tiers.edge.card: is not in the catalogue, got 'T4'",
        ),
        ({"tiers": {"edge": {"by": "list"}}}, "network.tiers.edge: by 'list' needs 'nodes'"),
        ({"tiers": {"egde": {}}}, "network.tiers.egde: unknown key; did you mean 'edge'?"),
        (
            {"tiers": {"devices": [{"count": 1, "radoi": "x"}]}},
            "network.tiers.devices[0].radoi: unknown key; did you",
        ),
        ({"tiers": {"edge": {"count": 99}}}, "network.tiers"),
        ({"tiers": None}, "network.tiers: must be an object"),
    ],
)
def test_what_is_wrong_with_a_network(tmp_path: Path, network: Any, expected: str) -> None:
    data = copy.deepcopy(FOREIGN)
    data["network"].update(network)
    found = problems(tmp_path, data)
    assert any(problem.startswith(expected) for problem in found), found


def test_sites_by_a_list_are_no_problem_beside_another(tmp_path: Path) -> None:
    data = copy.deepcopy(FOREIGN)
    data["network"]["tiers"] = {"edge": {"by": "list", "nodes": ["Warsaw"], "crad": "x"}}
    assert problems(tmp_path, data) == ["network.tiers.edge.crad: unknown key; did you mean 'card'?"]
