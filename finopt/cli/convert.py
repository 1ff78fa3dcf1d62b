"""The command ``finopt convert``: an instance of any version as one of version 2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from finopt.cli.inputs import input_of, max_bytes_option
from finopt.cli.options import NewFile, save_instance
from finopt.io import instance_file, is_path_problem
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Instance

VERSION = 2


@click.command("convert")
@click.argument("file")
@click.option(
    "--table",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="How applications that FILE has in a table are written beside the output.",
)
@click.option("-o", "--output", type=NewFile(), help="Write here and not to standard output.")
@max_bytes_option
def convert_command(file: str, table: Any, output: Path | None) -> None:
    """Write the instance in FILE as version 2 of the format; it means the same.

    FILE may say that it is of version 1 and still have fields of version 2. With --output applications in a
    table stay in one, otherwise they become a part of the text.

    \b
    Example: finopt convert instances/paper/b-alexnet-cifar10.json --output new.json
    """
    save_instance(_read(file), output, table)


def _read(file: str) -> Instance:
    text, source, from_file, most = input_of(file)
    if is_path_problem(text):
        raise InstanceError([Problem("", "is a shortest path problem: only instances have versions")], source)
    instance = instance_file.read(text, source, mixed=True, from_file=from_file, most=most)
    return instance.model_copy(update={"version": VERSION})
