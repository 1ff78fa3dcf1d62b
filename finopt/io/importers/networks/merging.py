"""Self-loops are dropped, parallel links and the two directions of a link become one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from finopt.problem.formatting import counted


class Wire(NamedTuple):
    """A link between two places by their numbers: capacity [bit/s], length [m], delay [s]; None: unknown."""

    a: int
    b: int
    capacity: float | None
    length: float | None
    delay: float | None


Pair = tuple[int, int]


def merged(wires: list[Wire], directed: bool, notes: list[str]) -> list[Wire]:
    """One link for every two places that any joins, in the order of the file."""
    kept = [wire for wire in wires if wire.a != wire.b]
    if len(kept) < len(wires):
        notes.append(f"{counted(len(wires) - len(kept), 'self-loop')} dropped")
    one_way = _grouped(kept, lambda wire: (wire.a, wire.b) if directed else _ends(wire))
    result = [_parallel(group) for group in one_way]
    if len(result) < len(kept):
        several = sum(len(group) > 1 for group in one_way)
        links = counted(sum(map(len, one_way)) - len(one_way) + several, "parallel link")
        notes.append(f"{links} merged into {several}: capacities added, least delay")
        if unknown := sum(0 < _unknown(group) < len(group) for group in one_way):
            notes.append(f"{unknown} of them have a part of unknown capacity, which counts as 0")
    return _both_ways(result, notes) if directed else result


def _ends(wire: Wire) -> Pair:
    return min(wire.a, wire.b), max(wire.a, wire.b)


def _grouped(wires: Iterable[Wire], key: Callable[[Wire], Pair]) -> list[list[Wire]]:
    groups: dict[Pair, list[Wire]] = {}
    for wire in wires:
        groups.setdefault(key(wire), []).append(wire)
    return list(groups.values())


def _parallel(group: list[Wire]) -> Wire:
    """Links side by side: together they carry more, the shortest is the fastest."""
    if len(group) == 1:
        return group[0]
    known = [wire.capacity for wire in group if wire.capacity is not None]
    lengths = [wire.length for wire in group if wire.length is not None]
    delays = [wire.delay for wire in group if wire.delay is not None]
    return group[0]._replace(
        capacity=sum(known) if known else None,
        length=min(lengths, default=None),
        delay=min(delays, default=None),
    )


def _unknown(group: list[Wire]) -> int:
    return sum(wire.capacity is None for wire in group)


def _both_ways(wires: list[Wire], notes: list[str]) -> list[Wire]:
    """The two directions as one link: the lesser capacity, the greater length and delay."""
    groups = _grouped(wires, _ends)
    pairs = [group for group in groups if len(group) == 2]
    if pairs:
        notes.append(f"the two directions of {counted(len(pairs), 'link')} joined")
    if differing := sum(a[2:] != b[2:] for a, b in pairs):
        notes.append(f"{differing} of them differ: the lesser capacity and the greater delay were taken")
    if single := len(groups) - len(pairs):
        notes.append(f"{counted(single, 'link')} of one direction taken as both")
    return [_joined(group) for group in groups]


def _joined(group: list[Wire]) -> Wire:
    capacities = [wire.capacity for wire in group if wire.capacity is not None]
    lengths = [wire.length for wire in group if wire.length is not None]
    delays = [wire.delay for wire in group if wire.delay is not None]
    return group[0]._replace(
        capacity=min(capacities, default=None),
        length=max(lengths, default=None),
        delay=max(delays, default=None),
    )
