"""Plans in pieces: what is cut where, and that the pieces together are the model."""

from __future__ import annotations

from pathlib import Path

import kubernetes_validate
import numpy as np
import onnx
import pytest
import yaml

import finopt
from finopt.problem.errors import InstanceError
from finopt.problem.visits import visits
from finopt.runtime import plan_folder
from finopt.runtime.kubernetes import deployments
from finopt.runtime.manifest import Manifest
from finopt.runtime.manifest_file import FILE, as_text, read
from finopt.runtime.mappings import autodice, pipeedge
from finopt.runtime.names import object_names
from finopt.runtime.sessions import PieceRunner, WholeModel
from finopt.runtime.source_models import SourceModel
from finopt.runtime.split import SplitPlan, split
from tests.digits_plans import (
    BOTH,
    COMING_BACK,
    EVERYWHERE,
    FIRST_AND_LAST,
    LAST_ONLY,
    MODEL,
    SAMPLES,
    THRESHOLDS,
    digits_instance,
    placed,
)

CAMERA, EDGE = ("camera",) * 4, ("edge",) * 4


@pytest.fixture(scope="module")
def source() -> SourceModel:
    return SourceModel("digits", MODEL)


def plan_of(
    source: SourceModel, nodes: tuple[str, ...] = EVERYWHERE, configuration: int = BOTH, **application: object
) -> SplitPlan:
    instance = digits_instance(**application)
    return split(instance, placed(nodes, configuration), {"digits": source}, {"reader": THRESHOLDS})


def test_a_visit_is_a_maximal_run_of_blocks_on_a_node() -> None:
    found = visits(placed(COMING_BACK).applications[0])
    assert [(visit.node, visit.first, visit.last) for visit in found] == [
        ("camera", 0, 0),
        ("edge", 1, 1),
        ("camera", 2, 3),
    ]


def test_a_piece_has_its_blocks_and_the_exits_behind_them(source: SourceModel) -> None:
    plan = plan_of(source)
    assert [piece.blocks for piece in plan.manifest.applications[0].pieces] == [
        ("block1",),
        ("block2", "block3"),
        ("exit3",),
    ]
    outputs = [[value.name for value in piece.graph.output] for piece in plan.pieces.values()]
    assert outputs == [["exit1", "block1"], ["exit2", "block3"], ["exit3"]]
    for piece in plan.pieces.values():
        onnx.checker.check_model(piece, full_check=True)


def test_exits_that_are_not_enabled_are_left_out(source: SourceModel) -> None:
    plan = plan_of(source, EVERYWHERE, LAST_ONLY)
    outputs = [[value.name for value in piece.graph.output] for piece in plan.pieces.values()]
    assert outputs == [["block1"], ["block3"], ["exit3"]]
    assert "exit1.scores" not in [
        node.output[0] for node in plan.pieces["pieces/reader.0.camera.onnx"].graph.node
    ]


def test_a_piece_is_cut_inside_at_its_exits(source: SourceModel) -> None:
    (piece,) = plan_of(source, CAMERA).manifest.applications[0].pieces
    assert [(part.input, part.output, part.exits) for part in piece.segments] == [
        ("image", "block1", ("exit1",)),
        ("block1", "block3", ("exit2",)),
        ("block3", None, ("exit3",)),
    ]


@pytest.mark.parametrize("nodes", [EVERYWHERE, COMING_BACK, CAMERA, EDGE])
@pytest.mark.parametrize("configuration", [BOTH, LAST_ONLY, FIRST_AND_LAST])
def test_pieces_one_after_the_other_give_what_the_whole_model_gives(
    source: SourceModel, nodes: tuple[str, ...], configuration: int, tmp_path: Path
) -> None:
    plan_folder.write(plan_of(source, nodes, configuration), tmp_path / "plan")
    application = read(tmp_path / "plan").applications[0]
    runners = [
        PieceRunner(tmp_path / "plan" / piece.file, piece, application.exit_by_id)
        for piece in application.pieces
    ]
    whole = WholeModel(MODEL, application)
    taken = set()
    for image in np.load(SAMPLES)["image"][:60]:
        tensor, exit_ = image[None], None
        for runner in runners:
            if exit_ is None:
                exit_, tensor, _ = runner.run(tensor)
        expected_exit, expected = whole.run(image[None])
        taken.add(exit_)
        assert exit_ == expected_exit
        assert np.array_equal(tensor, expected)
    assert taken == set(application.exit_by_id)


