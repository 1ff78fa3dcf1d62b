"""How long calls take beyond their time limit, per method and size.

Every run has a fresh process; a call that does not end is killed. The figures go to a CSV file, the table to
a Markdown file beside it. See README.md. Nothing else should run on the machine.

    python benchmarks/limits.py
    python benchmarks/limits.py --only "fleet 20000x2105" --methods milp --limits 0.1
    python benchmarks/limits.py --smoke
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.arguments import parse_list
from harness.launch import Launcher
from harness.rows import LIMITS as TABLE
from harness.rows import Row
from harness.study import Study, progress
from limits_study import child
from limits_study.plan import CASES, LIMITS, ONE, SMOKE, Run, plan
from limits_study.report import QUALITY, report, wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; exit code 1: calls that took too long, 2: wrong input, 130: interrupted."""
    return STUDY.main(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--only", help=f"cases, comma separated, of {', '.join(CASES)} (default all)")
    add("--methods", help=f"comma separated, of {', '.join(ONE)} (default all)")
    add("--limits", help=f"seconds, comma separated (default {','.join(f'{limit:g}' for limit in LIMITS)})")
    add("--grace", type=float, default=120.0, help="seconds until a late run is killed (120)")
    return parser


def _planned(args: argparse.Namespace) -> list[Run]:
    cases = SMOKE if args.smoke else CASES
    only = parse_list(args.only) if args.only else None
    methods = parse_list(args.methods) if args.methods else None
    return plan(cases, only, methods, parse_list(args.limits, float) if args.limits else LIMITS)


def _measured(runs: Sequence[Run], rows: Sequence[Row], launcher: Launcher, folder: Path) -> Iterator[Row]:
    for run in progress(runs, len(runs), lambda run: f"{run.case} {run.method} {run.time_limit_s:g} s"):
        yield launcher.row(run)


STUDY = Study(
    script=Path(__file__).resolve(),
    table=TABLE,
    where=QUALITY.where,
    child=lambda args: child.main(args.child),
    planned=_planned,
    measured=_measured,
    report=report,
    wrong=lambda rows, smoke: wrong(rows),
)

if __name__ == "__main__":
    sys.exit(main())
