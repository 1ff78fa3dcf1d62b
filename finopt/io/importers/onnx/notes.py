"""What was assumed or left out when a model was read, a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from finopt.io.importers.onnx.exits import Head
from finopt.io.importers.onnx.figures import Figures
from finopt.io.importers.onnx.imported import NO_ACCURACY
from finopt.io.importers.onnx.tensors import Tensor
from finopt.io.importers.onnx.trunk import Trunk
from finopt.problem.errors import shown
from finopt.problem.formatting import counted


def notes_of(figures: Figures, trunk: Trunk, hanging: Sequence[Head]) -> Iterator[str]:
    """What a reader of the figures should know."""
    yield NO_ACCURACY
    in_heads = Counter(at for head in hanging for at in head.operators)
    yield from figures.notes(sorted({*trunk.operators, *in_heads}))
    exits = [*(head.exit for head in hanging), trunk.final]
    for name in figures.flow.outputs:
        if name not in exits:
            yield f"output {shown(name)} is no exit, so what only it needs is left out"
    shared = sum(count > 1 for count in in_heads.values())
    if shared:
        yield f"several exits share {counted(shared, 'operator')} behind the trunk: each exit counts them"
    inputs = trunk.inputs(figures.flow)
    for name in dict.fromkeys([*inputs, *exits]):
        if not figures.tensors.get(name, Tensor(name)).is_known:
            yield f"the size of {shown(name)} is not known before the model runs: 0 bit stand for it"
    yield from _batches(figures, inputs)
    yield from _coarser(figures, [*inputs, *trunk.cuts, *exits])


def _batches(figures: Figures, inputs: Iterable[str]) -> Iterator[str]:
    """Inputs whose first dimension may count samples."""
    for name in inputs:
        shape = figures.tensors[name].shape or (1,)
        if len(shape) > 1 and shape[0] > 1:
            rule = "if that is a batch, the figures are those of all its samples together"
            yield f"the first dimension of input {shown(name)} is {shape[0]}: {rule}"


def _coarser(figures: Figures, names: Iterable[str]) -> Iterator[str]:
    """Numbers that the file keeps in fewer bits than they are counted with."""
    types = dict.fromkeys(figures.tensors[name].type for name in names if name in figures.tensors)
    for kind in types:
        stored = Tensor("", kind).stored_bits
        if Tensor("", kind).is_float and stored < figures.precision:
            yield f"{kind} tensors count {figures.precision} bits per number, the file has {stored}"
