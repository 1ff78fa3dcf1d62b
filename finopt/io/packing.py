"""Files packed with gzip: ``x.json.gz`` for ``x.json``."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

from finopt.io.regular_file import read_at_most
from finopt.problem.errors import InstanceError, Problem

START = b"\x1f\x8b"

MOST_BYTES = 2**28
"""Larger files of JSON and text are not read, nor what unpacks to more: a few kilobytes can stand for more
than there is memory."""

READ_MORE = "max_bytes says how much is read"

OTHERS = (".bz2", ".xz", ".lzma", ".zip", ".zst", ".7z", ".tar", ".tgz")
"""Ends of names that promise a kind of packing that is not written."""


def packed(path: str | Path, content: bytes) -> bytes:
    """What a file of this name holds; the same content gives the same bytes.

    Raises
    ------
    InstanceError
        The name promises another kind of packing.
    """
    suffix = Path(path).suffix.lower()
    if suffix in OTHERS:
        rule = f"{suffix} files are not written"
        raise InstanceError([Problem("", rule, "", "", "use .gz or no packing")], str(path))
    if suffix != ".gz":
        return content
    result = io.BytesIO()
    with gzip.GzipFile("", "wb", 6, result, mtime=0) as file:
        file.write(content)
    return result.getvalue()


def unpacked(content: bytes, source: str, most: int | None = None) -> bytes:
    """The content of a file, which may be packed, of at most `most` bytes.

    Raises
    ------
    InstanceError
        It is damaged, or much too large.
    """
    if not content.startswith(START):
        return content
    most = MOST_BYTES if most is None else most
    try:
        result = read_at_most(gzip.GzipFile(fileobj=io.BytesIO(content)), most)
    except (OSError, EOFError, zlib.error) as error:
        raise InstanceError([Problem("", f"is a damaged gzip file: {error}")], source) from None
    if len(result) > most:
        rule = (
            f"unpacks to more than {most // 2**20} MiB"
            if most >= 2**20
            else f"unpacks to more than {most} bytes"
        )
        raise InstanceError([Problem("", rule, "", "", "unpack it first if that is meant")], source)
    return result
