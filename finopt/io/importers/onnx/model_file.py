"""An ONNX file as a protocol buffer: what is not a file, too large or no ONNX model is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from finopt.io.importers.onnx.functions import function_problems
from finopt.io.importers.onnx.structure import structure_problems
from finopt.io.regular_file import read_regular_bytes
from finopt.problem.errors import InstanceError, Problem, first
from finopt.problem.extras import extra_module

MOST_BYTES = 2**31 - 1
"""Protocol buffers hold no more; larger models have external data, which is not read."""


def load(path: str | Path) -> Any:
    """Read an ONNX file as it is, without data that lies in other files.

    Returns
    -------
    onnx.ModelProto
        Its nodes are in topological order, and every name is made once, before it is used.

    Raises
    ------
    InstanceError
        The file cannot be read, has more than 2 GiB, or is no valid ONNX model; names data outside the file.
    BackendError
        The package onnx is not installed.
    """
    onnx = extra_module("onnx", "onnx", "an ONNX model")
    rule = f"has {{size}} bytes, no more than {MOST_BYTES} are read"
    content = read_regular_bytes(path, MOST_BYTES, rule=rule)
    return checked(_parsed(onnx, content, str(path)), str(path))


def checked(model: Any, source: str) -> Any:
    """The model, if its structure is sound.

    Raises
    ------
    InstanceError
        With every problem that is found.
    """
    problems = first(structure_problems(model)) or first(function_problems(model))
    if problems:
        raise InstanceError(problems, source)
    return model


def _parsed(onnx: Any, content: bytes, source: str) -> Any:
    protobuf = extra_module("google.protobuf.message", "onnx", "an ONNX model").protobuf
    if not content:
        raise InstanceError([Problem("", "is empty")], source)
    try:
        return onnx.ModelProto.FromString(content)
    except protobuf.message.DecodeError as error:
        raise InstanceError([Problem("", f"is no ONNX model: {error}")], source) from None
