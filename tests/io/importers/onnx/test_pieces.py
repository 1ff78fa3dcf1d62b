"""Pieces of a model run one after the other give what the whole model gives, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from finopt.io.importers.onnx import extract_piece, load, read
from finopt.problem.errors import InstanceError
from tests.io.importers.onnx.small_models import (
    attention,
    branched,
    branching,
    light,
    model_of,
    recurrent,
    saved,
    value,
)


def run(model: Any, inputs: dict[str, Any]) -> list[Any]:
    """What a model gives."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # beyond these, what is fused depends on what a piece sees, and rounding on what is fused
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    content = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return list(session.run(None, inputs))


SMALL = {"branched": branched, "recurrent": recurrent, "attention": attention, "branching": branching}


@pytest.mark.parametrize("name", SMALL)
def test_blocks_and_heads_one_after_the_other_are_the_whole(name: str, tmp_path: Path) -> None:
    shapes = {"batch": 2} if name == "attention" else None
    path = saved(SMALL[name](), tmp_path)
    found, proto = read(path, shapes=shapes), load(path)
    sample = found.tensors[found.inputs[0]]
    made = {sample.name: np.random.default_rng(0).normal(size=sample.shape).astype(np.float32)}
    before = sample.name
    for block in found.model.blocks:
        piece = extract_piece(proto, [before], [block.id], shapes=shapes)
        onnx.checker.check_model(piece)
        made[block.id] = run(piece, {before: made[before]})[0]
        before = block.id
    for name, tensor in found.hangs_on.items():
        if name != tensor:
            made[name] = run(extract_piece(proto, [tensor], [name]), {tensor: made[tensor]})[0]
    whole = run(proto, {sample.name: made[sample.name]})
    for output, expected in zip(proto.graph.output, whole, strict=True):
        assert np.array_equal(made[output.name], expected)


def test_pieces_of_a_large_network_whose_weights_operators_make() -> None:
    path = light("squeezenet")
    found = read(path, blocks=4)
    before, made = "data_0", np.random.default_rng(0).random((1, 3, 224, 224), dtype=np.float32)
    whole = run(extract_piece(path, ["data_0"], found.cuts[-1:]), {"data_0": made})[0]
    for cut in found.cuts:
        piece = extract_piece(path, [before], [cut])
        assert piece.ir_version >= 8
        assert [value.name for value in piece.graph.input] == [before]
        made, before = run(piece, {before: made})[0], cut
    assert np.array_equal(made, whole)


def test_a_piece_holds_only_what_it_needs(tmp_path: Path) -> None:
    piece = extract_piece(saved(branched("batch"), tmp_path), ["relu1"], ["add", "early/one"])
    assert {tensor.name for tensor in piece.graph.initializer} == {"w2", "h1"}
    assert piece.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"


def test_missing_tensors_and_inputs_are_named(tmp_path: Path) -> None:
    path = saved(branched(), tmp_path)
    with pytest.raises(InstanceError, match="2 problems"):
        extract_piece(path, ["nope"], ["neither"])
    with pytest.raises(InstanceError, match=r"not enough for 'add'.*\['image'\]"):
        extract_piece(path, ["conv2"], ["add"])


def test_sizes_that_a_file_leaves_open_stay_open_in_its_pieces(tmp_path: Path) -> None:
    """Also where the file states the sizes with which it was made."""
    nodes = [onnx.helper.make_node("Relu", [a], [b]) for a, b in ("xy", "yz")]
    model = model_of(nodes, [value("x", ["batch", 4])], [value("z", [1, 4])], value_info=[value("y", [1, 4])])
    path = saved(model, tmp_path)
    piece = extract_piece(path, ["y"], ["z"])
    assert [dim.dim_param for dim in piece.graph.input[0].type.tensor_type.shape.dim] == ["batch", ""]
    assert run(piece, {"y": np.ones((3, 4), np.float32)})[0].shape == (3, 4)
