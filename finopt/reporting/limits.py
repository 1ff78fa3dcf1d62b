"""What binds an answer and what more would save, for the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from finopt.api.sensitivity import sensitivity
from finopt.evaluation.result import Result
from finopt.evaluation.sensitivity import JointSensitivity, Limit, Sensitivity
from finopt.evaluation.staying import HORIZON
from finopt.problem.errors import BackendError
from finopt.problem.formatting import counted, quantity
from finopt.reporting.subject import Subject
from finopt.reporting.words import short

SHOWN = 20
"""Rows of a table."""

NO_ROOM = (MemoryError, BackendError, ImportError, OSError)
"""What is raised without memory; the last two where a library finds no room to be loaded."""

STATES = {True: "binds", False: "does not bind", None: "not known: no time to prove it"}

RESERVED = "not looked for: slices are reserved"
"""Of the bandwidth of a link with slices, which `finopt.sensitivity` tells nothing of."""


@dataclass(frozen=True)
class Limits:
    """A table, and sentences around it."""

    sentences: Sequence[str]
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def limits(subject: Subject, time_limit: float) -> Limits:
    """What can be said within so many seconds; a page is not lost for it."""
    assert subject.evaluation is not None
    if not subject.evaluation.feasible:
        return Limits(["Not computed: the placement breaks rules, see above."])
    if HORIZON in subject.result.stats:
        return Limits(["Not computed: the answer was charged for moving blocks."])
    try:
        found = sensitivity(subject.instance, _with_prices_of_ours(subject), time_limit=time_limit)
    except NO_ROOM:
        return Limits(["Not computed: there is no memory for it."])
    return _of_one(subject, found) if isinstance(found, Sensitivity) else _of_several(subject, found)


def _with_prices_of_ours(subject: Subject) -> Result:
    """The result without prices of what the instance does not have: a file may state anything."""
    stated = subject.result.stats.get("prices", ())
    prices = [row for row in stated if _is_price(subject, row)] if isinstance(stated, list | tuple) else []
    return replace(subject.result, stats={**subject.result.stats, "prices": prices})


def _is_price(subject: Subject, row: object) -> bool:
    if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
        return False
    nodes, links = subject.instance.node_by_id, subject.instance.link_by_id
    owners: Mapping[str, Any] = {"bandwidth": links, "compute": nodes, "memory": nodes}
    price = row.get("price")
    known = row["id"] in owners.get(str(row.get("kind")), ()) and isinstance(row.get("unit"), str)
    return known and isinstance(price, int | float) and math.isfinite(price)


def _of_one(subject: Subject, found: Sensitivity) -> Limits:
    saved = [
        f"A latency limit 1 ms longer saves {_saving(found, found.millisecond)}.",
        f"An accuracy target 0.01 lower saves {_saving(found, found.point)}.",
    ]
    binding = ", ".join(short(limit.name) for limit in found.binding)
    first = f"What binds: {binding}." if binding else "No limit binds by itself."
    header = ("limit", "value", "used", "left", "")
    return Limits([first, *saved], header, [_row(subject, limit) for limit in found.limits[:SHOWN]])


def _saving(found: Sensitivity, energy: float | None) -> str:
    return "nothing" if energy == 0 else found.saving(energy) + " per inference"


def _row(subject: Subject, limit: Limit) -> tuple[str, ...]:
    state = STATES[limit.binds]
    if limit.kind == "bandwidth" and subject.instance.link_by_id[limit.id].bandwidth_slices:
        state = RESERVED
    figures = (limit.shown(value) for value in (limit.limit, limit.used, limit.slack))
    return (short(limit.name), *figures, state)


def _of_several(subject: Subject, found: JointSensitivity) -> Limits:
    if subject.instance.has_slices:
        return Limits(["Not computed for several applications where nodes or links have slices."])
    if found.latency is None:
        late = "For how many applications the latency limit binds is not known: there was no time to tell."
    else:
        names = ", ".join(short(name, 30) for name in found.latency[:5])
        several = f" ({names}{' …' if len(found.latency) > 5 else ''})" if names else ""
        late = f"The latency limit binds for {counted(len(found.latency), 'application')}{several}."
    priced = sorted(found.prices, key=lambda row: -_worth(subject, row))
    if not priced:
        why = (
            "" if subject.result.method == "fin" else f"; method {subject.result.method} does not tell prices"
        )
        return Limits([late, f"No capacity has a price{why}."])
    what = "capacity has" if len(priced) == 1 else "capacities have"
    more = f" The {SHOWN} of {len(priced)} that are worth most:" if len(priced) > SHOWN else ""
    header = ("scarce", "what of it", "one unit more saves", "1 % more saves at most")
    rows = [
        (
            *(short(str(row["id"])), str(row["kind"]), quantity(row["price"], f"W per {row['unit']}")),
            quantity(_worth(subject, row) / 100, "W"),
        )
        for row in priced[:SHOWN]
    ]
    return Limits([late, f"{len(priced)} scarce {what} a price.{more}"], header, rows)


def _worth(subject: Subject, row: Mapping[str, Any]) -> float:
    """Price times capacity [W]: makes prices of different units comparable; 0 for what is not there."""
    owners: Mapping[str, Any] = (
        subject.instance.link_by_id if row["kind"] == "bandwidth" else subject.instance.node_by_id
    )
    capacity = getattr(owners.get(row["id"]), row["kind"], None)
    return float(row["price"] * (capacity or 0.0))
