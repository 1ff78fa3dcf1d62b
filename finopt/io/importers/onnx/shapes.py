"""Shapes of all tensors: those of the inputs are given, onnx infers the others.

Large constants are replaced by their shapes before: inference copies the model and needs only these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from finopt.io.importers.onnx.inference import InferenceError, with_shapes
from finopt.io.importers.onnx.structure import shape_problems
from finopt.io.importers.onnx.tensors import Tensor, from_value_info
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.extras import extra_module

SMALL = 1024
"""Elements of a constant whose values may matter for shapes."""

Shapes = Mapping[str, int | Sequence[int]]
"""Sizes by symbol, or all sizes of an input by its name."""


def infer(model: Any, shapes: Shapes | None, source: str, complete: bool = True) -> dict[str, Tensor]:
    """Every tensor of the outermost graph by name.

    Parameters
    ----------
    model : onnx.ModelProto
    shapes : mapping or None
        Sizes of dimensions that the file leaves open.
    source : str
        For messages.
    complete : bool
        Whether all dimensions of the inputs must be known in the end.

    Raises
    ------
    InstanceError
        Dimensions are missing or contradict the file, or inference fails.
    """
    return {value.name: from_value_info(value) for value in inferred_values(model, shapes, source, complete)}


def inferred_values(model: Any, shapes: Shapes | None, source: str, complete: bool = True) -> list[Any]:
    """What ONNX knows of every tensor (``onnx.ValueInfoProto``); parameters as for `infer`."""
    onnx = extra_module("onnx", "onnx", "an ONNX model")
    skeleton = _skeleton(onnx, model)
    constants = {tensor.name for tensor in model.graph.initializer}
    problems = list(_fix_inputs(skeleton.graph, constants, shapes or {}, complete))
    if problems:
        raise InstanceError(problems, source)
    try:
        graph = onnx.ModelProto.FromString(with_shapes(skeleton.SerializeToString())).graph
    except InferenceError as error:
        raise InstanceError([Problem("graph", f"is no valid ONNX model: {error}")], source) from None
    values = _all_values(onnx, graph)
    stated = [*model.graph.value_info, *model.graph.output]
    values = _with_stated(values, stated, sizes=complete and not shapes)
    problems = [problem for value in values for problem in _huge(from_value_info(value))]
    if problems:
        raise InstanceError(problems, source)
    return values


def _all_values(onnx: Any, graph: Any) -> list[Any]:
    """Everything that has a name, each once."""
    values = [*graph.input, *graph.value_info, *graph.output]
    values += [onnx.helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in graph.initializer]
    return list({value.name: value for value in values}.values())


def _with_stated(values: Sequence[Any], stated: Sequence[Any], sizes: bool) -> list[Any]:
    """What the file states in the place of what could not be inferred; of sizes only if they are the wanted
    ones, which they are when the file leaves none open.
    """
    known = {value.name: value for value in stated if sizes and from_value_info(value).is_known}
    filled = [value if from_value_info(value).is_known else known.get(value.name, value) for value in values]
    names = {value.name for value in values}
    return [*filled, *(value for value in stated if value.name not in names)]


def _huge(tensor: Tensor) -> Iterator[Problem]:
    yield from shape_problems(f"tensor {shown(tensor.name)}", tensor.shape or ())


def _skeleton(onnx: Any, model: Any) -> Any:
    """The model with large constants as inputs: all that shapes depend on."""
    skeleton = onnx.ModelProto()
    for field in ("ir_version", "opset_import", "functions"):
        _copy(model, skeleton, field)
    graph, bare = model.graph, skeleton.graph
    bare.name = graph.name or "graph"
    for field in ("node", "input", "output", "sparse_initializer"):
        _copy(graph, bare, field)
    inferred = _inferred_names(graph)
    bare.value_info.extend(value for value in graph.value_info if value.name not in inferred)
    for value in bare.output:
        if value.name in inferred and _is_tensor(value):
            value.type.tensor_type.ClearField("shape")
    given = {value.name for value in graph.input}
    for tensor in graph.initializer:
        if _elements(tensor) <= SMALL:
            bare.initializer.append(tensor)
        elif tensor.name not in given:
            bare.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    skeleton.ir_version = max(model.ir_version, 4)  # constants need not be inputs
    return skeleton


def _inferred_names(graph: Any) -> set[str]:
    """Tensors of onnx's own operators, which it infers: what a file says of them is of no other sizes than
    those with which it was made, and would be believed.
    """
    own = (node for node in graph.node if node.domain in ("", "ai.onnx"))
    return {name for node in own for name in node.output}


def _copy(source: Any, target: Any, field: str) -> None:
    value = getattr(source, field)
    if isinstance(value, int):
        setattr(target, field, value)
    else:
        getattr(target, field).extend(value)


def _elements(tensor: Any) -> int:
    count = 1
    for size in tensor.dims:
        count *= size
    return count


def _fix_inputs(graph: Any, constants: set[str], shapes: Shapes, complete: bool) -> Iterator[Problem]:
    """Put the given sizes in; what is missing, unknown or contradicts the file is a problem."""
    inputs = [value for value in graph.input if value.name not in constants and _is_tensor(value)]
    problems = [problem for name, sizes in shapes.items() for problem in _not_sizes(name, sizes)]
    if problems:
        yield from problems
        return
    symbols = {name: size for name, size in shapes.items() if isinstance(size, int)}
    lists = {name: sizes for name, sizes in shapes.items() if not isinstance(sizes, int)}
    used = {value.name for value in inputs if value.name in lists}
    wrong = [p for value in inputs if value.name in lists for p in _set_shape(value, lists[value.name])]
    for value in (*graph.input, *graph.output, *graph.value_info):
        used |= _set_symbols(value, symbols)
    unknown = "is neither an open size nor an input of the model"
    wrong += [Problem("shapes", unknown, shown(name)) for name in shapes if name not in used]
    yield from wrong
    if complete and not wrong:
        yield from (problem for value in inputs for problem in _open(value))


def _not_sizes(name: str, sizes: Any) -> Iterator[Problem]:
    """What is wrong with sizes that the user gives."""
    numbers = [sizes] if isinstance(sizes, int) else sizes
    listed = isinstance(numbers, Sequence) and not isinstance(numbers, str)
    if not listed or not all(isinstance(size, int) and size > 0 for size in numbers):
        rule = "needs a whole number above 0, or a list of them"
        yield Problem("shapes", rule, shown(sizes), shown(name))
    else:
        yield from shape_problems(shown(name), numbers, "shapes")


def _is_tensor(value: Any) -> bool:
    return bool(value.type.HasField("tensor_type"))


def _set_shape(value: Any, sizes: Sequence[int]) -> Iterator[Problem]:
    """Put all sizes of an input in; they may not contradict the file."""
    dims = value.type.tensor_type.shape.dim
    subject = f"input {shown(value.name)}"
    if value.type.tensor_type.HasField("shape") and len(dims) != len(sizes):
        yield Problem("shapes", f"needs {len(dims)} sizes", shown(list(sizes)), subject)
        return
    for dim, size in zip(dims, sizes, strict=False):
        if dim.HasField("dim_value") and dim.dim_value != size:
            yield Problem("shapes", f"the file says {dim.dim_value}", shown(size), subject)
    del dims[:]
    for size in sizes:
        dims.add().dim_value = size


def _set_symbols(value: Any, symbols: Mapping[str, int]) -> set[str]:
    used = set()
    for dim in value.type.tensor_type.shape.dim:
        if dim.dim_param in symbols:
            used.add(dim.dim_param)
            dim.dim_value = symbols[dim.dim_param]
    return used


def _open(value: Any) -> Iterator[Problem]:
    """Dimensions of an input without a size."""
    kind, subject = value.type.tensor_type, f"input {shown(value.name)}"
    if not kind.HasField("shape"):
        hint = f'give it, as in shapes={{"{value.name}": [1, 3, 224, 224]}}'
        yield Problem("shapes", "the file does not say the shape", "", subject, hint)
        return
    names = [d.dim_param or "?" for d in kind.shape.dim if not d.HasField("dim_value")]
    if names:
        first = names[0]
        one = f'"{first}": 1' if first != "?" else f'"{value.name}": [1, ...]'
        rule = f"needs a size for {', '.join(map(shown, names))}"
        yield Problem("shapes", rule, "", subject, f"give it, as in shapes={{{one}}}")
