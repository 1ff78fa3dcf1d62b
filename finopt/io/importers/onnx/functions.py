"""Functions inside an ONNX model: their calls may not stand for more operators than a model may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from finopt.io.importers.onnx.structure import MOST_NODES, subgraphs
from finopt.problem.errors import Problem

DEEPEST = 64
"""Calls within one another."""

Key = tuple[str, str, str]


class _TooDeepError(ValueError):
    """Calls are nested too deeply, which those in a circle always are."""


def function_problems(model: Any) -> Iterator[Problem]:
    """A few functions that call one another twice stand for more operators than there is time."""
    if not model.functions:
        return
    bodies = {(one.domain, one.name, one.overload): one.node for one in model.functions}
    try:
        count = _expanded(model.graph.node, bodies, {}, 0)
    except _TooDeepError:
        yield Problem("functions", f"call one another in a circle or more than {DEEPEST} deep")
        return
    if count > MOST_NODES:
        rule = f"stand for {count} operators, no more than {MOST_NODES} are read"
        yield Problem("functions", rule)


def _expanded(nodes: Iterable[Any], bodies: dict[Key, Any], known: dict[Key, int], depth: int) -> int:
    """Operators that some nodes stand for, those in the functions that they call included."""
    if depth > DEEPEST:
        raise _TooDeepError
    count = 0
    for node in _with_inner(nodes):
        key = (node.domain, node.op_type, node.overload)
        if key in bodies and key not in known:
            known[key] = _expanded(bodies[key], bodies, known, depth + 1)
        count += 1 + known.get(key, 0)
    return count


def _with_inner(nodes: Iterable[Any]) -> Iterator[Any]:
    """Operators and those inside their subgraphs."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        for graph in subgraphs(node):
            waiting.extend(graph.node)
