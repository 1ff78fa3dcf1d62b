"""What is valid in an instance file and may still not be what was meant."""

from __future__ import annotations

from collections.abc import Iterator

from finopt.problem.errors import Problem, shown
from finopt.problem.instance import Instance
from finopt.problem.model import Model


def doubts(instance: Instance) -> Iterator[Problem]:
    """What to warn of in an instance that was read from a file."""
    if len(instance.nodes) > 1 and "links" not in instance.model_fields_set:
        hint = 'write "links": [] if that is meant'
        yield Problem("links", "missing, so no node can send to another", suggestion=hint)
    for i, model in enumerate(instance.models):
        yield from _idle_blocks(f"models[{i}].blocks", model)


def _idle_blocks(path: str, model: Model) -> Iterator[Problem]:
    last = max(model.block_index[exit_.after] for exit_ in model.exits)
    idle = model.blocks[last + 1 :]
    if idle:
        which = f"block {shown(idle[0].id)}" + (f" and {len(idle) - 1} more" if len(idle) > 1 else "")
        rule = f"{which}: behind the last exit, so never computed"
        hint = "add an exit behind it or leave it out"
        yield Problem(f"{path}[{last + 1}]", rule, "", f"model {shown(model.id)}", hint)
