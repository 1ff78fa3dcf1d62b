"""Small ONNX models made in the tests, and the nine inside the onnx package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"


def light(name: str) -> Path:
    """One of the models inside the onnx package."""
    return LIGHT / f"light_{name}.onnx"


def value(name: str, shape: Sequence[int | str] | None, kind: int = TensorProto.FLOAT) -> Any:
    """An input or output."""
    return helper.make_tensor_value_info(name, kind, shape)


def weights(name: str, *shape: int, seed: int = 0) -> Any:
    """An initialiser of drawn numbers."""
    return numpy_helper.from_array(np.random.default_rng(seed).normal(size=shape).astype(np.float32), name)


def model_of(
    nodes: Sequence[Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    constants: Sequence[Any] = (),
    **more: Any,
) -> Any:
    """A model of operators in the given order."""
    graph = helper.make_graph(nodes, "small", inputs, outputs, constants, **more)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def branched(batch: int | str = 1) -> Any:
    """Two convolutions, the second with a shortcut, then a classifier; heads hang on both.

    conv1 (4 x 8 x 8) -> relu1 -> conv2 -> add (with relu1) -> [flat -> final], heads early/one on relu1,
    early:two on add. MACs: conv1 64*4*3*9 = 6912, conv2 64*4*4*9 = 9216, final 256*10 = 2560.
    """
    nodes = [
        helper.make_node("Conv", ["image", "w1"], ["conv1"], "first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["conv1"], ["relu1"], "relu"),
        helper.make_node("GlobalAveragePool", ["relu1"], ["pooled"], "pool"),
        helper.make_node("Flatten", ["pooled"], ["flat1"], "flat"),
        helper.make_node("Gemm", ["flat1", "h1"], ["early/one"], "one"),
        helper.make_node("Conv", ["relu1", "w2"], ["conv2"], "second", pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["conv2", "relu1"], ["add"], "sum"),
        helper.make_node("Flatten", ["add"], ["flat2"]),
        helper.make_node("Gemm", ["flat2", "h2"], ["early:two"], "two"),
        helper.make_node("Relu", ["add"], ["relu2"]),
        helper.make_node("Flatten", ["relu2"], ["flat3"]),
        helper.make_node("MatMul", ["flat3", "h3"], ["final"], "last"),
    ]
    constants = [weights("w1", 4, 3, 3, 3), weights("w2", 4, 4, 3, 3), weights("h1", 4, 10)]
    constants += [weights("h2", 256, 10), weights("h3", 256, 10)]
    outputs = [value("final", [batch, 10]), value("early/one", [batch, 10]), value("early:two", [batch, 10])]
    return model_of(nodes, [value("image", [batch, 3, 8, 8])], outputs, constants)


def recurrent() -> Any:
    """An LSTM and a GRU over 5 steps of 3 numbers, states of 4 and 6."""
    nodes = [
        helper.make_node("LSTM", ["steps", "wl", "rl"], ["lstm"], "lstm", hidden_size=4),
        helper.make_node("Squeeze", ["lstm", "axis"], ["flat"]),
        helper.make_node("GRU", ["flat", "wg", "rg"], ["", "last"], "gru", hidden_size=6),
        helper.make_node("Softmax", ["last"], ["out"]),
    ]
    constants = [weights("wl", 1, 16, 3), weights("rl", 1, 16, 4), weights("wg", 1, 18, 4)]
    constants += [weights("rg", 1, 18, 6), numpy_helper.from_array(np.array([1]), "axis")]
    return model_of(nodes, [value("steps", [5, 1, 3])], [value("out", [1, 1, 6])], constants)


def attention() -> Any:
    """Shapes that are computed, scores by Einsum, normalisation, picking and resizing."""
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Gather", ["shape", "zero"], ["batch"]),
        helper.make_node("Concat", ["batch", "rest"], ["heads"], axis=0),
        helper.make_node("MatMul", ["x", "wq"], ["q"]),
        helper.make_node("Reshape", ["q", "heads"], ["split"]),
        helper.make_node("Einsum", ["split", "split"], ["scores"], equation="bihd,bjhd->bhij"),
        helper.make_node("Softmax", ["scores"], ["soft"]),
        helper.make_node("Einsum", ["soft", "split"], ["mixed"], equation="bhij,bjhd->bihd"),
        helper.make_node("Flatten", ["mixed"], ["flat"]),
        helper.make_node("LayerNormalization", ["flat", "scale"], ["normal"]),
        helper.make_node("Slice", ["normal", "zero", "eight"], ["head"]),
        helper.make_node("ReduceMean", ["head"], ["out"], axes=[1]),
    ]
    whole = {"zero": [0], "rest": [4, 2, 8], "eight": [8]}
    constants = [numpy_helper.from_array(np.array(numbers), name) for name, numbers in whole.items()]
    constants += [weights("wq", 16, 16), weights("scale", 64)]
    return model_of(nodes, [value("x", ["batch", 4, 16])], [value("out", None)], constants)


def branching() -> Any:
    """Control flow: If, whose branches read tensors from outside."""
    branch = [
        helper.make_graph([helper.make_node(kind, ["x", "w"], [kind])], kind, [], [value(kind, [1, 4])])
        for kind in ("Add", "Mul")
    ]
    nodes = [
        helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0),
        helper.make_node("Greater", ["sum", "limit"], ["large"]),
        helper.make_node("If", ["large"], ["y"], then_branch=branch[0], else_branch=branch[1]),
        helper.make_node("Relu", ["y"], ["out"]),
    ]
    constants = [weights("w", 1, 4), numpy_helper.from_array(np.float32(1), "limit")]
    return model_of(nodes, [value("x", [1, 4])], [value("out", [1, 4])], constants)


def masked() -> Any:
    """A second input that is used in the end only."""
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Exp", ["a"], ["b"]),
        helper.make_node("Mul", ["b", "mask"], ["c"]),
        helper.make_node("Neg", ["c"], ["out"]),
    ]
    return model_of(nodes, [value("x", [1, 4]), value("mask", [1, 4])], [value("out", [1, 4])])


def saved(model: Any, folder: Path, name: str = "net.onnx") -> Path:
    """The file of a model."""
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path
