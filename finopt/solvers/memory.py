"""Memory: asked for before a library needs it, because compiled code that finds none ends the process."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from finopt.problem.errors import BackendError

MODULES, BEGIN = 400_000_000, 64_000_000
"""Bytes of address space to load the module of a method with NumPy, SciPy and Pyomo, and to begin a solve."""

COMPILER, LOOP = 400_000_000, 192_000_000
"""To load Numba and compile the first loop, and to compile one more."""

SOLVER = 400_000_000
"""To load a solver and let it begin."""


def reserve(size: int, purpose: str) -> None:
    """Make sure that so many bytes could be had now; none of them is kept or touched.

    Parameters
    ----------
    size : int
        Bytes of address space.
    purpose : str
        What for, in words.

    Raises
    ------
    MemoryError
        They could not.
    """
    try:
        _map(size).close()
    except (OSError, MemoryError):
        raise MemoryError(f"{size / 1e6:.0f} MB of address space to {purpose} cannot be had") from None


def _map(size: int) -> mmap.mmap:
    if sys.platform == "win32":
        return mmap.mmap(-1, size)
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out; one that finds no stack for a thread, in words."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and "start new thread" in str(error)
    )


@contextmanager
def out_of_memory_told(what: str, otherwise: str) -> Iterator[None]:
    """Say that there is too little memory for something, and what to do.

    Parameters
    ----------
    what, otherwise : str
        What runs, and what else can be done about it, in words.

    Raises
    ------
    BackendError
        In the place of a MemoryError, and of a thread for which there is no stack.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        why = f" ({error})" if str(error) else ""
        advice = f"free some or raise its limit (ulimit -v), {otherwise}"
        raise BackendError(f"{what} ran out of memory{why}; {advice}") from error
