"""What samples go through: for every application and exit its legs over nodes and links, in order.

Consecutive blocks on a node are one visit. What takes no time of a node or link does not queue for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.evaluation.steps import returned
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.array_types import Floats
from finopt.problem.coefficients import (
    LinkFigures,
    StageFactors,
    link_figures,
    sending_energy,
    sending_only,
    stage_figures,
)
from finopt.problem.compute_tables import compute_table
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Model, leaving

Numbers = NDArray[np.integer[Any]]
"""Whole numbers of any size."""

NODE, LINK = "node", "link"
"""Kinds of stations."""

NOBODY = -1
"""In place of a station: only time passes."""


class Station(NamedTuple):
    """A node or a directed link, where samples queue."""

    kind: str
    id: str


class Leg(NamedTuple):
    """A visit of a station that takes seconds of it; then a delay [s] until the next leg begins."""

    station: int
    work: float
    delay: float


@dataclass(frozen=True)
class Flow:
    """The samples of an application that leave at one exit.

    Attributes
    ----------
    application : int
        Its place in the instance.
    exit : str
    share : float
        Of the samples of the application.
    legs : tuple of Leg
    computing, alone, planned : float
        Seconds of computing; seconds of a sample that meets no other; the same by the plan, which may stretch
        computing by ``waiting``.
    energy : float
        Joules of a sample.
    """

    application: int
    exit: str
    share: float
    legs: tuple[Leg, ...]
    computing: float
    alone: float
    planned: float
    energy: float


class Flows:
    """The flows of all applications, in the order of the instance, and the stations they use."""

    def __init__(self, instance: Instance, placed: Mapping[str, ApplicationPlacement]) -> None:
        self.stations: list[Station] = []
        self._numbers: dict[Station, int] = {}
        self._factors: dict[tuple[str, int], StageFactors] = {}
        self._links: dict[str, LinkFigures] = {}
        self.flows = [
            flow
            for number, application in enumerate(instance.applications)
            for flow in self._of(instance, number, application, placed[application.id])
        ]

    def _of(
        self, instance: Instance, number: int, application: Application, placed: ApplicationPlacement
    ) -> Iterator[Flow]:
        model = instance.model_of(application)
        stages = self._stages(instance, application, placed)
        results = list(returned(instance, application, placed))
        exits = leaving(model, model.configurations[placed.configuration])
        for place, (block, name, share) in enumerate(exits):
            own = [*stages[: block + 1]]
            if results:
                own.append(
                    self._sent(instance, sending_only(results[place].bits), 0, results[place].route.links)
                )
            yield _flow(number, name, float(share), own)

    def _stages(
        self, instance: Instance, application: Application, placed: ApplicationPlacement
    ) -> list[_Stage]:
        """Sending to each node of the placement, and computing there."""
        model = instance.model_of(application)
        factors = self._whole_sample(model, placed.configuration)
        nodes = [instance.node(name) for name in dict.fromkeys(placed.nodes)]
        column = {node.id: v for v, node in enumerate(nodes)}
        table = compute_table(instance, application, placed.configuration, factors, nodes)
        seconds, load, energy = (table.per_node(f) for f in (table.seconds, table.load, table.energy))
        stages = []
        for i, name in enumerate(placed.nodes):
            v = column[name]
            sent = self._sent(instance, factors, i, placed.routes[i])
            busy = float(load[i, v]) / nodes[v].compute
            here = Leg(self._number(Station(NODE, name)), busy, 0.0)
            stages.append(sent.then(here, busy, float(seconds[i, v]), float(energy[i, v])))
        return stages

    def _sent(self, instance: Instance, factors: StageFactors, stage: int, route: Sequence[str]) -> _Stage:
        """Sending what is in flight at a stage over a route."""
        legs, energy = [], []
        for name in route:
            figures = self._link(instance, name)
            work = float(factors.bits[stage] * figures.seconds_per_bit[0])
            legs.append(Leg(self._number(Station(LINK, name)), work, float(figures.seconds_per_hop[0])))
            energy.append(float(sending_energy(factors, stage, figures, 0)))
        took = fsum(leg.work + leg.delay for leg in legs)
        return _Stage(tuple(legs), 0.0, took, took, fsum(energy))

    def _link(self, instance: Instance, name: str) -> LinkFigures:
        if name not in self._links:
            self._links[name] = link_figures([instance.link_by_id[name]])
        return self._links[name]

    def _whole_sample(self, model: Model, configuration: int) -> StageFactors:
        """The factors of a sample that goes all the way: no stage is weighted with its reach."""
        key = model.id, configuration
        if key not in self._factors:
            _, ops, memory, bits = stage_figures(model, configuration)
            one: Floats = np.ones(ops.size)
            self._factors[key] = StageFactors(one, ops, bits, memory, one, ops, bits)
        return self._factors[key]

    def _number(self, station: Station) -> int:
        if station not in self._numbers:
            self._numbers[station] = len(self.stations)
            self.stations.append(station)
        return self._numbers[station]


class _Stage(NamedTuple):
    """Some legs; seconds of computing in them, of all alone and as planned; joules."""

    legs: tuple[Leg, ...]
    computing: float
    alone: float
    planned: float
    energy: float

    def then(self, leg: Leg, computing: float, planned: float, energy: float) -> _Stage:
        """With computing after it."""
        sums = self.computing + computing, self.alone + computing, self.planned + planned
        return _Stage((*self.legs, leg), *sums, self.energy + energy)


def _flow(number: int, name: str, share: float, stages: Sequence[_Stage]) -> Flow:
    computing, alone, planned, energy = (fsum(figures) for figures in list(zip(*stages, strict=True))[1:])
    legs = tuple(_merged(leg for stage in stages for leg in stage.legs))
    return Flow(number, name, share, legs, computing, alone, planned, energy)


def _merged(legs: Iterator[Leg]) -> Iterator[Leg]:
    """The legs, those on one node without a way in between as one; without those that take no time."""
    last: Leg | None = None
    for leg in legs:
        if last is not None and leg.station == last.station and last.delay == leg.delay == 0:
            last = last._replace(work=last.work + leg.work)
            continue
        if last is not None:
            yield from _timed(last)
        last = leg
    if last is not None:
        yield from _timed(last)


def _timed(leg: Leg) -> Iterator[Leg]:
    if leg.work > 0:
        yield leg
    elif leg.delay > 0:
        yield leg._replace(station=NOBODY)
