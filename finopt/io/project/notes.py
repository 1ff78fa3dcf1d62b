"""What was assumed while a project was built."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Note(NamedTuple):
    """One assumption: the section or file it is of, and what it is."""

    of: str
    text: str


def notes_of(of: str, texts: Iterable[str]) -> list[Note]:
    """Several of the same section."""
    return [Note(of, text) for text in texts]
