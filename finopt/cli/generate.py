"""The commands that draw instances: ``finopt generate`` and ``finopt generate-fleet``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from finopt.cli.options import STDOUT, NewFile, Number, save_instance, save_text, seed_option
from finopt.io import instance_file
from finopt.problem.options import OptionError


@click.command("generate")
@click.option("--nodes", type=int, default=10, show_default=True)
@click.option("--blocks", type=int, default=5, show_default=True, help="Per model.")
@click.option("--applications", type=int, default=1, show_default=True)
@click.option("--configurations", type=int, default=3, show_default=True, help="Per model.")
@click.option("--topology", type=click.Choice(["sparse", "mesh"]), default="sparse", show_default=True)
@click.option("--latency", type=click.Choice(["worst", "mean"]), default="worst", show_default=True)
@click.option(
    "--tightness",
    type=Number(min=-1, min_open=True, max=1),
    default=0.5,
    show_default=True,
    help="0: the least latency there is, 1: the limit does not bind, below 0: infeasible.",
)
@click.option("--pins", type=int, default=0, show_default=True, help="Pinned blocks per application.")
@click.option("--devices", type=int, help="Mobile devices.  [default: one per application, half at most]")
@click.option("--profiles", is_flag=True, help="With measured tables: classes of devices by blocks.")
@click.option("--slices", is_flag=True, help="Shared nodes with slices, of which every visit reserves one.")
@seed_option
@click.option("-o", "--output", type=NewFile(), help="Write here and not to standard output.")
def generate_command(output: Path | None, **options: Any) -> None:
    """Draw an instance; same options, same file.

    \b
    Example: finopt generate --nodes 50 --blocks 8 --seed 1 --output random.json
    """
    from finopt.problem.generators.random_instance import generate

    try:
        text = instance_file.write(generate(**options))
    except OptionError as error:  # which argument is out of which range
        raise click.UsageError(str(error)) from None
    save_text(text, output or STDOUT)


@click.command("generate-fleet")
@click.option("--applications", type=int, default=1000, show_default=True)
@click.option("--devices", type=int, default=100, show_default=True)
@click.option("--sites", type=int, default=20, show_default=True, help="Edge sites, one node each.")
@click.option("--clouds", type=int, default=3, show_default=True)
@click.option(
    "--scarcity",
    type=Number(min=0, min_open=True),
    default=0.4,
    show_default=True,
    help="Compute and memory at the edge, relative to what everybody would like.",
)
@click.option(
    "--mean",
    type=Number(min=0, max=1),
    default=0.2,
    show_default=True,
    help="Share with mean latency limits.",
)
@click.option(
    "--table",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="How the applications are written beside the file.",
)
@click.option("--profiles", is_flag=True, help="With measured tables: kinds of devices by blocks.")
@seed_option
@click.option("-o", "--output", type=NewFile(), help="Write here and not to standard output.")
def generate_fleet_command(output: Path | None, table: Any, **options: Any) -> None:
    """Draw an instance of many applications that compete for edge servers; same options, same file.

    With --output the applications are a table beside the file, otherwise a part of it.

    \b
    Example: finopt generate-fleet --applications 100000 --devices 10000 --sites 100 --output fleet.json
    """
    import finopt

    try:
        instance = finopt.generate_fleet(**options)
    except OptionError as error:  # which argument is out of which range
        raise click.UsageError(str(error)) from None
    save_instance(instance, output, table)
