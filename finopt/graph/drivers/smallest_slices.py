"""What an application reserves more than it needs is gone for the others: its slices, made smaller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from finopt.evaluation.slice_rules import too_busy
from finopt.evaluation.steps import account
from finopt.evaluation.violations import late
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.visits import Visit, visits


def with_smallest_slices(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> ApplicationPlacement:
    """The placement in which each visit, then each hop, reserves no more than latency and its work need.

    What it costs does not depend on slices. One without slices stays as it is.
    """
    for visit in visits(placed) if placed.slices else ():
        known, now = instance.node(visit.node).slices, placed.slices[visit.first]
        smaller = (_for_visit(placed, visit, size) for size in _below(known, now))
        placed = _first_that_keeps_limits(instance, application, smaller, placed)
    hops = [(stage, k) for stage, slices in enumerate(placed.route_slices) for k in range(len(slices))]
    for stage, k in hops:
        known = instance.link_by_id[placed.routes[stage][k]].bandwidth_slices
        now = placed.route_slices[stage][k]
        smaller = (_for_hop(placed, stage, k, size) for size in _below(known, now))
        placed = _first_that_keeps_limits(instance, application, smaller, placed)
    return placed


def _below(slices: Sequence[float], now: float | None) -> Iterator[float]:
    return (size for size in slices if now is not None and size < now)


def _for_visit(placed: ApplicationPlacement, visit: Visit, size: float) -> ApplicationPlacement:
    slices = list(placed.slices)
    slices[visit.blocks] = [size] * (visit.last + 1 - visit.first)
    return replace(placed, slices=tuple(slices))


def _for_hop(placed: ApplicationPlacement, stage: int, k: int, size: float) -> ApplicationPlacement:
    slices = [list(route) for route in placed.route_slices]
    slices[stage][k] = size
    return replace(placed, route_slices=tuple(map(tuple, slices)))


def _first_that_keeps_limits(
    instance: Instance,
    application: Application,
    some: Iterable[ApplicationPlacement],
    otherwise: ApplicationPlacement,
) -> ApplicationPlacement:
    for placed in some:
        latency = account(instance, application, placed).latency
        if not [*late(application, latency), *too_busy(instance, application, placed)]:
            return placed
    return otherwise
