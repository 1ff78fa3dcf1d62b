"""Places for the labels of arrows: beside their arrow, and on nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from finopt.plotting.content import LINE, SMALL_SIZE
from finopt.plotting.geometry import Box, Curve
from finopt.plotting.layout import RIM, TAG, Lane
from finopt.plotting.routing import Bundle
from finopt.plotting.scene import Scene
from finopt.plotting.style import text_width
from finopt.problem.formatting import quantity

FEW = 8
"""Up to so many hops have their data written on them, next to the energy of the link."""

ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)
"""Where along an arrow a label may stand, the best first."""

AWAY = (2.5, 6.0)
"""How far from the arrow [pt]."""


SAMPLES = 150
"""Points of a curve that labels keep clear of."""


@dataclass(frozen=True)
class Label:
    """What stands where, and whether there is nothing behind it."""

    text: str
    box: Box
    clear: bool = True


def label_text(scene: Scene, bundle: Bundle) -> str:
    """The energy of a link, and if there are few arrows what it carries."""
    figure = scene.link_figure(bundle.arrows[0].hop.link)
    if len(scene.hops) > FEW:
        return figure
    bits = dict.fromkeys(quantity(arrow.hop.bits, "bit") for arrow in bundle.arrows)
    return "\n".join([*bits, figure])


class Canvas:
    """What labels must not stand on: boxes and arrows; and grey links, which they had better not stand on."""

    def __init__(
        self, inside: Box, boxes: Iterable[Box], bundles: Iterable[Bundle], grey: Iterable[Curve]
    ) -> None:
        self.inside = inside
        self.taken = list(boxes)
        self.arrows = _points(arrow.curve for bundle in bundles for arrow in bundle.arrows)
        self.grey = _points(grey)

    def free(self, box: Box) -> bool:
        """Whether a label may stand there."""
        return (
            self.inside.contains(box)
            and not any(box.overlaps(other) for other in self.taken)
            and not _inside(box, self.arrows)
        )

    def behind(self, box: Box) -> int:
        """How much there is of grey links."""
        return _inside(box, self.grey)


def place_notes(lanes: Sequence[Lane], canvas: Canvas) -> list[Label]:
    """What lanes say about nodes that they do not show: on their lower rim, and not on an arrow."""
    return [Label(lane.note, _rim(lane, canvas)) for lane in lanes if lane.note]


def _rim(lane: Lane, canvas: Canvas) -> Box:
    width = text_width(lane.note, SMALL_SIZE) + 2
    last, first = lane.box.right - RIM - width, TAG + RIM
    places = [Box(last + (first - last) * i / 20, lane.box.bottom + 4, width, LINE) for i in range(21)]
    return min(places, key=lambda box: _inside(box, canvas.arrows))


def place_labels(texts: Mapping[str, str], bundles: Sequence[Bundle], canvas: Canvas) -> list[Label]:
    """The labels that have a place; on grey links only where there is no other."""
    labels = []
    for bundle in sorted(bundles, key=_length):  # short arrows first: they have the least choice
        lines = texts[bundle.link].split("\n")
        width, height = max(text_width(line, SMALL_SIZE) for line in lines), LINE * len(lines)
        free = [box for box in _places(bundle, width, height) if canvas.free(box)]
        if free:
            best = min(free, key=canvas.behind)
            labels.append(Label(texts[bundle.link], best, clear=not canvas.behind(best)))
            canvas.taken.append(best.grown(1.0))
    return labels


def _length(bundle: Bundle) -> float:
    return math.dist(bundle.curve.start, bundle.curve.end)


def _places(bundle: Bundle, width: float, height: float) -> Iterator[Box]:
    """Boxes of that size that nearly touch the arrows, the best first."""
    for away in AWAY:
        for t in ALONG:
            (x, y), (nx, ny) = bundle.curve.at(t), bundle.curve.normal(t)
            distance = bundle.half + away + abs(nx) * width / 2 + abs(ny) * height / 2
            yield Box.around((x + nx * distance, y + ny * distance), width, height)
            if not bundle.both_ways:  # else the other side is that of the arrows that come back
                yield Box.around((x - nx * distance, y - ny * distance), width, height)


def _points(curves: Iterable[Curve]) -> Any:
    return np.array([point for curve in curves for point in curve.points(SAMPLES)]).reshape(-1, 2)


def _inside(box: Box, points: Any) -> int:
    """How many of the points are inside."""
    x, y = points[:, 0], points[:, 1]
    return int(((box.left < x) & (x < box.right) & (box.bottom < y) & (y < box.top)).sum())
