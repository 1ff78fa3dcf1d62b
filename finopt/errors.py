"""What can go wrong, in the user's language."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

LONGEST = 60
"""Characters that a value in a message may have."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with an input: where, with which object, which rule, which value."""

    path: str
    rule: str
    value: str = ""
    subject: str = ""
    suggestion: str = ""

    def __str__(self) -> str:
        """One line: path, object, rule, value and suggestion."""
        text = f"{self.path or '$'}: "
        text += f"{self.subject}: " if self.subject else ""
        text += self.rule
        text += f", got {self.value}" if self.value else ""
        return text + (f"; {self.suggestion}" if self.suggestion else "")


def shown(value: object) -> str:
    """A value as a message shows it: short, on one line, in the words of JSON.

    Examples
    --------
    >>> shown({"id": "phone"}), shown([[1], [2]]), shown(True), shown(None), shown(["a", 1])
    ('an object', 'a list of 2', 'true', 'null', "['a', 1]")
    """
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        if any(isinstance(item, dict | list | tuple) for item in value):
            return f"a list of {len(value)}"
        return _cut("[" + ", ".join(map(shown, value[:LONGEST])) + "]")
    if isinstance(value, str):
        return repr(value) if len(value) <= LONGEST else repr(value[: LONGEST - 3]) + "..."
    if value is None or isinstance(value, bool | int | float):
        return _cut(json.dumps(value))
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


class InstanceError(ValueError):
    """The input is wrong; ``problems`` lists everything that is, not only the first thing.

    Attributes
    ----------
    problems : tuple of Problem
        Every violated rule.
    source : str
        The file, or what stands for it.
    """

    def __init__(self, problems: Iterable[Problem], source: str = "instance") -> None:
        self.problems = tuple(problems)
        self.source = source
        count = len(self.problems)
        head = f"{source}: {count} problem{'s' if count != 1 else ''}"
        super().__init__("\n  ".join([head, *map(str, self.problems)]))

    def __reduce__(self) -> tuple[Any, ...]:
        """How to make it anew from its problems: an exception is otherwise unpickled from its message."""
        return type(self), (self.problems, self.source)


class BackendError(RuntimeError):
    """A back end is missing, has no memory, or its answer does not pass the check of the cost model."""
