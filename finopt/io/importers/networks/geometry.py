"""Distances and means of positions on the globe."""

from __future__ import annotations

import math
from collections.abc import Iterable

EARTH_RADIUS = 6.371e6
"""[m]"""

LIGHT_IN_FIBRE = 2e8
"""[m/s]"""

Position = tuple[float, float]
"""Longitude and latitude [degrees]."""


def great_circle(a: Position, b: Position) -> float:
    """Distance of two positions [m] (haversine)."""
    east_a, north_a, east_b, north_b = map(math.radians, (*a, *b))
    h = math.sin((north_b - north_a) / 2) ** 2
    h += math.cos(north_a) * math.cos(north_b) * math.sin((east_b - east_a) / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(h)))


def middle(positions: Iterable[Position]) -> Position:
    """The mean on the globe, to 1e-6 degrees; the first where there is none, as for opposite ones."""
    known = list(positions)
    x, y, z = (math.fsum(part) for part in zip(*map(_vector, known), strict=True))
    if math.hypot(x, y, z) < 1e-9 * len(known):
        return known[0]
    degrees = math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))
    return round(degrees[0], 6), round(degrees[1], 6)


def _vector(position: Position) -> tuple[float, float, float]:
    east, north = map(math.radians, position)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
