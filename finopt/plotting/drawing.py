"""A picture of a placement as artists of matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, PathPatch
from matplotlib.transforms import Bbox
from networkx import MultiDiGraph

from finopt.plotting import style
from finopt.plotting.canvas import MARGIN, fit, prepare, write, write_beside
from finopt.plotting.layout import DOT, LINE, NOTE, TAG, Layout, Routes, arrange, routes
from finopt.plotting.style import COLOURS, DASHES, SMALL, TEXT, Size, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEGEND_LINE, APART = 9.8, 4.0
"""From line to line of the legend; from arrow to arrow [pt]."""

HUES = (*COLOURS[1:], COLOURS[0])
"""Colours of applications; dashes tell apart those that are alike in grey."""

LANE: dict[str, Any] = {"facecolor": "#F2F2F2", "edgecolor": "none"}
USED: dict[str, Any] = {"edgecolor": "0.15", "linewidth": 1.0}
IDLE: dict[str, Any] = {"edgecolor": "0.55", "linewidth": 0.7}
CHIP: dict[str, Any] = {"boxstyle": "round,pad=0.25", "linewidth": 0.8}
ARROW: dict[str, Any] = {
    "arrowstyle": "-|>",
    "mutation_scale": 7,
    "shrinkA": 0,
    "shrinkB": 1.5,
    "linewidth": 1.3,
}

RESULT: dict[str, Any] = {"linestyle": (0, (1, 1.5)), "linewidth": 0.9}
"""How the arrow of a result differs from one of data."""


def draw(picture: MultiDiGraph, ax: Axes | None, size: Size | None = None) -> Axes:
    """Everything, in new axes or scaled to those that are given."""
    layout, legend = arrange(picture), picture.graph["legend"]
    width = layout.width
    columns = int(width / (45 + max((style.text_width(line, SMALL) for line in legend), default=0.0))) or 1
    bottom = min(lane.y0 for lane in layout.lanes.values())
    height = -(-len(legend) // columns) * LEGEND_LINE + MARGIN - bottom
    axes, heading = prepare(ax, width, height, picture.graph["title"], size)
    notes = picture.graph["notes"]
    _lanes(axes, layout, notes)
    curves = _lines(axes, layout, routes(picture), _nodes(axes, layout, picture))
    labels = {data["link"]: data["label"] for *_, data in picture.edges(data=True) if data}
    _labels(axes, layout, labels, curves, [layout.lanes[tier] for tier in notes])
    scale = fit(axes, heading, width, height)
    if legend:
        handles = [Line2D([], [], label=line, **_dashes(k)) for k, line in enumerate(legend)]
        place = {"loc": "lower left", "bbox_to_anchor": (0, 0), "borderpad": 0, "borderaxespad": 0}
        style.add_legend(
            axes, handles, SMALL * scale, ncols=columns, labelspacing=0.35, handlelength=2.6, **place
        )
    return axes


def _lanes(axes: Axes, layout: Layout, notes: dict[str, str]) -> None:
    """Bands with the name of the tier at the left, and what is said about nodes without a box."""
    for tier, lane in layout.lanes.items():
        _box(axes, f"lane {tier}", lane, zorder=0, **LANE)
        write(axes, TAG / 2, (lane.y0 + lane.y1) / 2, tier, TEXT, ha="center", va="center", rotation=90)
        if tier in notes:
            x, y, behind = lane.x1 - 6, lane.y0 + 7, {**LANE, "pad": 1}
            write(axes, x, y, notes[tier], ha="right", style="italic", bbox=behind)


def _nodes(axes: Axes, layout: Layout, picture: MultiDiGraph) -> dict[str, Any]:
    """Boxes with their rows of text, and dots; the frames of the boxes."""
    frames = {}
    for name, (used, rows) in {v: (data["used"], data["rows"]) for v, data in picture.nodes.items()}.items():
        box, kind, rim = layout.nodes[name], f"node {name}" if rows else "unused", USED if used else IDLE
        frames[name] = _box(axes, kind, box, zorder=3, facecolor="white", **rim)
        for i, (text, k) in enumerate(rows):
            look: dict[str, Any] = {} if used else {"color": "0.35"}
            if k is not None:
                hue = HUES[k % len(HUES)]
                look = {"gid": f"block {text}", "bbox": {**CHIP, "facecolor": (hue, 0.2), "edgecolor": hue}}
            size, weight = (SMALL, "normal") if i or not used else (TEXT, "bold")
            write(axes, box.x0 + 7, box.y1 - 3 - LINE * (i + 0.5), text, size, weight=weight, **look)
    return frames


def _lines(axes: Axes, layout: Layout, routes: Routes, frames: dict[str, Any]) -> dict[str, list[Any]]:
    """Grey links, or an arrow per hop, those of two nodes beside each other; the curves of every link."""
    curves: dict[str, list[Any]] = {}
    for pair, hops in routes.items():
        _, bend = layout.around(pair)
        curve = layout.curve(pair, bend)
        if not hops:
            grey = "0.65" if all(layout.nodes[name].width > DOT for name in pair) else "0.8"
            axes.add_patch(PathPatch(curve, gid="link", fill=False, edgecolor=grey, linewidth=0.6, zorder=1))
        a, _, b = curve.vertices
        right = APART * (b - a)[::-1] * (1, -1) / (math.dist(a, b) or 1.0)
        for i, hop in enumerate(sorted(hops, key=lambda hop: (hop["source"] == pair[0], hop["link"]))):
            way = 1 if hop["source"] == pair[0] else -1
            points = (curve.vertices + right * (i - (len(hops) - 1) / 2))[::way]
            source, target = (frames[name] for name in pair[::way])
            look = {**ARROW, "connectionstyle": f"arc3,rad={way * bend}", **_dashes(hop["application"])}
            kind = "result" if hop.get("result") else "hop"
            look |= {"patchA": source, "patchB": target, "gid": printable(f"{kind} {hop['link']}")}
            look |= RESULT if hop.get("result") else {}
            axes.add_patch(FancyArrowPatch(points[0], points[2], zorder=2.5, **look))
            curves.setdefault(hop["link"], []).append(points)
    return curves


def _labels(
    axes: Axes, layout: Layout, labels: dict[str, str], curves: dict[str, list[Any]], noted: list[Bbox]
) -> None:
    """What links carry and consume, beside an arrow; left out where boxes and other texts leave no room."""
    taken = layout.obstacles() + [Bbox.from_bounds(lane.x1 - 130, lane.y0, 130, NOTE) for lane in noted]
    write_beside(axes, ((text, curves[link]) for link, text in labels.items()), taken)


def _dashes(application: int) -> dict[str, Any]:
    return {"color": HUES[application % len(HUES)], "linestyle": DASHES[application % len(DASHES)]}


def _box(axes: Axes, name: str, box: Bbox, **look: Any) -> Any:
    shape = f"round,pad=0,rounding_size={min(4, box.width / 2)}"
    patch = FancyBboxPatch(box.p0, box.width, box.height, shape, gid=printable(name), **look)
    return axes.add_patch(patch)
