"""YAML without its pitfalls: plain data only, no objects, no duplicate keys, no aliases that multiply.

Built from the parser's events, so that nesting and size are known while reading. Plain words are read as
YAML 1.2 does it: ``no``, ``on`` and ``12:30`` are text, ``1e9`` is a number. Keys are always text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from finopt.problem.errors import COUNTED, InstanceError, Problem, shown
from finopt.problem.extras import extra_module
from finopt.problem.field_messages import path_text

MOST_BYTES = 2**23
"""Larger YAML files are not read."""

MOST_VALUES = 500_000
"""Values that a file may stand for, each alias counted as often as it is used."""

DEEPEST = 50
"""Lists and mappings within each other."""

MOST_DIGITS = 300
"""Longer integers are beyond double precision, and slow to convert."""

_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII)
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)

_STANDARD = "tag:yaml.org,2002:"


def parse(text: str, source: str) -> tuple[Any, list[Problem]]:
    """Parse YAML text.

    Returns
    -------
    data : object
        Dicts, lists, text, numbers, booleans and None; the last of duplicate keys wins.
    problems : list of Problem
        Duplicate keys.

    Raises
    ------
    InstanceError
        The text is not YAML, holds several documents, objects of a programming language, aliases within
        themselves, or more than `MOST_VALUES` values.
    BackendError
        PyYAML is not installed.
    """
    yaml = extra_module("yaml", "build", "a YAML file", "write JSON")
    reader = _Reader(source)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            getattr(reader, f"on_{type(event).__name__}", reader.skip)(event)
    except InstanceError:  # a ValueError, too
        raise
    except yaml.MarkedYAMLError as error:
        what = error.problem or error.context or "wrong syntax"
        place = _place(error.problem_mark or error.context_mark)
        raise InstanceError([Problem(place, f"is not valid YAML: {what}")], source) from None
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InstanceError([Problem("", f"is not valid YAML: {reason}")], source) from None
    except RecursionError:
        raise InstanceError([Problem("", "is not valid YAML: nested too deeply")], source) from None
    if not reader.documents:
        raise InstanceError([Problem("", "is empty")], source)
    return reader.documents[0], reader.problems


@dataclass
class _Open:
    """A list or mapping that is being read: what it holds, and how many values that stands for."""

    holds: Any
    anchor: str | None
    size: int = 1
    key: str | None = None
    key_line: int = 0


class _Reader:
    """Builds plain data of the parser's events; nothing in it calls itself."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.documents: list[Any] = []
        self.problems: list[Problem] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}

    def skip(self, event: Any) -> None:
        """Events that say nothing here."""

    def on_DocumentStartEvent(self, event: Any) -> None:  # noqa: N802 (named like the event)
        """One document only."""
        if self.documents:
            self._stop(event, "a file holds one document, here a second one starts")

    def on_SequenceStartEvent(self, event: Any) -> None:  # noqa: N802
        """A list begins."""
        self._enter(event, [], "seq")

    def on_MappingStartEvent(self, event: Any) -> None:  # noqa: N802
        """A mapping begins."""
        self._enter(event, {}, "map")

    def on_SequenceEndEvent(self, event: Any) -> None:  # noqa: N802
        """A list is complete."""
        self._leave(event)

    def on_MappingEndEvent(self, event: Any) -> None:  # noqa: N802
        """A mapping is complete."""
        self._leave(event)

    def on_ScalarEvent(self, event: Any) -> None:  # noqa: N802
        """A key, or a single value."""
        if self._wants_key():
            self._open[-1].key, self._open[-1].key_line = event.value, event.start_mark.line + 1
            self._known(event, event.value)
            return
        value = self._scalar(event)
        self._known(event, value)
        self._take(event, value, 1)

    def on_AliasEvent(self, event: Any) -> None:  # noqa: N802
        """What an anchor stands for, once more."""
        if event.anchor not in self._anchors:
            self._stop(event, f"no complete value is called &{event.anchor} before")
        value, size = self._anchors[event.anchor]
        if self._wants_key():
            if not isinstance(value, str):
                self._stop(event, "a key must be text")
            self._open[-1].key, self._open[-1].key_line = value, event.start_mark.line + 1
            return
        self._take(event, value, size)

    def _enter(self, event: Any, holds: Any, kind: str) -> None:
        if event.tag not in (None, "!", _STANDARD + kind):
            self._stop(event, f"the tag {shown(event.tag)} is not read: plain data only")
        if self._wants_key():
            self._stop(event, "a key must be text")
        if len(self._open) >= DEEPEST:
            self._stop(event, f"nested deeper than {DEEPEST}")
        self._open.append(_Open(holds, event.anchor))

    def _leave(self, event: Any) -> None:
        done = self._open.pop()
        if done.anchor is not None:
            self._anchors[done.anchor] = (done.holds, done.size)
        self._take(event, done.holds, done.size)

    def _wants_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].holds, dict) and self._open[-1].key is None

    def _take(self, event: Any, value: Any, size: int) -> None:
        """Put a value where it belongs, counted as what it stands for."""
        if not self._open:
            self.documents.append(value)
            return
        into = self._open[-1]
        into.size += size
        if into.size > MOST_VALUES:
            self._stop(event, f"stands for more than {MOST_VALUES} values, aliases counted as often as used")
        if isinstance(into.holds, list):
            into.holds.append(value)
            return
        key, into.key = into.key, None
        assert key is not None  # a value follows its key
        if key in into.holds:
            self._duplicate(key, into.key_line)
        into.holds[key] = value

    def _duplicate(self, key: str, line: int) -> None:
        if len(self.problems) < COUNTED:
            rule = f"duplicate key in line {line}"
            self.problems.append(Problem(path_text([*self._location(), key]), rule, shown(key)))

    def _location(self) -> Iterator[int | str]:
        """Where the innermost open list or mapping stands."""
        for outer in self._open[:-1]:
            yield len(outer.holds) if isinstance(outer.holds, list) else outer.key or ""

    def _known(self, event: Any, value: Any) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)

    def _scalar(self, event: Any) -> Any:
        plain = event.implicit[0]
        if event.tag not in (None, "!") and not plain:
            return self._tagged(event)
        return event.value if not plain or event.style in ("'", '"', "|", ">") else _plain(event.value)

    def _tagged(self, event: Any) -> Any:
        """A value whose kind is written out, such as ``!!str 12``."""
        if event.tag == _STANDARD + "str":
            return event.value
        value = _plain(event.value)
        kinds = {"int": int, "float": float, "bool": bool, "null": type(None)}
        kind = kinds.get(event.tag.removeprefix(_STANDARD)) if event.tag.startswith(_STANDARD) else None
        if kind is None:
            self._stop(event, f"the tag {shown(event.tag)} is not read: plain data only")
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            self._stop(event, f"is no {event.tag.removeprefix(_STANDARD)}: {shown(event.value)}")
        return value

    def _stop(self, event: Any, rule: str) -> None:
        raise InstanceError([Problem(_place(event.start_mark), rule)], self.source)


def _plain(word: str) -> Any:
    """What a word without quotes stands for."""
    if word in _WORDS:
        return _WORDS[word]
    if _INTEGER.fullmatch(word):
        return int(word) if len(word) < MOST_DIGITS else math.copysign(math.inf, -1 if word[0] == "-" else 1)
    if _NUMBER.fullmatch(word):
        return _float(word)
    if _NOT_FINITE.fullmatch(word):
        return float(word.replace(".", ""))
    return word


def _float(word: str) -> float:
    value = float(word)
    vanished = value == 0 and any(digit in "123456789" for digit in word.lower().partition("e")[0])
    return math.ulp(0.0) if vanished else value  # which the data model refuses, other than 0


def _place(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
