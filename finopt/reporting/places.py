"""The network on a map, where places of nodes are known."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from typing import Any

import numpy as np

from finopt.problem.formatting import counted
from finopt.problem.network import DirectedLink
from finopt.reporting.charts import COLOUR, Chart
from finopt.reporting.network import used_nodes
from finopt.reporting.subject import TIERS, Subject
from finopt.reporting.words import in_picture, number, short

NAMED, ROWS = 18, 54
"""Nodes of a tier whose names are written, and nodes in the table, at most."""

MOST = 1500
"""Nodes, links in use and other links that are drawn at most."""

AXES = {
    "xaxis": {"title": {"text": "longitude [°]"}, "zeroline": False, "constrain": "domain"},
    "yaxis": {"title": {"text": "latitude [°]"}, "zeroline": False, "scaleanchor": "x"},
}

BESIDE = {"mobile": "bottom center", "edge": "top center", "cloud": "middle right"}
"""Where names stand on the map: nodes of different tiers may be in one place."""


def map_chart(subject: Subject) -> Chart | None:
    """Nodes and the links in use where places are known; nodes without one stand beside a neighbour."""
    places = _places(subject)
    if not places:
        return None
    used, carrying = used_nodes(subject), _carrying(subject)
    shown = (
        places if len(places) <= MOST else {name: places[name] for name in _busiest(subject, places, used)}
    )
    links = subject.instance.links if len(subject.instance.links) <= MOST else ()
    drawn = [
        _lines([(one.source, one.target) for one in links], places, COLOUR["limit"], 0.5),
        _lines([(one.source, one.target) for one in carrying], places, COLOUR["sending"], 2.0),
        *_dots(subject, shown, used),
    ]
    return Chart(
        id="map",
        title="Map" if len(shown) == len(places) else f"Map of the {len(shown)} busiest nodes",
        alt=f"{counted(len(shown), 'node')}, {counted(len(carrying), 'link')} in use",
        data=drawn,
        axes=AXES,
        height=420,
        header=("node in use", "latitude, longitude", "energy" if subject.alone else "power"),
        rows=_rows(subject, shown, used),
        legend=(*((COLOUR[tier], tier) for tier in reversed(TIERS)), (COLOUR["sending"], "link in use")),
    )


def _places(subject: Subject) -> dict[str, tuple[float, float]]:
    """Where nodes are; nothing without figures for any node."""
    known = subject.instance.node_by_id
    stated = {
        name: (float(x), float(y)) for name, (x, y) in (subject.positions or {}).items() if name in known
    }
    given = {name: place for name, place in stated.items() if all(map(math.isfinite, place))}
    return _spread(subject, given) if given else {}


def _carrying(subject: Subject) -> list[DirectedLink]:
    """The links in use, of very many those that carry most."""
    assert subject.evaluation is not None
    loads = [(load.used, name) for name, load in subject.evaluation.bandwidth.items() if load.used]
    return [subject.instance.link_by_id[name] for _, name in nlargest(MOST, loads)]


def _busiest(subject: Subject, places: Mapping[str, Any], used: set[str]) -> list[str]:
    return nlargest(
        MOST, used.intersection(places), key=lambda name: (subject.powers[0].get(name, 0.0), name)
    )


def _rows(subject: Subject, places: Mapping[str, Any], used: set[str]) -> list[tuple[str, str, str]]:
    """The first nodes in use."""
    power = subject.powers[0]
    rows = [
        (short(name), f"{y:.2f}, {x:.2f}", subject.in_words(power.get(name, 0.0)))
        for name, (x, y) in places.items()
        if name in used
    ]
    return rows[:ROWS]


def _spread(subject: Subject, given: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Places of all nodes that have one or a neighbour with one; neighbours' own in a ring around them."""
    places = dict(given)
    beside: Counter[str] = Counter()
    spread = max((max(axis) - min(axis) for axis in zip(*places.values(), strict=True)), default=0.0) or 1.0
    for link in subject.instance.directed_links:
        for one, other in ((link.source, link.target), (link.target, link.source)):
            if one not in places and other in given:
                angle = 2.4 * beside[other]  # the golden angle: no two stand on each other
                beside[other] += 1
                x, y = given[other]
                places[one] = (x + 0.06 * spread * np.cos(angle), y + 0.06 * spread * np.sin(angle))
    return places


def _lines(
    pairs: Sequence[tuple[str, str]], places: Mapping[str, Any], colour: str, width: float
) -> dict[str, Any]:
    ends = [(places[a], places[b]) for a, b in pairs if a in places and b in places]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for a, b in ends for x in (number(a[0]), number(b[0]), None)],
        "y": [y for a, b in ends for y in (number(a[1]), number(b[1]), None)],
        "line": {"color": colour, "width": width},
        "hoverinfo": "skip",
    }


def _dots(subject: Subject, places: Mapping[str, Any], used: set[str]) -> Iterator[dict[str, Any]]:
    """A trace per tier; what is in use is larger."""
    for tier in reversed(TIERS):
        own = [node.id for node in subject.instance.nodes if node.tier == tier and node.id in places]
        power = {name: subject.in_words(subject.powers[0].get(name, 0.0)) for name in own}
        named = len(used.intersection(own)) <= NAMED
        yield {
            "type": "scatter",
            "mode": "markers+text" if named else "markers",
            "x": [number(places[name][0]) for name in own],
            "y": [number(places[name][1]) for name in own],
            "text": [in_picture(name, 14) if name in used else "" for name in own],
            "textposition": BESIDE[tier],
            "marker": {"color": COLOUR[tier], "size": [13 if name in used else 6 for name in own]},
            "hovertext": [f"{in_picture(name, 60)} ({tier})<br>{power[name]}" for name in own],
            "hoverinfo": "text",
        }
