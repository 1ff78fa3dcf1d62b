"""Options that several commands have, and what they accept."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import click

from finopt.cli.output import print_file
from finopt.io import instance_file, save
from finopt.io.atomic import in_place, write_text
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Instance
from finopt.problem.options import RULES, WHOLE, Choice, Rule


class Number(click.FloatRange):
    """A finite number of a range; click's own range lets nan pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
BINARY = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
"""What stands before the B of bytes."""

SIZE = re.compile(r"(?P<number>\d+\.?\d*|\.\d+)\s*(?P<unit>[kmgt]?i?)b?", re.IGNORECASE)


class Bytes(click.ParamType[float]):
    """A number of bytes such as 2GB, 500 MB, 1.5GiB or 2000000000."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = SIZE.fullmatch(str(value).strip())
        factor = found and (UNITS | BINARY).get(found["unit"].lower())
        if not found or not factor:
            self.fail(f"{value!r} is no size; write it like 2GB, 500MB or 1.5GiB.", param, ctx)
        return float(found["number"]) * factor


STDOUT = Path("-")
"""What stands for standard output where a file could be written."""


class NewFile(click.Path):
    """A file to be written, or ``-`` for standard output; tested before the work and not after it."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path, allow_dash=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if path == STDOUT:
            return path if str(value) == str(STDOUT) else path.absolute()  # ./- is a file
        folder = Path(os.path.realpath(path)).parent
        if not in_place(path) and not os.access(folder, os.W_OK):
            self.fail(f"Cannot write into directory '{path.parent}'.", param, ctx)
        return path


def type_of(name: str) -> click.ParamType[Any]:
    """What an option of a method may be on the command line: the same as in Python."""
    rule = RULES[name]
    if isinstance(rule, Choice):
        return click.Choice(rule.words)
    assert isinstance(rule, Rule)
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
objective_option = click.option(
    "--objective",
    type=type_of("objective"),
    default="energy",
    show_default=True,
    help="What to find the least of, by carbon and price of nodes and links; the others are reported.",
)
memory_limit_option = click.option(
    "--memory-limit",
    type=Bytes(),
    metavar="SIZE",
    help="That the call may take, like 2GB; beyond it ends as at its time limit.",
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
    """Write a file, or to standard output; what stands in the way is told like any wrong input."""
    if path == STDOUT:
        print_file(text)
        return
    with told(path):
        write_text(path, text)


def save_instance(instance: Instance, path: Path | None, table: Literal["csv", "parquet"] = "csv") -> None:
    """Write an instance file with its table beside it; to standard output, or with no path, as one text."""
    if path is None or path == STDOUT:
        print_file(instance_file.write(instance))
        return
    with told(path):
        save(instance, path, table=table)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell that a file cannot be written like any wrong input."""
    try:
        yield
    except OSError as error:
        source = str(error.filename or path)
        raise InstanceError([Problem("", f"cannot be written: {error.strerror}")], source) from None
