"""Positions that are missing are interpolated from neighbours; positions that are no degrees are dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from finopt.io.importers.networks.geometry import Position, great_circle, middle
from finopt.io.importers.networks.merging import Wire
from finopt.io.importers.networks.raw import broken
from finopt.problem.formatting import counted


class Place(NamedTuple):
    """A node of a file: id and label there, longitude and latitude [degrees], population; None: unknown."""

    id: str
    label: str
    position: Position | None
    population: float | None


def located(
    places: list[Place], wires: Sequence[Wire], degrees: bool, source: str, notes: list[str]
) -> list[Place]:
    """Places that all have a position, or of which none has one.

    Raises
    ------
    InstanceError
        Nothing says how long a link is: neither its length or delay, nor positions on the globe.
    """
    known = [place.position for place in places if place.position is not None]
    plane = bool(known) and not (degrees and all(map(_on_globe, known)))
    unstated = sum(wire.length is None and wire.delay is None for wire in wires)
    if unstated and (plane or not known):
        why = "the positions are not degrees" if plane else "no node has a position"
        rule = f"{why}, and {unstated} of {counted(len(wires), 'link')} state neither length nor delay"
        raise broken(
            source,
            rule,
            suggestion="state 'length_km' or 'delay_ms' of every link, for example in node-link JSON",
        )
    if plane:
        notes.extend(_about_plane(places, wires, known))
        return [place._replace(position=None) for place in places]
    return _interpolated(places, wires, notes) if known else places


def _on_globe(position: Position) -> bool:
    return abs(position[0]) <= 180 and abs(position[1]) <= 90


def _about_plane(places: Sequence[Place], wires: Sequence[Wire], known: Sequence[Position]) -> list[str]:
    """That positions were dropped, and whether lengths come from them: then they are no distances."""
    largest = max(max(map(abs, position)) for position in known)
    found = [f"positions dropped: they are not degrees (the largest is {largest:g})"]
    if _from_positions(places, wires):
        found.append(
            "the stated lengths are great circles of these positions, as if they were degrees: they are no"
            " true distances, scale them with delay_factor of the plan's backbone"
        )
    return found


def _from_positions(places: Sequence[Place], wires: Sequence[Wire]) -> bool:
    """Whether most of the stated lengths are what positions taken as degrees would give."""
    same = stated = 0
    for wire in wires:
        a, b = places[wire.a].position, places[wire.b].position
        if wire.length and a and b:
            stated += 1
            same += abs(great_circle(a, b) - wire.length) <= 0.01 * wire.length
    return 2 * same > stated > 0


def _interpolated(places: list[Place], wires: Sequence[Wire], notes: list[str]) -> list[Place]:
    """Places without position in the middle of their neighbours with one, round by round."""
    known = {i: place.position for i, place in enumerate(places) if place.position is not None}
    missing = [i for i in range(len(places)) if i not in known]
    if not missing:
        return places
    notes.append(f"positions of {len(missing)} of {len(places)} nodes interpolated from their neighbours")
    neighbours = _neighbours(len(places), wires)
    waiting = {j for i in missing for j in neighbours[i] if j in known}
    reached = {i for j in waiting for i in neighbours[j] if i not in known}
    while reached:
        known |= {i: middle(known[j] for j in neighbours[i] if j in known) for i in sorted(reached)}
        reached = {j for i in reached for j in neighbours[i] if j not in known}
    return [place._replace(position=known[i]) for i, place in enumerate(places)]


def _neighbours(count: int, wires: Sequence[Wire]) -> list[list[int]]:
    result: list[list[int]] = [[] for _ in range(count)]
    for wire in wires:
        result[wire.a].append(wire.b)
        result[wire.b].append(wire.a)
    return result
