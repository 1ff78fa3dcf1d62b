"""A picture of a stage of FIN as artists of matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import Bbox
from networkx import MultiDiGraph

from finopt.plotting import style
from finopt.plotting.canvas import fit, prepare, write, write_beside
from finopt.plotting.stage_scene import LETTERS, Grid
from finopt.plotting.style import COMPUTE, SMALL, TEXT, TRANSFER, Size, printable, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST, FOOT, LEGEND_LINE, ENTRY = 320.0, 8.0, 11.0, 95.0
"""Width of a picture; above the legend; height and width of what stands in it."""

HUES = {"compute": COMPUTE, "transfer": TRANSFER}

GREY = "0.82"
"""Of what is left out."""

DOTS = {"left out": GREY, "light": "0.5", "kept": "0.15", "plain": "0.15", "path": "0.0"}

ARCS: dict[str, dict[str, Any]] = {
    "light": {"linewidth": 0.6, "zorder": 2, "mutation_scale": 4, "alpha": 0.45},
    "kept": {"linewidth": 0.6, "zorder": 3, "mutation_scale": 4},
    "plain": {"linewidth": 1.0, "zorder": 3, "mutation_scale": 6},
    "path": {"linewidth": 2.0, "zorder": 4, "mutation_scale": 9},
}


def draw(picture: MultiDiGraph, ax: Axes | None, size: Size | None = None) -> Axes:
    """Everything, in new axes or scaled to those that are given."""
    grid: Grid = picture.graph["grid"]
    entries, (width, height) = _legend(picture), grid.size
    width = max(width, LEAST)
    columns = min(len(entries), int(width / ENTRY))
    height += FOOT + LEGEND_LINE * math.ceil(len(entries) / columns)
    axes, heading = prepare(ax, width, height, picture.graph["title"], size)
    taken = _vertices(axes, picture)
    _names(axes, grid, picture.graph["columns"])
    labels = [(arc["label"], [_arc(axes, arc, grid)]) for *_, arc in picture.edges(data=True)]
    write_beside(axes, labels, taken, crossed=math.inf if grid.gamma else 0)
    scale = fit(axes, heading, width, height)
    place = {"loc": "lower left", "bbox_to_anchor": (0, 0), "borderpad": 0, "borderaxespad": 0}
    style.add_legend(
        axes, entries, SMALL * scale, ncols=columns, handlelength=2.2, columnspacing=1.6, **place
    )
    return axes


def _names(axes: Axes, grid: Grid, columns: list[str]) -> None:
    """Stages above the columns; nodes and the first and last level beside the rows."""
    for stage, text in enumerate(columns):
        x, _ = grid.at(stage, next(iter(grid.rows)), grid.gamma / 2)
        write(axes, x, -6, f"stage {stage}", TEXT, ha="center", weight="bold")
        write(axes, x, -17, text, ha="center")
    for node in grid.rows:
        _, y = grid.at(0, node, grid.gamma / 2)
        write(axes, grid.names, y, short(node, LETTERS), TEXT, ha="right", weight="bold")
        for level in (0, grid.gamma) if grid.gamma else ():
            _, y = grid.at(0, node, level)
            write(axes, grid.names + 14, y, f"{level}", ha="right", color="0.4")


def _vertices(axes: Axes, picture: MultiDiGraph) -> list[Bbox]:
    """A mark for every vertex, with its level on the path; what marks and names cover."""
    grid: Grid = picture.graph["grid"]
    taken = [Bbox([[0.0, -grid.size[1]], [grid.names + 2, 0.0]])]
    for vertex, data in picture.nodes.items():
        at, radius = grid.at(*vertex), _radius(grid, data)
        axes.add_patch(_mark(at, radius, printable(" ".join(map(str, vertex))), data))
        taken.append(Bbox([at - radius, at + radius]).padded(1))
        if data["look"] == "path" and data["mark"] != "source":
            write(axes, at[0] - 3, at[1] + 6, f"{vertex[-1]}", ha="right", weight="bold")
    return taken


def _mark(at: Any, radius: float, name: str, data: dict[str, Any]) -> Any:
    """A circle, hollow for a target, and a square for the source."""
    hue = DOTS["kept" if data["mark"] == "source" else data["look"]]
    look: dict[str, Any] = {"facecolor": "white" if data["mark"] == "target" else hue, "edgecolor": hue}
    look |= {"linewidth": radius / 4 + 0.2, "gid": f"vertex {name}"}
    look["zorder"] = 3.5 if data["look"] == "left out" else 5
    if data["mark"] == "source":
        return Rectangle(at - radius, 2 * radius, 2 * radius, **look)
    return Circle(at, radius, **look)


def _radius(grid: Grid, data: dict[str, Any]) -> float:
    size = 4.5 if not grid.gamma else 2.2 if data["look"] == "path" else 1.6
    return size + (0.8 if data["mark"] == "source" else 0.0)


def _arc(axes: Axes, arc: dict[str, Any], grid: Grid) -> Any:
    """An arrow from rim to rim, or a grey line; its curve."""
    points = _between(arc["curve"], 2.2 if grid.gamma else 5.0)
    path, name = Path(points, [Path.MOVETO, *[Path.CURVE3] * 2]), f"{arc['kind']} {arc['look']}"
    if arc["look"] == "left out":
        axes.add_patch(PathPatch(path, fill=False, edgecolor=GREY, linewidth=0.4, zorder=1, gid=name))
    else:
        look = {"color": HUES[arc["kind"]], "arrowstyle": "-|>", **ARCS[arc["look"]]}
        axes.add_patch(FancyArrowPatch(path=path, gid=name, **look))
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
    kinds, looks = {kind for kind, look in arcs if look != "left out"}, {look for _, look in arcs}
    dot: dict[str, Any] = {"linestyle": "none", "markeredgecolor": "0.15", "markersize": 4.5}
    source = Line2D([], [], label="source", marker="s", markerfacecolor="0.15", **dot)
    target = Line2D([], [], label="target", marker="o", markerfacecolor="white", **dot)
    lines = [(f"{kind} arc", HUES[kind], 1.3) for kind in HUES if kind in kinds]
    lines += [("left out", GREY, 0.9)] * ("left out" in looks)
    lines += [("cheapest path", "0.15", 2.0)] * ("path" in looks)
    return [source, target, *(Line2D([], [], label=text, color=c, linewidth=w) for text, c, w in lines)]
