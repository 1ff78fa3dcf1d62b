"""Other models than the shipped one: exits without softmax, open sizes, several applications."""

from __future__ import annotations

import importlib.util
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import finopt
from finopt.io.importers import onnx as importer
from finopt.problem.errors import InstanceError
from finopt.runtime import plan_folder, run
from finopt.runtime.manifest import Manifest
from finopt.runtime.manifest_file import read
from finopt.runtime.sessions import sureness
from finopt.runtime.source_models import SourceModel
from finopt.runtime.split import split

NODES = ("near", "middle", "far")


def network(model: finopt.Model, **applications: tuple[str, ...]) -> tuple[finopt.Instance, finopt.Placement]:
    """Three nodes in a row, and applications on the nodes of the model's blocks."""
    nodes = [finopt.Node(id=name, tier="edge", compute=1e12, power=1.0) for name in NODES]
    links = [
        finopt.Link(source=a, target=b, bandwidth=1e10, energy=1e-9, delay=1e-4)
        for a, b in [("near", "middle"), ("middle", "far")]
    ]
    wanted = [
        finopt.Application(id=name, model=model.id, source=where[0], max_latency=10.0, min_accuracy=0.0)
        for name, where in applications.items()
    ]
    instance = finopt.Instance(nodes=nodes, links=links, models=[model], applications=wanted)
    last = len(model.configurations) - 1
    placed = []
    for name, where in applications.items():
        routes = [(), *(() if a == b else (f"{a}->{b}",) for a, b in pairwise(where))]
        placed.append(finopt.ApplicationPlacement(name, last, where, tuple(routes)))
    return instance, finopt.Placement(tuple(placed))


def ran(
    path: Path,
    model: finopt.Model,
    folder: Path,
    thresholds: dict[str, float],
    count: int,
    **where: tuple[str, ...],
) -> tuple[Manifest, run.Run]:
    instance, placement = network(model, **where)
    source = SourceModel(model.id, path)
    plan = split(instance, placement, {model.id: source}, dict.fromkeys(where, thresholds))
    plan_folder.write(plan, folder / "plan")
    manifest = read(folder / "plan")
    return manifest, run.run(folder / "plan", manifest, run.sample_makers(manifest, None, 1), count)


def small_model(folder: Path, batch: int | str = 1, kind: int = TensorProto.FLOAT) -> Path:
    """x -> h -> score, and a head h -> early that is no output of the file; exits give scores."""
    drawn = np.random.default_rng(0)
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    weights = [
        numpy_helper.from_array(drawn.normal(size=size).astype(dtype), name)
        for name, size in [("a", (4, 8)), ("b", (8, 8)), ("c", (8, 3)), ("d", (8, 3))]
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["h0"]),
        helper.make_node("Relu", ["h0"], ["h"]),
        helper.make_node("MatMul", ["h", "d"], ["early"]),
        helper.make_node("MatMul", ["h", "b"], ["g0"]),
        helper.make_node("Tanh", ["g0"], ["g"]),
        helper.make_node("MatMul", ["g", "c"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", kind, [batch, 4])],
        [helper.make_tensor_value_info("score", kind, [batch, 3])],
        weights,
    )
    path = folder / "small.onnx"
    path.write_bytes(
        helper.make_model(
            graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)]
        ).SerializeToString()
    )
    return path


def early_exit_model(path: Path, **options: object) -> finopt.Model:
    found = importer.read(path, cuts=["h", "g"], exits=["early"], **options)  # type: ignore[arg-type]
    both = finopt.Configuration(exits=["early", "score"], shares=[0.5, 0.5], accuracy=0.9)
    return found.with_configurations([both]).model


def test_exits_inside_the_graph_and_without_softmax(tmp_path: Path) -> None:
    path = small_model(tmp_path)
    manifest, found = ran(path, early_exit_model(path), tmp_path, {"early": 0.7}, 40, app=NODES)
    assert [exit_.confidence for exit_ in manifest.applications[0].exits] == ["scores", "scores"]
    assert all(sample.equal for sample in found.measured) and len(found.measured) == 40
    assert {sample.exit for sample in found.measured} == {"early", "score"}


def test_a_size_that_may_be_any_is_one_in_random_samples(tmp_path: Path) -> None:
    path = small_model(tmp_path, batch="batch")
    model = early_exit_model(path, shapes={"batch": 1})
    manifest, found = ran(path, model, tmp_path, {"early": 0.7}, 10, app=NODES)
    assert manifest.applications[0].pieces[0].input.shape == (None, 4)
    assert all(sample.equal for sample in found.measured) and len(found.measured) == 10


