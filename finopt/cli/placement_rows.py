"""What reports say of where an application computes and what it sends."""

from __future__ import annotations

from collections.abc import Iterator

from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.formatting import percent, quantity
from finopt.problem.model import Configuration, Model, reach
from finopt.problem.visits import Visit, visits


def placement_rows(
    model: Model, configuration: Configuration, placed: ApplicationPlacement
) -> Iterator[tuple[str, str, str]]:
    """One row per route and per visit of a node, in the order of the data."""
    shares = reach(model, configuration)
    for visit in visits(placed):
        i, size = visit.first, placed.slices[visit.first] if placed.slices else None
        if visit.route:
            part = f", {percent(float(shares[i]))} of the samples" if shares[i] < 1 else ""
            sizes = placed.route_slices[i] if placed.route_slices else (None,) * len(visit.route)
            hops = ", ".join(map(_in_slice, visit.route, sizes))
            yield "send    ", hops, quantity(model.stage_bits[i], "bit") + part
        yield "compute ", _in_slice(visit.node, size), _names(model, visit)


def _in_slice(name: str, size: float | None) -> str:
    return name if size is None else f"{name} (slice {size:g})"


def _names(model: Model, visit: Visit) -> str:
    names = [block.id for block in model.blocks[visit.blocks]]
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} .. {names[-1]} ({len(names)} blocks)"
