"""Where nodes stand, in points: in rows in the lane of their tier, ordered so that lines stay apart."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from random import Random
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
from matplotlib.patches import ConnectionStyle
from matplotlib.transforms import Bbox
from networkx import MultiDiGraph, all_neighbors

from finopt.plotting.scene import TIERS
from finopt.plotting.style import SMALL, TEXT, text_width

TAG, RIM, BESIDE, BETWEEN, LINE, NOTE, DOT, CELL = 18.0, 9.0, 60.0, 46.0, 13.5, 12.0, 4.0, 26.0
"""For a tier's name, at the rim of a lane, between boxes, rows and lines; for a note, a dot, around it."""

LEAST, PAGE = 300.0, 490.0
"""Width of lanes: at most that of a page, unless a single box is wider."""

STARTS, SWEEPS, MANY, OUTSIDE, FAR = 24, 3, 40, 3, 1e5
"""Orders that are tried, sweeps over each at most; of more lines nobody follows those without arrows; running
outside the picture, which goes on so far, is as bad as behind so many boxes."""

BENDS = (0.0, 0.15, -0.15, 0.3, -0.3, 0.5, -0.5, 0.8, -0.8)
"""How much a line may be bent to keep clear of boxes, the straightest first."""

Pair = tuple[str, str]
Routes = dict[Pair, list[dict[str, Any]]]


class Layout(NamedTuple):
    """Boxes of lanes and nodes; y grows upwards and is 0 at the top."""

    width: float
    lanes: dict[str, Bbox]
    nodes: dict[str, Bbox]

    def obstacles(self, *ends: str) -> list[Bbox]:
        """What lines and labels keep clear of: boxes other than those at the ends, and the sides."""
        boxes = [box.padded(3) for name, box in self.nodes.items() if name not in ends and box.width > DOT]
        sides = [Bbox.from_bounds(x, -FAR, FAR, FAR) for x in (TAG - FAR, self.width)]
        return [*boxes, *sides * OUTSIDE]

    def curve(self, pair: Pair, bend: float = 0.0) -> Any:
        """The line from node to node, where their horizontal middles are closest."""
        boxes = [self.nodes[name] for name in pair]
        low, high = (np.array([getattr(box, side) for box in boxes]) for side in ("x0", "x1"))
        inset = np.minimum(14.0, (high - low) / 2)
        x = np.clip((max(low + inset) + min(high - inset)) / 2, low + inset, high - inset)
        start, end = zip(x, [(box.y0 + box.y1) / 2 for box in boxes], strict=True)
        return ConnectionStyle.Arc3(bend)(start, end, shrinkA=0, shrinkB=0)

    def around(self, pair: Pair) -> tuple[int, float]:
        """Behind how many boxes a line has to run at least, and bent how much."""
        others, found = self.obstacles(*pair), []
        for bend in BENDS:
            found.append((hits(self.curve(pair, bend), others), abs(bend), bend))
            if not found[-1][0]:
                break
        hidden, _, bend = min(found)
        return hidden, bend


def hits(path: Any, boxes: Sequence[Bbox]) -> int:
    """How many of the boxes a line runs through."""
    return sum(path.intersects_bbox(box, filled=False) for box in boxes)


def routes(picture: MultiDiGraph) -> Routes:
    """What is carried between any two linked nodes, whichever way."""
    found: Routes = {}
    for a, b, data in picture.edges(data=True):
        found.setdefault((min(a, b), max(a, b)), []).extend([{**data, "source": a}] if data else [])
    return found


def arrange(picture: MultiDiGraph) -> Layout:
    """The best of some random starts: where the fewest lines run behind boxes or across each other."""
    drawn = {pair: 1.0 if hops else 0.2 for pair, hops in routes(picture).items()}
    weights = {pair: weight for pair, weight in drawn.items() if all(picture.nodes[v]["rows"] for v in pair)}
    if len(weights) > MANY:
        weights = {pair: weight for pair, weight in weights.items() if weight == 1.0}
    random = Random(0)
    return min((_attempt(picture, random) for _ in range(STARTS)), key=lambda made: _flaws(made, weights))


