"""What stands in the box of a node, and where in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from finopt.plotting.geometry import Box
from finopt.plotting.scene import NAME, Run, Scene
from finopt.plotting.style import short, text_width, wrap
from finopt.problem.network import Node

ID_SIZE, SMALL_SIZE = 8.0, 7.0
"""Sizes of text [pt]: of a node's id, and of all else in its box."""

PADDING, CHIP, PITCH, LINE = 5.0, 11.5, 14.0, 9.0
"""Inside a box; height of a block, of a row of blocks, and of a line of text [pt]."""

WIDEST = 190.0
"""Of a row of blocks [pt]; more blocks go into the next row."""

NOTE = 92.0
"""Of a line that says whose source a node is [pt]."""

Kind = Literal["id", "figure", "note", "label", "block"]


@dataclass(frozen=True)
class Part:
    """A piece of text and the box it has; blocks are drawn with their box."""

    kind: Kind
    text: str
    box: Box
    application: int = -1


@dataclass(frozen=True)
class Content:
    """The parts of a node's box, whose lower left corner is (0, 0)."""

    width: float
    height: float
    parts: tuple[Part, ...]


def content(scene: Scene, node: Node) -> Content:
    """What stands in a node's box, from the top: id and energy, whose source it is, what it runs."""
    rows = [_head(scene, node), *_notes(scene, node.id), *_runs(scene, node.id)]
    width = max(row[-1].box.right for row in rows)
    height = y = sum(row[0].box.height for row in rows) + 2 * PADDING
    parts: list[Part] = []
    y -= PADDING
    for row in rows:
        y -= row[0].box.height
        parts += [Part(p.kind, p.text, p.box.moved(PADDING, y), p.application) for p in row]
    return Content(width + 2 * PADDING, height, tuple(parts))


def _head(scene: Scene, node: Node) -> list[Part]:
    name, figure = short(node.id, NAME), scene.node_figure(node)
    width = text_width(name, ID_SIZE, bold=node.id in scene.used)
    row = [Part("id", name, Box(0, 0, width, PITCH))]
    if figure:
        row.append(Part("figure", figure, Box(width + 7, 0, text_width(figure, SMALL_SIZE), PITCH)))
    return row


def _notes(scene: Scene, node: str) -> Iterator[list[Part]]:
    """Where data start and are sent on at once."""
    starts = scene.starts(node)
    if not starts:
        return
    names = ", ".join(short(scene.placed[k].application, NAME) for k in starts)
    text = "source" if scene.of == 1 else f"source of {names}"
    for line in wrap(text, SMALL_SIZE, NOTE):
        yield [Part("note", line, Box(0, 0, text_width(line, SMALL_SIZE), LINE))]


def _runs(scene: Scene, node: str) -> Iterator[list[Part]]:
    """Rows of blocks; with several applications each row begins with the id of its own."""
    runs = scene.runs.get(node, ())
    names = [short(scene.placed[run.application].application, NAME) for run in runs]
    indent = max(text_width(name, SMALL_SIZE) for name in names) + 5 if runs and scene.of > 1 else 0.0
    for run, name in zip(runs, names, strict=True):
        for i, row in enumerate(_rows(run, indent)):
            label = [Part("label", name, Box(0, 0, indent - 5, PITCH))] if indent and not i else []
            yield [*label, *row]


def _rows(run: Run, indent: float) -> Sequence[list[Part]]:
    rows: list[list[Part]] = [[]]
    left = indent
    for block in run.blocks:
        name = short(block, NAME)
        width = text_width(name, SMALL_SIZE) + 7
        if rows[-1] and left + width > indent + WIDEST:
            rows.append([])
            left = indent
        rows[-1].append(Part("block", name, Box(left, 0, width, PITCH), run.application))
        left += width + 3
    return rows
