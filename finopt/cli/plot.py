"""The command ``finopt plot``: the placement of a result file, or a stage of FIN, as a picture."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finopt.cli.inputs import called, input_of, max_bytes_option, problem_of
from finopt.cli.options import STDOUT, NewFile, Number, told, type_of
from finopt.cli.streams import say
from finopt.io import result_file
from finopt.io.atomic import write_bytes
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Instance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from finopt.plotting.stages import Stage

FORMATS = ("png", "svg", "pdf")

DOTS_PER_INCH = 200

ON_LEVELS = ("--gamma", "--lam", "--lam-rule")
"""Options of stages that have levels."""

SAME_FILE: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""What is left out of a picture, so that the same input gives the same file."""


def picture_path(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """A picture that is to be written; its ending must be known."""
    if value not in (None, STDOUT) and _format(value) not in FORMATS:
        endings = ", ".join(f".{name}" for name in FORMATS)
        raise click.BadParameter(f"{value.name!r} must end in one of {endings}.", ctx, param)
    return value


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, float] | None:
    """Width and height as they were written."""
    if value is None:
        return None
    sides = [Number(0, 100, min_open=True).convert(side, param, ctx) for side in value.lower().split("x")]
    if len(sides) != 2:
        raise click.BadParameter(f"{value!r} is not width and height, like 6x4.", ctx, param)
    return sides[0], sides[1]


title_option = click.option("--title", help="In place of the usual one; of a picture.")
size_option = click.option(
    "--size",
    metavar="WxH",
    callback=_size,
    help="Width and height of the picture in inches, for example 6x4.",
)


@click.command("plot")
@click.argument("instance_path", metavar="INSTANCE")
@click.argument("result_path", metavar="[RESULT]", required=False)
@click.option(
    "--stage",
    type=click.Choice(["extended", "feasible", "path"]),
    help="Draw a stage of FIN as published, of a small instance, and not RESULT.",
)
@click.option("--gamma", type=type_of("gamma"), help="feasible, path: latency levels.  [default: 10]")
@click.option("--lam", type=type_of("lam"), help="feasible, path: lambda.  [default: leaves out nothing]")
@click.option(
    "--lam-rule",
    type=type_of("lam_rule"),
    help="feasible, path: what LAM measures.  [default: bound]",
)
@click.option("--application", metavar="ID", help="With --stage: whose.  [default: the first]")
@click.option(
    "--configuration",
    type=click.IntRange(0),
    help="With --stage, counted from 0.  [default: the first that is accurate enough]",
)
@click.option(
    "-o",
    "--output",
    type=NewFile(),
    required=True,
    callback=picture_path,
    help="The picture; its ending, .png, .svg or .pdf, says the format. - is standard output, as .svg.",
)
@title_option
@size_option
@max_bytes_option
def plot_command(
    instance_path: str,
    result_path: str | None,
    stage: Stage | None,
    output: Path,
    title: str | None,
    size: tuple[float, float] | None,
    **options: Any,
) -> None:
    """Draw the placement of RESULT: which node runs which blocks, how the data get there, what it costs.

    With --stage, draw the extended graph, the feasible graph or the cheapest path of FIN as published. Needs
    matplotlib (pip install 'finopt[plot]'). Ends with exit code 1 when RESULT holds no placement.

    \b
    Example: finopt plot instances/paper/b-alexnet-cifar10.json plan.json --output plan.png
    Example: finopt plot instances/paper/b-alexnet-cifar10.json --stage path --gamma 20 --output path.png
    """
    given = {name: value for name, value in options.items() if value is not None}
    _check(result_path, stage, given)
    instance, instance_path = problem_of(instance_path), called(instance_path)
    if not isinstance(instance, Instance):
        rule = "a picture is of a placement; an answer to a path problem is a path"
        if stage:
            rule = "stages are those of an instance, not of a path problem"
        raise InstanceError([Problem("", rule)], instance_path)
    look = {"title": title, "size": size}
    if stage:
        axes = _stage(instance, instance_path, stage, given, look)
    else:
        axes = _placement(instance, str(result_path), look)
    save_picture(axes, output)


def _check(result_path: str | None, stage: Stage | None, given: dict[str, Any]) -> None:
    """Refuse what does not go together."""
    names = [f"--{name.replace('_', '-')}" for name in given]
    if stage is None and names:
        raise click.UsageError(f"{names[0]} needs --stage: it is an option of the stages of FIN.")
    if stage is None and result_path is None:
        raise click.UsageError("Missing argument 'RESULT', whose placement is drawn, or option '--stage'.")
    if stage and result_path is not None:
        raise click.UsageError(f"--stage draws what FIN builds, no RESULT: leave out {result_path!r}.")
    for name in names if stage == "extended" else ():
        if name in ON_LEVELS:
            raise click.UsageError(
                f"{name} is of stages feasible and path: the extended graph has no levels."
            )


def _stage(
    instance: Instance, instance_path: str, stage: Stage, given: dict[str, Any], look: dict[str, Any]
) -> Axes:
    """A stage of FIN."""
    from finopt.graph.stage_graphs import stages
    from finopt.plotting.plot import plot_stage

    least = {"gamma": 1} if stage == "extended" else {}  # its levels are not drawn
    try:
        graphs = stages(instance, **{**given, **least})
    except InstanceError as error:  # an application or configuration that this file does not have
        raise InstanceError(error.problems, instance_path) from None
    return plot_stage(graphs, stage, **look)


def _placement(instance: Instance, result_path: str, look: dict[str, Any]) -> Axes:
    """The placement of a result file; without one the command ends."""
    text, result_path, *_ = input_of(result_path)
    stated, name = result_file.read_with_name(text, result_path)
    if name and instance.name and name != instance.name:
        say(f"warning: {result_path} answers instance {name!r}, not {instance.name!r}", error=True)
    if stated.placement is None:
        reason = f": {stated.reason}" if stated.reason else ""
        say(f"{result_path} holds no placement, it states {stated.status}{reason}")
        sys.exit(1)
    from finopt.plotting.plot import plot_placement

    try:
        return plot_placement(instance, stated.placement, **look)
    except InstanceError as error:  # which names are wrong: of this file
        raise InstanceError(error.problems, result_path) from None


def save_picture(axes: Axes, path: Path) -> None:
    """Write a picture in the format that the ending of its name says; to standard output as .svg."""
    import matplotlib as mpl

    kind, data = _format(path), io.BytesIO()
    figure: Any = axes.figure
    with mpl.rc_context({"svg.hashsalt": "finopt"}):
        figure.savefig(data, format=kind, dpi=DOTS_PER_INCH, metadata=SAME_FILE.get(kind))
    if path == STDOUT:
        click.echo(data.getvalue(), nl=False)
        return
    with told(path):
        write_bytes(path, data.getvalue())


def _format(path: Path) -> str:
    return "svg" if path == STDOUT else path.suffix.removeprefix(".").lower()
