"""Options that several commands have, and what they accept."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from finopt.io.atomic import in_place, write_text
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.options import RULES, WHOLE, Choice


class Number(click.FloatRange):
    """A finite number of a range; click's own range lets nan pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class NewFile(click.Path):
    """A file to be written, tested before the work and not after it."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        folder = Path(os.path.realpath(path)).parent
        if not in_place(path) and not os.access(folder, os.W_OK):
            self.fail(f"Cannot write into directory '{path.parent}'.", param, ctx)
        return path


def type_of(name: str) -> click.ParamType[Any]:
    """What an option of a method may be on the command line: the same as in Python."""
    rule = RULES[name]
    if isinstance(rule, Choice):
        return click.Choice(rule.words)
    high = None if math.isinf(rule.high) else rule.high
    if rule.kind == WHOLE:
        return click.IntRange(int(rule.low), None if high is None else int(high))
    return Number(rule.low, high, min_open=rule.inner)


time_limit_option = click.option(
    "--time-limit",
    type=type_of("time_limit"),
    metavar="SECONDS",
    help="For building, solving and checking together.",
)
seed_option = click.option(
    "--seed", type=type_of("seed"), default=0, show_default=True, help="Of random draws."
)
threads_option = click.option(
    "--threads",
    type=type_of("threads"),
    default=1,
    show_default=True,
    help="For methods and solvers that use several; 0: all cores.",
)


def save_text(text: str, path: Path) -> None:
    """Write a file; what stands in the way is told like any wrong input."""
    with told(path):
        write_text(path, text)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell that a file cannot be written like any wrong input."""
    try:
        yield
    except OSError as error:
        source = str(error.filename or path)
        raise InstanceError([Problem("", f"cannot be written: {error.strerror}")], source) from None