def test_applications_share_nodes_and_each_has_its_pieces(tmp_path: Path) -> None:
    path = small_model(tmp_path)
    where = {"one": NODES, "two": ("middle", "middle", "far"), "three": ("near",) * 3}
    manifest, found = ran(path, early_exit_model(path), tmp_path, {"early": 0.7}, 15, **where)
    assert [len(plan.pieces) for plan in manifest.applications] == [3, 2, 1]
    for name in where:
        assert len(found.of(name)) == 15 and all(sample.equal for sample in found.of(name))
    outputs = [[sample.output.tolist() for sample in found.of(name)] for name in where]
    assert outputs[0] == outputs[1] == outputs[2]


def test_a_configuration_may_end_at_an_early_exit(tmp_path: Path) -> None:
    path = small_model(tmp_path)
    only = finopt.Configuration(exits=["early"], shares=[1.0], accuracy=0.8)
    model = early_exit_model(path).replace(configurations=(only,))
    manifest, found = ran(path, model, tmp_path, {}, 5, app=("near",))
    (piece,) = manifest.applications[0].pieces
    assert [tensor.name for tensor in piece.outputs] == ["early"]
    assert all(sample.equal for sample in found.measured) and found.measured[0].exit == "early"


def test_two_exits_may_hang_on_one_block(tmp_path: Path) -> None:
    path = small_model(tmp_path)
    model = early_exit_model(path)
    second = finopt.Exit(id="h", after="h")  # the tensor of the block itself
    three = finopt.Configuration(exits=["early", "h", "score"], shares=[0.4, 0.3, 0.3], accuracy=0.9)
    model = model.replace(exits=(model.exits[0], second, model.exits[1]), configurations=(three,))
    manifest, found = ran(path, model, tmp_path, {"early": 0.7, "h": 0.3}, 40, app=NODES)
    assert manifest.applications[0].pieces[0].segments[0].exits == ("early", "h")
    assert all(sample.equal for sample in found.measured)
    assert {sample.exit for sample in found.measured} == {"early", "h", "score"}


def test_some_applications_only(tmp_path: Path) -> None:
    path = small_model(tmp_path)
    instance, placement = network(early_exit_model(path), one=NODES, two=NODES)
    plan = split(instance, placement, {"small": SourceModel("small", path)}, {}, only=["two"])
    assert [plan.application for plan in plan.manifest.applications] == ["two"]
    assert list(plan.pieces) == [f"pieces/two.{number}.{node}.onnx" for number, node in enumerate(NODES)]


def test_types_that_are_not_sent_are_refused(tmp_path: Path) -> None:
    path = small_model(tmp_path, kind=TensorProto.BFLOAT16)
    instance, placement = network(early_exit_model(path), app=NODES)
    with pytest.raises(InstanceError, match="is of a type that is not sent from node to node, got bfloat16"):
        split(instance, placement, {"small": SourceModel("small", path)}, {})


@pytest.mark.parametrize(
    ("output", "kind", "expected"),
    [
        ([[0.2, 0.8]], "probabilities", 0.8),
        ([0.2, 0.8], "probabilities", 0.8),
        (0.3, "probabilities", 0.3),
        ([[0.0, 0.0, 0.0, 0.0]], "scores", 0.25),
        ([[1000.0, 0.0]], "scores", 1.0),
        ([[0.1, 0.9], [0.4, 0.6]], "probabilities", 0.6),
    ],
)
def test_confidence_is_the_largest_probability(output: object, kind: str, expected: float) -> None:
    assert sureness(np.array(output), kind) == pytest.approx(expected)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["light_squeezenet", "light_shufflenet"])
def test_pieces_of_published_networks_equal_the_whole(tmp_path: Path, name: str) -> None:
    spec = importlib.util.find_spec("onnx")
    assert spec and spec.origin
    path = Path(spec.origin).parent / "backend" / "test" / "data" / "light" / f"{name}.onnx"
    model = importer.read(path, blocks=3, model_id=name).model
    _, found = ran(path, model, tmp_path, {}, 3, app=NODES)
    assert [sample.difference for sample in found.measured] == [0.0] * 3
    assert onnx.load(path).graph.output[0].name == found.measured[0].exit
