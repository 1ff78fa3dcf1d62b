"""Figures of parts of a model: operations, size of tensors, weights; and what could not be counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from finopt.io.importers.onnx.flow import Flow
from finopt.io.importers.onnx.operations import UnknownShapeError, Work, work_of
from finopt.io.importers.onnx.tensors import Tensor
from finopt.problem.errors import Problem, shown
from finopt.problem.fields import LARGEST
from finopt.problem.formatting import counted

BYTE = 8


class Figures:
    """Figures of operators and tensors at a precision.

    Parameters
    ----------
    flow : Flow
    tensors : mapping of str to Tensor
    precision : int
        Bits per number with a fraction.
    """

    def __init__(self, flow: Flow, tensors: Mapping[str, Tensor], precision: int) -> None:
        self.flow = flow
        self.tensors = tensors
        self.precision = precision

    @cached_property
    def work(self) -> list[Work | None]:
        """What each operator does; None where a shape is missing."""
        return [self._work(position) for position in range(len(self.flow.operators))]

    def _work(self, position: int) -> Work | None:
        try:
            return work_of(self.flow.operators[position], self.tensors)
        except UnknownShapeError:
            return None

    def ops(self, positions: Iterable[int]) -> int:
        """Operations [op] of some operators."""
        return sum(work.ops for at in positions if (work := self.work[at]))

    def macs(self, positions: Iterable[int]) -> int:
        """Multiply-accumulates of some operators."""
        return sum(work.macs for at in positions if (work := self.work[at]))

    def bits(self, names: Iterable[str]) -> int:
        """Size of some tensors together [bit]."""
        return sum(self.tensors.get(name, Tensor(name)).bits(self.precision) for name in names)

    def largest(self, positions: Iterable[int]) -> int:
        """Size of the largest tensor that some operators make [bit]."""
        made = (name for at in positions for name in self.flow.operators[at].outputs)
        return max((self.bits([name]) for name in made), default=0)

    def weights(self, positions: Iterable[int]) -> float:
        """Constants that some operators read [byte], each once."""
        read = {name for at in positions for name in self.flow.operators[at].inputs}
        constant = read & self.flow.constants
        stored = {part for name in constant for part in self.flow.stored_as.get(name, (name,))}
        return self.bits(stored) / BYTE

    def problems(self) -> Iterator[Problem]:
        """Operations that no instance can hold."""
        ops = [work.ops if work else 0 for work in self.work]
        for operator, count in zip(self.flow.operators, ops, strict=True):
            if count < 0:
                subject = f"operator {shown(operator.name or operator.outputs[0])} ({operator.kind})"
                yield Problem("graph", "has a window of negative size", "", subject)
        if sum(ops) > LARGEST:
            yield Problem("graph", f"needs more than {LARGEST:g} op", f"{sum(ops):.3g}")

    def notes(self, positions: Sequence[int]) -> Iterator[str]:
        """What could not be counted of some operators."""
        unknown = Counter(
            self.flow.operators[at].kind for at in positions if (work := self.work[at]) and not work.known
        )
        if unknown:
            yield f"operators of unknown kind count one op per element of their outputs: {_listed(unknown)}"
        missing = Counter(self.flow.operators[at].kind for at in positions if self.work[at] is None)
        if missing:
            yield f"operators whose shapes are not known before the model runs count 0 op: {_listed(missing)}"


def _listed(kinds: Counter[str]) -> str:
    return ", ".join(f"{kind} ({counted(count, 'time')})" for kind, count in sorted(kinds.items()))
