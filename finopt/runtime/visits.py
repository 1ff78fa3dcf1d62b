"""The visits of a placement: maximal runs of consecutive blocks of an application on one node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.model import Configuration, Model
from finopt.runtime.manifest import Segment


class Visit(NamedTuple):
    """Blocks ``first`` to ``last``, both included, on a node that the data reach over a route."""

    node: str
    first: int
    last: int
    route: tuple[str, ...]

    @property
    def blocks(self) -> slice:
        """Its blocks among those of the model."""
        return slice(self.first, self.last + 1)


def visits(placed: ApplicationPlacement) -> list[Visit]:
    """The visits of an application in order.

    Examples
    --------
    >>> import finopt
    >>> visits(finopt.ApplicationPlacement("app", 0, ("a", "a", "b"), ((), (), ("a->b",))))
    [Visit(node='a', first=0, last=1, route=()), Visit(node='b', first=2, last=2, route=('a->b',))]
    """
    found: list[Visit] = []
    for i, (node, route) in enumerate(zip(placed.nodes, placed.routes, strict=True)):
        if found and found[-1].node == node and not route:
            found[-1] = found[-1]._replace(last=i)
        else:
            found.append(Visit(node, i, i, tuple(route)))
    return found


def segments(model: Model, configuration: Configuration, visit: Visit, model_input: str) -> list[Segment]:
    """What a visit computes between decisions: cut behind every block with enabled exits.

    Tensors are named by what blocks and exits are called, see `finopt.io.importers.onnx`.
    """
    final = model.final_block(configuration)
    found = []
    first = visit.first
    for last, exits in _ends(model, configuration, visit):
        found.append(
            Segment(
                blocks=tuple(block.id for block in model.blocks[first : last + 1]),
                input=model_input if first == 0 else model.blocks[first - 1].id,
                output=None if last == final else model.blocks[last].id,
                exits=exits,
            )
        )
        first = last + 1
    return found


def _ends(model: Model, configuration: Configuration, visit: Visit) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The blocks behind which something is decided or goes on, with the enabled exits there."""
    for block in range(visit.first, visit.last + 1):
        exits = tuple(name for name in configuration.exits if model.exit_block(name) == block)
        if exits or block == visit.last:
            yield block, exits


def tensors_given(parts: Sequence[Segment]) -> list[str]:
    """The tensors that leave a piece of these segments: results of its exits, and what goes on."""
    going_on = [parts[-1].output] if parts[-1].output is not None else []
    return list(dict.fromkeys([name for part in parts for name in part.exits] + going_on))
