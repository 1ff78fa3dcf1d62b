"""Rules between the objects of an instance, checked on plain data so that a broken file shows all of them.

Every check tolerates missing or malformed parts: the data model reports those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeGuard

from finopt.problem.errors import Problem, shown
from finopt.problem.profile_rules import profile_problems
from finopt.problem.references import (
    Blocks,
    Data,
    allowed_problems,
    ids_of,
    items_of,
    pin_problems,
    reference_problems,
    result_problems,
)
from finopt.problem.tolerances import SHARE_TOLERANCE


def find_problems(data: Data) -> Iterator[Problem]:
    """Every violated rule between the objects of an instance given as plain data, one after the other."""
    yield from _duplicate_ids(data)
    yield from _links(data)
    for path, model in items_of(data, "models"):
        yield from _model(path, model)
    for path, node in items_of(data, "nodes"):
        yield from _node(path, node)
    yield from profile_problems(data)
    yield from _applications(data)


def application_problems(data: Data) -> Iterator[Problem]:
    """The rules among these that applications break, where all else is known to be right."""
    yield from _duplicates(items_of(data, "applications"), "application")
    yield from _applications(data)


def _applications(data: Data) -> Iterator[Problem]:
    nodes, models = _by_id(data, "nodes"), _by_id(data, "models")
    blocks = {name: dict.fromkeys(ids_of(model, "blocks")) for name, model in models.items()}
    from finopt.problem.application_table import ApplicationTable  # which needs figures of this module

    applications = data.get("applications")
    if isinstance(applications, ApplicationTable):
        from finopt.problem.table_rules import (
            table_problems,  # loads numpy, which tables need and nothing else
        )

        yield from table_problems(applications, nodes, blocks)
        return
    for path, app in items_of(data, "applications"):
        yield from _application(path, app, nodes, blocks)


def _by_id(data: Data, key: str) -> dict[str, Data]:
    return {item["id"]: item for _, item in items_of(data, key) if isinstance(item.get("id"), str)}


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
        yield from _duplicates(items_of(data, key), kind)
    for path, model in items_of(data, "models"):
        for key, kind in (("blocks", "block"), ("exits", "exit")):
            yield from _duplicates(items_of(model, key, f"{path}."), f"{_name('model', model)}, {kind}")


def _node(path: str, node: Data) -> Iterator[Problem]:
    subject, waits, slices = (
        _name("node", node),
        node.get("waiting") == "processor-sharing",
        node.get("slices"),
    )
    if waits and node.get("max_utilisation", 1) == 1:
        rule = "waiting needs max_utilisation below 1, for with 1 it has no bound"
        yield Problem(f"{path}.waiting", rule, shown("processor-sharing"), subject)
    if not _is_list(slices) or not slices:
        return
    if waits:
        rule = (
            "nobody waits on a node with slices, for each visit has reserved its own; leave one of them out"
        )
        yield Problem(f"{path}.waiting", rule, shown("processor-sharing"), subject)
    yield from _not_increasing(f"{path}.slices", subject, slices)


def _not_increasing(path: str, subject: str, slices: Sequence[Any]) -> Iterator[Problem]:
    for k, (low, high) in enumerate(pairwise(slices), 1):
        if isinstance(low, int | float) and isinstance(high, int | float) and low >= high:
            rule = f"slices must increase, the one before is {low:g}"
            yield Problem(f"{path}[{k}]", rule, shown(high), subject)


def _links(data: Data) -> Iterator[Problem]:
    nodes = set(ids_of(data, "nodes"))
    for path, link in items_of(data, "links"):
        subject = f"link {shown(link.get('source'))} -> {shown(link.get('target'))}"
        for end in ("source", "target"):
            yield from reference_problems(f"{path}.{end}", subject, link.get(end), nodes, "node")
        if isinstance(link.get("source"), str) and link.get("source") == link.get("target"):
            yield Problem(path, "a link must join two different nodes", shown(link["source"]), subject)
        if _is_list(slices := link.get("bandwidth_slices")):
            yield from _not_increasing(f"{path}.bandwidth_slices", subject, slices)


def _model(path: str, model: Data) -> Iterator[Problem]:
    subject = _name("model", model)
    position = {name: i for i, name in enumerate(ids_of(model, "blocks"))}
    last = -1
    exit_position: dict[str, int] = {}
    for exit_path, exit_ in items_of(model, "exits", f"{path}."):
        after = exit_.get("after")
        name = f"{subject}, {_name('exit', exit_)}"
        yield from reference_problems(f"{exit_path}.after", name, after, position, "block")
        if isinstance(after, str) and after in position:
            if position[after] < last:
                yield Problem(f"{exit_path}.after", "exits must be listed in block order", shown(after), name)
            last = max(last, position[after])
        if isinstance(exit_.get("id"), str):
            exit_position.setdefault(exit_["id"], len(exit_position))
    for c_path, configuration in items_of(model, "configurations", f"{path}."):
        yield from _configuration(c_path, subject, configuration, exit_position)


def _configuration(path: str, subject: str, data: Data, exits: Mapping[str, int]) -> Iterator[Problem]:
    enabled, shares = data.get("exits"), data.get("shares")
    if _is_list(enabled):
        for k, name in enumerate(enabled):
            yield from reference_problems(f"{path}.exits[{k}]", subject, name, exits, "exit")
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
    yield from reference_problems(f"{path}.source", subject, app.get("source"), nodes, "node")
    yield from reference_problems(f"{path}.model", subject, app.get("model"), blocks, "model")
    yield from pin_problems(f"{path}.pinned", subject, app, nodes, blocks)
    yield from allowed_problems(f"{path}.allowed", subject, app, nodes, blocks)
    yield from result_problems(f"{path}.result_to", subject, app, nodes)
