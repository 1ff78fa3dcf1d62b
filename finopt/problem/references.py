"""References between objects given as plain data: who names whom, and hints where a name is wrong."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from finopt.problem.errors import LONGEST, Problem, shown

MOST_NAMES = 1000
"""Among more names than this the nearest is not looked for: it would take longer than reading the file."""


LIKELY = 20
"""Names that are compared letter by letter: those that share most pairs of letters with the wrong one."""


SOURCE = "source"
"""Stands for the source of an application as the place that its result is returned to."""


Data = Mapping[str, Any]


Blocks = Mapping[str, Collection[str]]
"""The ids of the blocks of every model."""


def suggest(name: object, known: Collection[str]) -> str:
    """A hint at the nearest known name, or at the names there are."""
    if len(known) > MOST_NAMES:
        return ""
    text = str(name)[:LONGEST]
    near = difflib.get_close_matches(text, _likely(text, known), n=1)
    if near:
        return f"did you mean {shown(near[0])}?"
    names = [shown(other) for other in sorted(known)[:8]]
    return f"known: {', '.join(names)}{' ...' if len(known) > len(names) else ''}" if known else ""


def _likely(text: str, known: Collection[str]) -> list[str]:
    """The names that are worth comparing, for that takes long."""
    wanted = _letters(text)
    return heapq.nlargest(LIKELY, sorted(known), key=lambda name: len(wanted & _letters(name)))


def _letters(text: str) -> set[object]:
    """Letters and pairs of letters."""
    start = text[:LONGEST]
    return {*start, *pairwise(start)}


def items_of(data: Data, key: str, path: str = "") -> Iterator[tuple[str, Data]]:
    items = data.get(key)
    if isinstance(items, list | tuple):
        for i, item in enumerate(items):
            if isinstance(item, Mapping):
                yield f"{path}{key}[{i}]", item


def ids_of(data: Data, key: str) -> list[str]:
    return [item["id"] for _, item in items_of(data, key) if isinstance(item.get("id"), str)]


def first_id(data: Data, key: str) -> str:
    """Id of the first object of a list; a word that says nothing when there is none."""
    return next(iter(ids_of(data, key)), "none")


def reference_problems(
    path: str, subject: str, value: object, known: Collection[str], kind: str
) -> Iterator[Problem]:
    if known and isinstance(value, str) and value not in known:  # that there are none is said elsewhere
        yield Problem(path, f"no such {kind}", shown(value), subject, partial(suggest, value, known))


def pin_problems(
    path: str, subject: str, app: Data, nodes: Mapping[str, Data], blocks: Blocks
) -> Iterator[Problem]:
    """The rules that the pins of one application break."""
    pinned, model = app.get("pinned"), app.get("model")
    for block, node in pinned.items() if isinstance(pinned, Mapping) else ():
        pin = f"{path}[{shown(block)}]"
        if isinstance(model, str) and model in blocks:
            yield from reference_problems(pin, subject, block, blocks[model], "block")
        yield from _usable_problems(pin, subject, node, app, nodes, "pinned to")


def allowed_problems(
    path: str, subject: str, app: Data, nodes: Mapping[str, Data], blocks: Blocks
) -> Iterator[Problem]:
    """The rules that the nodes allowed for the blocks of one application break."""
    allowed, model, pinned = app.get("allowed"), app.get("model"), app.get("pinned")
    for block, names in allowed.items() if isinstance(allowed, Mapping) else ():
        place = f"{path}[{shown(block)}]"
        if isinstance(model, str) and model in blocks:
            yield from reference_problems(place, subject, block, blocks[model], "block")
        for k, node in enumerate(names if isinstance(names, list | tuple) else ()):
            yield from _usable_problems(f"{place}[{k}]", subject, node, app, nodes, "allowed on")
        pin = pinned.get(block) if isinstance(pinned, Mapping) else None
        if isinstance(pin, str) and isinstance(names, list | tuple) and pin not in names:
            yield Problem(place, f"lacks the node that the block is pinned to, {shown(pin)}", "", subject)


def result_problems(path: str, subject: str, app: Data, nodes: Mapping[str, Data]) -> Iterator[Problem]:
    """The rules that the place to which results are returned breaks."""
    place = app.get("result_to")
    if place != SOURCE:
        yield from _usable_problems(path, subject, place, app, nodes, "returned to")


def _usable_problems(
    path: str, subject: str, node: object, app: Data, nodes: Mapping[str, Data], what: str
) -> Iterator[Problem]:
    """A node that there is not, or that another application keeps to itself."""
    yield from reference_problems(path, subject, node, nodes, "node")
    if isinstance(node, str) and node in nodes and not (is_shared(nodes[node]) or node == app.get("source")):
        rule = f"{what} a private node of another application (shared is false, not the source)"
        yield Problem(path, rule, shown(node), subject, "name the source or a shared node")


def is_shared(node: Data) -> bool:
    """Whether a node serves every application; mobile nodes do so only if they say so."""
    return bool(node.get("shared", node.get("tier") != "mobile"))
