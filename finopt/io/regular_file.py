"""Files of others, read whole and only so far: no pipes or devices, nothing larger than a limit."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from finopt.io.foreign import binary_kind
from finopt.problem.errors import InstanceError, Problem

NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Opening a pipe that nobody writes to would otherwise never end."""


def read_regular_bytes(path: str | Path, most: int) -> bytes:
    """The content of a regular file of at most `most` bytes.

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
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InstanceError([Problem("", "is not a regular file")], str(path))
    with os.fdopen(descriptor, "rb") as file:
        try:
            content = file.read(most + 1)
        except OSError as error:
            raise InstanceError([Problem("", f"cannot be read: {error.strerror}")], str(path)) from None
    if len(content) > most:
        raise InstanceError([Problem("", f"is larger than {_size(most)}, more is not read")], str(path))
    return content


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


def _size(count: int) -> str:
    return f"{count // 2**20} MiB" if count >= 2**20 else f"{count} bytes"
