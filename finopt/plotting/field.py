"""Where the dots stand that are the unused nodes of a lane."""

from __future__ import annotations

import cmath
import math
from collections.abc import Collection, Mapping, Sequence

from finopt.plotting.geometry import Box, Point

PER_DOT = 560.0
"""Room for one dot [pt²]."""

LOWEST = 60.0
"""Height of a field of dots [pt]."""


def field_height(count: int, width: float) -> float:
    """How high a field of that width is."""
    return max(LOWEST, PER_DOT * count / width)


def spread(
    names: Sequence[str], links: Collection[tuple[str, str]], field: Box, boxes: Mapping[str, Box]
) -> dict[str, Point]:
    """A point per node. Nodes that are linked stand near each other, and all fill the field evenly.

    Of the four ways to mirror the field the one with the shortest links to the boxes outside it.
    """
    inside = [pair for pair in links if set(pair) <= set(names)]
    places = _near(names, inside) if inside else _zigzag(names, field)
    across, up = (_ranks(names, places, k) for k in (0, 1))
    outside = [
        (a, boxes[b].centre) for pair in links for a, b in (pair, pair[::-1]) if a in across and b in boxes
    ]
    room = field.grown(-5)
    ways = [
        {
            name: (
                room.left + room.width * abs(x - across[name]),
                room.bottom + room.height * abs(y - up[name]),
            )
            for name in names
        }
        for x in (0, 1)
        for y in (0, 1)
    ]
    return min(ways, key=lambda way: sum(math.dist(way[name], centre) for name, centre in outside))


def _ranks(names: Sequence[str], places: Mapping[str, Point], axis: int) -> dict[str, float]:
    """The order along an axis, from 0 to 1."""
    order = sorted(names, key=lambda name: places[name][axis])
    return {name: i / max(len(names) - 1, 1) for i, name in enumerate(order)}


def _near(names: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, Point]:
    """The classic picture of a network: distances as in Kamada and Kawai, An algorithm for drawing general
    undirected graphs, Information Processing Letters 31(1), 1989."""
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(names)
    graph.add_edges_from(links)
    places = networkx.kamada_kawai_layout(graph)
    return _level({name: complex(*places[name].tolist()) for name in names})


def _level(places: Mapping[str, complex]) -> dict[str, Point]:
    """Turned such that the longest extent is horizontal."""
    centre = sum(places.values()) / len(places)
    moment = sum((place - centre) ** 2 for place in places.values())
    turn = cmath.exp(-0.5j * cmath.phase(moment))  # the principal axis has half of the moment's angle
    turned = {name: (place - centre) * turn for name, place in places.items()}
    return {name: (place.real, place.imag) for name, place in turned.items()}


def _zigzag(names: Sequence[str], field: Box) -> dict[str, Point]:
    """In order from left to right, up and down as often as there is room for."""
    rows = max(1, math.floor(field.height / 12))
    return {name: (i, i % rows + i / (len(names) + 1)) for i, name in enumerate(names)}
