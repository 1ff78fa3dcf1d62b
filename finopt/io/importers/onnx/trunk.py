"""The trunk of a model: all that its final exit depends on, and where it can be cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from finopt.io.importers.onnx.flow import Flow


@dataclass(frozen=True)
class Trunk:
    """All that the final exit depends on.

    Attributes
    ----------
    final : str
        Tensor of the final exit.
    operators : tuple of int
        Positions of the operators in the flow, in order.
    cuts : dict of str to int
        Tensors that cross alone, in order, and the position of the operator that each leaves.
    """

    final: str
    operators: tuple[int, ...]
    cuts: dict[str, int]

    @property
    def ends(self) -> dict[str, int]:
        """The tensors at which a block can end, with the positions of the operators they leave."""
        return {**self.cuts, self.final: self.operators[-1]}

    def inputs(self, flow: Flow) -> tuple[str, ...]:
        """Inputs of the model that the trunk reads."""
        used = {name for at in self.operators for name in flow.variable_inputs(at)}
        return tuple(name for name in flow.inputs if name in used)

    def spans(self, kept: Sequence[str]) -> list[list[int]]:
        """Positions of the operators of each block, when the trunk is cut at some tensors."""
        behind = {at: place for place, at in enumerate(self.operators, 1)}
        places = [behind[self.cuts[name]] for name in kept]
        return [list(self.operators[a:b]) for a, b in pairwise([0, *places, len(self.operators)])]


def trunk_of(flow: Flow, final: str) -> Trunk:
    """The trunk that leads to a tensor.

    Notes
    -----
    Every operator of the trunk comes before or after a cut in any topological order, so the cuts do not
    depend on the order that the file has.
    """
    operators = tuple(flow.needed_for(final))
    alone = ((at, names) for at, names in crossing(flow, operators, final) if len(names) == 1)
    return Trunk(final, operators, {next(iter(names)): at for at, names in alone})


def crossing(flow: Flow, positions: Sequence[int], final: str) -> Iterator[tuple[int, set[str]]]:
    """The tensors that cross behind each of some operators but the last, in order; one set that changes."""
    last = _last_uses(flow, positions)
    last[final] = len(flow.operators)
    alive = {name for name in flow.inputs if name in last}
    for position in positions[:-1]:
        operator = flow.operators[position]
        alive |= {name for name in operator.outputs if name in last}
        alive -= {name for name in operator.inputs if last.get(name) == position}
        yield position, alive


def _last_uses(flow: Flow, positions: Iterable[int]) -> dict[str, int]:
    return {name: position for position in positions for name in flow.variable_inputs(position)}
