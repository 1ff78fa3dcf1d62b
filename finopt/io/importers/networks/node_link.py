"""Node-link data of networkx and topohub: JSON objects with ``nodes`` and ``links`` or ``edges``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finopt.io import strict_json
from finopt.io.importers.networks.raw import MOST_PARTS, Attributes, Raw, broken
from finopt.problem.errors import InstanceError, Problem, first, shown


def parse(data: bytes, source: str) -> Raw:
    """The nodes and links of a JSON text; see `from_data` for what it raises."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise broken(source, f"is not UTF-8 text: {error}") from None
    if text.count("{") + text.count("[") > MOST_PARTS:
        raise broken(source, f"has more than {MOST_PARTS} objects and lists")
    content, problems = strict_json.parse(text, source)
    if problems:
        raise InstanceError(problems, source)
    return from_data(content, source)


def from_data(content: Any, source: str) -> Raw:
    """The nodes and links of node-link data.

    Raises
    ------
    InstanceError
        It is none: lists every node and link that is not understood.
    """
    if not isinstance(content, dict) or not isinstance(content.get("nodes"), list):
        raise broken(
            source, "is no node-link data: needs an object with lists 'nodes' and 'links' or 'edges'"
        )
    edges = content.get("edges", content.get("links"))
    if not isinstance(edges, list):
        raise broken(source, "is no node-link data: has no list 'links' or 'edges'")
    problems = first(_problems(content["nodes"], edges))
    if problems:
        raise InstanceError(problems, source)
    graph = content.get("graph")
    name = graph.get("name") if isinstance(graph, dict) else None
    return Raw(
        kind="node-link JSON",
        name=name if isinstance(name, str) else "",
        nodes=[(str(node["id"]), node) for node in content["nodes"]],
        links=[(str(edge["source"]), str(edge["target"]), edge) for edge in edges],
        directed=content.get("directed") is True,
    )


def _problems(nodes: list[Any], edges: list[Any]) -> Iterator[Problem]:
    for kind, items, keys in (("nodes", nodes, ("id",)), ("links", edges, ("source", "target"))):
        for i, item in enumerate(items):
            if not isinstance(item, dict):
                yield Problem(f"{kind}[{i}]", "must be an object", shown(item))
                continue
            for key in keys:
                if not _is_id(item.get(key)):
                    yield Problem(f"{kind}[{i}].{key}", "must be text or a whole number", _shown(item, key))


def _shown(item: Attributes, key: str) -> str:
    return shown(item[key]) if key in item else ""


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
