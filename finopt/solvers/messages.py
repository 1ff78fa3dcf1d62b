"""What a solver's process and the one that asks say to each other: pickles over pipes, with their length."""

from __future__ import annotations

import pickle
from io import RawIOBase
from typing import Any, NamedTuple

LENGTH = 8
"""Bytes of a length."""

CANCEL = b""
"""The message that asks to stop; every other one is a pickle, which is never empty."""

READY, FOUND, ANSWER, ERROR = "ready", "found", "answer", "error"
"""What a solver's process says: that it takes calls, what it found on the way, and how a call ended."""


class Said(NamedTuple):
    """What a solver's process says; ``usable``: whether it takes more calls."""

    kind: str
    content: Any = None
    usable: bool = True


def packed(message: object) -> bytes:
    """A named tuple as a message."""
    assert isinstance(message, tuple)
    return pickle.dumps(tuple(message), pickle.HIGHEST_PROTOCOL)


def unpacked(message: bytes) -> tuple[Any, ...]:
    """What was packed; the other end is this package's own process."""
    found: tuple[Any, ...] = pickle.loads(message)
    return found


def send(stream: RawIOBase, message: bytes) -> None:
    """Write a message, unbuffered: a fork in the middle leaves nothing behind that is written twice."""
    for part in (len(message).to_bytes(LENGTH, "big"), message):
        rest = memoryview(part)
        while rest:
            rest = rest[stream.write(rest) or 0 :]


def receive(stream: RawIOBase) -> bytes:
    """Wait for a message.

    Raises
    ------
    EOFError
        Nobody is at the other end.
    """
    return bytes(_read(stream, int.from_bytes(_read(stream, LENGTH), "big")))


def _read(stream: RawIOBase, length: int) -> bytearray:
    content = bytearray(length)
    rest = memoryview(content)
    while rest:
        count = stream.readinto(rest)
        if not count:
            raise EOFError
        rest = rest[count:]
    return content
