"""The delay of a link: as stated, or that of light in fibre over its length."""

from __future__ import annotations

from collections.abc import Sequence

from finopt.io.importers.networks.geometry import LIGHT_IN_FIBRE, great_circle
from finopt.io.importers.networks.merging import Wire
from finopt.io.importers.networks.positions import Place
from finopt.io.importers.networks.raw import broken
from finopt.problem.formatting import counted

DIGITS = 4
"""Significant digits of a delay that is computed, and of a length."""


def with_delays(places: Sequence[Place], wires: Sequence[Wire], source: str, notes: list[str]) -> list[Wire]:
    """Links that all have a delay; lengths that are not stated are great circles.

    Raises
    ------
    InstanceError
        A link has neither length nor delay, nor positions at its ends.
    """
    circles = sum(wire.length is None and wire.delay is None for wire in wires)
    result = [_completed(places, wire, source) for wire in wires]
    if circles:
        notes.append(f"length of {circles} of {counted(len(wires), 'link')}: great circle between positions")
    if any(wire.delay is None for wire in wires):
        notes.append(f"delay = length / {LIGHT_IN_FIBRE:g} m/s where none is stated")
    if same := sum(wire.delay == 0 for wire in result):
        notes.append(f"{counted(same, 'link')} of length 0: no delay")
    return result


def _completed(places: Sequence[Place], wire: Wire, source: str) -> Wire:
    a, b = places[wire.a].position, places[wire.b].position
    length = wire.length
    if length is None and wire.delay is None:
        if a is None or b is None:
            raise broken(
                source, "nothing says how long this link is", f"{places[wire.a].id} - {places[wire.b].id}"
            )
        length = _rounded(great_circle(a, b))
    if wire.delay is not None or length is None:
        return wire._replace(length=length)
    return wire._replace(length=length, delay=_rounded(length / LIGHT_IN_FIBRE))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
