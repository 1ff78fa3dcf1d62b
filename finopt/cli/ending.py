"""How the command ends when something it left alone is still at work: at once, all output written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_once_when_alone(alone: bool) -> Iterator[None]:
    """End the process with the exit code of the block, without waiting for threads that nobody waits for.

    Parameters
    ----------
    alone : bool
        Whether nothing else runs in this process; otherwise nothing is done.
    """
    try:
        yield
    except SystemExit as stop:
        if alone and _left_alone():
            _end(stop.code if isinstance(stop.code, int) else int(stop.code is not None))
        raise


def _left_alone() -> bool:
    background = sys.modules.get("finopt.solvers.background")
    return background is not None and background.still_at_work()


def _end(code: int) -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
