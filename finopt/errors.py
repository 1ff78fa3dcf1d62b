"""What can go wrong, in the user's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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


class InstanceError(ValueError):
    """The input is wrong; ``problems`` lists everything that is, not only the first thing.

    Attributes
    ----------
    problems : tuple of Problem
        Every violated rule, in the order of the file.
    source : str
        The file, or what stands for it.
    """

    def __init__(self, problems: Iterable[Problem], source: str = "instance") -> None:
        self.problems = tuple(problems)
        self.source = source
        count = len(self.problems)
        head = f"{source}: {count} problem{'s' if count != 1 else ''}"
        super().__init__("\n  ".join([head, *map(str, self.problems)]))


class BackendError(RuntimeError):
    """A back end is missing, or what it answered does not pass the check of the cost model."""
