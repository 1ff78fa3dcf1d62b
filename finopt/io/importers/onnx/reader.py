"""From an ONNX file to blocks and exits: shapes, operations, cuts, heads, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from finopt.io.importers.onnx.cutting import cuts_for
from finopt.io.importers.onnx.exits import Head, exit_tensors, heads
from finopt.io.importers.onnx.figures import Figures
from finopt.io.importers.onnx.flow import flow_of
from finopt.io.importers.onnx.imported import OnnxModel
from finopt.io.importers.onnx.model_file import load
from finopt.io.importers.onnx.notes import notes_of
from finopt.io.importers.onnx.shapes import Shapes, infer
from finopt.io.importers.onnx.tensors import Tensor, check_precision
from finopt.io.importers.onnx.trunk import Trunk, trunk_of
from finopt.problem.errors import InstanceError, Problem, first, shown
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
    _check_lists(cuts=cuts, exits=exits)
    proto, source = load(path), str(path)
    tensors = infer(proto, shapes, source)
    flow = flow_of(proto.graph)
    figures = Figures(flow, tensors, precision)
    if problems := first(figures.problems()):
        raise InstanceError(problems, source)
    *early, final = exit_tensors(flow, exits, source)
    trunk = _with_known_sizes(trunk_of(flow, final), tensors)
    hanging = heads(flow, trunk, early, source)
    forced = {head.hangs_on for head in hanging} - {final}
    kept = cuts_for(trunk, figures, forced, blocks, cuts, source)
    notes = tuple(notes_of(figures, trunk, hanging))
    return _imported(Path(path), model_id, figures, trunk, kept, hanging, notes)


def _check_lists(**names: object) -> None:
    """Refuse one name where a list of them is meant: text is a sequence as well, of letters."""
    texts = [name for name, given in names.items() if isinstance(given, str)]
    if texts:
        rule = "must be a list of names"
        raise InstanceError([Problem(name, rule, shown(names[name])) for name in texts], "model")


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
    inputs = trunk.inputs(figures.flow)
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
