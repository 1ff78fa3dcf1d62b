"""Pieces of a model in onnxruntime, one thread each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from finopt.io.importers.onnx.tensors import Tensor
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.extras import extra_module


def single_thread_session(piece: Any, source: str) -> Any:
    """A session that runs a piece on one thread, one operator after the other.

    Raises
    ------
    InstanceError
        onnxruntime cannot run it.
    BackendError
        onnxruntime is not installed.
    """
    runtime = extra_module("onnxruntime", "onnx", "measuring a model")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3  # errors only
    with told(source):
        content = piece.SerializeToString()
        return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


@contextmanager
def told(source: str) -> Iterator[None]:
    """Tell of an error of onnxruntime like of any wrong input; its classes have only Exception in common."""
    try:
        yield
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        problem = Problem("graph", f"cannot be run by onnxruntime: {reason}")
        raise InstanceError([problem], source) from None


def drawn_input(tensor: Tensor, seed: int, source: str) -> Any:
    """A random value for an input: numbers with a fraction are normal, whole ones and truth values 0 or 1.

    Raises
    ------
    InstanceError
        Its type has no random values.
    """
    numpy = extra_module("numpy", "onnx", "measuring a model")
    onnx = extra_module("onnx", "onnx", "measuring a model")
    draw = numpy.random.default_rng(seed)
    if tensor.shape is None or not tensor.is_known or "FLOAT8" in tensor.type:
        rule = "cannot be drawn at random: only numbers and truth values can"
        raise InstanceError([Problem("graph", rule, tensor.type, f"input {shown(tensor.name)}")], source)
    kind = onnx.helper.tensor_dtype_to_np_dtype(onnx.TensorProto.DataType.Value(tensor.type))
    if tensor.is_float:
        return draw.standard_normal(tensor.shape).astype(kind)
    return draw.integers(0, 2, tensor.shape).astype(kind)
