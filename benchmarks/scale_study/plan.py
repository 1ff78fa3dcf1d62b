"""What to run: one :class:`Run` per instance and method."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

EXACT = ("labels", "milp", "cspp")
"""Methods that prove optima; they go first, so that the other methods can be compared when they finish."""

INSTANCE = ("nodes", "blocks", "configurations", "topology", "tightness", "seed")
"""The columns that name an instance."""

KEY = (*INSTANCE, "method", "options", "time_limit_s", "warm", "workers")
"""The columns that name a run."""


@dataclass(frozen=True)
class Run:
    """One method on one generated instance, in a process of its own.

    ``options`` is a JSON object, ``workers`` the number of runs that are at work at a time.
    """

    nodes: int
    blocks: int
    topology: str
    seed: int
    method: str
    options: str = "{}"
    configurations: int = 3
    tightness: float = 0.5
    time_limit_s: float = 30.0
    warm: bool = False
    workers: int = 1

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells this run from others; the same as :func:`scaling.rows.key` of its row."""
        return tuple(getattr(self, name) for name in KEY)


def plan(
    sizes: Sequence[tuple[int, int]],
    topologies: Sequence[str],
    methods: Sequence[tuple[str, str]],
    seeds: Sequence[int],
    **common: Any,
) -> list[Run]:
    """Every method on every instance, small instances first, exact methods first on each."""
    ordered = sorted(methods, key=lambda pair: pair[0] not in EXACT)
    return [
        Run(nodes, blocks, topology, seed, method, options, **common)
        for nodes, blocks in sorted(sizes, key=lambda size: size[0] * size[1])
        for topology in topologies
        for seed in seeds
        for method, options in ordered
    ]


def parse_list(text: str, parse: Callable[[str], Any]) -> list[Any]:
    """``"a, b"``: the parsed parts."""
    return [parse(part.strip()) for part in text.split(",") if part.strip()]


def parse_seeds(text: str) -> list[int]:
    """``"0,3,5"`` or ``"2-4"``."""
    first, dash, last = text.partition("-")
    return list(range(int(first), int(last) + 1)) if dash else parse_list(text, int)


def parse_size(text: str) -> tuple[int, int]:
    """``"10x5"``: 10 nodes and 5 blocks."""
    nodes, _, blocks = text.partition("x")
    if not (nodes.isdecimal() and blocks.isdecimal() and int(nodes) > 0 and int(blocks) > 0):
        raise ValueError(f"a size is NODESxBLOCKS such as 10x5, got {text!r}")
    return int(nodes), int(blocks)


def parse_method(text: str) -> tuple[str, str]:
    """``"fin:gap=1e-3:lam=0.5"``: the method and its options as a JSON object with sorted keys."""
    method, *pairs = text.split(":")
    options = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise ValueError(f"an option is NAME=VALUE, got {pair!r} in {text!r}")
        options[name] = _value(value)
    return method, json.dumps(options, sort_keys=True)


def _value(text: str) -> Any:
    try:
        return json.loads(text.lower() if text in ("True", "False") else text)
    except json.JSONDecodeError:
        return text
