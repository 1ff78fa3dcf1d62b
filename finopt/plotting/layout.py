"""Where the nodes of a picture stand: in lanes, and there in rows; unused nodes as dots if they are many."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from finopt.plotting.content import Content, content
from finopt.plotting.field import field_height, spread
from finopt.plotting.geometry import Box, Point
from finopt.plotting.scene import Scene
from finopt.plotting.shifting import Key, shift
from finopt.problem.network import Node

Tier = Literal["cloud", "edge", "mobile"]
TIERS: tuple[Tier, ...] = ("cloud", "edge", "mobile")
"""From top to bottom: data start below."""

FULL, NARROW = 480.0, 290.0
"""Width of the lanes [pt]: with the margins that of a page, and the least, for the titles."""

TAG = 18.0
"""Left of the nodes of a lane, for the name of the tier [pt]."""

BETWEEN, BESIDE, RIM = 46.0, 44.0, 7.0
"""From row to row, from node to node, from the rows of a lane to its rim [pt]."""

LOWEST = 44.0
"""Height of a lane [pt], for the name of the tier."""

NOTE = 12.0
"""Height of what a lane says about nodes that are left out [pt]."""

DRAWN, NAMED = 40, 6
"""A lane of more nodes shows only those in use; of more unused ones than that each is a dot."""


@dataclass(frozen=True)
class Lane:
    """The band of a tier, and what it says about nodes that are left out."""

    tier: Tier
    box: Box
    note: str


@dataclass(frozen=True)
class Arrangement:
    """Where the lanes, the nodes with a box and those that are dots stand; which of them are linked."""

    width: float
    height: float
    lanes: tuple[Lane, ...]
    contents: Mapping[str, Content]
    boxes: Mapping[str, Box]
    dots: Mapping[str, Point]
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Shown:
    """What is shown of a lane's nodes."""

    tier: Tier
    named: tuple[Node, ...]
    dots: tuple[str, ...]
    left_out: int


Sizes = Mapping[Key, tuple[float, float]]


def arrange(scene: Scene, space: float = 1.0) -> Arrangement:
    """Find a place for every node; ``space`` widens the gaps between rows, where arrows have their labels."""
    lanes = [lane for tier in TIERS if (lane := _shown(scene, tier)).named or lane.dots or lane.left_out]
    contents = {node.id: content(scene, node) for lane in lanes for node in lane.named}
    width = _width(lanes, contents)
    rows = [_rows(lane, contents, width) for lane in lanes]
    bands, lines, height = _stack(scene, lanes, rows, width, BETWEEN * space)
    links = _links(scene, {*contents, *(name for lane in lanes for name in lane.dots)})
    boxes = shift(lines, _weights(scene, links, contents), (TAG, TAG + width), BESIDE)
    named = {name: boxes["node", name] for name in contents}
    dots: dict[str, Point] = {}
    for lane in lanes:
        if lane.dots:
            dots |= spread(lane.dots, links, boxes["field", lane.tier], named)
    return Arrangement(TAG + width, height, bands, contents, named, dots, links)


def _shown(scene: Scene, tier: Tier) -> _Shown:
    nodes = [node for node in scene.instance.nodes if node.tier == tier]
    used = tuple(node for node in nodes if node.id in scene.used)
    if len(nodes) > DRAWN:
        return _Shown(tier, used, (), len(nodes) - len(used))
    if len(nodes) - len(used) <= NAMED:
        return _Shown(tier, tuple(nodes), (), 0)
    return _Shown(tier, used, tuple(node.id for node in nodes if node.id not in scene.used), 0)


def _width(lanes: Sequence[_Shown], contents: Mapping[str, Content]) -> float:
    """As wide as the widest row and a little more, so that nodes need not stand right above each other."""
    widest = max((item.width for item in contents.values()), default=0.0) + 2 * RIM
    if any(lane.dots for lane in lanes):
        return max(FULL, widest)
    totals = [sum(contents[node.id].width + BESIDE for node in lane.named) for lane in lanes]
    return max(widest, min(max(1.25 * max(totals, default=0.0), NARROW), FULL))


