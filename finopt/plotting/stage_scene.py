"""What a picture of a stage of FIN shows, as a graph with texts; lengths are in points, y grows upwards.

Graph: ``title``, lines of text; ``grid``, where what stands; ``columns``, a text per stage. Vertex: ``look``
and ``mark``, "source", "target" or "". Arc: ``kind``, ``look``, ``label`` and ``curve``, the three points
of a quadratic Bezier curve. Looks: "plain", or on levels "left out", "light", "kept" and "path".
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from networkx import DiGraph, MultiDiGraph

from finopt.graph.stage_graphs import Stages, Vertex
from finopt.plotting.style import SMALL, TEXT, short, text_width
from finopt.problem.formatting import counted, quantity

HEAD, RIM, ASIDE, LETTERS = 26.0, 24.0, 44.0, 14
"""Height of the texts above the columns; around the cells; from them to the names; letters of an id."""

PLAIN, GAP, SLOPE = (96.0, 74.0), (62.0, 26.0), (3.6, 5.2)
"""From cell to cell without levels; between cells that have some; from level to level: each across and up."""

FEW = 5
"""Of fewer levels a cell is as large as of so many."""

PASSING, FARTHEST, BESIDE = 9.0, 40.0, 5.0
"""How far a transfer bends aside per row that it passes, and at most; more where arcs would coincide."""


class Grid(NamedTuple):
    """A cell per stage and node, the first node below; levels climb a slope, so that arcs do not coincide."""

    names: float
    left: float
    cell: tuple[float, float]
    slope: tuple[float, float]
    rows: dict[str, int]
    stages: int
    gamma: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of everything."""
        first = next(iter(self.rows))
        right, _ = self.at(self.stages - 1, first, self.gamma / 2)
        return float(right) + self.cell[0] / 2, RIM - float(self.at(0, first)[1])

    def at(self, stage: int, node: str, level: float = 0) -> Any:
        """Where a vertex is."""
        x = self.left + stage * self.cell[0] + level * self.slope[0]
        below = (len(self.rows) - 1 - self.rows[node]) * self.cell[1]
        return np.array([x, (level - self.gamma) * self.slope[1] - below - HEAD - RIM])

    def curve(self, tail: Vertex, head: Vertex, aside: float) -> Any:
        """The line between two vertices, in its middle so far to the right of a straight one."""
        a, b = self.at(*tail), self.at(*head)
        right = (b - a)[::-1] * (1, -1) / math.dist(a, b)
        return np.array([a, (a + b) / 2 + 2 * aside * right, b])


def extended_scene(stages: Stages) -> MultiDiGraph:
    """Stage 1: every vertex and arc, with what it costs and takes."""
    graph = stages.extended
    kinds = [kind for *_, kind in graph.edges(data="kind")]
    arcs = f"{kinds.count('compute')} compute and {counted(kinds.count('transfer'), 'transfer arc')}"
    picture = _empty(
        stages, 0, "extended graph", f"{len(graph)} vertices, {arcs}; latency limit {_limit(graph)}"
    )
    _add_vertices(picture, graph, {v: "plain" if graph.degree(v) else "left out" for v in graph})
    for tail, head, arc in graph.edges(data=True):
        label = f"{_energy(graph, arc['energy'], 3)}\n{quantity(arc['latency'], 's', 3)}"
        _add_arc(picture, graph, (tail, head), arc["kind"], "plain", label)
    return picture


def feasible_scene(stages: Stages) -> MultiDiGraph:
    """Stage 2: every replica on its level; what lambda and reachability leave looks different."""
    graph, pruned, gamma = stages.feasible, stages.pruned, stages.feasible.graph["gamma"]
    left = f"in colour the {len(pruned)} and {pruned.number_of_edges()} that are left"
    if not len(pruned):
        left = "no path to a target is left"
    sizes = f"{len(graph)} replicas and {graph.number_of_edges()} arcs; {left}"
    picture = _empty(stages, gamma, f"feasible graph, gamma = {gamma}", sizes)
    _add_vertices(picture, graph, {v: "kept" if v in pruned else "left out" for v in graph})
    for tail, head, arc in graph.edges(data=True):
        look = "kept" if pruned.has_edge(tail, head) else "left out"
        _add_arc(picture, graph, (tail, head), arc["kind"], look)
    return picture


