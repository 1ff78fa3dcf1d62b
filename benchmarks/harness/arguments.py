"""What the command lines of the studies read: lists, seeds, sizes, methods with options."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable
from typing import Any


def parse_list(text: str, parse: Callable[[str], Any] = str) -> list[Any]:
    """``"a, b"``: the parsed parts."""
    return [parse(part.strip()) for part in text.split(",") if part.strip()]


def check_known(names: Iterable[str], known: Collection[str], what: str) -> None:
    """Accept known names only.

    Raises
    ------
    ValueError
        A name that there is not.
    """
    for name in names:
        if name not in known:
            raise ValueError(f"unknown {what} {name!r}, known: {', '.join(known)}")


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


def parse_gamma(text: str) -> int:
    """``"10"``: so many levels."""
    if not (text.isdecimal() and int(text) > 0):
        raise ValueError(f"gamma is a whole number of levels, at least 1, got {text!r}")
    return int(text)


def parse_lam(text: str) -> float | None:
    """``"0.5"``, or ``"none"``: nothing is left out."""
    if text == "none":
        return None
    try:
        lam = float(text)
    except ValueError:
        lam = math.nan
    if not 0 <= lam < math.inf:
        raise ValueError(f"lambda is a number, at least 0, or none, got {text!r}")
    return lam


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
