"""The bytes of a file that is a regular one and not too large."""

from __future__ import annotations

from pathlib import Path

from finopt.io.importers.networks.raw import MOST_PARTS, broken
from finopt.io.packing import unpacked
from finopt.io.regular_file import read_regular_bytes

MOST_BYTES = 64 * 2**20
"""Of a file, packed or not; larger ones are not read."""


MOST_TEXT = 16 * 2**20
"""Bytes of GML and of SNDlib native text, which are read word by word."""


def content(path: Path) -> bytes:
    """The bytes of a file, unpacked if it is packed with gzip.

    Raises
    ------
    InstanceError
        It cannot be read, is no regular file (a folder, a device, a pipe), or is too large.
    """
    source, rule = str(path), f"has more than {MOST_BYTES // 2**20} MiB, no larger topologies are read"
    data = unpacked(read_regular_bytes(path, MOST_BYTES, rule=rule), source)
    if len(data) > MOST_BYTES:
        raise broken(source, rule)
    return data


def words_of(data: bytes, source: str, brackets: str) -> tuple[str, list[str]]:
    """The text of a format that is read word by word; see `text_of`.

    Raises
    ------
    InstanceError
        It is too long, or has too many opening brackets of this kind.
    """
    if len(data) > MOST_TEXT:
        raise broken(
            source, f"has more than {MOST_TEXT // 2**20} MiB, no longer texts of this format are read"
        )
    text, notes = text_of(data)
    if text.count(brackets) > MOST_PARTS:
        raise broken(source, f"has more than {MOST_PARTS} brackets")
    return text, notes


def text_of(data: bytes) -> tuple[str, list[str]]:
    """The text, and a note where it is not UTF-8: old files are Latin-1."""
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return data.decode("latin-1"), ["the file is not UTF-8 text; it was read as Latin-1"]
