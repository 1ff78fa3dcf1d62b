"""The command ``finopt simulate``: a plan under load, and which applications would be late."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finopt.cli import simulation_report
from finopt.cli.failures import INTERRUPTED, NOTHING
from finopt.cli.inputs import called, network_of, placement_of
from finopt.cli.options import STDOUT, NewFile, Number, save_text, seed_option
from finopt.cli.output import print_file
from finopt.cli.plot import picture_path, save_picture, size_option, title_option
from finopt.cli.streams import say
from finopt.problem.errors import InstanceError

if TYPE_CHECKING:
    from finopt.simulation import Simulation

DISCIPLINES = click.Choice(["processor-sharing", "fifo", "none"])

SECONDS = Number(0, min_open=True)


@click.command("simulate")
@click.argument("instance_path", metavar="INSTANCE")
@click.argument("result_path", metavar="RESULT")
@click.option(
    "--arrivals",
    type=click.Choice(["poisson", "deterministic"]),
    default="poisson",
    show_default=True,
    help="Times between samples: exponential, or all the same.",
)
@click.option(
    "--nodes",
    type=DISCIPLINES,
    default="processor-sharing",
    show_default=True,
    help="How samples share a node; none: nobody waits.",
)
@click.option(
    "--links", type=DISCIPLINES, default="fifo", show_default=True, help="How samples share a link."
)
@click.option(
    "--exits",
    type=click.Choice(["drawn", "even"]),
    help="drawn: a sample leaves by chance; even: exits take turns.  [default: as the arrivals]",
)
@click.option(
    "--samples",
    type=click.IntRange(1),
    help="Per replication, of all applications together.  [default: 10000, more for many applications]",
)
@click.option("--horizon", type=SECONDS, metavar="SECONDS", help="Measured time, in place of --samples.")
@click.option(
    "--warm-up",
    type=Number(0),
    metavar="SECONDS",
    help="Before measuring.  [default: a tenth of that]",
)
@click.option("--replications", type=click.IntRange(1), default=10, show_default=True)
@seed_option
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON and nothing else.")
@click.option("-o", "--output", type=NewFile(), help="Write everything as JSON.")
@click.option(
    "--plot",
    "picture",
    type=NewFile(),
    callback=picture_path,
    help="Draw latencies and limits: .png, .svg or .pdf. Needs matplotlib.",
)
@title_option
@size_option
def simulate_command(
    instance_path: str,
    result_path: str,
    as_json: bool,
    output: Path | None,
    picture: Path | None,
    title: str | None,
    size: tuple[float, float] | None,
    **study: Any,
) -> None:
    """Simulate the placement of RESULT under load: samples arrive, queue, leave at exits and return.

    Prints energy and latency beside the plan's figures, with intervals of 95 % confidence over replications,
    how busy nodes and links are, and which applications would be late and what would help. Needs SimPy (pip
    install 'finopt[simulate]').

    Exit code 1: an application exceeds its limit under load; after Ctrl-C (130) what is done is printed.

    \b
    Example: finopt simulate instances/paper/b-alexnet-cifar10.json plan.json --plot load.png
    """
    from finopt.simulation import simulate

    if picture is None and (title or size):
        raise click.UsageError("--title and --size are those of the picture: they need --plot.")
    if study["samples"] is not None and study["horizon"] is not None:
        raise click.UsageError("--samples and --horizon say the same thing twice: give one of them.")
    instance = network_of(instance_path, "only a placement of networks has queues")
    _, placement = placement_of(instance, result_path)
    try:
        found = simulate(instance, placement, **study)
    except InstanceError as error:  # the placement is wrong, or the instance has what is not simulated
        path = instance_path if error.source == "instance" else result_path
        raise InstanceError(error.problems, called(path), error.omitted) from None
    _tell(found, as_json, output, picture, {"title": title, "size": size})
    sys.exit(INTERRUPTED if found.interrupted else NOTHING if found.late else 0)


def _tell(
    found: Simulation, as_json: bool, output: Path | None, picture: Path | None, look: dict[str, Any]
) -> None:
    """Where the user wants it."""
    text = json.dumps(simulation_report.as_json(found), indent=1) + "\n"
    if output not in (None, STDOUT):
        save_text(text, output)
    if picture is not None and found.replications:
        from finopt.plotting.simulation import plot_simulation

        save_picture(plot_simulation(found, **look), picture)
    if as_json or output == STDOUT:
        print_file(text)
    elif picture != STDOUT:
        say(simulation_report.text(found))
