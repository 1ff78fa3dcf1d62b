"""The command ``finopt pareto``: energy against latency, a table per accuracy level."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import click

from finopt.api.pareto import Front, FrontPoint, pareto
from finopt.cli.failures import INTERRUPTED
from finopt.cli.inputs import called, max_bytes_option, problem_of
from finopt.cli.options import STDOUT, NewFile, Number, save_text, time_limit_option, type_of
from finopt.cli.progress import shown, verbose_option
from finopt.cli.streams import say
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.formatting import quantity, table
from finopt.problem.instance import Instance
from finopt.problem.status import Termination

COLUMNS = ("min_accuracy", "latency_s", "energy_j", "accuracy", "configuration", "nodes", "complete")


@click.command("pareto")
@click.argument("file")
@click.option(
    "--accuracy",
    "accuracies",
    type=Number(0, 1),
    multiple=True,
    help="A level; may be given several times. Default: every accuracy of the model.",
)
@click.option("--max-latency", type=type_of("max_latency"), metavar="SECONDS", help="Nothing slower.")
@time_limit_option
@verbose_option
@click.option("-o", "--output", type=NewFile(), help="Write the points as CSV; - prints nothing else.")
@max_bytes_option
def pareto_command(
    file: str,
    accuracies: tuple[float, ...],
    max_latency: float | None,
    time_limit: float | None,
    verbose: bool,
    output: Path | None,
) -> None:
    """Print the exact energy / latency front of the one application of FILE, per accuracy level.

    Its latency limit and accuracy target do not count. Ends with exit code 1 when no level has a point, and
    with 130 at Ctrl-C: then with the points found so far, and a line that says so.

    \b
    Example: finopt pareto instances/paper/b-alexnet-cifar10.json
    Example: finopt pareto instances/paper/b-alexnet-cifar10.json --accuracy 0.8 --output front.csv
    """
    instance = problem_of(file)
    if not isinstance(instance, Instance):
        raise InstanceError([Problem("", "a front is of an instance, not of a path problem")], called(file))
    limits = {"max_latency": max_latency, "time_limit": time_limit}
    with shown(verbose) as progress:
        fronts = pareto(instance, accuracies or None, progress=progress, on_interrupt="return", **limits)
    if output is not None:
        save_text(as_csv(fronts), output)
    if output != STDOUT:
        say("\n\n".join(_words(instance, fronts)))
    if any(front.termination is Termination.INTERRUPTED for front in fronts):
        sys.exit(INTERRUPTED)
    sys.exit(0 if any(front.points for front in fronts) else 1)


def as_csv(fronts: Sequence[Front]) -> str:
    """A row per point; nodes separated by blanks."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for front in fronts:
        for point in front.points:
            placed = point.placement.applications[0]
            figures = front.min_accuracy, point.latency, point.energy, point.accuracy
            writer.writerow([*figures, placed.configuration, " ".join(placed.nodes), front.complete])
    return text.getvalue()


def _words(instance: Instance, fronts: Sequence[Front]) -> Iterator[str]:
    """A table per level; levels with the same points share one."""
    for points, same in groupby(fronts, key=lambda front: (front.points, front.complete)):
        levels = [front.min_accuracy for front in same]
        several = f"{levels[0]:g}" if len(levels) == 1 else f"{levels[0]:g} to {levels[-1]:g}"
        yield f"accuracy >= {several}: {_table(instance, *points)}"


def _table(instance: Instance, points: Sequence[FrontPoint], complete: bool) -> str:
    missing = "" if complete else "\n  cut short: faster points may be missing"
    if not points:
        return "no placement" if complete else f"no point found{missing}"
    rows = [
        (
            quantity(point.latency, "s"),
            quantity(point.energy, "J"),
            f"{point.accuracy:g}",
            _where(instance, point),
        )
        for point in points
    ]
    shown = table(("latency", "energy", "accuracy", "blocks"), rows, align="rrrl", indent="  ")
    return f"{len(points)} point{'s' if len(points) > 1 else ''}\n{shown}{missing}"


def _where(instance: Instance, point: FrontPoint) -> str:
    """Like ``device 3, edge 2``: how many blocks run where, in order, and the final exit."""
    placed = point.placement.applications[0]
    runs = ", ".join(f"{node} {len(list(same))}" for node, same in groupby(placed.nodes))
    model = instance.model_of(instance.applications[0])
    return f"{runs} ({model.configurations[placed.configuration].exits[-1]})"