def test_the_manifest_says_what_the_cost_model_says(source: SourceModel) -> None:
    instance = digits_instance(result_to="source")
    manifest = split(instance, placed(), {"digits": source}, {"reader": THRESHOLDS}).manifest
    figures = finopt.evaluate(instance, placed()).applications[0]
    application = manifest.applications[0]
    assert application.predicted_latency == figures.latency
    assert application.predicted_energy == pytest.approx(figures.energy, rel=1e-12)
    assert [exit_.threshold for exit_ in application.exits] == [0.6, 0.9, None]
    assert [exit_.confidence for exit_ in application.exits] == ["probabilities"] * 3
    assert application.exits[2].route == ("cloud->edge", "edge->camera")
    assert application.pieces[1].route == ("camera->edge",)
    assert application.pieces[1].input.shape == (1, 32, 32, 32)
    assert [link.id for link in manifest.links] == [
        "camera->edge",
        "edge->camera",
        "edge->cloud",
        "cloud->edge",
    ]


def test_a_threshold_that_nobody_gave_is_missing(source: SourceModel) -> None:
    manifest = split(digits_instance(), placed(), {"digits": source}, {}).manifest
    assert manifest.applications[0].missing_thresholds == ("exit1", "exit2")


def test_the_source_is_a_node_of_the_plan_when_it_computes_nothing(source: SourceModel) -> None:
    manifest = plan_of(source, EDGE).manifest
    assert [node.id for node in manifest.nodes] == ["camera", "edge"]
    assert manifest.applications[0].pieces[0].route == ("camera->edge",)


def test_an_infeasible_placement_is_refused(source: SourceModel) -> None:
    with pytest.raises(InstanceError, match=r"latency 0\.00604\d* s exceeds the limit 0.001 s"):
        plan_of(source, max_latency=0.001)


def test_tensors_that_the_file_lacks_are_named(source: SourceModel) -> None:
    instance = digits_instance()
    model = instance.models[0]
    blocks = [block.replace(id="pool2" if block.id == "block3" else block.id) for block in model.blocks]
    exits = [
        exit_.replace(after="pool2" if exit_.after == "block3" else exit_.after) for exit_ in model.exits
    ]
    other = instance.replace(models=(model.replace(blocks=tuple(blocks), exits=tuple(exits)),))
    with pytest.raises(InstanceError) as caught:
        split(other, placed(), {"digits": source}, {})
    assert [problem.value for problem in caught.value.problems] == ["'pool2'"]
    assert "has no" in str(caught.value)


def test_models_without_file_and_files_without_model_are_named(source: SourceModel) -> None:
    with pytest.raises(InstanceError) as caught:
        split(digits_instance(), placed(), {"digit": source}, {})
    assert "model 'digits': no file is given; add --model digits=FILE.onnx" in str(caught.value)
    assert "no such model in the instance, got 'digit'; did you mean 'digits'?" in str(caught.value)


@pytest.mark.parametrize("name", ["a/b", "..", "é", "x" * 64, "a b", "-a", "a:b", "a\\b"])
def test_names_that_cannot_name_a_file_are_refused(source: SourceModel, name: str) -> None:
    instance = digits_instance()
    nodes = [node.replace(id=name if node.id == "cloud" else node.id) for node in instance.nodes]
    links = [link.replace(target=name if link.target == "cloud" else link.target) for link in instance.links]
    routes = ((), ("camera->edge",), (), (f"edge->{name}",))
    there = finopt.ApplicationPlacement("reader", BOTH, ("camera", "edge", "edge", name), routes)
    with pytest.raises(InstanceError, match="cannot name a file"):
        changed = instance.replace(nodes=tuple(nodes), links=tuple(links))
        split(changed, finopt.Placement((there,)), {"digits": source}, {})


def test_names_that_differ_in_capitals_only_are_refused(source: SourceModel) -> None:
    instance = digits_instance()
    nodes = [node.replace(id="Edge" if node.id == "cloud" else node.id) for node in instance.nodes]
    links = [
        link.replace(target="Edge" if link.target == "cloud" else link.target) for link in instance.links
    ]
    routes = ((), ("camera->edge",), (), ("edge->Edge",))
    there = finopt.ApplicationPlacement("reader", BOTH, ("camera", "edge", "edge", "Edge"), routes)
    with pytest.raises(InstanceError, match="differ in capitals only"):
        changed = instance.replace(nodes=tuple(nodes), links=tuple(links))
        split(changed, finopt.Placement((there,)), {"digits": source}, {})


def test_a_model_with_two_inputs_is_refused(tmp_path: Path) -> None:
    values = [onnx.helper.make_tensor_value_info(name, 1, [1]) for name in "abc"]
    node = onnx.helper.make_node("Add", ["a", "b"], ["c"])
    graph = onnx.helper.make_graph([node], "two", values[:2], values[2:])
    path = tmp_path / "two.onnx"
    path.write_bytes(onnx.helper.make_model(graph, ir_version=8).SerializeToString())
    with pytest.raises(InstanceError, match="only models with one are cut"):
        SourceModel("two", path)


