"""Where a trunk is cut: at named tensors, into a number of blocks, or wherever it can be."""

from __future__ import annotations

from collections.abc import Sequence, Set

from finopt.io.importers.onnx.figures import Figures
from finopt.io.importers.onnx.flow import Flow
from finopt.io.importers.onnx.merging import chosen_cuts
from finopt.io.importers.onnx.trunk import Trunk, crossing
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.formatting import counted


def cuts_for(
    trunk: Trunk,
    figures: Figures,
    forced: Set[str],
    blocks: int | None,
    named: Sequence[str] | None,
    source: str,
) -> list[str]:
    """The tensors at which to cut, in order.

    Parameters
    ----------
    trunk : Trunk
    figures : Figures
    forced : set of str
        Cuts at which heads hang.
    blocks : int or None
        Wanted number of blocks.
    named : sequence of str or None
        Cuts that the user names; they count more than `blocks`.
    source : str
        For messages.

    Raises
    ------
    InstanceError
        A named tensor is no place for a cut, or the number of blocks is not possible.
    """
    if named is not None:
        wanted = forced | set(_named_cuts(trunk, figures.flow, named, source))
    elif blocks is None:
        wanted = trunk.cuts.keys()
    else:
        wanted = _merged(trunk, figures, forced, blocks, source)
    return [name for name in trunk.cuts if name in wanted]


def _merged(trunk: Trunk, figures: Figures, forced: Set[str], blocks: int, source: str) -> Set[str]:
    names = list(trunk.cuts)
    least, most = len(forced) + 1, len(names) + 1
    if isinstance(blocks, bool) or not isinstance(blocks, int) or not least <= blocks <= most:
        rule = f"must be from {least} to {most}: it can be cut at {counted(len(names), 'tensor')}"
        rule += f", and {counted(len(forced), 'exit')} need one" if forced else ""
        raise InstanceError([Problem("blocks", rule, shown(blocks))], source)
    done, ops = [], 0
    for span in trunk.spans(names):
        ops += figures.ops(span)
        done.append(ops)
    bits = [figures.bits([name]) for name in names]
    forced_places = {place for place, name in enumerate(names) if name in forced}
    return {names[place] for place in chosen_cuts(done, bits, blocks, forced_places)}


def _named_cuts(trunk: Trunk, flow: Flow, named: Sequence[str], source: str) -> list[str]:
    found, problems = [], []
    for name in named:
        tensor = flow.tensor_of(name)
        if tensor in trunk.cuts:
            found.append(tensor)
        else:
            problems.append(Problem("cuts", _why_not(trunk, flow, tensor), shown(name)))
    if problems:
        raise InstanceError(problems, source)
    return found


def _why_not(trunk: Trunk, flow: Flow, tensor: str | None) -> str:
    """Why a trunk cannot be cut at a tensor."""
    if tensor is None:
        return "is no tensor that depends on the input, nor the name of one operator"
    if tensor == trunk.final:
        return "is the final exit, behind which there is nothing to cut off"
    for position, names in crossing(flow, trunk.operators, trunk.final):
        if position == flow.maker.get(tensor):
            others = sorted(names - {tensor})
            return f"does not cross alone: {', '.join(map(shown, others[:3]))} {_cross(len(others))}"
    return "is not on the way to the final exit"


def _cross(count: int) -> str:
    return "crosses with it" if count == 1 else f"cross with it ({count} tensors)"
