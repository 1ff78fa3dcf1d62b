"""What onnxruntime computes here: the segments of a piece with their exits, and a whole model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from finopt.io.importers.onnx import extract_piece, load
from finopt.problem.array_types import AnyArray
from finopt.runtime.manifest import ApplicationPlan, Confidence, ExitPlan, Piece, Segment, Tensor
from finopt.runtime.single_thread import single_thread_session
from finopt.runtime.visits import tensors_given

WARM_UP = 5
"""Runs before the first sample: memory is allocated and code is loaded in them."""


class Outcome(NamedTuple):
    """What a piece did with a sample: the exit it took and its result, or None and what goes on."""

    exit: str | None
    tensor: AnyArray
    seconds: float


def sureness(output: AnyArray, confidence: Confidence) -> float:
    """The confidence of an exit: its largest probability; of several rows that of the least sure.

    Examples
    --------
    >>> sureness(np.array([[0.0, 0.0]]), "scores"), sureness(np.array([[0.1, 0.9]]), "probabilities")
    (0.5, 0.9)
    """
    rows = np.atleast_1d(output)
    if confidence == "scores":
        raised = np.exp(rows.astype(np.float64) - rows.max(axis=-1, keepdims=True))
        rows = raised / raised.sum(axis=-1, keepdims=True)
    return float(rows.max(axis=-1).min())


def leaves(exit_: ExitPlan, output: AnyArray) -> bool:
    """Whether a sample leaves at an exit; at one without a threshold, which is the final one, it does."""
    return exit_.threshold is None or sureness(output, exit_.confidence) >= exit_.threshold


class PieceRunner:
    """A piece that takes samples.

    Parameters
    ----------
    path : Path
        Its file.
    piece : Piece
    exits : mapping of str to ExitPlan
        Thresholds by exit.
    """

    def __init__(self, path: Path, piece: Piece, exits: Mapping[str, ExitPlan]) -> None:
        proto = load(path)
        self._exits = exits
        self._parts = [(part, *_part(proto, part, str(path))) for part in piece.segments]

    def run(self, tensor: AnyArray) -> Outcome:
        """Compute segment after segment, until the sample leaves or goes on to the next piece."""
        start = time.perf_counter()
        for part, names, session in self._parts:
            values = dict(zip(names, session.run(names, {part.input: tensor}), strict=True))
            for name in part.exits:
                if leaves(self._exits[name], values[name]):
                    return Outcome(name, values[name], time.perf_counter() - start)
            tensor = values[str(part.output)]
        return Outcome(None, tensor, time.perf_counter() - start)

    def warm_up(self, shape: Tensor) -> None:
        """Run everything a few times, whatever the exits say."""
        tensor = zeros(shape)
        for part, names, session in self._parts:
            for _ in range(WARM_UP):
                values = dict(zip(names, session.run(names, {part.input: tensor}), strict=True))
            if part.output is not None:
                tensor = values[part.output]


def _part(proto: Any, part: Segment, source: str) -> tuple[list[str], Any]:
    names = tensors_given([part])
    if {value.name for value in proto.graph.output} != set(names):  # otherwise it is the whole piece
        proto = extract_piece(proto, [part.input], names)
    return names, single_thread_session(proto, source)


class WholeModel:
    """The model that was not cut, with the same exits and thresholds.

    Parameters
    ----------
    path : Path
        Its file.
    plan : ApplicationPlan
    """

    def __init__(self, path: Path, plan: ApplicationPlan) -> None:
        proto = load(path)
        self._plan = plan
        self._names = [exit_.exit for exit_ in plan.exits]
        outputs = {value.name for value in proto.graph.output}
        self._input = plan.pieces[0].input.name
        if not outputs.issuperset(self._names):
            proto = extract_piece(proto, [self._input], self._names)
        self._session = single_thread_session(proto, str(path))

    def run(self, tensor: AnyArray) -> tuple[str, AnyArray]:
        """The exit that a sample takes, and its result."""
        values = self._session.run(self._names, {self._input: tensor})
        for exit_, value in zip(self._plan.exits, values, strict=True):
            if leaves(exit_, value):
                return exit_.exit, value
        raise AssertionError("the final exit has no threshold")


def zeros(tensor: Tensor) -> AnyArray:
    """Nothing, in the shape of a tensor; sizes that may be any are 1."""
    return np.zeros(sizes(tensor), tensor.type)


def sizes(tensor: Tensor) -> Sequence[int]:
    """The shape of one sample; sizes that may be any are 1."""
    return tuple(1 if size is None else size for size in tensor.shape)
