"""Boxes and curves, in points of 1/72 inch; up is positive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

Point = tuple[float, float]

SAMPLES = 48
"""Points at which a curve is looked at."""


@dataclass(frozen=True)
class Box:
    """An upright rectangle."""

    left: float
    bottom: float
    width: float
    height: float

    @classmethod
    def around(cls, centre: Point, width: float, height: float) -> Box:
        """The box with this centre."""
        return cls(centre[0] - width / 2, centre[1] - height / 2, width, height)

    @property
    def right(self) -> float:
        """Its right side."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """Its upper side."""
        return self.bottom + self.height

    @property
    def centre(self) -> Point:
        """Its middle."""
        return self.left + self.width / 2, self.bottom + self.height / 2

    def moved(self, dx: float, dy: float) -> Box:
        """The same box elsewhere."""
        return Box(self.left + dx, self.bottom + dy, self.width, self.height)

    def grown(self, margin: float) -> Box:
        """Larger on all sides."""
        return Box(
            self.left - margin, self.bottom - margin, self.width + 2 * margin, self.height + 2 * margin
        )

    def holds(self, point: Point) -> bool:
        """Whether the point is inside."""
        return self.left < point[0] < self.right and self.bottom < point[1] < self.top

    def contains(self, other: Box) -> bool:
        """Whether the other box is inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.bottom <= other.bottom
            and other.top <= self.top
        )

    def overlaps(self, other: Box) -> bool:
        """Whether they have an area in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def spine(self) -> tuple[float, float]:
        """The part of its horizontal middle at which lines end, from left to right."""
        inset = min(self.width, self.height, 28.0) / 2
        return self.left + inset, self.right - inset


@dataclass(frozen=True)
class Curve:
    """A quadratic Bézier curve."""

    start: Point
    control: Point
    end: Point

    @classmethod
    def bent(cls, start: Point, end: Point, bend: float) -> Curve:
        """From here to there, to the left of the straight line by half of that share of its length."""
        (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
        return cls(start, (x + dx / 2 - bend * dy, y + dy / 2 + bend * dx), end)

    def at(self, t: float) -> Point:
        """The point at t, from 0 to 1."""
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        x, y = (a * p + b * q + c * r for p, q, r in zip(self.start, self.control, self.end, strict=True))
        return x, y

    def points(self, count: int = SAMPLES) -> list[Point]:
        """Points along the curve, both ends among them."""
        return [self.at(i / (count - 1)) for i in range(count)]

    def normal(self, t: float) -> Point:
        """The direction to the right at t, of length 1."""
        before, behind = self.at(max(t - 0.01, 0)), self.at(min(t + 0.01, 1))
        dx, dy = behind[0] - before[0], behind[1] - before[1]
        length = hypot(dx, dy) or 1.0
        return dy / length, -dx / length

    def shifted(self, distance: float) -> Curve:
        """The curve so much further to the right."""
        dx, dy = self.end[0] - self.start[0], self.end[1] - self.start[1]
        scale = distance / (hypot(dx, dy) or 1.0)
        x, y = dy * scale, -dx * scale
        ends = ((px + x, py + y) for px, py in (self.start, self.control, self.end))
        return Curve(*ends)

    def reversed(self) -> Curve:
        """The other way."""
        return Curve(self.end, self.control, self.start)

    def between(self, first: float, last: float) -> Curve:
        """The part from one t to another."""
        (sx, sy), (cx, cy), (ex, ey) = self.start, self.control, self.end
        u, v = 1 - first, 1 - last
        control = (
            u * v * sx + (u * last + first * v) * cx + first * last * ex,
            u * v * sy + (u * last + first * v) * cy + first * last * ey,
        )
        return Curve(self.at(first), control, self.at(last))

    def outside(self, source: Box, target: Box) -> Curve:
        """The part between leaving one box and reaching the other."""
        first, last = self._leaves(source), 1 - self.reversed()._leaves(target)
        return self.between(first, last) if first < last else self  # boxes may touch

    def _leaves(self, box: Box) -> float:
        """Where the curve first is outside the box."""
        outside = next((i for i, point in enumerate(self.points()) if not box.holds(point)), 0)
        low, high = max(outside - 1, 0) / (SAMPLES - 1), outside / (SAMPLES - 1)
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if box.holds(self.at(middle)) else (low, middle)
        return high


def crossed(curve: Curve, boxes: Sequence[Box]) -> int:
    """How many of the boxes a curve runs through."""
    points = curve.points()
    return sum(any(box.holds(point) for point in points) for box in boxes)


def joined(one: Box, other: Box) -> tuple[Point, Point]:
    """Where a line from box to box starts and ends: where their horizontal middles are closest."""
    (low, high), (other_low, other_high) = one.spine(), other.spine()
    middle = (max(low, other_low) + min(high, other_high)) / 2
    start = min(max(middle, low), high), one.centre[1]
    return start, (min(max(middle, other_low), other_high), other.centre[1])
