"""The structure of an ONNX model: sizes within bounds, no data elsewhere, names made before they are used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finopt.io.importers.onnx.texts import not_text
from finopt.problem.errors import Problem, shown

MOST_NODES = 100_000
"""Operators, also those inside control flow."""

MOST_OUTPUTS = 256
"""Outputs of the model, each of which may be an exit."""

DEEPEST = 16
"""Subgraphs within one another."""

LARGEST_DIMENSION = 2**31 - 1

MOST_ELEMENTS = 2**40
"""Elements of one tensor; all figures of a model then stay far below what an instance can hold."""


def structure_problems(model: Any) -> Iterator[Problem]:
    """What makes a model unusable, before anything else looks at it."""
    if not model.HasField("graph") or not model.graph.node:
        yield Problem("graph", "is no ONNX model or has no operators")
        return
    graphs = list(_graphs(model))
    if any(depth > DEEPEST for _, depth in graphs):
        yield Problem("graph", f"has more than {DEEPEST} subgraphs within one another")
        return
    count = sum(len(graph.node) for graph, _ in graphs)
    if count > MOST_NODES:
        yield Problem("graph", f"has {count} operators, no more than {MOST_NODES} are read")
        return
    if len(model.graph.output) > MOST_OUTPUTS:
        yield Problem("graph", f"has {len(model.graph.output)} outputs, no more than {MOST_OUTPUTS} are read")
        return
    if garbled := next(not_text(model), None):
        yield Problem("graph", "is no ONNX model: a name in it is not UTF-8 text", shown(garbled))
        return
    for graph, _ in graphs:
        yield from _tensor_problems(graph)
        yield from _sparse_problems(graph)
        yield from _value_problems(graph)
    yield from _name_problems(model.graph, ())


def _graphs(model: Any) -> Iterator[tuple[Any, int]]:
    """The graph, those inside it and the bodies of functions, each with its depth; not recursive."""
    waiting = [(model.graph, 0), *((function, 1) for function in model.functions)]
    while waiting:
        graph, depth = waiting.pop()
        yield graph, depth
        if depth <= DEEPEST:
            waiting += [(inner, depth + 1) for node in graph.node for inner in subgraphs(node)]


def subgraphs(node: Any) -> list[Any]:
    """The graphs in the attributes of an operator: bodies of loops, branches."""
    found = []
    for attribute in node.attribute:
        found += [attribute.g] if attribute.HasField("g") else []
        found += attribute.graphs
    return found


def _tensor_problems(graph: Any) -> Iterator[Problem]:
    for tensor in _tensors(graph):
        name = tensor.name or "(no name)"
        if tensor.data_location == tensor.EXTERNAL:
            places = [entry.value for entry in tensor.external_data if entry.key == "location"]
            rule = f"tensor {shown(name)} lies outside the file, and such data is never read"
            hint = "save the model as one file (onnx.save without external data)"
            yield Problem("graph", rule, shown(places[0] if places else ""), "", hint)
        yield from shape_problems(f"tensor {shown(name)}", tensor.dims)


def _tensors(graph: Any) -> Iterator[Any]:
    yield from getattr(graph, "initializer", ())  # functions have none
    for sparse in getattr(graph, "sparse_initializer", ()):
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)


def _sparse_problems(graph: Any) -> Iterator[Problem]:
    for sparse in getattr(graph, "sparse_initializer", ()):
        yield from shape_problems(f"tensor {shown(sparse.values.name)}", sparse.dims)


def _value_problems(graph: Any) -> Iterator[Problem]:
    for kind in ("input", "output", "value_info"):
        for value in getattr(graph, kind, ()):
            if isinstance(value, str):  # inputs and outputs of functions are names alone
                continue
            sizes = [dim.dim_value for dim in value.type.tensor_type.shape.dim if dim.HasField("dim_value")]
            yield from shape_problems(f"tensor {shown(value.name)}", sizes)


def shape_problems(subject: str, shape: Any, path: str = "graph") -> Iterator[Problem]:
    """What is wrong with the size of a tensor."""
    elements = 1
    for size in shape:
        if not 0 <= size <= LARGEST_DIMENSION:
            yield Problem(path, f"dimensions are from 0 to {LARGEST_DIMENSION}", shown(size), subject)
            return
        elements *= size
    if elements > MOST_ELEMENTS:
        yield Problem(path, f"has more than {MOST_ELEMENTS} elements", shown(list(shape)), subject)


def _name_problems(graph: Any, outer: tuple[set[str], ...]) -> Iterator[Problem]:
    """Names that are used before they are made (also in circles), and names that are made twice."""
    known = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
    known |= {sparse.values.name for sparse in graph.sparse_initializer}
    scopes = (*outer, known)
    for number, node in enumerate(graph.node):
        subject = f"operator {number} ({shown(node.name or node.op_type)})"
        for name in node.input:
            if name and not any(name in scope for scope in scopes):
                rule = "uses a tensor that nothing before it makes: the order is not topological, there is a"
                yield Problem("graph", f"{rule} circle, or it is missing", shown(name), subject)
        for inner in subgraphs(node):
            yield from _name_problems(inner, scopes)
        for name in filter(None, node.output):
            if name in known:
                yield Problem("graph", "makes a tensor that exists already", shown(name), subject)
            known.add(name)
    for value in graph.output:
        if not any(value.name in scope for scope in scopes):
            yield Problem("graph", "is an output that nothing makes", shown(value.name))
