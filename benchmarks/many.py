"""Many applications on shared capacity: quality, time and memory from 10 to 1 000 000 applications.

Every instance is read from files, every run has a fresh process with one thread and a time limit that is also
enforced from outside. The figures go to a CSV file, the tables to a Markdown file beside it. See README.md.

    python benchmarks/many.py
    python benchmarks/many.py --only 3000x323,10000x1105 --methods fin --seeds 0-9
    python benchmarks/many.py --smoke
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from harness.launch import launch
from harness.rows import Row, append, read, stamped
from many_study import child, files
from many_study.checks import with_gaps, wrong
from many_study.columns import COLUMNS, PACKAGES
from many_study.plan import CASES, SMOKE, Run, plan
from many_study.report import report
from scale_study.plan import parse_list, parse_seeds

from finopt.cli.streams import accept_all_text

DEFAULT = Path(__file__).resolve().parent / "results" / "many.csv"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; exit code 1: wrong answers or failed runs, 2: wrong input, 130: interrupted."""
    accept_all_text()
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.child is not None:
        child.main(args.child, args.file)
        return 0
    if args.make is not None:
        files.write(args.make, args.file)
        return 0
    if args.render:
        _write(read(args.output or DEFAULT, COLUMNS), args.output or DEFAULT)
        return 0
    try:
        runs = _planned(args)
    except ValueError as error:
        parser.error(str(error))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # no child may outlive its parent
    with tempfile.TemporaryDirectory() as scratch:
        output = args.output or (Path(scratch, "many.csv") if args.smoke else DEFAULT)
        output.parent.mkdir(parents=True, exist_ok=True)
        part = output.with_name(output.name + ".part")
        rows, complete = _collect(runs, part, Path(scratch), args.grace)
        if not complete:
            return 130
        part.replace(output)
        _write(rows, output)
    return _verdict(rows, args.smoke)


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
    add("--output", type=Path, help=f"CSV file, the report gets its name with .md (default {DEFAULT.name})")
    add("--smoke", action="store_true", help="a minute's run on tiny cases; writes no file unless --output")
    add("--render", action="store_true", help="only write the report again from the CSV file")
    for name in ("--child", "--make", "--file"):
        add(name, help=argparse.SUPPRESS)
    return parser


def _planned(args: argparse.Namespace) -> list[Run]:
    return plan(
        SMOKE if args.smoke else CASES,
        parse_list(args.only, str) if args.only else None,
        parse_list(args.methods, str) if args.methods else None,
        parse_seeds(args.seeds) if args.seeds else None,
        scarcity=args.scarcity,
        table=args.table or ("parquet" if find_spec("pyarrow") else "csv"),
        time_limit_s=args.time_limit,
    )


def _collect(runs: Sequence[Run], part: Path, folder: Path, grace: float) -> tuple[list[Row], bool]:
    """The row of every run, written as they come; False after Ctrl-C."""
    from tqdm import tqdm

    part.unlink(missing_ok=True)
    rows: list[Row] = []
    try:
        with tqdm(runs, unit="run", disable=None) as bar:
            for run in bar:
                bar.set_postfix_str(f"{run.case} {run.method}")
                rows = with_gaps([*rows, _row(run, folder, grace)])
                append(part, rows[-1], COLUMNS)
    except KeyboardInterrupt:
        print(f"interrupted; {len(rows)} rows are in {part}", file=sys.stderr)
        return rows, False
    return rows, True


def _row(run: Run, folder: Path, grace: float) -> Row:
    path = files.path_of(run, folder)
    problem = files.make(run, path)
    if problem:
        measured = {**asdict(run), "status": "NO_SOLUTION", "termination": "ERROR", "reason": problem}
    else:
        script = str(Path(__file__).resolve())
        command = [sys.executable, script, "--child", json.dumps(asdict(run)), "--file", str(path)]
        measured = launch(run, command=command, grace=grace)
    return {**dict.fromkeys(COLUMNS), **stamped(measured, PACKAGES)}


def _write(rows: Sequence[Row], output: Path) -> None:
    """Print the report and put it beside the CSV file."""
    text = report(rows)
    from finopt.io.atomic import write_text  # a child of this script measures what importing costs

    write_text(output.with_suffix(".md"), text)
    print(text)


def _verdict(rows: Sequence[Row], smoke: bool) -> int:
    """Say which runs failed and which answers cannot be right; the exit code."""
    fatal = ("ERROR", "KILLED") if smoke else ("ERROR",)
    failed = [row for row in rows if row["termination"] in fatal]
    for row in failed:
        where = f"{row['method']} on {row['case']} seed {row['seed']}"
        print(f"{row['termination']}: {where}: {row['reason']}", file=sys.stderr)
    sentences = wrong(rows)
    for sentence in sentences:
        print(f"WRONG: {sentence}", file=sys.stderr)
    return 1 if failed or sentences else 0


if __name__ == "__main__":
    sys.exit(main())
