"""What the pictures share: colours, markers, text sizes, axes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from finopt.problem.extras import extra_module

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe-Ito: colour-blind safe, and of different lightness in grey. The yellow is too light for lines."""

COMPUTE, TRANSFER = COLOURS[1], COLOURS[2]
"""Of arcs."""

LARGEST_MARK = 8.5
"""Of the first curve [pt]."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")

DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))

TITLE, TEXT, SMALL = 9.0, 8.0, 7.0
"""Sizes of text in points, for a picture that is printed as large as it is made."""


def require_matplotlib() -> None:
    """Pictures are an extra: BackendError when matplotlib is not installed."""
    extra_module("matplotlib", "plot", "a plot")


Size = tuple[float, float]
"""Width and height of a figure [inch]."""

LARGEST = 100.0
"""Of either of them."""


def checked_size(size: Size | None, ax: Axes | None) -> Size | None:
    """The size of a new figure as it was given.

    Raises
    ------
    ValueError
        It is no width and height, or the axes are those of a figure that has one.
    """
    if size is None:
        return None
    if ax is not None:
        raise ValueError("size is that of a new figure: leave out ax, or set the size of its figure")
    if len(size) != 2 or not all(0 < side <= LARGEST for side in size):
        raise ValueError(f"size must be width and height, above 0 and at most {LARGEST:g} inches, got {size}")
    return size


def axes_for(ax: Axes | None, size: Size | None, width: float, height: float) -> Axes:
    """The axes that are given, or new ones of the size that is given, or of this one."""
    size = checked_size(size, ax)
    return new_axes(*(size or (width, height))) if ax is None else ax


def new_axes(width: float, height: float, layout: Any = "constrained") -> Axes:
    """Axes of a new figure, in inches. Not one of pyplot's: no window opens, nobody has to close it."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout=layout).subplots()


def titled(picture: Any, title: str | None) -> Any:
    """A picture as a graph, with another title if there is one."""
    if title is not None:
        picture.graph["title"] = [title] if title else []
    return picture


def curve_style(index: int) -> dict[str, Any]:
    """Colour, marker and dashes of the curve at a place in the legend; no two of the first 63 are alike.

    Markers are hollow, and smaller from curve to curve: where points coincide each is seen.
    """
    looks = {"color": COLOURS, "marker": MARKERS, "linestyle": DASHES}
    style: dict[str, Any] = {key: values[index % len(values)] for key, values in looks.items()}
    size = LARGEST_MARK - 0.8 * (index % 6)
    return {**style, "markersize": size, "markerfacecolor": "none", "markeredgewidth": 1.3, "linewidth": 1.3}


def finish_curves(axes: Axes, handles: Sequence[Any], title: str, what: str, *, beside: bool) -> None:
    """Title, grid, and a legend beside the axes; in axes that are not ours in the emptiest corner."""
    axes.set_title(title, fontsize=TITLE, parse_math=False)
    axes.tick_params(labelsize=TEXT)
    axes.grid(alpha=0.25)
    place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)} if beside else {"loc": "best"}
    add_legend(axes, handles, TEXT, title=what, **place)


def add_legend(axes: Axes, handles: Sequence[Any], size: float, **place: Any) -> None:
    """A legend without a frame. Ids in it may hold dollar signs, or begin with an underscore."""
    labels = [f" {name}" if name.startswith("_") else name for name in (h.get_label() for h in handles)]
    legend = axes.legend(handles, labels, fontsize=size, title_fontsize=size, frameon=False, **place)
    legend.set_alignment("left")
    for text in legend.get_texts():
        text.set_parse_math(False)


def printable(text: str) -> str:
    """The text without line ends and control characters, which neither a line nor an SVG file can hold."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def short(text: str, most: int = 20) -> str:
    """As much of an id as there is room for."""
    return printable(text if len(text) <= most else text[: most - 1] + "…")


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """How wide a line of text is [pt]; measured, because ids may be anything."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def wrap(text: str, size: float, width: float) -> list[str]:
    """Lines of about that width [pt]."""
    line = printable(text)
    return textwrap.wrap(line, max(8, int(len(line) * width / max(text_width(line, size), 1.0))))
