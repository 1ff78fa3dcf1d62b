"""What the pictures share: colours, markers, text sizes, axes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from finopt.problem.errors import BackendError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe-Ito: colour-blind safe, and of different lightness in grey. The yellow is too light for lines."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")

DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))

TITLE, TEXT = 9.0, 8.0
"""Sizes of text in points, for a picture that is printed as large as it is made."""

ELLIPSIS = "…"


def require_matplotlib() -> None:
    """Pictures are an extra.

    Raises
    ------
    BackendError
        matplotlib is not installed.
    """
    try:
        import_module("matplotlib")
    except ImportError as error:
        hint = "pip install 'finopt[plot]'"
        raise BackendError(f"plots need matplotlib, which is not installed: {hint}") from error


def new_axes(width: float, height: float) -> Axes:
    """Axes of a new figure, in inches. Not one of pyplot's: no window opens, nobody has to close it."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").subplots()


def curve_style(index: int) -> dict[str, Any]:
    """Colour, marker and dashes of the curve at a place in the legend; no two of the first 63 are alike."""
    return {
        "color": COLOURS[index % len(COLOURS)],
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": DASHES[index % len(DASHES)],
        "markersize": 5,
        "linewidth": 1.4,
    }


def add_legend(ax: Axes, handles: Sequence[Any], title: str, *, beside: bool) -> None:
    """A legend beside the axes, where it hides nothing, or in axes that are not ours the emptiest corner."""
    place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)} if beside else {"loc": "best"}
    labels = [shown_label(handle.get_label()) for handle in handles]
    legend = ax.legend(
        handles, labels, title=title, fontsize=TEXT, title_fontsize=TEXT, frameon=False, **place
    )
    legend.set_alignment("left")
    for text in legend.get_texts():
        text.set_parse_math(False)  # an id may hold dollar signs


def shown_label(text: str) -> str:
    """A legend leaves out labels that begin with an underscore, ids may."""
    return f" {text}" if text.startswith("_") else text


def tint(colour: str, share: float = 0.22) -> tuple[float, float, float]:
    """A light version of a colour, on which black text is legible."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 1 - share * (1 - red), 1 - share * (1 - green), 1 - share * (1 - blue)


def short(text: str, most: int) -> str:
    """The text, or as much of it as there is room for."""
    return text if len(text) <= most else text[: most - 1] + ELLIPSIS


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """How wide a line of text is [pt]; measured, because ids may be anything."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def wrap(text: str, size: float, width: float) -> list[str]:
    """Lines no wider than that, unless a single word is."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
