"""What can go wrong, in the user's language."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

LONGEST = 60
"""Characters that a value in a message may have."""

LISTED = 100
"""Problems that an error lists; the others are counted."""

COUNTED = 1000
"""Problems of one kind after which no more are looked for."""


Suggestion = str | Callable[[], str]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with an input: where, with which object, which rule, which value.

    A suggestion that takes long to find is a function; it is called when the problem is listed.
    """

    path: str
    rule: str
    value: str = ""
    subject: str = ""
    suggestion: Suggestion = ""

    def settled(self) -> Problem:
        """With the suggestion as text."""
        return self if isinstance(self.suggestion, str) else replace(self, suggestion=self.suggestion())

    def __str__(self) -> str:
        """One line: path, object, rule, value and suggestion."""
        text = f"{self.path or '$'}: "
        text += f"{self.subject}: " if self.subject else ""
        text += self.rule
        text += f", got {self.value}" if self.value else ""
        suggestion = self.settled().suggestion
        return text + (f"; {suggestion}" if suggestion else "")


def first(problems: Iterable[Problem]) -> list[Problem]:
    """As many problems as are counted; the others are not looked for."""
    return list(islice(problems, COUNTED))


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


def printable(text: str) -> str:
    """The text with half surrogate pairs, which no encoding can hold, spelled out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


class InstanceError(ValueError):
    """The input is wrong; ``problems`` lists everything that is, not only the first thing.

    Parameters
    ----------
    problems : iterable of Problem
        Every violated rule.
    source : str
        The file, or what stands for it.
    omitted : int
        Further problems that are counted only.

    Attributes
    ----------
    problems : tuple of Problem
        Violated rules, the first 100 at most.
    source : str
        The file, or what stands for it.
    omitted : int
        How many more there are; from 900 on there may be others that were not looked for.
    """

    def __init__(self, problems: Iterable[Problem], source: str = "instance", omitted: int = 0) -> None:
        found = list(problems)
        self.problems = tuple(problem.settled() for problem in found[:LISTED])
        self.source = source
        self.omitted = omitted + len(found) - len(self.problems)
        count = len(self.problems) + self.omitted
        least = "at least " if count >= COUNTED else ""
        head = f"{source}: {least}{count} problem{'s' if count != 1 else ''}"
        rest = [f"... and {least}{self.omitted} more"] if self.omitted else []
        super().__init__(printable("\n  ".join([head, *map(str, self.problems), *rest])))

    def __reduce__(self) -> tuple[Any, ...]:
        """How to make it anew from its problems: an exception is otherwise unpickled from its message."""
        return type(self), (self.problems, self.source, self.omitted)


class InstanceWarning(UserWarning):
    """A file is valid and may still not be what was meant; says where and what to write if it is."""


class BackendError(RuntimeError):
    """A back end is missing, has no memory, or its answer does not pass the check of the cost model."""
