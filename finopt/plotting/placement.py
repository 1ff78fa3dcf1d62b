"""A placement as a picture: the artists of matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finopt.plotting.content import CHIP, ID_SIZE, SMALL_SIZE, Part
from finopt.plotting.geometry import Box, Curve
from finopt.plotting.labels import Canvas, Label, label_text, place_labels, place_notes
from finopt.plotting.layout import TAG, Arrangement, Lane, arrange
from finopt.plotting.routing import DOT, Bundle, Pair, bundles, link_curves
from finopt.plotting.scene import Scene, scene
from finopt.plotting.style import COLOURS, DASHES, TITLE, shown_label, text_width, tint, wrap
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPACES = (1.0, 1.4, 2.0)
"""Gaps between rows are widened like this until every label has a place, or no more of them have one."""

MARGIN = 6.0
"""Around the picture [pt]."""

TITLE_LINE, LEGEND_LINE = 1.2 * TITLE, 9.8
"""From line to line of the title and of the legend [pt]."""

LANE, LINK, FAINT, IDLE = "#F2F2F2", "#A8A8A8", "#CFCFCF", "#8A8A8A"
"""Greys: of a lane, a link that carries nothing, one of a node without a name, the rim of an unused node."""

HUES = (*COLOURS[1:], COLOURS[0])
"""Colours of applications."""


@dataclass(frozen=True)
class Plan:
    """Everything that is drawn, with its place."""

    scene: Scene
    arrangement: Arrangement
    curves: dict[Pair, Curve]
    bundles: list[Bundle]
    labels: list[Label]
    notes: list[Label]


def plan(of: Scene) -> Plan:
    """Arrange a scene so that all its labels have a place, if that is possible."""
    best: Plan | None = None
    for space in SPACES:
        arrangement = arrange(of, space)
        curves = link_curves(arrangement)
        found = bundles(of.hops, curves, arrangement.boxes)
        texts = {bundle.link: label_text(of, bundle) for bundle in found}
        used = {(b.arrows[0].hop.link.source, b.arrows[0].hop.link.target) for b in found}
        grey = [pair for pair in curves if not {pair, pair[::-1]} & used]
        inside = Box(TAG, 0, arrangement.width - TAG, arrangement.height)
        canvas = Canvas(inside, arrangement.boxes.values(), found, [curves[pair] for pair in grey])
        notes = place_notes(arrangement.lanes, canvas)
        canvas.taken += [note.box for note in notes]
        labels = place_labels(texts, found, canvas)
        if best is not None and len(labels) <= len(best.labels):
            break
        best = Plan(of, arrangement, {pair: curves[pair] for pair in grey}, found, labels, notes)
        if len(labels) == len(found):
            break
    assert best is not None
    return best


def draw(instance: Instance, placement: Placement, ax: Axes | None) -> Axes:
    """See :func:`finopt.plotting.plot_placement`."""
    made = plan(scene(instance, placement))
    width, height = made.arrangement.width, made.arrangement.height
    title = [line for text in made.scene.title() for line in wrap(text, TITLE, width)]
    columns = _columns(made.scene, width)
    below = -(-len(made.scene.placed) // columns) * LEGEND_LINE + MARGIN if columns else 0.0
    axes = _new_axes(width, height + below, len(title)) if ax is None else ax
    axes.set(xlim=(0, width), ylim=(-below, height), aspect="equal")
    axes.set_axis_off()
    pen = Pen(axes, _scale(axes, width, height + below))
    pen.plan(made)
    axes.set_title("\n".join(title), fontsize=TITLE * pen.scale, loc="left", parse_math=False)
    if columns:
        pen.legend(made.scene, columns)
    return axes


def _new_axes(width: float, height: float, lines: int) -> Axes:
    """Axes in which a point of the picture is a point on paper."""
    from matplotlib.figure import Figure

    head = lines * TITLE_LINE + MARGIN
    total_width, total_height = width + 2 * MARGIN, height + head + 2 * MARGIN
    figure = Figure(figsize=(total_width / 72, total_height / 72))
    axes = figure.subplots()
    figure.subplots_adjust(
        left=MARGIN / total_width,
        right=1 - MARGIN / total_width,
        bottom=MARGIN / total_height,
        top=1 - (head + MARGIN) / total_height,
    )
    return axes


def _scale(axes: Axes, width: float, height: float) -> float:
    """Points on paper per point of the picture."""
    extent = axes.get_window_extent()
    per_pixel = 72 / axes.figure.dpi
    return float(min(extent.width * per_pixel / width, extent.height * per_pixel / height))


def _columns(of: Scene, width: float) -> int:
    """Columns of the legend; one application is described by the title."""
    if len(of.placed) < 2:
        return 0
    widest = max(text_width(of.legend(k), SMALL_SIZE) for k in range(len(of.placed))) + 40
    return max(1, min(len(of.placed), int(width / widest)))


@dataclass(frozen=True)
class Pen:
    """Draws into axes; all sizes are scaled."""

    axes: Axes
    scale: float

    def plan(self, made: Plan) -> None:
        """Everything but the title and the legend, from the back to the front."""
        for lane in made.arrangement.lanes:
            self.lane(lane)
        for pair, curve in made.curves.items():
            self.link(curve, LINK if made.arrangement.boxes.keys() >= set(pair) else FAINT)
        for x, y in made.arrangement.dots.values():
            self.dot(x, y)
        for name, box in made.arrangement.boxes.items():
            self.node(name, box, name in made.scene.used)
            for part in made.arrangement.contents[name].parts:
                self.part(part, part.box.moved(box.left, box.bottom), name in made.scene.used)
        for bundle in made.bundles:
            for arrow in bundle.arrows:
                self.arrow(arrow.curve, arrow.hop.application, arrow.hop.link.id)
        for label in made.labels:
            self.label(label)
        for note in made.notes:
            self.label(note, style="italic")

    def lane(self, lane: Lane) -> None:
        """A band with the name of the tier at its left end."""
        self._box(lane.box, 4, zorder=0, facecolor=LANE, edgecolor="none", gid=f"lane {lane.tier}")
        x, y = TAG / 2, lane.box.centre[1]
        self._text(x, y, lane.tier, ID_SIZE, rotation=90, ha="center", va="center", color="0.25")

    def link(self, curve: Curve, colour: str) -> None:
        """A link of the network that carries nothing."""
        self._path(curve, zorder=1, edgecolor=colour, linewidth=0.6 * self.scale, gid="link")

    def dot(self, x: float, y: float) -> None:
        """An unused node without a name."""
        from matplotlib.patches import Circle

        style = {"facecolor": "white", "edgecolor": IDLE, "linewidth": 0.7 * self.scale}
        self.axes.add_patch(Circle((x, y), DOT, zorder=2, gid="unused", **style))

    def node(self, name: str, box: Box, used: bool) -> None:
        """The box of a node."""
        colour, width = ("0.15", 1.0) if used else (IDLE, 0.6)
        style = {"edgecolor": colour, "linewidth": width * self.scale, "gid": f"node {name}"}
        self._box(box, 4, zorder=3, facecolor="white", **style)

    def part(self, part: Part, box: Box, used: bool) -> None:
        """A text in a node's box, a block with a box of its own."""
        y = box.centre[1]
        if part.kind == "block":
            colour = HUES[part.application % len(HUES)]
            style: dict[str, Any] = {"facecolor": tint(colour), "edgecolor": colour}
            self._box(
                Box.around(box.centre, box.width, CHIP),
                2,
                zorder=4,
                gid=f"block {part.text}",
                linewidth=0.8 * self.scale,
                **style,
            )
            self._text(box.centre[0], y, part.text, SMALL_SIZE, ha="center")
        elif part.kind == "id":
            weight, colour = ("bold", "black") if used else ("normal", "0.35")
            self._text(box.left, y, part.text, ID_SIZE, weight=weight, color=colour)
        else:
            style = {"style": "italic"} if part.kind in ("label", "note") else {}
            self._text(box.left, y, part.text, SMALL_SIZE, **style)

    def arrow(self, curve: Curve, application: int, link: str) -> None:
        """One hop of a route."""
        from matplotlib.patches import FancyArrowPatch

        colour = HUES[application % len(HUES)]
        self.axes.add_patch(
            FancyArrowPatch(
                path=_bezier(curve),
                arrowstyle="-|>",
                mutation_scale=7 * self.scale,
                color=colour,
                linewidth=1.3 * self.scale,
                linestyle=_dash(application),
                zorder=2.5,  # where there is no way around a node, behind it
                gid=f"hop {link}",
            )
        )

    def label(self, label: Label, **style: Any) -> None:
        """What stands beside the arrows of a link, or on the rim of a lane."""
        x, y = label.box.centre
        if not label.clear:
            style["bbox"] = {
                "facecolor": "white",
                "edgecolor": "none",
                "alpha": 0.75,
                "pad": 0.3 * self.scale,
            }
        self._text(x, y, label.text, SMALL_SIZE, ha="center", va="center", **style)

    def legend(self, of: Scene, columns: int) -> None:
        """A line per application, below the lanes."""
        from matplotlib.lines import Line2D

        handles = [
            Line2D([], [], color=HUES[k % len(HUES)], linestyle=_dash(k), linewidth=1.6 * self.scale)
            for k in range(len(of.placed))
        ]
        labels = [shown_label(of.legend(k)) for k in range(len(of.placed))]
        legend = self.axes.legend(
            handles,
            labels,
            loc="lower left",
            bbox_to_anchor=(0, 0),
            ncols=columns,
            frameon=False,
            fontsize=SMALL_SIZE * self.scale,
            borderpad=0,
            borderaxespad=0,
            labelspacing=0.35,
            columnspacing=1.2,
            handlelength=2.6,
        )
        for text in legend.get_texts():
            text.set_parse_math(False)

    def _text(self, x: float, y: float, text: str, size: float, **style: Any) -> None:
        style = {"va": "center_baseline", "zorder": 6, "parse_math": False, "linespacing": 1.1, **style}
        self.axes.text(x, y, text, fontsize=size * self.scale, **style)

    def _box(self, box: Box, radius: float, **style: Any) -> None:
        from matplotlib.patches import FancyBboxPatch

        corner = box.left, box.bottom
        shape = f"round,pad=0,rounding_size={radius}"
        self.axes.add_patch(FancyBboxPatch(corner, box.width, box.height, boxstyle=shape, **style))

    def _path(self, curve: Curve, **style: Any) -> None:
        from matplotlib.patches import PathPatch

        self.axes.add_patch(PathPatch(_bezier(curve), facecolor="none", **style))


def _bezier(curve: Curve) -> Any:
    from matplotlib.path import Path

    codes: Sequence[Any] = [Path.MOVETO, Path.CURVE3, Path.CURVE3]
    return Path([curve.start, curve.control, curve.end], codes)


def _dash(application: int) -> Any:
    """Dashes tell applications apart whose colours are alike in grey."""
    return DASHES[application % len(DASHES)]
