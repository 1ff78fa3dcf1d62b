"""finopt's methods and other people's solvers on the same path problems: time, ratios, agreement.

Every run has a fresh process with one thread and a time limit that is also enforced from outside. The figures
go to a CSV file, the tables to a Markdown file beside it. See README.md beside this file.

    python benchmarks/peers.py
    python benchmarks/peers.py --family mesh --sizes 3x5,10x10 --seeds 0-4 --methods labels,fin,cspy
    python benchmarks/peers.py --smoke
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from harness.arguments import check_known, parse_list, parse_seeds, parse_size
from harness.launch import Launcher
from harness.rows import PEERS, Row
from harness.study import Study, progress
from peer_study import child
from peer_study.plan import FAMILIES, METHODS, NOT_RUN, QUALITY, Run, compared, plan, pointless
from peer_study.report import report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; exit code 1: disagreement or failed runs, 2: wrong input, 130: interrupted."""
    return STUDY.main(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--family", help=f"comma separated, of {', '.join(FAMILIES)} (default all)")
    add("--sizes", help="comma separated, see the families; not for kdl and growth (default: the family's)")
    add("--seeds", help="comma separated, or FIRST-LAST (default: 2 or 3 per size)")
    add("--methods", help=f"comma separated, of {', '.join(METHODS)} (default all that are installed)")
    add("--time-limit", type=float, help="seconds per run (default 60, in the hard families 10)")
    add("--grace", type=float, default=5.0, help="seconds after the limit until a run is killed (default 5)")
    return parser


def _planned(args: argparse.Namespace) -> list[Run]:
    """Check the choices and make the plan."""
    families = _chosen(args.family, list(FAMILIES), "family") or list(FAMILIES)
    known = list(dict.fromkeys(m for name in families for m in FAMILIES[name].methods))
    methods = _chosen(args.methods, known, "method") or _installed(known)
    sizes = parse_list(args.sizes) if args.sizes else None
    for size in sizes or ():
        parse_size(size)
    seeds = parse_seeds(args.seeds) if args.seeds else None
    return plan(families, methods, sizes, seeds, time_limit_s=args.time_limit, small=args.smoke)


def _chosen(text: str | None, known: Sequence[str], what: str) -> list[str]:
    names = parse_list(text) if text else []
    check_known(names, known, what)
    return names


def _installed(methods: Sequence[str]) -> list[str]:
    if find_spec("cspy") is None and "cspy" in methods:
        print("cspy is not installed and left out: pip install 'finopt[bench]'", file=sys.stderr)
        return [method for method in methods if method != "cspy"]
    return list(methods)


def _measured(runs: Sequence[Run], rows: Sequence[Row], launcher: Launcher, folder: Path) -> Iterator[Row]:
    """The row of every run; of a series, one row per point."""
    for run in progress(runs, len(runs), lambda run: f"{run.family} {run.size} {run.method}"):
        reason = pointless(run, rows)
        if reason:
            yield launcher.unmeasured(run, {"status": "", "termination": NOT_RUN, "reason": reason})
            continue
        row = launcher.row(run)
        yield from ({**row, **point} for point in row.pop("points", [{}]))


STUDY = Study(
    script=Path(__file__).resolve(),
    table=PEERS,
    where=QUALITY.where,
    child=lambda args: child.main(args.child),
    planned=_planned,
    measured=_measured,
    report=report,
    wrong=lambda rows, smoke: QUALITY.wrong(compared(rows), smoke),
)

if __name__ == "__main__":
    sys.exit(main())