@pytest.mark.parametrize("nodes", [EVERYWHERE, COMING_BACK, EDGE])
def test_kubernetes_takes_the_deployments(source: SourceModel, nodes: tuple[str, ...]) -> None:
    manifest = plan_of(source, nodes).manifest
    documents = list(yaml.safe_load_all(deployments(manifest)))
    assert len(documents) == len(manifest.applications[0].pieces)
    for document, piece in zip(documents, manifest.applications[0].pieces, strict=True):
        kubernetes_validate.validate(document, "1.31", strict=True)
        pod = document["spec"]["template"]["spec"]
        assert pod["nodeSelector"] == {"kubernetes.io/hostname": piece.node}
        assert document["spec"]["selector"]["matchLabels"].items() <= document["metadata"]["labels"].items()
    assert len({document["metadata"]["name"] for document in documents}) == len(documents)


def test_names_of_kubernetes_objects_stay_apart_and_short() -> None:
    found = object_names(["a" * 80, "a" * 81, "A_b", "a.b"])
    assert len(set(found.values())) == 4
    assert all(len(name) <= 63 for name in found.values())


def test_pipeedge_and_autodice_get_the_same_cut(source: SourceModel) -> None:
    plan = plan_of(source)
    partition = pipeedge(plan.manifest)["applications"]["reader"]
    assert partition["arguments"] == ["-pt", "1,1,2,3,4,4", "-r", "0,1,2"]
    assert partition["layers"] == ["block1", "block2", "block3", "exit3"]
    mapping = autodice(plan.manifest.applications[0], plan.pieces)
    assert list(mapping) == ["camera_cpu0", "edge_cpu0", "cloud_cpu0"]
    operators = [name for names in mapping.values() for name in names]
    assert sorted(operators) == sorted(node.name for node in onnx.load(MODEL).graph.node)


def test_pipeedge_cannot_come_back_to_a_host(source: SourceModel) -> None:
    assert pipeedge(plan_of(source, COMING_BACK).manifest)["applications"]["reader"]["arguments"] is None


def test_a_folder_that_holds_something_is_left_alone(source: SourceModel, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InstanceError, match="not an empty folder"):
        plan_folder.write(plan_of(source), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_write_that_fails_leaves_nothing(
    source: SourceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(manifest: Manifest) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plan_folder, "as_text", full)
    with pytest.raises(OSError, match="No space"):
        plan_folder.write(plan_of(source), tmp_path / "plan")
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_is_read_as_it_was_written(source: SourceModel, tmp_path: Path) -> None:
    plan = plan_of(source)
    plan_folder.write(plan, tmp_path / "plan")
    assert read(tmp_path / "plan") == plan.manifest


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.onnx", "pieces/../../x", "C:\\x", "c:x", "link"])
def test_a_path_in_a_manifest_never_leaves_its_folder(source: SourceModel, tmp_path: Path, path: str) -> None:
    plan = plan_of(source)
    plan_folder.write(plan, tmp_path / "plan")
    (tmp_path / "secret.onnx").write_bytes(b"")
    (tmp_path / "plan" / "link").symlink_to(tmp_path / "secret.onnx")
    model = plan.manifest.models[0].model_copy(update={"file": path})
    changed = plan.manifest.model_copy(update={"models": (model,)})
    (tmp_path / "plan" / FILE).write_text(as_text(changed), encoding="utf-8")
    with pytest.raises(InstanceError, match="must be a path inside the folder"):
        read(tmp_path / "plan")


def test_everything_wrong_in_a_manifest_is_listed(source: SourceModel, tmp_path: Path) -> None:
    plan = plan_of(source)
    plan_folder.write(plan, tmp_path / "plan")
    path = tmp_path / "plan" / FILE
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('"source": "camera",\n      "destination"', '"source": "phone",\n      "destination"')
        .replace('"input": "block3"', '"input": "block2"')
        .replace("pieces/reader.0.camera.onnx", "pieces/other.onnx"),
        encoding="utf-8",
    )
    with pytest.raises(InstanceError) as caught:
        read(tmp_path / "plan")
    message = str(caught.value)
    assert "applications[0].source: no such node, got 'phone'" in message
    assert "a segment must read what the one before gives, 'block3', got 'block2'" in message
    assert "applications[0].pieces[0].file: there is no such file" in message
    path.write_text(
        text.replace('"power": 4.0', '"power": -4.0').replace('"tier"', '"tear"'), encoding="utf-8"
    )
    with pytest.raises(InstanceError) as caught:
        read(tmp_path / "plan")
    assert "nodes[0].power" in str(caught.value)
    assert "did you mean 'tier'?" in str(caught.value)
