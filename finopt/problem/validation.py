"""Rules between the objects of an instance, checked on plain data so that a broken file shows all of them.

Every check tolerates missing or malformed parts: the data model reports those.
"""

from __future__ import annotations

import difflib
import heapq
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, TypeGuard

from finopt.problem.errors import LONGEST, Problem, shown

SMALLEST, LARGEST = 1e-21, 1e21
"""The range of non-zero figures: beyond it a difference of two of them is lost in double precision."""

SHARE_TOLERANCE = 1e-9
"""Shares that were rounded when they were written may sum to this much more than 1."""

MOST_NAMES = 1000
"""Among more names than this the nearest is not looked for: it would take longer than reading the file."""

LIKELY = 20
"""Names that are compared letter by letter: those that share most pairs of letters with the wrong one."""

Data = Mapping[str, Any]

Blocks = Mapping[str, Collection[str]]
"""The ids of the blocks of every model."""


def find_problems(data: Data) -> Iterator[Problem]:
    """Every violated rule between the objects of an instance given as plain data, one after the other."""
    yield from _duplicate_ids(data)
    yield from _links(data)
    for path, model in _items(data, "models"):
        yield from _model(path, model)
    yield from _applications(data)


def _applications(data: Data) -> Iterator[Problem]:
    nodes, models = _by_id(data, "nodes"), _by_id(data, "models")
    blocks = {name: dict.fromkeys(_ids(model, "blocks")) for name, model in models.items()}
    from finopt.problem.application_table import ApplicationTable  # which needs figures of this module

    applications = data.get("applications")
    if isinstance(applications, ApplicationTable):
        from finopt.problem.table_rules import (
            table_problems,  # loads numpy, which tables need and nothing else
        )

        yield from table_problems(applications, nodes, blocks)
        return
    for path, app in _items(data, "applications"):
        yield from _application(path, app, nodes, blocks)


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


def _items(data: Data, key: str, path: str = "") -> Iterator[tuple[str, Data]]:
    items = data.get(key)
    if isinstance(items, list | tuple):
        for i, item in enumerate(items):
            if isinstance(item, Mapping):
                yield f"{path}{key}[{i}]", item


def _ids(data: Data, key: str) -> list[str]:
    return [item["id"] for _, item in _items(data, key) if isinstance(item.get("id"), str)]


def first_id(data: Data, key: str) -> str:
    """Id of the first object of a list; a word that says nothing when there is none."""
    return next(iter(_ids(data, key)), "none")


def _by_id(data: Data, key: str) -> dict[str, Data]:
    return {item["id"]: item for _, item in _items(data, key) if isinstance(item.get("id"), str)}


def _name(kind: str, item: Data) -> str:
    return f"{kind} {shown(item['id'])}" if isinstance(item.get("id"), str) else kind


def _duplicates(items: Iterator[tuple[str, Data]], kind: str) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for path, item in items:
        name = item.get("id")
        if isinstance(name, str) and seen.setdefault(name, path) != path:
            yield Problem(f"{path}.id", f"duplicate id, first used at {seen[name]}", shown(name), kind)


def _duplicate_ids(data: Data) -> Iterator[Problem]:
    for key, kind in (("nodes", "node"), ("models", "model"), ("applications", "application")):
        yield from _duplicates(_items(data, key), kind)
    for path, model in _items(data, "models"):
        for key, kind in (("blocks", "block"), ("exits", "exit")):
            yield from _duplicates(_items(model, key, f"{path}."), f"{_name('model', model)}, {kind}")


def _reference(
    path: str, subject: str, value: object, known: Collection[str], kind: str
) -> Iterator[Problem]:
    if known and isinstance(value, str) and value not in known:  # that there are none is said elsewhere
        yield Problem(path, f"no such {kind}", shown(value), subject, partial(suggest, value, known))


