"""Files are read if they are regular and no larger than a limit: no pipes or devices, nothing without end."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, Protocol

from finopt.io.foreign import binary_kind
from finopt.problem.errors import InstanceError, Problem

PIECE = 2**20
"""Bytes that are read at a time where nobody knows how many there are."""


class Reads(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Opening a pipe that nobody writes to would otherwise never end."""


TOO_LARGE = "is larger than {most}, more is not read"


def open_regular(path: str | Path, most: int, hint: str = "", rule: str = TOO_LARGE) -> BinaryIO:
    """Open a regular file of at most `most` bytes.

    Parameters
    ----------
    path : str or Path
    most : int
    hint : str
        What to do about a larger one.
    rule : str
        What is said of it; ``{size}`` and ``{most}`` stand for its bytes and the limit.

    Raises
    ------
    InstanceError
        It cannot be read, is no regular file, or is larger.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | NO_WAITING)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InstanceError([Problem("", f"cannot be read: {reason}")], str(path)) from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise InstanceError([Problem("", "is not a regular file")], str(path))
    if status.st_size > most:
        os.close(descriptor)
        raise _too_large(path, status.st_size, most, hint, rule)
    return os.fdopen(descriptor, "rb")


def read_regular_bytes(path: str | Path, most: int, hint: str = "", rule: str = TOO_LARGE) -> bytes:
    """The content of a regular file of at most `most` bytes; see `open_regular`.

    Raises
    ------
    InstanceError
        As `open_regular`.
    """
    with open_regular(path, most, hint, rule) as file:
        try:
            content = read_at_most(file, most, os.fstat(file.fileno()).st_size)
        except OSError as error:
            raise InstanceError([Problem("", f"cannot be read: {error.strerror}")], str(path)) from None
    if len(content) > most:  # it grew, or is one of those that do not know how large they are
        raise _too_large(path, len(content), most, hint, rule)
    return content


def read_at_most(file: Reads, most: int, expected: int = 0) -> bytes:
    """Up to one byte more than `most`, in pieces: memory for all of it is not asked for beforehand.

    Parameters
    ----------
    file : object with ``read``
    most : int
    expected : int
        Bytes that are probably left to read.
    """
    left, asked = most + 1, min(most, expected) + 1
    pieces = [file.read(asked)]
    left -= len(pieces[0])
    while left and len(pieces[-1]) == asked:  # fewer come only at the end
        asked = min(left, PIECE)
        pieces.append(file.read(asked))
        left -= len(pieces[-1])
    return b"".join(pieces)


def read_regular_text(path: str | Path, most: int) -> str:
    """The text of a regular UTF-8 file of at most `most` bytes, lines ended by line feeds.

    Raises
    ------
    InstanceError
        As `read_regular_bytes`, or it is no UTF-8 text.
    """
    content = read_regular_bytes(path, most)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        kind = binary_kind(content)
        what = f"is {kind}" if kind else f"is not UTF-8 text: {error}"
        raise InstanceError([Problem("", what)], str(path)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path leads into a folder or below it, links followed; those that go round lead nowhere."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _too_large(path: str | Path, size: int, most: int, hint: str, rule: str) -> InstanceError:
    told = rule.format(size=size, most=_size(most))
    return InstanceError([Problem("", told, "", "", hint)], str(path))


def _size(count: int) -> str:
    return f"{count // 2**20} MiB" if count >= 2**20 else f"{count} bytes"
