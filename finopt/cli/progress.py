"""How commands show their progress: a line on a terminal, with ``-v`` lines of a log, else nothing."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from finopt.solvers.progress import LOGGER

verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Log the progress on standard error, one line per event."
)


@contextmanager
def shown(verbose: bool) -> Iterator[bool]:
    """Whether the progress is shown on a line, while it is logged or not.

    A line is for a terminal: in a pipe nothing is shown without ``-v``.
    """
    if not verbose:
        yield sys.stderr.isatty()
        return
    handler, level = logging.StreamHandler(sys.stderr), LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        yield False
    finally:
        LOGGER.setLevel(level)
        LOGGER.removeHandler(handler)
