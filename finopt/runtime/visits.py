"""What a visit of a node computes, in segments between the exits where samples may leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finopt.problem.model import Configuration, Model
from finopt.problem.visits import Visit
from finopt.runtime.manifest import Segment


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
