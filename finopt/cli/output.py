"""How commands write: reports for people in any encoding, files in UTF-8 only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from finopt.cli import report
from finopt.problem.instance import Instance

if TYPE_CHECKING:
    from finopt.graph.resource import ResourceGraph


def words_for(target: Instance | ResourceGraph) -> Any:
    """The module that puts an instance or a graph into words."""
    if isinstance(target, Instance):
        return report
    from finopt.cli import path_report  # loads numpy

    return path_report


def print_file(text: str) -> None:
    """Write the text of a file to standard output: the same bytes that the file would have."""
    click.echo(text.encode("utf-8"), nl=False)
