"""A day of 24 changing demands: energy with and without charging what it takes to move blocks.

VGG-16 with an early exit, for devices around scarce edge servers; applications have weights of their own,
half a gigabyte each. Every hour is planned in three ways:

    anew      as if nothing ran before; its moves are charged afterwards
    charged   with what moving costs as part of the objective (previous=..., moving=...)
    kept      that of the first hour, as long as it keeps every limit

    python benchmarks/day.py
    python benchmarks/day.py --applications 40 --horizon 600 --output day.md
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

import finopt
from finopt import Block, Configuration, Exit, Instance, Model, Moving, Placement
from finopt.cli.streams import accept_all_text
from finopt.io.atomic import write_text
from finopt.problem.formatting import percent, quantity, table
from finopt.problem.moving import Before, moved_blocks

STAGES = (  # operations [op], values behind it, weights: multiply-accumulates x 2, 1 byte, 4 byte
    ("conv1", 3.87e9, 802_816, 38_720),
    ("conv2", 5.55e9, 401_408, 221_440),
    ("conv3", 9.25e9, 200_704, 1_475_328),
    ("conv4", 9.25e9, 100_352, 5_899_776),
    ("conv5", 2.77e9, 25_088, 7_079_424),
    ("fc6", 206e6, 4_096, 102_764_544),
    ("fc7", 33.6e6, 4_096, 16_781_312),
    ("fc8", 8.2e6, 1_000, 4_097_000),
)
"""VGG-16 (Simonyan, Zisserman 2015) by its stages."""

HEAD = ("early", "conv4", 0.2e6, 100_352)
"""A classifier on pooled values; that 40 % of the samples leave there is an assumption."""


def vgg16(name: str) -> Model:
    """The network with one early exit, trained for somebody."""
    blocks = [
        Block(id=stage, ops=ops, output_bits=8.0 * values, memory=4.0 * weights)
        for stage, ops, values, weights in STAGES
    ]
    head, after, ops, weights = HEAD
    return Model(
        id=name,
        input_bits=8.0 * 224 * 224 * 3,
        blocks=tuple(blocks),
        exits=(Exit(id=head, after=after, ops=ops, memory=4.0 * weights), Exit(id="final", after="fc8")),
        configurations=(
            Configuration(exits=("early", "final"), shares=(0.4, 0.6), accuracy=0.70),
            Configuration(exits=("final",), shares=(1.0,), accuracy=0.715),
        ),
    )


def busy(applications: int, devices: int, sites: int, share: float, seed: int) -> Instance:
    """Everybody at the same time; ``share`` scales all rates and what nodes and links may carry of them."""
    models = [vgg16(f"vgg16-{number}") for number in range(applications)]
    drawn = finopt.generate_fleet(applications, devices, sites, 1, models=models, seed=seed)
    nodes = [node.replace(max_utilisation=share * node.max_utilisation) for node in drawn.nodes]
    rows = [one.replace(rate=share * one.rate) for one in drawn.applications]
    return drawn.replace(nodes=nodes, applications=rows, name="day")


@dataclass(frozen=True)
class Hour:
    """What a plan takes in one hour: power of the applications, what moving is charged [W], blocks moved."""

    power: float
    moving: float
    moved: int

    @property
    def together(self) -> float:
        """Both [W]."""
        return self.power + self.moving


def hour_of(
    instance: Instance, placement: Placement, before: Placement | None, moving: Moving
) -> Hour | None:
    """A plan after another one; None if it breaks a limit."""
    if before is not None:
        instance = instance.after(Before.of(instance, before, moving))
    found = finopt.evaluate(instance, placement)
    return Hour(found.power, found.moving, moved_blocks(instance, placement)) if found.feasible else None


def plans_of(day: Sequence[Instance], moving: Moving, gap: float) -> Iterator[dict[str, Hour | None]]:
    """What the three plans take, hour after hour."""
    anew = after = first = None
    for instance in tqdm(day, unit="hour", disable=not sys.stderr.isatty()):
        fresh = placement_of(finopt.solve(instance, gap=gap), instance)
        if after is None:
            first = after = fresh
            yield dict.fromkeys(("anew", "charged", "kept"), hour_of(instance, fresh, None, moving))
        else:
            assert anew is not None and first is not None
            found = finopt.solve(instance, previous=after, moving=moving, gap=gap)
            following = placement_of(found, instance)
            yield {
                "anew": hour_of(instance, fresh, anew, moving),
                "charged": hour_of(instance, following, after, moving),
                "kept": hour_of(instance, first, first, moving),
            }
            after = following
        anew = fresh


def placement_of(result: finopt.Result, instance: Instance) -> Placement:
    """The plan, which there has to be."""
    if result.placement is None:
        raise SystemExit(f"{instance.name}: {result.status}, {result.reason}")
    return result.placement


def report(hours: Sequence[dict[str, Hour | None]], horizon: float) -> str:
    """The day in a table, and its energy."""
    header = ("hour", "anew", "moves", "charged", "moves", "kept")
    rows = [
        (
            str(number),
            *(_cells(hour["anew"])),
            *(_cells(hour["charged"])),
            _cells(hour["kept"])[0],
        )
        for number, hour in enumerate(hours)
    ]
    seconds = 24 * 3600 / len(hours)
    lines = [table(header, rows, align="rrrrrr"), f"horizon {horizon:g} s; power with moving, blocks moved"]
    totals = {name: _energy(hours, name, seconds) for name in ("anew", "charged", "kept")}
    for name, whole in totals.items():
        words = (
            "breaks a limit"
            if whole is None
            else f"{quantity(whole[0], 'J')}, {quantity(whole[1], 'J')} of it moving"
        )
        lines.append(f"{name:8} {words}")
    anew, own = totals["anew"], totals["charged"]
    assert anew is not None and own is not None
    lines.append(f"charging what moving costs saves {percent(1 - own[0] / anew[0])} of the energy of the day")
    return "\n".join(lines)


def _in_words(whole: tuple[float, float] | None) -> str:
    if whole is None:
        return "breaks a limit"
    return f"{quantity(whole[0], 'J')}, {quantity(whole[1], 'J')} of it moving"


def _cells(hour: Hour | None) -> tuple[str, str]:
    return ("-", "-") if hour is None else (quantity(hour.together, "W"), str(hour.moved))


def _energy(hours: Sequence[dict[str, Hour | None]], plan: str, seconds: float) -> tuple[float, float] | None:
    """Joules of a day, and those of moving; None if the plan breaks a limit in some hour."""
    own = [hour[plan] for hour in hours]
    known = [hour for hour in own if hour is not None]
    if len(known) < len(own):
        return None
    return seconds * sum(hour.together for hour in known), seconds * sum(hour.moving for hour in known)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the day, print and write the table."""
    accept_all_text()
    args = _parser().parse_args(arguments)
    instance = busy(args.applications, args.devices, args.sites, args.share, args.seed)
    day = list(finopt.generate_day(instance, args.hours, seed=args.seed))
    text = report(list(plans_of(day, Moving(args.horizon), args.gap)), args.horizon)
    print(text)
    if args.output is not None:
        write_text(args.output, text + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="A day of changing demands, with and without moving charged."
    )
    parser.add_argument("--applications", type=int, default=12)
    parser.add_argument("--devices", type=int, default=5)
    parser.add_argument("--sites", type=int, default=3)
    parser.add_argument("--hours", type=int, default=24, help="plans a day (default: 24)")
    parser.add_argument("--share", type=float, default=0.005, help="of the rates that fleets are drawn with")
    parser.add_argument("--horizon", type=float, default=3600.0, metavar="SECONDS")
    parser.add_argument("--gap", type=float, default=1e-3, help="certified gap of each plan")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, help="write the table")
    return parser


if __name__ == "__main__":
    sys.exit(main())
