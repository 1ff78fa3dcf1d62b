"""JSON without its pitfalls: duplicate keys and numbers that are no numbers are found, not swallowed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finopt.errors import InstanceError, Problem


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys came twice."""

    duplicates: tuple[str, ...] = ()


def read_text(path: str | Path) -> str:
    """The text of a UTF-8 file; InstanceError when it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InstanceError([Problem("", f"is not UTF-8 text: {error}")], str(path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InstanceError([Problem("", f"cannot be read: {reason}")], str(path)) from None


def parse(text: str, source: str) -> tuple[Any, list[Problem]]:
    """Parse JSON text.

    Returns
    -------
    data : object
        Plain data; the last of duplicate keys wins.
    problems : list of Problem
        Duplicate keys, and numbers beyond double precision.

    Raises
    ------
    InstanceError
        The text is not JSON.
    """
    try:
        data = json.loads(text, object_pairs_hook=_object, parse_int=_integer)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InstanceError([Problem(place, f"is not valid JSON: {error.msg}")], source) from None
    except RecursionError:
        raise InstanceError([Problem("", "is not valid JSON: nested too deeply")], source) from None
    return data, list(_duplicates(data, ""))


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        result.duplicates = tuple(dict.fromkeys(key for key in keys if keys.count(key) > 1))
    return result


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 300 else math.copysign(math.inf, -1 if digits[0] == "-" else 1)


def _duplicates(data: Any, path: str) -> Iterator[Problem]:
    if isinstance(data, _Object):
        for key in data.duplicates:
            yield Problem(f"{path}.{key}".lstrip("."), "duplicate key", repr(key), _subject(data))
        for key, value in data.items():
            yield from _duplicates(value, f"{path}.{key}".lstrip("."))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from _duplicates(value, f"{path}[{i}]")


def _subject(data: dict[str, Any]) -> str:
    return repr(data["id"]) if isinstance(data.get("id"), str) else ""