def _links(data: Data) -> Iterator[Problem]:
    nodes = set(_ids(data, "nodes"))
    for path, link in _items(data, "links"):
        subject = f"link {shown(link.get('source'))} -> {shown(link.get('target'))}"
        for end in ("source", "target"):
            yield from _reference(f"{path}.{end}", subject, link.get(end), nodes, "node")
        if isinstance(link.get("source"), str) and link.get("source") == link.get("target"):
            yield Problem(path, "a link must join two different nodes", shown(link["source"]), subject)


def _model(path: str, model: Data) -> Iterator[Problem]:
    subject = _name("model", model)
    position = {name: i for i, name in enumerate(_ids(model, "blocks"))}
    last = -1
    exit_position: dict[str, int] = {}
    for exit_path, exit_ in _items(model, "exits", f"{path}."):
        after = exit_.get("after")
        name = f"{subject}, {_name('exit', exit_)}"
        yield from _reference(f"{exit_path}.after", name, after, position, "block")
        if isinstance(after, str) and after in position:
            if position[after] < last:
                yield Problem(f"{exit_path}.after", "exits must be listed in block order", shown(after), name)
            last = max(last, position[after])
        if isinstance(exit_.get("id"), str):
            exit_position.setdefault(exit_["id"], len(exit_position))
    for c_path, configuration in _items(model, "configurations", f"{path}."):
        yield from _configuration(c_path, subject, configuration, exit_position)


def _configuration(path: str, subject: str, data: Data, exits: Mapping[str, int]) -> Iterator[Problem]:
    enabled, shares = data.get("exits"), data.get("shares")
    if _is_list(enabled):
        for k, name in enumerate(enabled):
            yield from _reference(f"{path}.exits[{k}]", subject, name, exits, "exit")
        order = [exits[name] for name in enabled if isinstance(name, str) and name in exits]
        if any(count > 1 for count in Counter(order).values()):
            yield Problem(f"{path}.exits", "an exit is enabled twice", shown(list(enabled)), subject)
        elif order != sorted(order):
            yield Problem(
                f"{path}.exits", "exits must be listed in block order", shown(list(enabled)), subject
            )
    if _is_list(shares):
        if _is_list(enabled) and len(shares) != len(enabled):
            rule = f"needs one share per enabled exit, {len(enabled)} of them"
            yield Problem(f"{path}.shares", rule, f"{len(shares)} shares", subject)
        numbers = [share for share in shares if isinstance(share, int | float) and 0 <= share <= 1]
        if len(numbers) == len(shares) and sum(numbers) > 1 + SHARE_TOLERANCE:
            yield Problem(f"{path}.shares", "shares must sum to at most 1", f"{sum(numbers):.12g}", subject)


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _application(path: str, app: Data, nodes: Mapping[str, Data], blocks: Blocks) -> Iterator[Problem]:
    subject = _name("application", app)
    yield from _reference(f"{path}.source", subject, app.get("source"), nodes, "node")
    yield from _reference(f"{path}.model", subject, app.get("model"), blocks, "model")
    yield from pin_problems(f"{path}.pinned", subject, app, nodes, blocks)


def pin_problems(
    path: str, subject: str, app: Data, nodes: Mapping[str, Data], blocks: Blocks
) -> Iterator[Problem]:
    """The rules that the pins of one application break."""
    pinned, model = app.get("pinned"), app.get("model")
    for block, node in pinned.items() if isinstance(pinned, Mapping) else ():
        pin = f"{path}[{shown(block)}]"
        if isinstance(model, str) and model in blocks:
            yield from _reference(pin, subject, block, blocks[model], "block")
        yield from _reference(pin, subject, node, nodes, "node")
        if isinstance(node, str) and node in nodes and not _usable(nodes[node], app.get("source")):
            rule = "pinned to a private node of another application (shared is false, not the source)"
            yield Problem(pin, rule, shown(node), subject, "pin it to the source or to a shared node")


def _usable(node: Data, source: object) -> bool:
    shared = node.get("shared", node.get("tier") != "mobile")
    return bool(shared) or node.get("id") == source
