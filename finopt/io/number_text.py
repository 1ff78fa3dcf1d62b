"""Text of numbers in lines, held as an array: a few bytes a number, whatever the text looks like."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from finopt.problem.array_types import Floats

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)

PLAIN = re.compile(r"[0-9eE+.\-]*")
"""What consists of these signs is a number for Python exactly if it is one for `NUMBER`."""

PIECE = 2**16
"""Characters that are cut into words at a time."""

SPACE = re.compile(r"\s")


class NumberText:
    """The words of a text, from 0 on.

    Attributes
    ----------
    values : array of float
        Of every word; nan where it is no number.
    row_start : array of int
        The first word of every line that has one.
    row_line : array of int
        The number of such a line, from 1 on.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        values, self._first, self._offset = array("d"), array("q"), array("q")
        row_start, row_line = array("q"), array("q", [0])
        line = 1
        for offset, piece in _pieces(text):
            self._first.append(len(values))
            self._offset.append(offset)
            words: list[str] = []
            for more, segment in enumerate(piece.split("\n")):
                own = segment.split()
                if own and row_line[-1] != line + more:
                    row_start.append(len(values) + len(words))
                    row_line.append(line + more)
                words += own
            line += more
            values.extend(_figures(words))
        self.values: Floats = np.frombuffer(values) if values else np.empty(0)
        row_start.append(len(values))  # an empty array has no buffer
        self.row_start: NDArray[np.int64] = np.frombuffer(row_start, dtype=np.int64)[:-1]
        self.row_line: NDArray[np.int64] = np.frombuffer(row_line, dtype=np.int64)[1:]

    def __len__(self) -> int:
        """Number of words."""
        return len(self.values)

    def word(self, i: int) -> str:
        """A word as it stands in the text."""
        piece = int(np.searchsorted(self._first, i, side="right")) - 1
        end = self._offset[piece + 1] if piece + 1 < len(self._offset) else len(self._text)
        return self._text[self._offset[piece] : end].split()[i - self._first[piece]]

    def line(self, i: int) -> int:
        """The number of the line that a word stands in."""
        return int(self.row_line[np.searchsorted(self.row_start, i, side="right") - 1])

    @property
    def last_line(self) -> int:
        """The number of the last line that has a word; 1 in an empty text."""
        return int(self.row_line[-1]) if len(self.row_line) else 1

    def row(self, number: int) -> range:
        """The words of a row."""
        after = number + 1
        stop = int(self.row_start[after]) if after < len(self.row_start) else len(self)
        return range(int(self.row_start[number]), stop)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Where pieces of the text begin, none within a word, and the pieces."""
    at = 0
    while at < len(text):
        space = SPACE.search(text, at + PIECE)
        end = space.start() if space else len(text)
        yield at, text[at:end]
        at = end


def _figures(words: Sequence[str]) -> list[float]:
    if PLAIN.fullmatch("".join(words)):
        try:
            return list(map(float, words))
        except ValueError:
            pass
    return [float(word) if NUMBER.fullmatch(word) else np.nan for word in words]
