"""A project becomes an instance; everything that is wrong with it is listed at once, each with its place."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt import InstanceError
from finopt.io import instance_file
from finopt.io.project import build, reading
from tests.io.project.small import SMALL, built, problems, project, written

ROOT = Path(__file__).parents[3]


def test_a_project_becomes_an_instance_of_version_2_that_is_solved(tmp_path: Path) -> None:
    instance = built(tmp_path).instance
    assert (instance.version, instance.name) == (2, "small")
    assert [node.id for node in instance.nodes] == ["phone", "watch", "edge"]
    assert [c.accuracy for c in instance.models[0].configurations] == [0.8, 0.78, 0.74]
    assert [(p.model, p.device) for p in instance.profiles] == [("net", "gpu")]
    assert len(instance.applications) == 5
    finopt.save(instance, tmp_path / "instance.json")
    assert finopt.load(tmp_path / "instance.json") == instance
    result = finopt.solve(instance)
    assert result.placement is not None and finopt.evaluate(instance, result.placement).feasible


def test_the_same_project_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, again = (instance_file.write(built(tmp_path).instance) for _ in range(2))
    assert first == again
    assert instance_file.write(built(tmp_path, seed=4).instance) != first


def test_what_was_assumed_is_told_by_section(tmp_path: Path) -> None:
    notes = [f"{note.of}: {note.text}" for note in built(tmp_path).notes]
    assert notes == [
        "profiles: net on gpu: dense not measured, so cannot run there",
        "applications: 5 drawn with seed 3, starting at 2 nodes",
        "applications: latency limits 1.5 to 3 times the least possible latency",
        "applications: accuracy targets: what a configuration of the model reaches, in full per cent",
    ]


def test_applications_may_be_listed(tmp_path: Path) -> None:
    one = {"id": "camera", "model": "net", "source": "phone", "max_latency": 0.1, "min_accuracy": 0.7}
    instance = built(tmp_path, project(applications=[one])).instance
    assert [application.id for application in instance.applications] == ["camera"]


def test_without_configurations_a_model_needs_a_sweep_and_with_them_none(tmp_path: Path) -> None:
    model = {name: value for name, value in SMALL["models"][0].items() if name != "sweep"}
    assert problems(tmp_path, project(models=[model])) == [
        "models[0].configurations: is required, or a sweep"
    ]
    model["configurations"] = [{"exits": ["out"], "shares": [1.0], "accuracy": 0.8}]
    assert len(built(tmp_path, project(models=[model])).instance.models[0].configurations) == 1


# ---------------------------------------------------------------- everything at once


def test_all_problems_of_all_sections_are_listed_at_once_with_their_places(tmp_path: Path) -> None:
    data = copy.deepcopy(SMALL)
    data["nme"] = "x"
    data["network"]["nodes"][0]["compte"] = 1.0
    data["network"]["nodes"][1]["power"] = -1
    data["network"]["links"][0]["energy"] = "low"
    data["models"][0]["sweeep"] = "x"
    data["models"].append({"onnx": "a.onnx", "blokcs": 3, "precision": 200})
    data["profiles"] = [{"file": "measured.csv", "modle": "net"}, {"file": "../x.csv"}]
    data["applications"] = {"count": 0, "rte": 1, "times_fastest": [0.5, 1], "max_latency": [3, 1]}
    assert problems(tmp_path, data) == [
        "nme: unknown key; did you mean 'name'?",
        "network.nodes[0].compte: node 'phone': unknown key; did you mean 'compute'?",
        "network.nodes[1].power: node 'watch': must be at least 0, got -1",
        "network.links[0].energy: link 'phone' -> 'edge': must be a number, got 'low'",
        "models[0].sweeep: model 'net': unknown key; did you mean 'sweep'?",
        "models[1].precision: must be at most 64, got 200",
        "models[1].blokcs: unknown key; did you mean 'blocks'?",
        "profiles[0].modle: unknown key; did you mean 'model'?",
        "applications.count: must be at least 1, got 0",
        "applications.max_latency: must be in order: the least first, got [3, 1]",
        "applications.times_fastest: must be from 1 to 1e+06, got [0.5, 1]",
        "applications.rte: unknown key; did you mean 'rate'?",
        "profiles[1].file: ../x.csv: must be a path in the project's folder or below: no leading / and no ..,"
        " got '../x.csv'; say it on the command line: --file NAME=PATH",
    ]


def test_what_is_wrong_with_the_files_is_told_where_the_project_names_them(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        **{
            "sweep.csv": "accuracy,share_early,share_final\n79,0.4,0.6\n0.7,0.4,0.7\n",
            "measured.csv": "model,device,block,time_s\nnet,gpu,cnv,1\nnte,gpu,conv,x\n",
        },
    )
    with pytest.raises(InstanceError) as error:
        build(path)
    assert [str(problem) for problem in error.value.problems] == [
        "models[0].sweep: sweep.csv: row 1, column accuracy: must be from 0 to 1; divide percentages by 100,"
        " got '79'",
        "models[0].sweep: sweep.csv: row 2: shares must sum to at most 1, got 1.1",
        "profiles[0].file: measured.csv: row 1, column block: no such block of model 'net', got 'cnv';"
        " did you mean 'conv'?",
        "profiles[0].file: measured.csv: row 2, column model: no such model, got 'nte'; did you mean 'net'?",
        "profiles[0].file: measured.csv: row 2, column time_s: must be a number, got 'x'",
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("[1, 2]", "$: a project is a mapping of sections, got [1, 2]"),
        ("name: a\nname: b\n", "name: duplicate key in line 2"),
        ("models: [1]\nnetwork: 3\napplications: 4\n", "network: must be an object with topology and tiers"),
        ("models: [1]\nnetwork: 3\napplications: 4\n", "models[0]: must be an object"),
        ("models: [1]\nnetwork: 3\napplications: 4\n", "applications: must be a list"),
        ("models: []\n", "models: must not be empty"),
        ("models: {a: 1}\n", "models: must be a list"),
        ("name: x\n", "network: is required"),
        ("name: x\n", "models: is required"),
        ("name: x\n", "applications: is required"),
        ("seed: -1\n", "seed: must be at least 0, got -1"),
        ("version: 2\n", "version: must be 1, got 2"),
        ("format: finopt-instance\n", "format: must be 'finopt-project', got 'finopt-instance'"),
        ("netwrok: {}\n", "netwrok: unknown key; did you mean 'network'?"),
        ("profiles: 3\n", "profiles: must be a list"),
    ],
)
def test_what_is_wrong_with_a_project_as_a_whole(tmp_path: Path, data: str, expected: str) -> None:
    found = problems(tmp_path, data)
    assert any(problem.startswith(expected) for problem in found), found


# ---------------------------------------------------------------- rules between sections


def changed(section: str, **changes: Any) -> dict[str, Any]:
    data = copy.deepcopy(SMALL)
    data[section].update(changes)
    return data


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            changed("applications", models={"nett": 1}),
            "applications.models['nett']: no such model, got 'nett'; did",
        ),
        (
            changed("applications", models={"net": 0}),
            "applications: models: one weight at least must be above 0",
        ),
        (
            changed("applications", start=["phnoe"]),
            "applications.start[0]: no such node, got 'phnoe'; did you",
        ),
        (
            changed("applications", start="cloud"),
            "applications.start: there is no node of this tier that computes",
        ),
        (
            changed("applications", start="phone"),
            "applications.start: must be mobile, edge or cloud; node ids are",
        ),
        (
            changed("applications", start=3),
            "applications.start: must be mobile, edge or cloud, or a list of node",
        ),
        (changed("applications", max_latency=1), "applications: give max_latency or times_fastest, not both"),
        (changed("applications", rate=[1, 2, 3]), "applications.rate: must be a number, or a list of two"),
        (changed("applications", rate=True), "applications.rate: must be a number, or a list of two"),
        (
            changed("applications", min_accuracy=0.9),
            "applications.min_accuracy: model 'net' reaches 0.8 at most",
        ),
        (
            changed("applications", result_to="egde"),
            "applications.result_to: no such node, got 'egde'; did you mean 'edge'?",
        ),
        (changed("network", links=[]), None),
    ],
)
def test_rules_between_sections(tmp_path: Path, data: Any, expected: str | None) -> None:
    if expected is None:
        assert built(tmp_path, data).instance.links == ()
        return
    found = problems(tmp_path, data)
    assert any(problem.startswith(expected) for problem in found), found


def test_duplicate_models_are_refused(tmp_path: Path) -> None:
    data = project(models=SMALL["models"] * 2)
    assert problems(tmp_path, data) == ["models[1].id: duplicate id, got 'net'; give another id"]


def test_a_profile_of_a_device_that_no_node_is_is_left_out_and_told(tmp_path: Path) -> None:
    data = changed("network")
    data["network"]["nodes"][2]["device"] = "gpuu"
    found = built(tmp_path, data)
    assert not found.instance.profiles
    text = "net on gpu: left out, no node is of this device; did you mean 'gpuu'?"
    assert text in [note.text for note in found.notes]


def test_a_model_without_operations_needs_a_profile_wherever_something_computes(tmp_path: Path) -> None:
    data = copy.deepcopy(SMALL)
    for block in data["models"][0]["blocks"]:
        block["ops"] = 0
    (found,) = problems(tmp_path, data)
    assert found == (
        "models[0]: model 'net': has no operations and no profile on 2 nodes, the first of them 'phone';"
        " measure it there or give ops"
    )


def test_models_and_profiles_come_from_json_files_too(tmp_path: Path) -> None:
    shipped = ROOT / "instances" / "measured" / "mobilenet-v2.json"
    (tmp_path / "all.json").write_text(shipped.read_text(encoding="utf-8"), encoding="utf-8")
    instance = finopt.load(shipped)
    nodes = [json.loads(node.model_dump_json()) for node in instance.nodes]
    links = [json.loads(link.model_dump_json()) for link in instance.links]
    data = project(
        network={"nodes": nodes, "links": links},
        models=[{"file": "all.json"}],
        profiles=[{"file": "all.json"}],
    )
    found = built(tmp_path, data).instance
    assert (found.models, found.profiles) == (instance.models, instance.profiles)
    (tmp_path / "one.json").write_text(instance.models[0].model_dump_json(), encoding="utf-8")
    data["models"] = [{"file": "one.json"}]
    assert built(tmp_path, data).instance.models == instance.models
    data["models"] = [{"file": "one.json", "id": "mobile"}]
    assert (
        "models[0].file: one.json: id: no such model, got 'mobile'; did you mean"
        in problems(tmp_path, data)[0]
    )


def test_models_of_pipeedge_come_with_their_profiles(tmp_path: Path) -> None:
    (tmp_path / "models.yml").write_text(
        "vit: {layers: 2, mem_MB: [1, 2.5], parameters_in: 100, parameters_out: [10, 20]}", encoding="utf-8"
    )
    (tmp_path / "device_types.yml").write_text(
        "gpu: {model_profiles: {vit: [{dtype: torch.float32, batch_size: 1, time_s: [0.1, 0.2]}]}}",
        encoding="utf-8",
    )
    data = project(models=[{"file": "models.yml"}], profiles=[{"file": "device_types.yml"}])
    assert "has no operations and no profile on 2 nodes" in problems(tmp_path, data)[0]
    data["network"]["nodes"][0]["device"] = data["network"]["nodes"][1]["device"] = "gpu"
    instance = built(tmp_path, data).instance
    assert [entry.time for entry in instance.profiles[0].blocks] == [0.1, 0.2]


def test_a_project_is_a_regular_file_and_not_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(InstanceError, match="is not a regular file"):
        build(tmp_path / "pipe.yaml")
    with pytest.raises(InstanceError, match="is not a regular file"):
        build(tmp_path)
    monkeypatch.setattr(reading, "MOST_BYTES", 100)
    with pytest.raises(InstanceError, match="is larger than 100 bytes"):
        built(tmp_path)
