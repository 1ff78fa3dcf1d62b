"""What an application reserves more than it needs is gone for the others: its slices, made smaller."""

from __future__ import annotations

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
    """The placement in which each visit, in their order, reserves no more than latency and its work need.

    What it costs does not depend on slices. One without slices stays as it is.
    """
    if not placed.slices:
        return placed
    for visit in visits(placed):
        smaller = (
            _with_slice(placed, visit, size)
            for size in instance.node(visit.node).slices
            if size < (placed.slices[visit.first] or 0.0)
        )
        placed = next((one for one in smaller if _keeps_limits(instance, application, one)), placed)
    return placed


def _with_slice(placed: ApplicationPlacement, visit: Visit, size: float) -> ApplicationPlacement:
    slices = list(placed.slices)
    slices[visit.blocks] = [size] * (visit.last + 1 - visit.first)
    return replace(placed, slices=tuple(slices))


def _keeps_limits(instance: Instance, application: Application, placed: ApplicationPlacement) -> bool:
    own = account(instance, application, placed)
    broken = [*late(application, own.latency), *too_busy(instance, application, own.reserved)]
    return not broken
