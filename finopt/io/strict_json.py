"""JSON without its pitfalls: duplicate keys and numbers that are no numbers are found, not swallowed."""

from __future__ import annotations

import errno
import json
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from finopt.io import packing
from finopt.io.foreign import READ, binary_kind, text_kind
from finopt.io.packing import READ_MORE, unpacked
from finopt.io.regular_file import read_regular_bytes
from finopt.problem.errors import InstanceError, Problem, first, shown
from finopt.problem.field_messages import Location, path_text, subject

MOST_DIGITS = 300
"""Longer integers are beyond double precision, and slow to convert."""


MOST_VALUES = 50_000_000
"""Values of a text, an object or list counted as many as its memory is worth: the parser makes no more."""

WORTH = 8
"""Plain values that take as much memory as an empty object or list."""

MOST_KEYS = 1_000_000
"""What is said of more keys of a single object would not fit into memory."""


class _TooManyKeysError(ValueError):
    """An object has more keys than anything needs."""


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys came twice."""

    duplicates: tuple[str, ...] = ()


def read_text(path: str | Path, most: int | None = None) -> str:
    """The text of a regular UTF-8 file, which may be packed with gzip.

    Parameters
    ----------
    path : str or Path
    most : int, optional
        Bytes that are read at most, also of what it unpacks to; `packing.MOST_BYTES` by default.

    Raises
    ------
    InstanceError
        It cannot be read.
    """
    if _is_folder(Path(path)):
        raise InstanceError([Problem("", f"cannot be read: {os.strerror(errno.EISDIR)}")], str(path))
    content = read_regular_bytes(Path(path), packing.MOST_BYTES if most is None else most, READ_MORE)
    return text_of(content, str(path), most)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # no name that a file could have
        return False


def text_of(content: bytes, source: str, most: int | None = None) -> str:
    """The text of the content of a file; see `read_text`."""
    content = unpacked(content, source, most)
    if kind := binary_kind(content):
        raise InstanceError([Problem("", f"is {kind}", "", "", READ)], source)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InstanceError([Problem("", f"is not UTF-8 text: {error}", "", "", READ)], source) from None
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def parse(text: str, source: str) -> tuple[Any, list[Problem]]:
    """Parse JSON text.

    Returns
    -------
    data : object
        Plain data; the last of duplicate keys wins. Numbers beyond double precision are infinite, those too
        small for it the smallest there is, so that the data model refuses both.
    problems : list of Problem
        Duplicate keys.

    Raises
    ------
    InstanceError
        The text is not JSON.
    """
    if _values(text) > MOST_VALUES:
        raise InstanceError(
            [Problem("", f"holds more than {MOST_VALUES} values, which are not read")], source
        )
    broken: list[_Object] = []
    try:
        data = json.loads(text, object_pairs_hook=_objects(broken), parse_int=_integer, parse_float=_float)
    except json.JSONDecodeError as error:
        raise InstanceError([_no_json(text, error)], source) from None
    except _TooManyKeysError as error:
        raise InstanceError([Problem("", str(error))], source) from None
    except RecursionError:
        raise InstanceError([Problem("", "is not valid JSON: nested too deeply")], source) from None
    return data, first(
        Problem(path_text(location), "duplicate key", shown(location[-1]), subject(location, data))
        for location in (_duplicates(data) if broken else ())  # looks at everything there is
    )


def _values(text: str) -> int:
    """How many values a text holds at most, in units of their memory."""
    return text.count(",") + WORTH * (text.count("[") + text.count("{"))


def _no_json(text: str, error: json.JSONDecodeError) -> Problem:
    place = f"line {error.lineno}, column {error.colno}"
    if not text.strip():
        return Problem(place, "is empty")
    if kind := text_kind(text):
        return Problem(place, f"is not valid JSON but looks like {kind}", "", "", READ)
    return Problem(place, f"is not valid JSON: {error.msg}")


def _objects(broken: list[_Object]) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """What makes an object of its keys and values, and notes those with duplicate keys."""

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        plain = dict(pairs)
        if len(plain) > MOST_KEYS:
            raise _TooManyKeysError(f"an object has {len(plain)} keys, no more than {MOST_KEYS} are read")
        if len(plain) == len(pairs):
            return plain
        result = _Object(plain)
        count = Counter(key for key, _ in pairs)
        result.duplicates = tuple(key for key in count if count[key] > 1)
        broken.append(result)
        return result

    return made


def _integer(digits: str) -> int | float:
    return (
        int(digits) if len(digits) < MOST_DIGITS else math.copysign(math.inf, -1 if digits[0] == "-" else 1)
    )


def _float(digits: str) -> float:
    value = float(digits)
    vanished = value == 0 and any(digit in "123456789" for digit in digits.lower().partition("e")[0])
    return math.ulp(0.0) if vanished else value


def _duplicates(data: Any) -> Iterator[Location]:
    """Where keys came twice; not recursive, since the parser may nest deeper than Python calls can."""
    at: list[int | str] = []
    open_: list[Iterator[tuple[int | str, Any]]] = [iter([("", data)])]
    while open_:
        key, value = next(open_[-1], (None, None))
        if key is None:
            open_.pop()
            del at[-1:]
        elif isinstance(value, dict | list):
            at.append(key)
            open_.append(iter(value.items() if isinstance(value, dict) else enumerate(value)))
            if isinstance(value, _Object):
                yield from ((*at[1:], name) for name in value.duplicates)
