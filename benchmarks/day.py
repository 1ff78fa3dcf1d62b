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
from collections.abc import Sequence
from pathlib import Path

from day_study.plans import plans_of
from day_study.report import report
from day_study.scenario import busy

import finopt
from finopt import Moving
from finopt.cli.streams import accept_all_text
from finopt.io.atomic import write_text

TITLE = "# A day of changing demands"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the day, print and write the table."""
    accept_all_text()
    args = _parser().parse_args(arguments)
    instance = busy(args.applications, args.devices, args.sites, args.share, args.seed)
    day = list(finopt.generate_day(instance, args.hours, seed=args.seed))
    text = report(list(plans_of(day, Moving(args.horizon), args.gap)), args.horizon)
    print(text)
    if args.output is not None:
        asked = " ".join(arguments if arguments is not None else sys.argv[1:])
        write_text(args.output, f"{TITLE}\n\n    python benchmarks/day.py {asked}\n\n```text\n{text}\n```\n")
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
