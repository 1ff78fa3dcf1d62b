"""Writing files: what was there stays whole until everything new is on the disk beside it.

The new content goes to a file of a temporary name in the same folder, which then takes the old one's place in
one step. Devices, pipes and what stands for an open file, like ``/dev/stdout``, are written to directly.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from finopt.io.packing import packed

OPEN_FILES = ("/dev/std", "/dev/fd/", "/proc/")
"""How names of files that are open already begin."""

ALL_PERMISSIONS = stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO


@contextmanager
def new_file(path: str | Path) -> Iterator[BinaryIO]:
    """A binary file to write to, which takes the place of `path` when the block ends.

    An existing file keeps its permissions, a symbolic link stays one. When the block ends with an exception
    of any kind, the old file is as it was and nothing else is left.

    Raises
    ------
    OSError
        The file cannot be written; names `path`.
    """
    with new_files(path) as (file,):
        yield file


@contextmanager
def new_files(*paths: str | Path) -> Iterator[list[BinaryIO]]:
    """Several files that belong together: none takes its place before all of them are on the disk."""
    drafts: list[_Draft] = []
    try:
        for path in paths:
            drafts.append(_Draft(Path(path)))
        with _naming(paths[-1]):
            yield [draft.file for draft in drafts]
        for draft in drafts:
            draft.finish()
        for draft in drafts:
            draft.publish()
    finally:
        for draft in drafts:
            draft.discard()


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a whole file, see `new_file`."""
    with new_file(path) as file:
        file.write(content)


def write_text(path: str | Path, text: str) -> None:
    """Write a whole file as UTF-8 with the line ends that the text has, see `new_file`.

    A name that ends in ``.gz`` gives a file packed with gzip.
    """
    write_bytes(path, packed(path, text.encode()))


class _Draft:
    """What is written, and where it goes in the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.target = Path(os.path.realpath(path))
        self.part: Path | None = None
        with _naming(path):
            self.old = _existing(path)
            if not in_place(path):
                self.part = self.target.with_name(f".{os.urandom(8).hex()}.part")
            self.file: BinaryIO = self.part.open("xb") if self.part else path.open("wb")

    def finish(self) -> None:
        """Bring everything to the disk, where it has the permissions of the old file."""
        with _naming(self.path), self.file:
            self.file.flush()
            if self.part is not None:
                os.fsync(self.file.fileno())
                if self.old is not None:
                    _take_after(self.part, self.old)

    def publish(self) -> None:
        """Put the new file in the old one's place."""
        if self.part is not None:
            with _naming(self.path):
                self.part.replace(self.target)

    def discard(self) -> None:
        """Leave nothing behind that has not taken its place."""
        with suppress(OSError):  # what is still buffered cannot be written either
            self.file.close()
        if self.part is not None:
            with suppress(OSError):
                self.part.unlink(missing_ok=True)


@contextmanager
def _naming(path: str | Path) -> Iterator[None]:
    """An error speaks of the file that the user named, not of a temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno or errno.EIO, error.strerror or str(error), str(path)) from None


def _existing(path: Path) -> os.stat_result | None:
    """What is known of the file that is there, if there is one; it must be one that may be written."""
    try:
        old = path.stat()
    except FileNotFoundError:
        return None
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return old


def in_place(path: Path) -> bool:
    """Whether nothing may take the place of what the path names: it is no file, or one that is open."""
    return (path.exists() and not path.is_file()) or str(path.absolute()).startswith(OPEN_FILES)


def _take_after(part: Path, old: os.stat_result) -> None:
    """Owner and permissions of the old file, as far as the user may give them."""
    with suppress(OSError, AttributeError):  # there are systems without owners
        os.chown(part, old.st_uid, old.st_gid)
    with suppress(OSError):
        part.chmod(old.st_mode & ALL_PERMISSIONS)
