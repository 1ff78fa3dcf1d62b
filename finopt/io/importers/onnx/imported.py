"""A model that was read from an ONNX file: blocks and exits of finopt, and where they are in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from finopt.io.importers.onnx.tensors import Tensor
from finopt.problem.errors import InstanceError
from finopt.problem.model import Configuration, Model
from finopt.problem.validation import find_problems

NO_ACCURACY = "the accuracy is not in the file: 1 stands for it until configurations are given"


@dataclass(frozen=True)
class OnnxModel:
    """Blocks and exits of an ONNX file.

    Attributes
    ----------
    model : Model
        Ids of blocks are the tensors that leave them, ids of exits their own tensors. Its only configuration
        is the final exit with an accuracy of 1 until others are given (`with_configurations`).
    path : Path
        The file.
    cuts : tuple of str
        Tensors between the blocks, in order; one fewer than blocks.
    exit_tensors : tuple of str
        Tensors of the exits, in block order, the final one last.
    hangs_on : dict of str to str
        By exit the tensor that its head reads; for the final exit and one without a head its own tensor.
    inputs, outputs : tuple of str
        Tensors that the whole model reads, and those that it gives: the exits.
    tensors : dict of str to Tensor
        Type and shape of the tensors named above.
    macs : tuple of int
        Multiply-accumulates of each block.
    weights : tuple of float
        Constants of each block [byte] at the precision: its ``memory``.
    largest : tuple of int
        The largest tensor that is made inside each block [bit].
    precision : int
        Bits per number with a fraction, in tensors that are sent and in weights.
    notes : tuple of str
        What was assumed or left out, a line each.
    possible_cuts : tuple of str
        All tensors at which the file could be cut.
    """

    model: Model
    path: Path
    cuts: tuple[str, ...]
    exit_tensors: tuple[str, ...]
    hangs_on: Mapping[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tensors: Mapping[str, Tensor] = field(repr=False)
    macs: tuple[int, ...] = field(repr=False)
    weights: tuple[float, ...] = field(repr=False)
    largest: tuple[int, ...] = field(repr=False)
    precision: int
    notes: tuple[str, ...]
    possible_cuts: tuple[str, ...] = field(repr=False)

    @property
    def ops(self) -> tuple[float, ...]:
        """Operations of each block [op]."""
        return tuple(block.ops for block in self.model.blocks)

    @property
    def bits(self) -> tuple[float, ...]:
        """Size of the input and of the tensor that leaves each block [bit]; one more than blocks."""
        return self.model.stage_bits

    def with_configurations(self, configurations: Iterable[Configuration]) -> OnnxModel:
        """The same model with measured configurations of its exits.

        Raises
        ------
        InstanceError
            A configuration names an exit that the model does not have, or breaks another rule.
        """
        model = self.model.replace(configurations=tuple(configurations))
        problems = list(find_problems({"models": [model.model_dump()]}))
        if problems:
            raise InstanceError(problems, str(self.path))
        return replace(self, model=model, notes=tuple(note for note in self.notes if note != NO_ACCURACY))