def _rows(lane: _Shown, contents: Mapping[str, Content], width: float) -> list[Sizes]:
    """The nodes of a lane in rows of about the same width, the dots beside them if there is room."""
    sizes: dict[Key, tuple[float, float]] = {
        ("node", node.id): (contents[node.id].width, contents[node.id].height) for node in lane.named
    }
    room = width - 2 * RIM
    total = sum(w + BESIDE for w, _ in sizes.values())
    count = math.ceil(total / (room + BESIDE))
    target = min(room, total / count + max(w for w, _ in sizes.values()) / 2) if sizes else room
    rows: list[dict[Key, tuple[float, float]]] = []
    for key, size in sizes.items():
        if not rows or _length(rows[-1]) + BESIDE + size[0] > target:
            rows.append({})
        rows[-1][key] = size
    if lane.dots:
        left = room - _length(rows[-1]) - BESIDE if rows else 0.0
        if left < room / 3:  # above the others: data come from below
            rows.insert(len(rows) if lane.tier == "mobile" else 0, {})
            left = room
        row = rows[-1] if left < room or lane.tier == "mobile" else rows[0]
        row["field", lane.tier] = left, field_height(len(lane.dots), left)
    return list(rows)


def _length(row: Sizes) -> float:
    return sum(width for width, _ in row.values()) + BESIDE * (len(row) - 1)


def _stack(
    scene: Scene, lanes: Sequence[_Shown], rows: Sequence[Sequence[Sizes]], width: float, between: float
) -> tuple[tuple[Lane, ...], list[dict[Key, Box]], float]:
    """Bands and rows from top to bottom; where in its row a node stands is left open."""
    bands, lines = [], []
    top = 0.0
    for lane, own in zip(lanes, rows, strict=True):
        heights = [max(height for _, height in row.values()) for row in own]
        note = NOTE if lane.left_out or lane.dots else 0.0
        needed = sum(heights) + between * max(len(own) - 1, 0) + 2 * RIM + note
        band = Box(0.0, top - max(needed, LOWEST), TAG + width, max(needed, LOWEST))
        y = top - RIM - (band.height - needed) / 2
        for row, height in zip(own, heights, strict=True):
            lines.append({k: Box.around((0.0, y - height / 2), w, h) for k, (w, h) in row.items()})
            y -= height + between
        bands.append((lane, band))
        top = band.bottom - between
    height = -(top + between)
    moved = [Lane(lane.tier, band.moved(0, height), _note(scene, lane)) for lane, band in bands]
    return tuple(moved), [{k: box.moved(0, height) for k, box in line.items()} for line in lines], height


def _note(scene: Scene, lane: _Shown) -> str:
    """What the lane does not show; where not all applications are drawn, other nodes may be in use."""
    count = lane.left_out or len(lane.dots)
    nodes = f"{count} {'unused' if len(scene.placed) == scene.of else 'more'} node{'s' if count > 1 else ''}"
    return f"not drawn: {nodes}" if lane.left_out else f"dots: {nodes}" if lane.dots else ""


def _links(scene: Scene, shown: set[str]) -> tuple[tuple[str, str], ...]:
    """Which of the shown nodes are linked, in whatever direction."""
    pairs: dict[frozenset[str], tuple[str, str]] = {}
    for link in scene.instance.links:
        if link.source in shown and link.target in shown:
            pairs.setdefault(frozenset((link.source, link.target)), (link.source, link.target))
    return tuple(pairs.values())


def _weights(
    scene: Scene, links: Sequence[tuple[str, str]], contents: Mapping[str, Content]
) -> dict[tuple[Key, Key], float]:
    """The links between boxes, and how much it matters that nothing is in their way."""
    used = {frozenset((hop.link.source, hop.link.target)) for hop in scene.hops}
    between = [pair for pair in links if pair[0] in contents and pair[1] in contents]
    if len(between) > DRAWN:  # with so many lines nobody follows those without arrows
        between = [pair for pair in between if frozenset(pair) in used]
    return {(("node", a), ("node", b)): 1.0 if frozenset((a, b)) in used else 0.3 for a, b in between}
