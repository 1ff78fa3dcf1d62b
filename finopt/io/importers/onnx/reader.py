"""From an ONNX file to blocks and exits: shapes, operations, cuts, heads, figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from finopt.io.importers.onnx.cutting import cuts_for
from finopt.io.importers.onnx.exits import Head, exit_tensors, heads
from finopt.io.importers.onnx.figures import Figures
from finopt.io.importers.onnx.flow import Flow, flow_of
from finopt.io.importers.onnx.imported import OnnxModel
from finopt.io.importers.onnx.model_file import load
from finopt.io.importers.onnx.shapes import Shapes, infer
from finopt.io.importers.onnx.tensors import Tensor, check_precision
from finopt.io.importers.onnx.trunk import Trunk, trunk_of
from finopt.problem.errors import shown
from finopt.problem.model import Block, Configuration, Exit, Model


def read(
    path: str | Path,
    *,
    blocks: int | None = None,
    cuts: Sequence[str] | None = None,
    exits: Sequence[str] | None = None,
    precision: int = 32,
    shapes: Shapes | None = None,
    model_id: str | None = None,
) -> OnnxModel:
    """Read a model from an ONNX file.

    Parameters
    ----------
    path : str or Path
        At most 2 GiB, with all its data inside: other files are never read.
    blocks : int, optional
        Merge into so many blocks, see `merging.chosen_cuts` for which; default: cut wherever possible.
    cuts : sequence of str, optional
        Cut exactly at these tensors (or behind the operators of these names), whatever `blocks` says, and
        where heads of exits hang.
    exits : sequence of str, optional
        Tensors of exits (or names of their operators). The output or exit that the most operators lead to is
        the final one, named or not. Default: all outputs of the model.
    precision : int
        Bits of a number with a fraction when it is sent or stored, 1 to 64; whole numbers keep their bits.
    shapes : mapping, optional
        Sizes of dimensions that the file leaves open: by symbol, ``{"batch": 1}``, or all sizes of an input,
        ``{"image": [1, 3, 224, 224]}``. Nothing is assumed, not even a batch of 1.
    model_id : str, optional
        Default: name of the file without its end.

    Returns
    -------
    OnnxModel

    Raises
    ------
    InstanceError
        The file is refused (`load`), a shape is missing, a tensor is unknown or no place for a cut, more or
        fewer blocks are wanted than possible.
    BackendError
        The package onnx is not installed.

    Notes
    -----
    A cut is a position in the trunk, which is all that the final exit depends on, where one tensor crosses
    that is no constant. A head is what an exit computes besides the trunk. Its operations are the exit's, and
    the trunk is cut at the tensor that it reads.

    Operations [op] are twice the multiply-accumulates, and what comes besides
    (`finopt.io.importers.onnx.operations`). Memory [byte] is that of the constants, without activations.
    """
    check_precision(precision)
    proto, source = load(path), str(path)
    tensors = infer(proto, shapes, source)
    flow = flow_of(proto.graph)
    figures = Figures(flow, tensors, precision)
    *early, final = exit_tensors(flow, exits, source)
    trunk = _with_known_sizes(trunk_of(flow, final), tensors)
    hanging = heads(flow, trunk, early, source)
    forced = {head.hangs_on for head in hanging} - {final}
    kept = cuts_for(trunk, figures, forced, blocks, cuts, source)
    notes = tuple(_notes(figures, trunk, hanging))
    return _imported(Path(path), model_id, figures, trunk, kept, hanging, notes)


def _with_known_sizes(trunk: Trunk, tensors: Mapping[str, Tensor]) -> Trunk:
    """Without the cuts at tensors whose size is not known before the model runs."""
    known = {name: at for name, at in trunk.cuts.items() if name in tensors and tensors[name].is_known}
    return replace(trunk, cuts=known)


def _imported(
    path: Path,
    model_id: str | None,
    figures: Figures,
    trunk: Trunk,
    kept: Sequence[str],
    hanging: Sequence[Head],
    notes: tuple[str, ...],
) -> OnnxModel:
    spans, final = trunk.spans(kept), trunk.final
    inputs = _read_tensors(figures.flow, trunk)
    exit_names = (*(head.exit for head in hanging), final)
    hangs_on = {**{head.exit: head.hangs_on for head in hanging}, final: final}
    named = (*inputs, *kept, *exit_names)
    model = Model(
        id=model_id or path.stem or "model",
        input_bits=figures.bits(inputs),
        blocks=_blocks([*kept, final], spans, figures),
        exits=(*(_exit(head, figures) for head in hanging), _final_exit(final, figures)),
        configurations=(Configuration(exits=(final,), shares=(1.0,), accuracy=1.0),),
    )
    return OnnxModel(
        model=model,
        path=path,
        cuts=tuple(kept),
        exit_tensors=exit_names,
        hangs_on=hangs_on,
        inputs=inputs,
        outputs=exit_names,
        tensors={name: figures.tensors.get(name, Tensor(name)) for name in named},
        macs=tuple(figures.macs(span) for span in spans),
        weights=tuple(block.memory for block in model.blocks),
        largest=tuple(figures.largest(span) for span in spans),
        precision=figures.precision,
        notes=notes,
        possible_cuts=tuple(trunk.cuts),
    )


def _read_tensors(flow: Flow, trunk: Trunk) -> tuple[str, ...]:
    """Inputs of the model that its trunk reads."""
    used = {name for at in trunk.operators for name in flow.variable_inputs(at)}
    return tuple(name for name in flow.inputs if name in used)


def _blocks(ends: Sequence[str], spans: Sequence[Sequence[int]], figures: Figures) -> tuple[Block, ...]:
    return tuple(
        Block(id=name, ops=figures.ops(span), output_bits=figures.bits([name]), memory=figures.weights(span))
        for name, span in zip(ends, spans, strict=True)
    )


def _exit(head: Head, figures: Figures) -> Exit:
    return Exit(
        id=head.exit,
        after=head.hangs_on,
        ops=figures.ops(head.operators),
        memory=figures.weights(head.operators),
        output_bits=figures.bits([head.exit]),
    )


def _final_exit(final: str, figures: Figures) -> Exit:
    """What it computes is part of the last block."""
    return Exit(id=final, after=final, output_bits=figures.bits([final]))


def _notes(figures: Figures, trunk: Trunk, hanging: Sequence[Head]) -> Iterator[str]:
    """What was assumed or left out."""
    yield "the accuracy is not in the file: 1 stands for it until configurations are given"
    counted = {*trunk.operators, *(at for head in hanging for at in head.operators)}
    yield from figures.notes(sorted(counted))
    exits = {trunk.final, *(head.exit for head in hanging)}
    for name in figures.flow.outputs:
        if name not in exits:
            yield f"output {shown(name)} is no exit, so what only it needs is left out"
    for name in (name for name in exits if not figures.tensors.get(name, Tensor(name)).is_known):
        yield f"the size of the result {shown(name)} is not known before the model runs: 0 bit stands for it"
    for name in _read_tensors(figures.flow, trunk):
        shape = figures.tensors[name].shape or (1,)
        if len(shape) > 1 and shape[0] > 1:
            rule = "if that is a batch, the figures are those of all its samples together"
            yield f"the first dimension of input {shown(name)} is {shape[0]}: {rule}"