def path_scene(stages: Stages) -> MultiDiGraph:
    """Stage 3: what is left of the feasible graph, and on it the cheapest path."""
    graph, pruned, path = stages.feasible, stages.pruned, stages.path or ()
    steps = set(pairwise(path))  # without its cycles a path may be on levels that the pruned graph has not
    picture = _empty(stages, graph.graph["gamma"], *_of_path(stages))
    _add_vertices(
        picture, graph, {v: "path" if v in path else "light" if v in pruned else "left out" for v in graph}
    )
    for tail, head, arc in graph.edges(data=True):
        if (step := (tail, head)) in steps:
            label = f"{_energy(graph, arc['energy'], 3)}\n{counted(arc['levels'], 'level')}"
            _add_arc(picture, graph, step, arc["kind"], "path", label)
        elif pruned.has_edge(*step):
            _add_arc(picture, graph, step, arc["kind"], "light")
    return picture


def _of_path(stages: Stages) -> tuple[str, str]:
    """Title of the cheapest path."""
    graph, path, gamma = stages.feasible, stages.path, stages.feasible.graph["gamma"]
    if path is None:
        return "no path", f"none to a target is left on levels 0 to {gamma}, that is within {_limit(graph)}"
    arcs = [graph.edges[step] for step in pairwise(path)]
    energy = _energy(graph, math.fsum(arc["energy"] for arc in arcs), 4)
    latency = quantity(math.fsum(arc["latency"] for arc in arcs), "s")
    used = f"latency {latency} of {_limit(graph)}, {path[-1][-1]} of {counted(gamma, 'level')}"
    return "cheapest path", f"energy {energy} per inference, {used}"


def _energy(graph: DiGraph, power: float, digits: int) -> str:
    return quantity(power / graph.graph["rate"], "J", digits)


def _limit(graph: DiGraph) -> str:
    return quantity(graph.graph["max_latency"], "s")


def _empty(stages: Stages, gamma: int, what: str, figures: str) -> MultiDiGraph:
    """The grid, its texts and the title."""
    extended = stages.extended
    of = f"{short(extended.graph['application'])}, configuration {extended.graph['configuration']}"
    blocks = {stage: block for (stage, _), block in extended.nodes(data="block")}
    columns = [f"{short(block, LETTERS)} done" if block else "nothing done" for block in blocks.values()]
    grid = _grid(extended, gamma, columns)
    return MultiDiGraph(title=[f"{of}: {what}", figures], grid=grid, columns=columns)


def _grid(extended: DiGraph, gamma: int, columns: list[str]) -> Grid:
    """Cells with room for levels, names, texts of columns and for transfers that bend to the left."""
    rows = {node: row for row, node in enumerate(dict.fromkeys(node for _, node in extended))}
    names = RIM + max(text_width(short(node, LETTERS), TEXT, bold=True) for node in rows)
    down = [ends for ends in {*extended.edges()} if rows[ends[0][1]] > rows[ends[1][1]]]
    bend = max(
        (_aside(rows, extended, ends, extended.number_of_edges(*ends) - 1) for ends in down), default=0
    )
    (x, y), wider = SLOPE, max(1.0, FEW / max(gamma, 1))
    slope = x * wider, y * wider
    across, up = (GAP[0] + gamma * slope[0], GAP[1] + gamma * slope[1]) if gamma else PLAIN
    across = max(across, *(text_width(text, SMALL) + 8 for text in columns))
    return Grid(names, names + ASIDE + bend, (across, up), slope, rows, len(columns), gamma)


def _add_vertices(picture: MultiDiGraph, graph: DiGraph, looks: dict[Vertex, str]) -> None:
    marks = dict.fromkeys(graph.graph["targets"], "target") | {graph.graph["source"]: "source"}
    for vertex, look in looks.items():
        picture.add_node(vertex, look=look, mark=marks.get(vertex, ""))


def _add_arc(
    picture: MultiDiGraph, graph: DiGraph, ends: tuple[Vertex, Vertex], kind: str, look: str, label: str = ""
) -> None:
    """With its curve."""
    grid: Grid = picture.graph["grid"]
    aside = _aside(grid.rows, graph, ends, picture.number_of_edges(*ends)) if kind == "transfer" else 0.0
    picture.add_edge(*ends, kind=kind, look=look, label=label, curve=grid.curve(*ends, aside))


def _aside(rows: dict[str, int], graph: DiGraph, ends: tuple[Vertex, Vertex], before: int) -> float:
    """How far a transfer bends: past the rows between, and beside parallel arcs and those that lead back."""
    (tail, head), back = ends, bool(graph.has_edge(*ends[::-1]))
    passed = abs(rows[tail[1]] - rows[head[1]]) - 1
    return min(PASSING * passed, FARTHEST) + BESIDE * (2 * before + back)
