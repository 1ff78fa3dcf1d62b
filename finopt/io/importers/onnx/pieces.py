"""A piece of a model, from some of its tensors to others, as a model of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from finopt.io.importers.onnx.flow import read_tensors
from finopt.io.importers.onnx.model_file import load
from finopt.io.importers.onnx.shapes import Shapes, inferred_values
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.extras import extra_module

IR_VERSION = 8
"""From 4 on constants need not be inputs; all versions of onnxruntime that the extra allows read 8."""


def extract_piece(
    model: str | Path | Any, inputs: Sequence[str], outputs: Sequence[str], *, shapes: Shapes | None = None
) -> Any:
    """The part of a model that computes some tensors from others.

    Parameters
    ----------
    model : path or onnx.ModelProto
        A file, or what `load` gave, which saves reading it again for every piece.
    inputs, outputs : sequence of str
        Tensors; the inputs become the only inputs of the piece. Operators on constants alone are copied into
        every piece that needs them.
    shapes : mapping, optional
        Sizes of dimensions that the file leaves open, as for `read`; others stay open.

    Returns
    -------
    onnx.ModelProto
        Its ir_version is at least 8, constants are not among its inputs.

    Raises
    ------
    InstanceError
        The file is refused, a tensor is missing in it, or the outputs need more than the inputs given.
    BackendError
        The package onnx is not installed.
    """
    source = str(model) if isinstance(model, str | Path) else "model"
    proto = load(model) if isinstance(model, str | Path) else model
    values = {value.name: value for value in inferred_values(proto, shapes, source, complete=False)}
    _check_names(values, inputs, outputs, source)
    nodes = _nodes_between(proto.graph, inputs, outputs, source)
    return _assembled(proto, nodes, [values[i] for i in inputs], [values[o] for o in outputs])


def _check_names(known: Iterable[str], inputs: Sequence[str], outputs: Sequence[str], source: str) -> None:
    problems = [
        Problem(kind, "is no tensor of the model, or one of unknown type", shown(name))
        for kind, names in (("inputs", inputs), ("outputs", outputs))
        for name in names
        if name not in known
    ]
    if problems:
        raise InstanceError(problems, source)


def _nodes_between(graph: Any, inputs: Sequence[str], outputs: Sequence[str], source: str) -> list[Any]:
    """Operators that the outputs need when the inputs are given, in the order of the file."""
    maker = {name: number for number, node in enumerate(graph.node) for name in node.output if name}
    given = {tensor.name for tensor in graph.initializer} | set(inputs)
    given |= {sparse.values.name for sparse in graph.sparse_initializer}
    waiting, needed, missing = list(outputs), set(), []
    while waiting:
        name = waiting.pop()
        if name in given:
            continue
        if name not in maker:
            missing.append(name)
        elif maker[name] not in needed:
            needed.add(maker[name])
            waiting += read_tensors(graph.node[maker[name]])
    if missing:
        rule = f"are not enough for {', '.join(map(shown, outputs))}: more inputs of the model are needed"
        raise InstanceError([Problem("inputs", rule, shown(sorted(set(missing))))], source)
    return [graph.node[number] for number in sorted(needed)]


def _assembled(proto: Any, nodes: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
    onnx = extra_module("onnx", "onnx", "an ONNX model")
    piece = onnx.ModelProto()
    piece.ir_version = max(proto.ir_version, IR_VERSION)
    piece.producer_name = "finopt"
    piece.opset_import.extend(proto.opset_import)
    piece.functions.extend(proto.functions)
    graph = piece.graph
    graph.name = f"part of {proto.graph.name or 'graph'}"
    graph.node.extend(nodes)
    graph.input.extend(inputs)
    graph.output.extend(outputs)
    used = {name for node in nodes for name in read_tensors(node)} | {value.name for value in outputs}
    used -= {value.name for value in inputs}
    graph.initializer.extend(tensor for tensor in proto.graph.initializer if tensor.name in used)
    sparse = proto.graph.sparse_initializer
    graph.sparse_initializer.extend(tensor for tensor in sparse if tensor.values.name in used)
    return piece
