"""A picture of a stage of FIN as artists of matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import Bbox
from networkx import MultiDiGraph

from finopt.plotting import style
from finopt.plotting.canvas import fit, prepare, write, write_beside
from finopt.plotting.stage_scene import HEAD, LETTERS, RIM, Grid
from finopt.plotting.style import COMPUTE, SMALL, TEXT, TRANSFER, printable, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST, FOOT, LEGEND_LINE, ENTRY = 320.0, 8.0, 11.0, 95.0
"""Width of a picture; above the legend; height and width of what stands in it."""

HUES = {"compute": COMPUTE, "transfer": TRANSFER}

GREY = "0.82"
"""Of what is left out."""

DOTS = {"left out": GREY, "light": "0.5", "kept": "0.15", "path": "0.0"}

ARCS: dict[str, dict[str, Any]] = {
    "left out": {"arrowstyle": "-", "linewidth": 0.4, "zorder": 1},
    "light": {"arrowstyle": "-|>", "linewidth": 0.6, "zorder": 2, "mutation_scale": 4, "alpha": 0.45},
    "kept": {"arrowstyle": "-|>", "linewidth": 0.8, "zorder": 3, "mutation_scale": 5},
    "path": {"arrowstyle": "-|>", "linewidth": 2.0, "zorder": 4, "mutation_scale": 9},
}


def draw(picture: MultiDiGraph, ax: Axes | None) -> Axes:
    """Everything, in new axes or scaled to those that are given."""
    grid: Grid = picture.graph["grid"]
    entries, (width, height) = _legend(picture), grid.size
    width = max(width, LEAST)
    columns = min(len(entries), int(width / ENTRY))
    height += FOOT + LEGEND_LINE * math.ceil(len(entries) / columns)
    axes, heading = prepare(ax, width, height, picture.graph["title"])
    taken = _vertices(axes, picture)
    _names(axes, grid, picture.graph["columns"])
    labels = [(arc["label"], [_arc(axes, ends, arc, grid)]) for *ends, arc in picture.edges(data=True)]
    write_beside(axes, labels, taken, crossed=99 if grid.gamma else 0)
    scale = fit(axes, heading, width, height)
    place = {"loc": "lower left", "bbox_to_anchor": (0, 0), "borderpad": 0, "borderaxespad": 0}
    style.add_legend(axes, entries, SMALL * scale, ncols=columns, handlelength=2.2, columnspacing=1.6, **place)
    return axes


def _names(axes: Axes, grid: Grid, columns: list[str]) -> None:
    """Stages above the columns; nodes and the first and last level beside the rows."""
    for stage, text in enumerate(columns):
        x, _ = grid.at(stage, next(iter(grid.rows)), grid.gamma / 2)
        write(axes, x, -6, f"stage {stage}", TEXT, ha="center", weight="bold")
        write(axes, x, -17, text, ha="center")
    for node in grid.rows:
        _, y = grid.at(0, node, grid.gamma / 2)
        write(axes, grid.left - RIM, y, short(node, LETTERS), TEXT, ha="right", weight="bold")
        for level in (0, grid.gamma) if grid.gamma else ():
            _, y = grid.at(0, node, level)
            write(axes, grid.left - 10, y, f"{level}", ha="right", color="0.4")


def _vertices(axes: Axes, picture: MultiDiGraph) -> list[Bbox]:
    """Circles, hollow where they are targets, and a square for the source; what they and the names cover."""
    grid: Grid = picture.graph["grid"]
    taken = [Bbox([[0.0, -1e5], [grid.left - RIM + 4, 0.0]])]
    for vertex, data in picture.nodes.items():
        at, radius, hue = grid.at(*vertex), _radius(grid, data), DOTS[data["look"]]
        look = {"facecolor": "white" if data["mark"] == "target" else hue, "edgecolor": hue}
        look |= {"linewidth": radius / 4 + 0.2, "gid": printable(" ".join(map(str, ("vertex", *vertex))))}
        look["zorder"] = 3.5 if data["look"] == "left out" else 5
        square = data["mark"] == "source"
        box = Bbox([at - radius, at + radius])
        shape = Rectangle(box.p0, box.width, box.height, **look) if square else Circle(at, radius, **look)
        axes.add_patch(shape)
        taken.append(box.padded(1))
        if data["look"] == "path" and not square:
            write(axes, *(at + (-3, 6)), f"{vertex[-1]}", ha="right", weight="bold")
    return taken


def _radius(grid: Grid, data: dict[str, Any]) -> float:
    small = 2.2 if data["look"] == "path" else 1.6
    return (small if grid.gamma else 4.5) + (data["mark"] == "source") * 0.8


def _arc(axes: Axes, ends: Any, arc: dict[str, Any], grid: Grid) -> Any:
    """An arrow from rim to rim; its curve."""
    points = _between(arc["curve"], 2.2 if grid.gamma else 5.0)
    hue = GREY if arc["look"] == "left out" else HUES[arc["kind"]]
    path = Path(points, [Path.MOVETO, Path.CURVE3, Path.CURVE3])
    name = f"{arc['look']} {arc['kind']}"
    axes.add_patch(FancyArrowPatch(path=path, color=hue, gid=name, **ARCS[arc["look"]]))
    return points


def _between(curve: Any, radius: float) -> Any:
    """The part of a curve outside circles around its ends, by the blossom of the curve."""
    a, b, c = curve
    t = radius / math.dist(a, c)

    def blossom(s: float, t: float) -> Any:
        return (1 - s) * (1 - t) * a + (s * (1 - t) + t * (1 - s)) * b + s * t * c

    return [blossom(t, t), blossom(t, 1 - t), blossom(1 - t, 1 - t)]


def _legend(picture: MultiDiGraph) -> list[Line2D]:
    """The marks, and the looks of arcs that there are."""
    arcs = [(arc["kind"], arc["look"]) for *_, arc in picture.edges(data=True)]
    kinds, looks = {kind for kind, _ in arcs}, {look for _, look in arcs}
    dot: dict[str, Any] = {"linestyle": "none", "markeredgecolor": "0.15", "markersize": 4.5}
    source = Line2D([], [], label="source", marker="s", markerfacecolor="0.15", **dot)
    target = Line2D([], [], label="target", marker="o", markerfacecolor="white", **dot)
    lines = [(f"{kind} arc", HUES[kind], 1.3) for kind in HUES if kind in kinds]
    lines += [("left out", GREY, 0.9)] * ("left out" in looks)
    lines += [("cheapest path", "0.15", 2.0)] * ("path" in looks)
    return [source, target, *(Line2D([], [], label=text, color=c, linewidth=w) for text, c, w in lines)]
