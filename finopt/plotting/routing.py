"""The lines of a picture: links between nodes, and arrows beside each other where routes use them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from finopt.plotting.geometry import Box, Curve, crossed, joined
from finopt.plotting.layout import TAG, Arrangement
from finopt.plotting.scene import Hop

BESIDE = 4.0
"""From arrow to arrow [pt]."""

GAP = 1.5
"""From an arrow's tip to the node [pt]."""

BENDS = (0.15, -0.15, 0.3, -0.3, 0.5, -0.5, 0.75, -0.75, 1.0, -1.0)
"""How much a link may be bent that would run behind a node, the straightest first."""

DOT = 2.0
"""Radius of the dot of an unused node [pt]."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Arrow:
    """The arrow of one hop, between the rims of its nodes."""

    hop: Hop
    curve: Curve


@dataclass(frozen=True)
class Bundle:
    """The arrows of one directed link, the curve in their middle, and half of what they take in width."""

    link: str
    arrows: tuple[Arrow, ...]
    curve: Curve
    half: float
    both_ways: bool


def link_curves(arrangement: Arrangement) -> dict[Pair, Curve]:
    """A curve per linked pair of nodes, around the boxes of others where that is possible."""
    ends = {name: Box.around(dot, 2 * DOT, 2 * DOT) for name, dot in arrangement.dots.items()}
    ends |= arrangement.boxes
    inside = Box(TAG, 0.0, arrangement.width - TAG, arrangement.height).grown(-5.0)
    return {pair: _around(ends, arrangement.boxes, pair, inside) for pair in arrangement.links}


def _around(ends: Mapping[str, Box], boxes: Mapping[str, Box], pair: Pair, inside: Box) -> Curve:
    start, end = joined(*(ends[name] for name in pair))
    others = [box.grown(3.0) for name, box in boxes.items() if name not in pair]
    straight = Curve.bent(start, end, 0.0)
    if not set(pair) <= boxes.keys() or not crossed(straight, others):  # links of dots are only hinted at
        return straight
    bent = (Curve.bent(start, end, bend) for bend in BENDS)
    possible = (curve for curve in bent if all(map(inside.holds, curve.points())))
    return min((straight, *possible), key=lambda curve: crossed(curve, others))


def bundles(hops: Sequence[Hop], curves: Mapping[Pair, Curve], boxes: Mapping[str, Box]) -> list[Bundle]:
    """The arrows of all hops; those of one pair of nodes beside each other, each way on its right."""
    by_pair: defaultdict[Pair, list[Hop]] = defaultdict(list)
    for hop in hops:
        pair = hop.link.source, hop.link.target
        by_pair[pair if pair in curves else pair[::-1]].append(hop)
    found: list[Bundle] = []
    for pair, own in by_pair.items():
        found += _bundles(own, pair, curves[pair], boxes)
    return found


def _bundles(hops: Sequence[Hop], pair: Pair, curve: Curve, boxes: Mapping[str, Box]) -> Sequence[Bundle]:
    """Of one pair: first what goes back, on the left of the curve, then what goes along it, on its right."""
    ordered = sorted(hops, key=lambda hop: (hop.link.source == pair[0], hop.link.id))
    middle = (len(ordered) - 1) / 2
    both = len({hop.link.source for hop in hops}) > 1
    arrows: defaultdict[str, list[Arrow]] = defaultdict(list)
    offsets: defaultdict[str, list[float]] = defaultdict(list)
    for i, hop in enumerate(ordered):
        offset = BESIDE * (i - middle)
        arrows[hop.link.id].append(Arrow(hop, _arrow(hop, pair, curve.shifted(offset), boxes)))
        offsets[hop.link.id].append(offset)
    return [
        Bundle(
            link,
            tuple(own),
            _arrow(own[0].hop, pair, curve.shifted((offsets[link][0] + offsets[link][-1]) / 2), boxes),
            (offsets[link][-1] - offsets[link][0]) / 2,
            both,
        )
        for link, own in arrows.items()
    ]


def _arrow(hop: Hop, pair: Pair, curve: Curve, boxes: Mapping[str, Box]) -> Curve:
    source, target = hop.link.source, hop.link.target
    along = curve if source == pair[0] else curve.reversed()
    return along.outside(boxes[source], boxes[target].grown(GAP))
