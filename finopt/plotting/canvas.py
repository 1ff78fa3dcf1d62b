"""What pictures in points have in common: axes in which a point is one on paper, and texts beside lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.bezier import BezierSegment
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path
from matplotlib.transforms import Bbox

from finopt.plotting import style
from finopt.plotting.layout import hits
from finopt.plotting.style import SMALL, TITLE, Size, checked_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARGIN = 6.0
"""Around the picture [pt]."""

BEHIND: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.3}


def prepare(
    ax: Axes | None, width: float, height: float, title: Iterable[str], size: Size | None = None
) -> tuple[Axes, Any]:
    """Axes of that size, from the top left corner (0, 0) downwards, and their title, lines of any length."""
    lines = [line for text in title for line in style.wrap(text, TITLE, width)]
    axes = _new_axes(width, height, len(lines), checked_size(size, ax)) if ax is None else ax
    axes.set(xlim=(0, width), ylim=(-height, 0), aspect="equal")
    axes.set_axis_off()
    return axes, axes.set_title("\n".join(lines), fontsize=TITLE, loc="left", parse_math=False)


def _new_axes(width: float, height: float, lines: int, size: Size | None) -> Axes:
    """Axes in which a point of the picture is a point on paper; of another size all is as much larger."""
    across, up = width + 2 * MARGIN, height + 3 * MARGIN + lines * 1.2 * TITLE
    whole = (across, up) if size is None else (72 * size[0], 72 * size[1])
    factor = min(whole[0] / across, whole[1] / up)
    axes = style.new_axes(whole[0] / 72, whole[1] / 72, layout="none")
    beside = (whole[0] - factor * across) / 2 + factor * MARGIN
    corner = beside / whole[0], factor * MARGIN / whole[1]
    axes.set_position((*corner, factor * width / whole[0], factor * height / whole[1]))
    return axes


def fit(axes: Axes, heading: Any, width: float, height: float) -> float:
    """What is measured in points of paper to those of the picture; how large one of these is on paper."""
    extent = axes.get_window_extent()
    scale = min(extent.width / width, extent.height / height) * 72 / axes.figure.dpi
    for text in [heading, *axes.texts]:
        text.set_fontsize(text.get_fontsize() * scale)
    for patch in axes.patches:
        patch.set_linewidth(patch.get_linewidth() * scale)
        if isinstance(patch, FancyArrowPatch):
            patch.set_mutation_scale(patch.get_mutation_scale() * scale)
    return scale


def write(axes: Axes, x: float, y: float, text: str, size: float = SMALL, **look: Any) -> None:
    """A text as it stands."""
    look = {"va": "center_baseline", "zorder": 6, "parse_math": False, "linespacing": 1.1, **look}
    axes.text(x, y, text, fontsize=size, **look)


def write_beside(
    axes: Axes, labels: Iterable[tuple[str, Sequence[Any]]], taken: list[Bbox], *, crossed: float = math.inf
) -> None:
    """Texts next to their arrows, one or several beside each other; those without room are left out.

    Arrows are quadratic Bezier curves, arrays of shape (3, 2), also such without a text; at most so many are
    crossed by a text. Where a text stands is added to what is taken.
    """
    labels = list(labels)
    arrows = [Path(points, [Path.MOVETO, *[Path.CURVE3] * 2]) for _, own in labels for points in own]
    ends = np.array([arrow.vertices for arrow in arrows]).reshape(-1, 3, 2)
    low, high = ends.min(axis=1), ends.max(axis=1)

    def crossings(box: Bbox) -> int:
        near = np.nonzero(((low <= box.p1) & (high >= box.p0)).all(axis=1))[0]
        return sum(hits(arrows[i], [box]) for i in near.tolist())

    for text, own in filter(itemgetter(0), labels):
        lines = text.split("\n")
        size = np.array([max(style.text_width(line, SMALL) for line in lines) + 4, 9.0 * len(lines)])
        places = [Bbox([at - size / 2, at + size / 2]) for at in _beside(own, size)]
        free = [place for place in places if not place.count_overlaps(taken)]
        if free and crossings(best := min(free, key=crossings)) <= crossed:
            taken.append(best)
            x, y = best.p0 + size / 2
            write(axes, x, y, text, ha="center", va="center", bbox=BEHIND, gid="label")


def _beside(curves: Sequence[Any], size: Any) -> Iterator[Any]:
    """Centres of texts of that size next to the outer arrows, first in their middle."""
    for t in sorted(np.linspace(0.1, 0.9, 33), key=lambda t: abs(t - 0.5)):
        for points, side in ((curves[-1], 1), (curves[0], -1)):
            curve = BezierSegment(points)
            dx, dy = curve(t + 0.01) - curve(t - 0.01)
            normal = np.array([dy, -dx]) * side / (math.hypot(dx, dy) or 1.0)
            yield curve(t) + normal * (2.0 + abs(normal) @ size / 2)
