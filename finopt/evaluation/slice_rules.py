"""Rows (16) and (17): what a placement may break of the slices that it reserves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from finopt.evaluation.reserved import Reserved, reservations
from finopt.evaluation.violations import Violation, exceeds, excess
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Model
from finopt.problem.visits import visits


def slices_of(instance: Instance, kind: str, name: str) -> tuple[float, ...]:
    """The slices of a node or directed link."""
    return instance.node_by_id[name].slices if kind == "node" else instance.link_by_id[name].bandwidth_slices


def wrong_slices(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    """Visits and hops without one of the slices that they may reserve, and slices that nothing has."""
    for text in (*_of_nodes(instance, application, placed), *_of_links(instance, placed)):
        yield Violation("slice", "application", application.id, text)


def _of_nodes(instance: Instance, application: Application, placed: ApplicationPlacement) -> Iterator[str]:
    model = instance.model_of(application)
    if placed.slices and len(placed.slices) != len(placed.nodes):
        yield f"has {len(placed.slices)} slices for {len(placed.nodes)} blocks; null stands for none"
        return
    slices = placed.slices or (None,) * len(placed.nodes)
    for visit in visits(placed):
        given = list(dict.fromkeys(slices[visit.blocks]))
        what = f"{_blocks(model, visit.first, visit.last)} on {visit.node!r}"
        if len(given) > 1:
            yield f"{what} must reserve one slice, not {_listed(given)}: nothing is sent between them"
        else:
            yield from _wrong(what, "node", instance.node_by_id[visit.node].slices, given[0])


def _of_links(instance: Instance, placed: ApplicationPlacement) -> Iterator[str]:
    slices = placed.route_slices or tuple((None,) * len(route) for route in placed.routes)
    if list(map(len, slices)) != list(map(len, placed.routes)):
        yield "needs as many route_slices as its routes have hops; null stands for none"
        return
    for stage, (route, given) in enumerate(zip(placed.routes, slices, strict=True)):
        for name, size in zip(route, given, strict=True):
            has = instance.link_by_id[name].bandwidth_slices
            yield from _wrong(f"what is sent at stage {stage} over {name!r}", "link", has, size)


def _wrong(what: str, kind: str, known: Sequence[float], given: float | None) -> Iterator[str]:
    if not known and given is not None:
        yield f"{what} has slice {given:g}, but the {kind} has no slices"
    elif known and given not in known:
        yield f"{what} needs one of its slices {_listed(known)}, got {_listed([given])}"


def too_busy(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    """Visits and hops that are busy for more of the time than their slice."""
    model = instance.model_of(application)
    for one in reservations(instance, application, placed):
        if exceeds(one.busy, one.slice):
            text = f"{_what(model, one)} takes {float(one.busy):.9g} of the {one.kind},"
            text += f" which exceeds its slice {one.slice:g} by {excess(one.busy, one.slice)}"
            rule = "visit" if one.kind == "node" else "hop"
            yield Violation(rule, "application", application.id, text, float(one.busy), one.slice)


def overbooked(
    rule: str, kind: str, unit: str, name: str, amount: Fraction, capacity: float
) -> Iterator[Violation]:
    """The violation of row (6) or (8) where slices are reserved: of more than there is."""
    if exceeds(amount, capacity):
        text = f"what is reserved sums to {float(amount):.9g} {unit}, which exceeds the {rule} capacity"
        text += f" {capacity:.9g} {unit} by {excess(amount, capacity)}"
        yield Violation(rule, kind, name, text, float(amount), capacity)


def _what(model: Model, one: Reserved) -> str:
    if one.kind == "link":
        return f"what is sent at stage {one.first} over {one.name!r}"
    return f"{_blocks(model, one.first, one.last)} on {one.name!r}"


def _blocks(model: Model, first: int, last: int) -> str:
    names = model.blocks[first].id, model.blocks[last].id
    return f"block {names[0]!r}" if first == last else f"the visit of blocks {names[0]!r} to {names[1]!r}"


def _listed(slices: Sequence[float | None]) -> str:
    return ", ".join("none" if one is None else f"{one:g}" for one in slices)
