"""Charts as plotly's script takes them, each with its figures as a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

COLOUR = {
    "mobile": "#56B4E9",
    "edge": "#009E73",
    "cloud": "#CC79A7",
    "sending": "#E69F00",
    "returning": "#D55E00",
    "limit": "#888888",
}
"""Okabe and Ito's colours that can be seen on white and on black."""

ROW, AROUND = 26, 76
"""Height of a bar with the gap beside it, and of the axis below all of them [px]."""


@dataclass(frozen=True)
class Chart:
    """One picture.

    Attributes
    ----------
    id : str
        Of its element.
    title, alt : str
        Above it, and what it shows in words.
    data : list of mapping
        Traces of plotly.
    axes : mapping
        What the layout has besides that of all charts.
    height : int
        In pixels.
    header, rows : sequences of str
        The same figures as a table.
    legend : tuple of (str, str)
        Colours and what they stand for.
    """

    id: str
    title: str
    alt: str
    data: list[dict[str, Any]]
    axes: dict[str, Any]
    height: int
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    legend: tuple[tuple[str, str], ...] = ()

    @property
    def spec(self) -> dict[str, Any]:
        """What the page's script gives to plotly."""
        return {"data": self.data, "axes": self.axes, "height": self.height}


def horizontal(labels: Sequence[str], x_title: str, **x_axis: Any) -> dict[str, Any]:
    """Axes of horizontal bars, the first one at the top; labels are places, for two may be the same."""
    places = list(range(len(labels)))
    return {
        "barmode": "stack",
        "xaxis": {"title": {"text": x_title}, "rangemode": "tozero", **x_axis},
        "yaxis": {
            "tickvals": places,
            "ticktext": list(labels),
            "range": [len(labels) - 0.4, -0.6],
            "showgrid": False,
            "ticks": "outside",
            "ticklen": 6,
            "tickcolor": "rgba(0,0,0,0)",
        },
    }


def bar(length: Sequence[float | None], colour: Any, hover: Sequence[str]) -> dict[str, Any]:
    """A trace of horizontal bars, one for each place."""
    return {
        "type": "bar",
        "orientation": "h",
        "x": list(length),
        "y": list(range(len(length))),
        "marker": {"color": colour},
        "hovertext": list(hover),
        "hoverinfo": "text",
    }


def height(bars: int) -> int:
    """Of so many bars [px]."""
    return AROUND + ROW * max(bars, 2)
