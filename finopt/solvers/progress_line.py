"""A line on the screen that says how far a call is, rewritten in place and taken off at the end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any, TextIO

LATER = 0.5
"""Seconds that a call must take before there is a line: most are quicker."""


class Line:
    """Shows what it is called with.

    Parameters
    ----------
    stream : TextIO
        Where to, usually standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._show: Callable[[str], None] | None = None

    def __call__(self, progress: Any) -> None:
        """Write an event of `finopt.solvers.progress` over the last one, cut to the width of the screen."""
        if progress.seconds < LATER:
            return
        if self._show is None:
            from tqdm import tqdm  # takes longer to import than most calls take

            self._show = tqdm.status_printer(self._stream)
        self._show(str(progress)[: shutil.get_terminal_size().columns - 1])

    def close(self) -> None:
        """Leave nothing behind."""
        if self._show is not None:
            self._show("")
            self._stream.write("\r")
            self._stream.flush()
