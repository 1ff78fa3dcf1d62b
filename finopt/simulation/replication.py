"""One replication in SimPy: every sample is a process that goes leg by leg through its flow."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from finopt.problem.array_types import Floats
from finopt.problem.extras import extra_module
from finopt.simulation.draws import Samples
from finopt.simulation.flows import NOBODY, NODE, Flows, Numbers
from finopt.simulation.stations import SERVERS, Server
from finopt.simulation.study import Study
from finopt.solvers.interruption import Interrupt


class _InterruptedRunError(Exception):
    """Ctrl-C was pressed."""


@dataclass(frozen=True)
class Visits:
    """Every visit of a station: by which sample, on which leg (counted over all flows), from when to when."""

    sample: Numbers
    leg: Numbers
    begin: Floats
    end: Floats


class _Diary:
    """Visits while they happen, 24 bytes each."""

    def __init__(self) -> None:
        self.sample, self.leg = array("i"), array("i")
        self.begin, self.end = array("d"), array("d")

    def visits(self) -> Visits:
        """As arrays, in the order in which they ended."""
        sample, leg = (np.frombuffer(part, np.intc) for part in (self.sample, self.leg))
        begin, end = (np.frombuffer(part, np.float64) for part in (self.begin, self.end))
        return Visits(sample, leg, begin, end)


Timed = tuple[int, Server | None, float, float]
"""A leg: its number, who serves, seconds of work, delay."""


def run(study: Study, flows: Flows, samples: Samples, interrupt: Interrupt) -> Visits | None:
    """Let the samples arise and go through; what they visited once all are done, None after Ctrl-C."""
    environment = simpy().Environment()
    servers: list[Server] = [
        SERVERS[study.nodes if station.kind == NODE else study.links](environment)
        for station in flows.stations
    ]
    diary = _Diary()
    legs = _timed_legs(flows, servers)
    environment.process(_arise(environment, samples, legs, diary, interrupt))
    try:
        environment.run()
    except _InterruptedRunError:
        return None
    return diary.visits()


def simpy() -> Any:
    """The package, which is an extra; BackendError where it is missing."""
    return extra_module("simpy", "simulate", "a simulation")


def _timed_legs(flows: Flows, servers: Sequence[Server]) -> list[tuple[Timed, ...]]:
    """Of each flow."""
    found, number = [], 0
    for flow in flows.flows:
        found.append(
            tuple(
                (number + place, None if leg.station == NOBODY else servers[leg.station], leg.work, leg.delay)
                for place, leg in enumerate(flow.legs)
            )
        )
        number += len(flow.legs)
    return found


def _arise(
    environment: Any,
    samples: Samples,
    legs: Sequence[tuple[Timed, ...]],
    diary: _Diary,
    interrupt: Interrupt,
) -> Iterator[Any]:
    """Start every sample at its time."""
    for number, (time, flow) in enumerate(zip(samples.time.tolist(), samples.flow.tolist(), strict=True)):
        yield environment.timeout(max(time - environment.now, 0.0))
        environment.process(_sample(environment, number, legs[flow], diary, interrupt))


def _sample(
    environment: Any, number: int, legs: tuple[Timed, ...], diary: _Diary, interrupt: Interrupt
) -> Iterator[Any]:
    """Go through all legs, one after the other."""
    for leg, server, work, delay in legs:
        if server is not None:
            begin = environment.now
            yield server.served(work)
            diary.sample.append(number)
            diary.leg.append(leg)
            diary.begin.append(begin)
            diary.end.append(environment.now)
        if delay:
            yield environment.timeout(delay)
    if interrupt.pressed:
        raise _InterruptedRunError
