"""Many applications on shared capacity: quality, time and memory from 10 to 1 000 000 applications.

Every instance is read from files, every run has a fresh process with one thread and a time limit that is also
enforced from outside. The figures go to a CSV file, the tables to a Markdown file beside it. See README.md.

    python benchmarks/many.py
    python benchmarks/many.py --only 3000x323,10000x1105 --methods fin --seeds 0-9
    python benchmarks/many.py --smoke
    python benchmarks/many.py --over-workers 2
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from harness.arguments import parse_list, parse_seeds
from harness.launch import Launcher
from harness.rows import MANY, Row, failed
from harness.study import Study, progress
from many_study import child, files, over_workers
from many_study.checks import wrong
from many_study.plan import CASES, QUALITY, SMOKE, Run, plan
from many_study.report import report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; exit code 1: wrong answers or failed runs, 2: wrong input, 130: interrupted."""
    args, _ = _parser().parse_known_args(arguments)
    if args.over_workers is not None:
        return over_workers.main(_over_workers(args))
    return STUDY.main(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--only", help=f"cases, comma separated, of {', '.join(CASES)} (default all)")
    add("--methods", help="METHOD[:OPTION=VALUE...], comma separated (default: fin, and milp on small cases)")
    add("--seeds", help="comma separated, or FIRST-LAST (default: 2 or 3 per case)")
    add(
        "--scarcity", type=float, default=0.4, help="of edge servers, see finopt.generate_fleet (default 0.4)"
    )
    add("--table", choices=("csv", "parquet"), help="of the applications (default parquet with pyarrow)")
    add("--time-limit", type=float, help="seconds per run (default 60, on the largest cases 120)")
    add("--grace", type=float, default=60.0, help="seconds for checking, until a late run is killed (60)")
    add("--over-workers", type=int, help="one joint solve of 10^7 applications over so many Dask workers")
    add("--sizes", help="of that: APPLICATIONS,DEVICES,SITES,CLOUDS (10000000,1000000,1000,50)")
    add("--partitions", type=int, default=20, help="of that (20)")
    add("--kill", action="store_true", help="of that: kill a worker in the middle")
    add("--folder", default="", help="of that: where its files are, or are made and stay")
    add("--make", action="store_true", help=argparse.SUPPRESS)
    add("--file", help=argparse.SUPPRESS)
    return parser


def _over_workers(args: argparse.Namespace) -> over_workers.Plan:
    sizes = tuple(map(int, parse_list(args.sizes))) if args.sizes else over_workers.SIZES
    seed = parse_seeds(args.seeds)[0] if args.seeds else 0
    how = args.over_workers, seed, args.scarcity, over_workers.GAP, args.kill, args.folder
    return over_workers.Plan(sizes, args.partitions, *how)


def _child(args: argparse.Namespace) -> None:
    """Carry out a run on the instance of a file, or make the file."""
    (files if args.make else child).main(args.child, args.file)


def _planned(args: argparse.Namespace) -> list[Run]:
    return plan(
        SMOKE if args.smoke else CASES,
        parse_list(args.only) if args.only else None,
        parse_list(args.methods) if args.methods else None,
        parse_seeds(args.seeds) if args.seeds else None,
        scarcity=args.scarcity,
        table=args.table or ("parquet" if find_spec("pyarrow") else "csv"),
        time_limit_s=args.time_limit,
    )


def _measured(runs: Sequence[Run], rows: Sequence[Row], launcher: Launcher, folder: Path) -> Iterator[Row]:
    """The row of every run, with its gap to the optimum if that is proven."""
    for run in progress(runs, len(runs), lambda run: f"{run.case} {run.method}"):
        yield QUALITY.with_gaps([*rows, _row(run, launcher, folder)])[-1]


def _row(run: Run, launcher: Launcher, folder: Path) -> Row:
    path = files.path_of(run, folder)
    problem = files.make(run, launcher.script, path)
    if problem:
        return launcher.unmeasured(run, failed("ERROR", problem))
    return launcher.row(run, "--file", str(path))


STUDY = Study(
    script=Path(__file__).resolve(),
    table=MANY,
    where=QUALITY.where,
    child=_child,
    planned=_planned,
    measured=_measured,
    report=report,
    wrong=lambda rows, smoke: wrong(rows),
)

if __name__ == "__main__":
    sys.exit(main())
