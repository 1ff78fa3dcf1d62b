"""finopt's methods and other people's solvers on the same path problems: time, ratios, agreement.

Every run has a fresh process with one thread and a time limit that is also enforced from outside. The figures
go to a CSV file, the tables to a Markdown file beside it. See README.md beside this file.

    python benchmarks/peers.py
    python benchmarks/peers.py --family mesh --sizes 3x5,10x10 --seeds 0-4 --methods labels,fin,cspy
    python benchmarks/peers.py --smoke
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
from peer_study import child
from peer_study.agreement import disagreements, unproven
from peer_study.columns import COLUMNS, PACKAGES
from peer_study.plan import FAMILIES, METHODS, NOT_RUN, Run, plan, pointless
from peer_study.report import report
from scale_study.plan import parse_list, parse_seeds, parse_size

from finopt.cli.streams import accept_all_text

DEFAULT = Path(__file__).resolve().parent / "results" / "peers.csv"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; exit code 1: disagreement or failed runs, 2: wrong input, 130: interrupted."""
    accept_all_text()
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.child is not None:
        child.main(args.child)
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
        output = args.output or (Path(scratch, "peers.csv") if args.smoke else DEFAULT)
        output.parent.mkdir(parents=True, exist_ok=True)
        rows, complete = _collect(runs, output.with_name(output.name + ".part"), args.grace)
        if not complete:
            return 130
        output.with_name(output.name + ".part").replace(output)
        _write(rows, output)
    return _verdict(rows, args.smoke)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--family", help=f"comma separated, of {', '.join(FAMILIES)} (default all)")
    add("--sizes", help="comma separated, see the families; not for kdl and growth (default: the family's)")
    add("--seeds", help="comma separated, or FIRST-LAST (default: 2 or 3 per size)")
    add("--methods", help=f"comma separated, of {', '.join(METHODS)} (default all that are installed)")
    add("--time-limit", type=float, help="seconds per run (default 60, in the hard families 10)")
    add("--grace", type=float, default=5.0, help="seconds after the limit until a run is killed (default 5)")
    add("--output", type=Path, help=f"CSV file, the report gets its name with .md (default {DEFAULT.name})")
    add("--smoke", action="store_true", help="a minute's run on tiny sizes; writes no file unless --output")
    add("--render", action="store_true", help="only write the report again from the CSV file")
    add("--child", help=argparse.SUPPRESS)
    return parser


def _planned(args: argparse.Namespace) -> list[Run]:
    """Check the choices and make the plan."""
    families = _chosen(args.family, list(FAMILIES), "family") or list(FAMILIES)
    known = list(dict.fromkeys(m for name in families for m in FAMILIES[name].methods))
    methods = _chosen(args.methods, known, "method") or _installed(known)
    sizes = parse_list(args.sizes, str) if args.sizes else None
    for size in sizes or ():
        parse_size(size)
    seeds = parse_seeds(args.seeds) if args.seeds else None
    return plan(families, methods, sizes, seeds, time_limit_s=args.time_limit, small=args.smoke)


def _chosen(text: str | None, known: Sequence[str], what: str) -> list[str]:
    names = parse_list(text, str) if text else []
    for name in names:
        if name not in known:
            raise ValueError(f"unknown {what} {name!r}, known: {', '.join(known)}")
    return names


def _installed(methods: Sequence[str]) -> list[str]:
    if find_spec("cspy") is None and "cspy" in methods:
        print("cspy is not installed and left out: pip install 'finopt[bench]'", file=sys.stderr)
        return [method for method in methods if method != "cspy"]
    return list(methods)


def _collect(runs: Sequence[Run], part: Path, grace: float) -> tuple[list[Row], bool]:
    """The rows of every run, written as they come; False after Ctrl-C."""
    from tqdm import tqdm

    part.unlink(missing_ok=True)
    rows: list[Row] = []
    try:
        with tqdm(runs, unit="run", disable=None) as bar:
            for run in bar:
                bar.set_postfix_str(f"{run.family} {run.size} {run.method}")
                for row in _rows(run, rows, grace):
                    append(part, row, COLUMNS)
                    rows.append(row)
    except KeyboardInterrupt:
        print(f"interrupted; {len(rows)} rows are in {part}", file=sys.stderr)
        return rows, False
    return rows, True


def _rows(run: Run, done: Sequence[Row], grace: float) -> list[Row]:
    """The row of a run; of a series, one row per point."""
    reason = pointless(run, done)
    if reason:
        return [_complete({**asdict(run), "status": "", "termination": NOT_RUN, "reason": reason})]
    command = [sys.executable, str(Path(__file__).resolve()), "--child", json.dumps(asdict(run))]
    measured = launch(run, command=command, grace=grace)
    points = measured.pop("points", [{}])
    return [_complete({**measured, **point}) for point in points]


def _complete(row: Row) -> Row:
    return {**dict.fromkeys(COLUMNS), **stamped(row, PACKAGES)}


def _write(rows: Sequence[Row], output: Path) -> None:
    """Print the report and put it beside the CSV file."""
    text = report(rows)
    from finopt.io.atomic import write_text  # a child of this script measures what importing costs

    write_text(output.with_suffix(".md"), text)
    print(text)


def _verdict(rows: Sequence[Row], smoke: bool) -> int:
    """Say which runs failed and which answers cannot be right; the exit code."""
    failed = [
        row for row in rows if row["termination"] == "ERROR" or (smoke and row["termination"] == "KILLED")
    ]
    for row in failed:
        print(
            f"{row['termination']}: {row['method']} on {row['family']} {row['size']}: {row['reason']}",
            file=sys.stderr,
        )
    wrong = disagreements(rows) + (unproven(rows) if smoke else [])
    for sentence in wrong:
        print(f"WRONG: {sentence}", file=sys.stderr)
    return 1 if wrong or failed else 0


if __name__ == "__main__":
    sys.exit(main())
