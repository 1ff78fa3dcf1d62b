"""The command ``finopt report``: an instance and its answer as a page for a browser."""

from __future__ import annotations

from pathlib import Path

import click

from finopt.api.pareto import Front, pareto
from finopt.cli.inputs import called, input_of, max_bytes_option, network_of
from finopt.cli.options import STDOUT, NewFile, told, type_of
from finopt.cli.progress import shown
from finopt.cli.streams import say
from finopt.evaluation.result import Result
from finopt.io import result_file
from finopt.io.atomic import write_bytes
from finopt.io.packing import packed
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Instance


@click.command("report")
@click.argument("instance_path", metavar="INSTANCE")
@click.argument("result_path", metavar="RESULT")
@click.option("--front", is_flag=True, help="Add the energy / latency front, for one application.")
@click.option(
    "--map",
    "places",
    metavar="NETWORK",
    help="Add a map: a network file or a name of topohub, whose places are called like the nodes.",
)
@click.option(
    "--time-limit",
    type=type_of("time_limit"),
    metavar="SECONDS",
    help="For the front, and for what binds.  [default: no limit, and 5]",
)
@click.option(
    "-o",
    "--output",
    type=NewFile(),
    required=True,
    help="The page; - is standard output. A name like page.html.gz packs it.",
)
@max_bytes_option
def report_command(
    instance_path: str,
    result_path: str,
    front: bool,
    places: str | None,
    time_limit: float | None,
    output: Path,
) -> None:
    """Write what INSTANCE asks and RESULT answers as one HTML page, which needs no network.

    Network and loads, latency and energy in pictures, what binds and what more would save, a table of all
    applications to sort and search. Without a placement the page says why there is none. Needs jinja2 and
    plotly (pip install 'finopt[report]').

    \b
    Example: finopt report instances/paper/b-alexnet-cifar10.json plan.json --front --output report.html
    """
    from finopt.reporting.page import Names, encoded, page  # seldom needed

    instance = network_of(instance_path, "a report is of an instance and its placement")
    result = _result_of(instance, result_path)
    fronts = _fronts(instance, instance_path, time_limit) if front else ()
    positions = None if places is None else _positions(instance, places)
    options = [*(["--front"] if front else []), *(["--map", places] if places else [])]
    names = Names(called(instance_path), called(result_path), str(output), tuple(options))
    limits = {"time_limit": time_limit}
    text = page(instance, result, fronts=fronts, positions=positions, names=names, **limits)
    if output == STDOUT:
        click.echo(encoded(text), nl=False)
        return
    with told(output):
        write_bytes(output, packed(output, encoded(text)))


def _result_of(instance: Instance, path: str) -> Result:
    """The result of a file; one that answers another instance is told of."""
    result, name = result_file.read_with_name(input_of(path).text, called(path))
    if name and instance.name and name != instance.name:
        say(f"warning: {called(path)} answers instance {name!r}, not {instance.name!r}", error=True)
    return result


def _fronts(instance: Instance, path: str, time_limit: float | None) -> tuple[Front, ...]:
    """The front of the only application."""
    try:
        with shown(False) as progress:
            return pareto(instance, time_limit=time_limit, progress=progress, on_interrupt="return")
    except InstanceError as error:
        raise InstanceError(error.problems, called(path)) from None


def _positions(instance: Instance, network: str) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of the nodes that are called like places of a network."""
    from finopt.io.importers.networks import read

    found = {
        place.id: (place.longitude, place.latitude)
        for place in read(network).nodes
        if place.longitude is not None and place.latitude is not None
    }
    known = {name: place for name, place in found.items() if name in instance.node_by_id}
    if not known:
        rule = "has no place with a position that is called like a node of the instance"
        raise InstanceError([Problem("", rule)], network)
    return known
