"""Rows (16) and (17): the slices that an application reserves, and for how much of the time it fills them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from finopt.evaluation.steps import busy_seconds
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.model import reach
from finopt.problem.visits import visits


@dataclass(frozen=True)
class Reserved:
    """A slice of a node for a visit, or of a link for a hop.

    Attributes
    ----------
    kind : {"node", "link"}
    name : str
        Id of the node or directed link.
    first, last : int
        Blocks of the visit; the stage that is sent, twice.
    slice : float
    busy : Fraction
        Share of the time in which all of the node or link would be busy.
    """

    kind: Literal["node", "link"]
    name: str
    first: int
    last: int
    slice: float
    busy: Fraction

    def amount(self, instance: Instance) -> Fraction:
        """What it takes of the capacity [op/s] or [bit/s]."""
        node = self.kind == "node"
        whole = instance.node_by_id[self.name].compute if node else instance.link_by_id[self.name].bandwidth
        return Fraction(self.slice) * Fraction(whole)


def reservations(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> list[Reserved]:
    """Every slice that a placement reserves; none of them is wrong."""
    if not placed.has_slices:
        return []
    return [*_of_nodes(instance, application, placed), *_of_links(instance, application, placed)]


def _of_nodes(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Reserved]:
    for visit in visits(placed) if placed.slices else ():
        size = placed.slices[visit.first]
        if size is not None:
            seconds = busy_seconds(instance, application, placed, visit.blocks)
            busy = Fraction(application.rate) * seconds
            yield Reserved("node", visit.node, visit.first, visit.last, size, busy)


def _of_links(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Reserved]:
    if not placed.route_slices:
        return
    model = instance.model_of(application)
    shares = reach(model, model.configurations[placed.configuration])
    for stage, (route, slices) in enumerate(zip(placed.routes, placed.route_slices, strict=True)):
        load = Fraction(application.rate) * shares[stage] * Fraction(model.stage_bits[stage])
        for name, size in zip(route, slices, strict=True):
            if size is not None:
                busy = load / Fraction(instance.link_by_id[name].bandwidth)
                yield Reserved("link", name, stage, stage, size, busy)
