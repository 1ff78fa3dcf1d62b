"""Exits of a model: the trunk that leads to the final one, and the heads that hang on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finopt.io.importers.onnx.flow import Flow
from finopt.io.importers.onnx.trunk import Trunk
from finopt.problem.errors import InstanceError, Problem, shown


@dataclass(frozen=True)
class Head:
    """What an early exit computes besides the trunk.

    Attributes
    ----------
    exit : str
        Its tensor.
    hangs_on : str
        The tensor of the trunk that it reads, at which the trunk is cut.
    operators : tuple of int
        Positions of its operators.
    """

    exit: str
    hangs_on: str
    operators: tuple[int, ...]


def exit_tensors(flow: Flow, names: Sequence[str] | None, source: str) -> list[str]:
    """The exits of a model, the final one last.

    That is the output of the model, or exit, which the most operators lead to. Without names all outputs are
    exits.

    Raises
    ------
    InstanceError
        A name is neither a tensor nor that of one operator, or is a constant or an input.
    """
    problems, found = [], []
    for name in names or ():
        tensor = flow.tensor_of(name)
        if tensor is None or tensor not in flow.maker:
            rule = "is no tensor that depends on the input, nor the name of one operator"
            problems.append(Problem("exits", rule, shown(name)))
        else:
            found.append(tensor)
    if problems:
        raise InstanceError(problems, source)
    outputs = [name for name in flow.outputs if name in flow.maker]
    if not outputs:
        raise InstanceError([Problem("graph", "no output depends on an input")], source)
    final = max(dict.fromkeys([*found, *outputs]), key=lambda name: len(flow.needed_for(name)))
    early = found if names is not None else outputs
    return [*(name for name in dict.fromkeys(early) if name != final), final]


def heads(flow: Flow, trunk: Trunk, early: Sequence[str], source: str) -> list[Head]:
    """The heads of early exits, in the order in which the trunk reaches them.

    Parameters
    ----------
    flow : Flow
    trunk : Trunk
    early : sequence of str
        Tensors of the exits.
    source : str
        For messages.

    Raises
    ------
    InstanceError
        A head reads more than one tensor of the trunk, or one at which it cannot be cut.
    """
    inside, ends = set(trunk.operators), trunk.ends
    found, problems = [], []
    for name in early:
        operators = [position for position in flow.needed_for(name) if position not in inside]
        read = _read_by(flow, operators) if operators else [name]
        if len(read) == 1 and read[0] in ends:
            found.append(Head(name, read[0], tuple(operators)))
        else:
            rule = "must hang on one tensor that crosses alone, at which the trunk can be cut"
            hint = "name the exits that are meant, without this one"
            problems.append(Problem("exits", rule, shown(read), f"exit {shown(name)}", hint))
    if problems:
        raise InstanceError(problems, source)
    return sorted(found, key=lambda head: ends[head.hangs_on])


def _read_by(flow: Flow, operators: Sequence[int]) -> list[str]:
    """Tensors from outside that some operators read."""
    own = {name for position in operators for name in flow.operators[position].outputs}
    read = (name for position in operators for name in flow.variable_inputs(position))
    return [name for name in dict.fromkeys(read) if name not in own]
