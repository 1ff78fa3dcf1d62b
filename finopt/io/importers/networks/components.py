"""A network whose parts are not connected is refused, or the largest part is taken."""

from __future__ import annotations

from collections.abc import Sequence

from finopt.io.importers.networks.merging import Wire
from finopt.io.importers.networks.positions import Place
from finopt.io.importers.networks.raw import broken

LISTED = 8
"""Sizes of parts that a message lists."""


def connected(
    places: list[Place], wires: list[Wire], largest: bool, source: str, notes: list[str]
) -> tuple[list[Place], list[Wire]]:
    """The network, or its largest part, of several the one that comes first.

    Raises
    ------
    InstanceError
        There are several parts and ``largest`` is not asked for.
    """
    part = _parts(len(places), wires)
    sizes = _sizes(part)
    if len(sizes) == 1:
        return places, wires
    if not largest:
        rule = f"is disconnected: {_listed(sizes)}"
        raise broken(source, rule, suggestion="largest_component=True takes the largest")
    chosen = sizes.index(max(sizes))
    notes.append(f"disconnected, {_listed(sizes)}: only the largest was taken")
    return _only(chosen, part, places, wires)


def _parts(count: int, wires: Sequence[Wire]) -> list[int]:
    """The part that each place belongs to; parts are numbered by their first place."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.array([(wire.a, wire.b) for wire in wires], dtype=np.intp).reshape(-1, 2)
    matrix = coo_array((np.ones(len(wires)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    labels = connected_components(matrix, directed=False)[1]
    number: dict[int, int] = {}
    return [number.setdefault(label, len(number)) for label in labels.tolist()]


def _sizes(part: Sequence[int]) -> list[int]:
    sizes = [0] * (max(part) + 1)
    for i in part:
        sizes[i] += 1
    return sizes


def _listed(sizes: Sequence[int]) -> str:
    largest = sorted(sizes, reverse=True)[:LISTED]
    return (
        f"{len(sizes)} parts, of {', '.join(map(str, largest))}{' ...' if len(sizes) > LISTED else ''} nodes"
    )


def _only(
    chosen: int, part: Sequence[int], places: list[Place], wires: list[Wire]
) -> tuple[list[Place], list[Wire]]:
    kept = [i for i, number in enumerate(part) if number == chosen]
    place = {old: new for new, old in enumerate(kept)}
    inside = [wire._replace(a=place[wire.a], b=place[wire.b]) for wire in wires if part[wire.a] == chosen]
    return [places[i] for i in kept], inside
