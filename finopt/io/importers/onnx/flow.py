"""What flows through a model: operators whose results depend on its inputs, and the tensors between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from finopt.io.importers.onnx.structure import subgraphs

DRAWN = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"}
"""Operators whose results are drawn: constants only in name."""


@dataclass(frozen=True)
class Operator:
    """An operator whose result depends on the inputs of the model.

    `inputs` are all tensors that it reads, also from inside its subgraphs.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    node: Any = field(repr=False, compare=False)


@dataclass(frozen=True)
class Flow:
    """Operators in topological order, and what they have around them.

    Attributes
    ----------
    operators : tuple of Operator
        Those that are not constant: constants are what initialisers and the operators on them give.
    inputs, outputs : tuple of str
        Tensors that go into the model and come out of it.
    constants : frozenset of str
        Tensors that do not depend on the inputs.
    maker : dict of str to int
        Position of the operator that makes a tensor.
    stored_as : dict of str to tuple of str
        Constants that are stored as whole numbers and made numbers with a fraction when the model runs, and
        the constants that they are stored as.
    """

    operators: tuple[Operator, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: frozenset[str]
    maker: dict[str, int]
    stored_as: dict[str, tuple[str, ...]]

    def variable_inputs(self, position: int) -> list[str]:
        """Tensors that an operator reads and that depend on the inputs."""
        return [name for name in self.operators[position].inputs if name not in self.constants]

    def needed_for(self, tensor: str) -> list[int]:
        """Positions of the operators that a tensor depends on, in order."""
        waiting, found = [tensor], set()
        while waiting:
            position = self.maker.get(waiting.pop())
            if position is not None and position not in found:
                found.add(position)
                waiting += self.variable_inputs(position)
        return sorted(found)

    def tensor_of(self, name: str) -> str | None:
        """The tensor that is meant by its own name or by that of the operator that makes it."""
        if name in self.maker or name in self.inputs:
            return name
        made = [op.outputs[0] for op in self.operators if op.name == name and op.outputs]
        return made[0] if len(made) == 1 else None


def flow_of(graph: Any) -> Flow:
    """The flow through the outermost graph of a model."""
    constants = {tensor.name for tensor in graph.initializer}
    constants |= {sparse.values.name for sparse in graph.sparse_initializer}
    inputs = tuple(value.name for value in graph.input if value.name not in constants)
    operators: list[Operator] = []
    stored_as = {}
    for node in graph.node:
        used = tuple(dict.fromkeys(read_tensors(node)))
        if node.op_type not in DRAWN and constants.issuperset(used):
            constants.update(filter(None, node.output))
            if node.op_type == "DequantizeLinear":
                stored_as[node.output[0]] = used
        else:
            outputs = tuple(filter(None, node.output))
            operators.append(Operator(node.op_type, node.name, used, outputs, node))
    maker = {name: position for position, one in enumerate(operators) for name in one.outputs}
    outputs = tuple(value.name for value in graph.output)
    return Flow(tuple(operators), inputs, outputs, frozenset(constants), maker, stored_as)


def read_tensors(node: Any) -> Iterator[str]:
    """Tensors of the graph around it that an operator reads, also from inside its subgraphs."""
    yield from filter(None, node.input)
    for graph in subgraphs(node):
        own = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
        own |= {sparse.values.name for sparse in graph.sparse_initializer}
        own |= {name for inner in graph.node for name in inner.output}
        for inner in graph.node:
            yield from (name for name in read_tensors(inner) if name not in own)
        yield from (value.name for value in graph.output if value.name not in own)
