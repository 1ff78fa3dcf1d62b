"""Options of commands that say what runs now, from which blocks are moved."""

from __future__ import annotations

from typing import Any

import click

from finopt.cli.inputs import input_of
from finopt.cli.options import Number
from finopt.io import result_file
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Instance
from finopt.problem.moving import Moving

previous_option = click.option(
    "--previous",
    metavar="RESULT",
    help="Result file of what runs now, which blocks are moved from.",
)
horizon_option = click.option(
    "--moving-horizon",
    type=Number(0, min_open=True),
    metavar="SECONDS",
    help="Charge what moving blocks costs, paid over so long; needs --previous.",
)


def previous_of(target: Any, file: str | None, horizon: float | None) -> dict[str, Any]:
    """What runs now and what moving costs, as options of `finopt.solve`; empty without a file.

    Raises
    ------
    UsageError
        A horizon without a file, or a file for a path problem.
    InstanceError
        The file is no result, or holds no placement.
    """
    if file is None:
        if horizon is not None:
            raise click.UsageError("--moving-horizon needs --previous.")
        return {}
    if not isinstance(target, Instance):
        raise click.UsageError("--previous is for an instance; nothing is moved in a path problem.")
    text, path, *_ = input_of(file)
    previous = result_file.read(text, path)
    if previous.placement is None:
        rule = "holds no placement that anything could be moved from"
        raise InstanceError([Problem("placement", rule)], path)
    return {"previous": previous, "moving": None if horizon is None else Moving(horizon)}
