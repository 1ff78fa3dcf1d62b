"""Row (13): what a placement may break of the slices that visits of nodes reserve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finopt.evaluation.steps import Reserved
from finopt.evaluation.violations import Violation, exceeds, excess
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Model
from finopt.problem.network import Node
from finopt.problem.visits import Visit, visits


def wrong_slices(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    """Visits without one of the slices of their node, and slices that no node has."""
    model, subject = instance.model_of(application), ("application", application.id)
    if placed.slices and len(placed.slices) != len(placed.nodes):
        text = f"has {len(placed.slices)} slices for {len(placed.nodes)} blocks; null stands for none"
        yield Violation("slice", *subject, text, len(placed.slices), len(placed.nodes))
        return
    slices = placed.slices or (None,) * len(placed.nodes)
    for visit in visits(placed):
        wrong = _wrong(instance.node_by_id[visit.node], slices[visit.blocks])
        if wrong:
            yield Violation("slice", *subject, f"{_blocks(model, visit)} on {visit.node!r} {wrong}")


def _wrong(node: Node, given: Sequence[float | None]) -> str:
    """What is wrong with the slices of the blocks of a visit."""
    different = list(dict.fromkeys(given))
    if len(different) > 1:
        return f"must reserve one slice, not {_listed(different)}: nothing is sent between them"
    if not node.slices:
        return "" if given[0] is None else f"has slice {given[0]:g}, but the node has no slices"
    if given[0] in node.slices:
        return ""
    return f"needs one of its slices {_listed(node.slices)}, got {_listed(different)}"


def too_busy(
    instance: Instance, application: Application, reserved: Sequence[Reserved]
) -> Iterator[Violation]:
    """Visits that are busy for more of the time than their slice."""
    model = instance.model_of(application)
    for one in reserved:
        if exceeds(one.busy, one.slice):
            text = (
                f"{_blocks(model, one.visit)} on {one.visit.node!r} takes {float(one.busy):.9g} of the node,"
            )
            text += f" which exceeds its slice {one.slice:g} by {excess(one.busy, one.slice)}"
            yield Violation("visit", "application", application.id, text, float(one.busy), one.slice)


def _blocks(model: Model, visit: Visit) -> str:
    first, last = model.blocks[visit.first].id, model.blocks[visit.last].id
    return f"block {first!r}" if first == last else f"the visit of blocks {first!r} to {last!r}"


def _listed(slices: Sequence[float | None]) -> str:
    return ", ".join("none" if one is None else f"{one:g}" for one in slices)
