"""A table packed with gzip, unpacked piece by piece and only so far."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import Any, BinaryIO

from finopt.io.packing import READ_MORE
from finopt.problem.errors import InstanceError, Problem


def unpacked_table(file: BinaryIO, most: int) -> io.BufferedReader:
    """The content of a gzip file of at most `most` bytes, as a binary file that is read once.

    Reading raises InstanceError where it is damaged or longer.
    """
    return io.BufferedReader(_Unpacked(file, most))


class _Unpacked(io.RawIOBase):
    """What `unpacked_table` buffers."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file = gzip.GzipFile(fileobj=file)
        self._left = most

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer with what comes next, or part of it; 0 at the end."""
        try:
            piece = self._file.read1(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise InstanceError([Problem("", f"is a damaged gzip file: {error}")]) from None
        self._left -= len(piece)
        if self._left < 0:
            raise InstanceError([Problem("", "unpacks to more than is read", "", "", READ_MORE)])
        buffer[: len(piece)] = piece
        return len(piece)