def _attempt(picture: MultiDiGraph, random: Random) -> Layout:
    sizes = {name: _size(rows) for name, rows in picture.nodes(data="rows")}
    room = {name: width + (BESIDE if width > DOT else CELL) for name, (width, _) in sizes.items()}
    lanes = {tier: [v for v, where in picture.nodes(data="tier") if where == tier] for tier in TIERS}
    lanes = {tier: lane for tier, lane in lanes.items() if lane or tier in picture.graph["notes"]}
    _untangle(list(lanes.values()), picture, random)
    longest = max(sum(room[name] for name in lane) for lane in lanes.values())
    width = max(min(max(LEAST, 1.2 * longest), PAGE), *room.values(), 0.0)
    made, y = Layout(TAG + width, {}, {}), 0.0
    for tier, lane in lanes.items():
        top, y = y, y - RIM
        for row in random.sample(rows := _dealt(lane, room, width), len(rows)):
            height = max(CELL, *(sizes[name][1] for name in row))
            x, stretch = TAG, width / sum(room[name] for name in row)
            for name in row:
                (across, up), own = sizes[name], room[name] * stretch
                aside = random.uniform(-0.5, 0.5) * max(0.0, own - across - 0.85 * BESIDE)
                lift = random.uniform(-0.5, 0.5) * CELL * (across == DOT)  # else their lines would be one
                corner = x + (own - across) / 2 + aside, y - (height + up) / 2 + lift
                made.nodes[name] = Bbox.from_bounds(*corner, across, up)
                x += own
            y -= height + BETWEEN
        y += (BETWEEN if lane else 0.0) - RIM - NOTE * (tier in picture.graph["notes"])
        made.lanes[tier] = Bbox([[0.0, y], [made.width, top]])
        y -= BETWEEN
    return made


def _dealt(lane: Sequence[str], room: Mapping[str, float], width: float) -> list[Sequence[str]]:
    """As few rows as have room, each from the left to the right."""
    for count in range(1, len(lane) + 1):
        rows = [lane[i::count] for i in range(count)]
        if all(sum(room[name] for name in row) <= width for row in rows):
            return rows
    return []


def _size(rows: Sequence[tuple[str, Any]]) -> tuple[float, float]:
    """Of a box with these texts, the first of them bold; of a dot."""
    widths = [text_width(text, SMALL if i else TEXT, bold=not i) for i, (text, _) in enumerate(rows)]
    return (1.08 * max(widths) + 14, LINE * len(rows) + 5) if rows else (DOT, DOT)


def _untangle(lanes: Sequence[list[str]], graph: MultiDiGraph, random: Random) -> None:
    """The barycentre heuristic: in turn every lane is sorted by where the neighbours of its nodes stand."""
    place = {name: random.random() for lane in lanes for name in lane}
    for lane in [*lanes, *lanes[::-1]] * random.randint(1, SWEEPS):
        lane.sort(key=lambda v: mean([place[other] for other in all_neighbors(graph, v)] or [place[v]]))
        place |= {name: i / len(lane) for i, name in enumerate(lane)}


def _flaws(made: Layout, weights: Mapping[Pair, float]) -> float:
    """Lines behind boxes count most, then those that cross without a common end, then lengths."""
    paths = {pair: made.curve(pair) for pair in weights}
    found = 0.0
    for pair, path in paths.items():
        (hidden, bend), length = made.around(pair), math.dist(path.vertices[0], path.vertices[-1])
        found += weights[pair] * (15 * hidden + 3 * abs(bend) + length / 300)
    for (a, p), (b, q) in itertools.combinations(paths.items(), 2):
        if not set(a) & set(b) and p.intersects_path(q):
            found += weights[a] * weights[b]
    return found
