"""The ONNX files that a plan is cut from, each read once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from finopt.io.importers.onnx import extract_piece, load
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.extras import extra_module
from finopt.problem.references import suggest
from finopt.runtime.manifest import NUMBERS, Confidence, Tensor

PASSING = frozenset({"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Cast"})
"""Operators that leave the figures as they are."""

PROBABILITIES = frozenset({"Softmax", "Sigmoid", "HardSigmoid"})
"""Operators that give figures from 0 to 1."""

KEPT = 64
"""Pieces that are kept: applications that are cut alike have the same."""


class SourceModel:
    """A model of an instance, and the file that holds it.

    Parameters
    ----------
    model : str
        Id of the model.
    path : str or Path
        Its ONNX file.

    Raises
    ------
    InstanceError
        The file is refused, or the model reads several inputs.
    """

    def __init__(self, model: str, path: str | Path) -> None:
        self.model, self.path = model, Path(path)
        self.proto: Any = load(path)
        graph = self.proto.graph
        self._makers = {name: node for node in graph.node for name in node.output if name}
        self.input = self._only_input()
        self._piece = lru_cache(KEPT)(self._extracted)

    def _only_input(self) -> str:
        constants = {tensor.name for tensor in self.proto.graph.initializer}
        names = [value.name for value in self.proto.graph.input if value.name not in constants]
        if len(names) != 1:
            rule = "has several inputs, or none: only models with one are cut and run"
            raise InstanceError([Problem("graph.input", rule, shown(names))], str(self.path))
        return str(names[0])

    def missing(self, tensors: Iterable[str]) -> list[Problem]:
        """Tensors that the file does not have."""
        known = [*self._makers, self.input]
        return [
            Problem("graph", f"has no such tensor, which model {shown(self.model)} is cut at", shown(name))
            if len(known) > KEPT
            else Problem(
                "graph", f"has no tensor of model {shown(self.model)}", shown(name), "", suggest(name, known)
            )
            for name in dict.fromkeys(tensors)
            if name not in self._makers and name != self.input
        ]

    def piece(self, inputs: Sequence[str], outputs: Sequence[str]) -> Any:
        """The part of the model between tensors, as an ``onnx.ModelProto``."""
        return self._piece(tuple(inputs), tuple(outputs))

    def _extracted(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Any:
        return extract_piece(self.proto, inputs, outputs)

    def confidence(self, exit_: str) -> Confidence:
        """Whether an exit gives probabilities, or scores that a softmax has to make such."""
        node = self._makers[exit_]
        while node.op_type in PASSING and node.input[0] in self._makers:
            node = self._makers[node.input[0]]
        return "probabilities" if node.op_type in PROBABILITIES else "scores"


def described(value: Any) -> Tensor:
    """Name, type and shape of an input or output of a model.

    Raises
    ------
    InstanceError
        Its elements are not numbers that are sent.
    """
    onnx = extra_module("onnx", "onnx", "an ONNX model")
    kind = value.type.tensor_type
    name = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type).name if kind.elem_type else "unknown"
    if name not in NUMBERS:
        raise InstanceError(
            [Problem(value.name, "is of a type that is not sent from node to node", name)], "model"
        )
    shape = tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim)
    return Tensor.model_validate({"name": value.name, "type": name, "shape": shape})


def operator_names(piece: Any) -> list[str]:
    """What the operators of a piece are called; those without a name by their first output."""
    return [node.name or node.output[0] for node in piece.graph.node]
