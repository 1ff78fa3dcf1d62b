"""What `finopt simulate` prints: a plan and what becomes of it under load, in words or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from finopt.problem.errors import shown
from finopt.problem.formatting import counted, percent, quantity, table

if TYPE_CHECKING:
    from finopt.simulation import ApplicationFigures, Estimate, Simulation, StationFigures

MOST = 20
"""Rows of a table: the applications nearest to their limits, the busiest nodes and links."""

WITH_EXITS = 3
"""So many applications have their exits listed."""


def text(found: Simulation) -> str:
    """Everything, in tables."""
    lines = [_head(found)]
    if found.replications:
        applications = sorted(found.applications, key=_of_limit, reverse=True)[:MOST]
        lines += [_figures(applications), _limits(applications)]
        lines += _omitted(len(found.applications), "applications", "nearer to their limits")
        lines += [_exits(one) for one in applications if len(found.applications) <= WITH_EXITS]
        lines += _stations((*found.nodes, *found.links))
        lines += _verdict(found)
    return "\n".join(lines)


def _head(found: Simulation) -> str:
    study = found.study
    how = f"arrivals {study.arrivals}, nodes {study.nodes}, links {study.links}"
    when = f"of {quantity(found.horizon, 's')} after {quantity(found.warm_up, 's')}"
    done = counted(found.replications, "replication")
    done += f" of {study.replications} (interrupted)" if found.interrupted else ""
    return f"{counted(found.samples, 'sample')} in {done} {when}; {how}\n"


def _of_limit(one: ApplicationFigures) -> float:
    return -1.0 if one.compared.mean is None else one.compared.mean / one.max_latency


def estimate(value: Estimate, unit: str) -> str:
    """A mean, with its interval relative to it."""
    if not value.half_width or not value.mean:
        return quantity(value.mean, unit)
    share = value.half_width / value.mean
    around = percent(share, 2) if share < 1 else f"{100 * share:.0f} %"
    return f"{quantity(value.mean, unit)} ±{around}"


def _figures(applications: Sequence[ApplicationFigures]) -> str:
    rows = [
        (
            one.application,
            str(one.samples),
            estimate(one.energy, "J"),
            quantity(one.planned_energy, "J"),
            *(estimate(value, "s") for value in (one.latency, one.p50, one.p95, one.p99)),
        )
        for one in applications
    ]
    header = ("application", "samples", "energy", "planned", "mean latency", "p50", "p95", "p99")
    return table(header, rows, "lrrrrrrr") + "\n"


def _limits(applications: Sequence[ApplicationFigures]) -> str:
    rows = [
        (
            one.application,
            "mean of all" if one.kind == "mean" else "slowest exit",
            estimate(one.compared, "s"),
            quantity(one.planned_latency, "s"),
            quantity(one.max_latency, "s"),
            percent(one.late_share.mean),
            "LATE" if one.late else "unclear" if one.unclear else "",
        )
        for one in applications
    ]
    header = ("application", "limit is on", "under load", "planned", "limit", "late samples", "")
    return table(header, rows, "llrrrrl") + "\n"


def _exits(one: ApplicationFigures) -> str:
    rows = [
        (
            exit_.exit,
            str(exit_.samples),
            percent(exit_.share),
            percent(exit_.planned_share),
            estimate(exit_.latency, "s"),
            quantity(exit_.planned_latency, "s"),
            quantity(exit_.alone, "s"),
        )
        for exit_ in one.exits
    ]
    header = (f"exit of {one.application}", "samples", "share", "planned", "mean latency", "planned", "alone")
    return table(header, rows, "lrrrrrr") + "\n"


def _stations(stations: Sequence[StationFigures]) -> list[str]:
    busiest = sorted(stations, key=lambda one: one.utilisation.mean or 0.0, reverse=True)[:MOST]
    rows = [
        (
            f"{one.kind} {one.id}",
            percent(one.utilisation.mean),
            percent(one.planned_utilisation),
            percent(one.max_utilisation),
            estimate(one.wait, "s"),
            *(_count(value) for value in (one.backlog.mean, one.most, one.left.mean)),
        )
        for one in busiest
    ]
    header = ("", "busy", "planned", "at most", "mean wait", "backlog", "largest", "at the end")
    more = _omitted(len(stations), "nodes and links", "busier")
    return [table(header, rows, "lrrrrrrr") + "\n", *more] if rows else []


def _count(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _omitted(count: int, what: str, shown_ones: str) -> list[str]:
    more = count - MOST
    return [f"and {more} more {what}; those above are {shown_ones}\n"] if more > 0 else []


def _verdict(found: Simulation) -> Iterator[str]:
    for station in (*found.nodes, *found.links):
        if station.overloaded:
            load = percent(station.planned_utilisation, 4)
            yield f"{station.kind} {shown(station.id)} has {load} to do: its backlog grows with the horizon"
    late = sorted(found.late, key=_of_limit, reverse=True)
    for one in late[:MOST]:
        over = f"{quantity(one.compared.mean, 's')} of {quantity(one.max_latency, 's')}"
        yield f"late under load: application {shown(one.application)}, {over}; {one.advice}"
    if len(late) > MOST:
        yield f"and {len(late) - MOST} more are late; --json lists all"
    unclear = sum(one.unclear for one in found.applications)
    if unclear:
        yield f"unclear of {counted(unclear, 'application')}: the limit is in its interval; try more samples"
    if not late:
        yield "no application is late under load in the mean"


def as_json(found: Simulation) -> dict[str, Any]:
    """Everything; None is null."""
    head = {"format": "finopt-simulation", "version": 1, "samples": found.samples}
    applications = [{**asdict(one), "late": one.late, "unclear": one.unclear} for one in found.applications]
    stations = {
        key: [{**asdict(one), "overloaded": one.overloaded} for one in getattr(found, key)]
        for key in ("nodes", "links")
    }
    return {**head, **asdict(found), "applications": applications, **stations}
