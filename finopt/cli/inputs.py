"""What commands read: files by name, and ``-`` for standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from finopt.evaluation.result import Result
from finopt.io import packing, read_problem, result_file
from finopt.io.regular_file import read_at_most
from finopt.io.strict_json import read_text, text_of
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement

if TYPE_CHECKING:
    from finopt.graph.resource import ResourceGraph

DASH = "-"
"""Stands for standard input, and for standard output."""

STDIN = "standard input"

READ_ALREADY = "finopt.stdin"
"""In ``ctx.meta`` once standard input has been read."""

MAX_BYTES = "finopt.max_bytes"
"""In ``ctx.meta`` the number of bytes that are read at most, if the user says."""


def _noted(ctx: click.Context, param: click.Parameter, value: int | None) -> None:
    ctx.meta[MAX_BYTES] = value


max_bytes_option = click.option(
    "--max-bytes",
    type=click.IntRange(1),
    expose_value=False,
    callback=_noted,
    help="Read so much of a file at most.  [default: 268435456, of a table 2147483648]",
)


class Input(NamedTuple):
    """A text, what messages call it, whether it is from a file, beside which others may stand, and how many
    bytes of these are read."""

    text: str
    source: str
    from_file: bool
    most: int | None = None


def input_of(file: str) -> Input:
    """Read a file, or standard input, which has nothing beside it.

    Raises
    ------
    InstanceError
        It cannot be read.
    UsageError
        Standard input is asked for a second time.
    """
    meta = click.get_current_context().meta
    most = meta.get(MAX_BYTES)
    if file != DASH:
        return Input(read_text(file, most), file, True, most)
    if READ_ALREADY in meta:
        raise click.UsageError("'-' is standard input, which can be read once: name the other file.")
    meta[READ_ALREADY] = True
    return Input(_standard_input(packing.MOST_BYTES if most is None else most), STDIN, False)


def _standard_input(most: int) -> str:
    content = read_at_most(sys.stdin.buffer, most)
    if len(content) > most:
        rule = f"has more than {most} bytes, which are not read"
        raise InstanceError([Problem("", rule, "", "", "--max-bytes says how many are")], STDIN)
    return text_of(content, STDIN, most)


def called(file: str) -> str:
    """What messages and reports call an input."""
    return STDIN if file == DASH else file


def problem_of(file: str) -> Instance | ResourceGraph:
    """The instance or resource-constrained shortest path of a file or of standard input."""
    return read_problem(*input_of(file))


def network_of(file: str, why: str) -> Instance:
    """The instance of a file or of standard input.

    Raises
    ------
    InstanceError
        It is a shortest path problem, and so of no use, for a reason.
    """
    instance = problem_of(file)
    if not isinstance(instance, Instance):
        raise InstanceError([Problem("", f"is a shortest path problem: {why}")], called(file))
    return instance


def placement_of(instance: Instance, path: str) -> tuple[Result, Placement]:
    """The placement of a result file that answers this instance."""
    result, name = result_file.read_with_name(input_of(path).text, called(path))
    if name and instance.name and name != instance.name:
        rule = f"answers another instance than {shown(instance.name)}"
        raise InstanceError([Problem("instance", rule, shown(name))], path)
    if result.placement is None:
        reason = f": {result.reason}" if result.reason else ""
        rule = f"there is none, the file states {result.status}{reason}"
        raise InstanceError([Problem("placement", rule)], path)
    return result, result.placement
