"""The command ``finopt profile``: an ONNX model measured block by block on this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finopt.cli.failures import INTERRUPTED
from finopt.cli.options import NewFile, Number, seed_option, told
from finopt.cli.streams import say
from finopt.io import instance_file
from finopt.io.atomic import new_files
from finopt.problem.formatting import counted, percent, quantity, table

if TYPE_CHECKING:
    from finopt.runtime.measured import Measured

FILES = (".csv", ".profile.json", ".model.json")
"""What is written, by the ends of the names."""


class Sizes(click.ParamType[Any]):
    """``SYMBOL=SIZE`` or ``INPUT=SIZExSIZE...``."""

    name = "shape"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        name, equals, sizes = str(value).rpartition("=")  # names of tensors may hold the sign as well
        numbers = sizes.split("x")
        if not (name and equals and all(number.isascii() and number.isdigit() for number in numbers)):
            self.fail(f"{value!r} is not of the form batch=1 or image=1x3x224x224.", param, ctx)
        return name, [int(n) for n in numbers] if len(numbers) > 1 else int(numbers[0])


@click.command("profile")
@click.argument("model")
@click.option(
    "--blocks", type=click.IntRange(1), help="Merge into so many.  [default: cut wherever possible]"
)
@click.option("--cut", "cuts", multiple=True, metavar="TENSOR", help="Cut here and nowhere else; repeatable.")
@click.option(
    "--exit",
    "exits",
    multiple=True,
    metavar="TENSOR",
    help="An exit; repeatable.  [default: all outputs of the model]",
)
@click.option(
    "--shape",
    "shapes",
    type=Sizes(),
    multiple=True,
    metavar="NAME=SIZE",
    help="A size that the file leaves open, batch=1, or all of an input, image=1x3x224x224; repeatable.",
)
@click.option(
    "--precision", type=click.IntRange(1, 64), default=32, show_default=True, help="Bits per number."
)
@click.option("--model-id", help="Id of the model.  [default: name of the file]")
@click.option("--device", default="this-machine", show_default=True, help="Class of devices that this is.")
@click.option("--runs", type=click.IntRange(1), default=30, show_default=True, help="Rounds that count.")
@click.option(
    "--power",
    type=Number(0, min_open=True),
    metavar="WATT",
    help="At work, for a machine whose counters cannot be read.",
)
@seed_option
@click.option(
    "-o",
    "--output",
    type=NewFile(),
    metavar="PREFIX",
    help=f"Write PREFIX{', PREFIX'.join(FILES)} for finopt build and instance files.",
)
def profile_command(
    model: str,
    blocks: int | None,
    cuts: tuple[str, ...],
    exits: tuple[str, ...],
    shapes: tuple[tuple[str, Any], ...],
    precision: int,
    model_id: str | None,
    device: str,
    runs: int,
    power: float | None,
    seed: int,
    output: Path | None,
) -> None:
    """Measure the blocks and exits of an ONNX file on this machine, each as a piece of its own.

    Every piece runs on one thread with the tensor that the pieces before give for a random input. Blocks are
    named by the tensor that leaves them. Needs finopt[onnx]. Ctrl-C ends it with what was measured so far.

    \b
    Example: finopt profile resnet50.onnx --blocks 8 --device server --power 65 --output resnet50
    """
    from finopt.io.importers import onnx
    from finopt.runtime.measure import measure

    read = onnx.read(
        model,
        blocks=blocks,
        cuts=cuts or None,
        exits=exits or None,
        shapes=dict(shapes),
        precision=precision,
        model_id=model_id,
    )
    measured = measure(read, device=device, runs=runs, power=power, seed=seed)
    if output is not None:
        _write(measured, output)
    say("\n".join(_report(measured)))
    for note in _notes(measured):
        say(f"note: {note}", error=True)
    sys.exit(INTERRUPTED if measured.interrupted else 0)


def _write(measured: Measured, prefix: Path) -> None:
    """The three files; none takes its place before all are written."""
    texts = (
        measured.csv(),
        instance_file.write_part(measured.profile()),
        instance_file.write_part(measured.model.model),
    )
    paths = [prefix.with_name(prefix.name + end) for end in FILES]
    with told(prefix), new_files(*paths) as files:
        for file, text in zip(files, texts, strict=True):
            file.write(text.encode("utf-8"))


def _report(measured: Measured) -> Iterator[str]:
    """A row per part, and the whole model beside their sum."""
    model = measured.model.model
    figures = (counted(len(measured.blocks), "block"), counted(len(measured.exits), "measured exit"))
    yield f"{model.id} on {measured.device}: {figures[0]}, {figures[1]}"
    yield measured.source
    yield ""
    header = ("part", "median", "quartiles", "energy", "share", "op", "largest tensor")
    yield table(header, _rows(measured), align="lrrrrrr")
    if measured.whole is not None:
        yield ""
        yield _compared(measured.parts_time, measured.whole.median)


def _compared(parts: float, whole: float) -> str:
    """What cutting costs; where the machine is disturbed, pieces may come out faster."""
    change = percent(abs(parts / whole - 1))
    more = "more" if parts >= whole else "less"
    return f"whole model {quantity(whole, 's')}, parts together {quantity(parts, 's')}: {change} {more}"


def _rows(measured: Measured) -> Iterator[tuple[str, ...]]:
    blocks = measured.model.model.block_index
    for timing in measured.timings:
        low, middle, high = timing.quartiles
        place = blocks.get(timing.name) if timing.kind == "block" else None
        yield (
            f"{timing.kind} {timing.name}",
            quantity(middle, "s"),
            f"{quantity(low, 's', 3)} - {quantity(high, 's', 3)}",
            quantity(measured.energy(timing), "J"),
            percent(middle / measured.parts_time) if timing.kind != "model" else "",
            quantity(measured.model.ops[place], "") if place is not None else "",
            quantity(measured.model.largest[place], "bit") if place is not None else "",
        )


def _notes(measured: Measured) -> Iterator[str]:
    yield from measured.model.notes
    if measured.missing:
        yield f"interrupted before these blocks were measured, so they cannot run there: {measured.missing}"
