"""The command ``finopt plot``: the placement of a result file as a picture."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import finopt
from finopt.cli.options import NewFile, told
from finopt.cli.streams import say
from finopt.io import result_file
from finopt.io.atomic import write_bytes
from finopt.io.strict_json import read_text
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Instance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = ("png", "svg", "pdf")

DOTS_PER_INCH = 200

SAME_FILE: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""What is left out of a picture, so that the same input gives the same file."""


def _picture(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    if _format(value) not in FORMATS:
        endings = ", ".join(f".{name}" for name in FORMATS)
        raise click.BadParameter(f"{value.name!r} must end in one of {endings}.", ctx, param)
    return value


@click.command("plot")
@click.argument("instance_path", metavar="INSTANCE")
@click.argument("result_path", metavar="RESULT")
@click.option(
    "-o",
    "--output",
    type=NewFile(),
    required=True,
    callback=_picture,
    help="The picture; its ending, .png, .svg or .pdf, says the format.",
)
def plot_command(instance_path: str, result_path: str, output: Path) -> None:
    """Draw the placement of RESULT: which node runs which blocks, how the data get there, what it costs.

    Needs matplotlib (pip install 'finopt[plot]'). Ends with exit code 1 when RESULT holds no placement.

    \b
    Example: finopt plot instances/paper/b-alexnet-cifar10.json plan.json --output plan.png
    """
    instance = finopt.load(instance_path)
    if not isinstance(instance, Instance):
        rule = "a picture is of a placement; an answer to a path problem is a path"
        raise InstanceError([Problem("", rule)], instance_path)
    stated, name = result_file.read_with_name(read_text(result_path), result_path)
    if name and instance.name and name != instance.name:
        say(f"warning: {result_path} answers instance {name!r}, not {instance.name!r}", error=True)
    if stated.placement is None:
        reason = f": {stated.reason}" if stated.reason else ""
        say(f"{result_path} holds no placement, it states {stated.status}{reason}")
        sys.exit(1)
    from finopt.plotting.plot import plot_placement

    try:
        axes = plot_placement(instance, stated.placement)
    except InstanceError as error:  # which names are wrong: of this file
        raise InstanceError(error.problems, result_path) from None
    _save(axes, output)


def _save(axes: Axes, path: Path) -> None:
    import matplotlib as mpl

    kind, data = _format(path), io.BytesIO()
    figure: Any = axes.figure
    with mpl.rc_context({"svg.hashsalt": "finopt"}):
        figure.savefig(data, format=kind, dpi=DOTS_PER_INCH, metadata=SAME_FILE.get(kind))
    with told(path):
        write_bytes(path, data.getvalue())


def _format(path: Path) -> str:
    return path.suffix.removeprefix(".").lower()
