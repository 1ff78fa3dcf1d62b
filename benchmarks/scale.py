"""Optimality gap and run time of finopt's methods on growing networks and models.

Every run has a fresh process with one thread and a time limit that is also enforced from outside; its row
is in the CSV file before the next run starts. See README.md beside this file.

    python benchmarks/scale.py --sizes 5x5,10x10,20x10 --methods fin,milp --plot scale.png
    python benchmarks/scale.py --methods labels,fin,fin-published --gamma 3,10,100 --published published.md
    python benchmarks/scale.py --executor dask --workers 8
    python benchmarks/scale.py --smoke
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from harness.arguments import parse_gamma, parse_lam, parse_list, parse_method, parse_seeds, parse_size
from harness.executors import EXECUTORS, launched_on, opened
from harness.launch import Launcher
from harness.rows import SCALE, Row, variant
from harness.study import collect, end_children_with_this_process, progress, verdict
from scale_study import child
from scale_study.plan import PUBLISHED, QUALITY, Run, key_of, over_grid, plan
from scale_study.summary import summary

from finopt.cli.streams import accept_all_text

SCRIPT = Path(__file__).resolve()

DEFAULTS = {
    "sizes": "5x3,10x5,20x8,40x10,100x20",
    "topologies": "sparse,mesh",
    "methods": "labels,milp,cspp,fin,fin-published,mcp",
    "gamma": "3,10,100,1000",
    "lam": "none",
    "seeds": "0,1,2",
    "time_limit": 10.0,
}
SMOKE = {"sizes": "4x3,6x4,8x5", "seeds": "0", "gamma": "3,100"}
"""Small enough for a minute on two cores, large enough for detours and several configurations."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; exit code 1: contradictions or failures, 2: wrong input, 130: interrupted."""
    accept_all_text()
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.child is not None:
        child.main(args.child)
        return 0
    try:
        runs = _planned(args)
        old = SCALE.read(args.output) if args.output else []
    except ValueError as error:
        parser.error(str(error))
    end_children_with_this_process()
    with tempfile.TemporaryDirectory() as scratch:
        output = args.output or Path(scratch, "scale.csv")
        output.parent.mkdir(parents=True, exist_ok=True)
        rows, complete = _collect(runs, old if args.resume else [], output, args)
        order = {run.key: number for number, run in enumerate(runs)}
        _finish(sorted(QUALITY.with_gaps(rows), key=lambda row: order[key_of(row)]), output, args)
        return _verdict(rows, args.smoke) if complete else 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--sizes", help=f"NODESxBLOCKS, comma separated (default {DEFAULTS['sizes']})")
    add("--topologies", help=f"sparse, mesh or both (default {DEFAULTS['topologies']})")
    add("--methods", help=f"METHOD[:OPTION=VALUE...], comma separated (default {DEFAULTS['methods']})")
    add("--gamma", help=f"of fin-published: comma separated, a run for each (default {DEFAULTS['gamma']})")
    add("--lam", help="of fin-published: comma separated, a run for each; none: nothing left out (default)")
    add("--lam-rule", choices=("bound", "levels"), help="what these --lam measure (default bound)")
    add("--seeds", help=f"comma separated, or FIRST-LAST (default {DEFAULTS['seeds']})")
    add("--time-limit", type=float, help=f"seconds per run (default {DEFAULTS['time_limit']:g})")
    add(
        "--grace", type=float, default=10.0, help="seconds after the limit until a run is killed (default 10)"
    )
    add("--configurations", type=int, default=3, help="configurations per model (default 3)")
    add("--tightness", type=float, default=0.5, help="of the latency limit, see finopt.generate (0.5)")
    add("--warm", action="store_true", help="solve each instance twice: compile_s = first - second")
    add("--executor", choices=EXECUTORS, help="spread the runs; times then share cores (default: one by one)")
    add("--workers", type=int, help="runs at a time with --executor (default: the cores of this machine)")
    add("--scheduler", metavar="ADDRESS", help="a running Dask scheduler, for --executor dask")
    add("--output", type=Path, help="CSV file, appended to (benchmarks/results/scale.csv; with --smoke none)")
    add("--resume", action="store_true", help="skip the runs that --output already holds")
    add("--plot", type=Path, metavar="FILE", help="draw gap and time curves (needs matplotlib)")
    add("--published", type=Path, metavar="FILE.md", help="tables on fin-published, the picture beside them")
    add("--smoke", action="store_true", help="a minute's run; fails if exact methods disagree")
    add("--child", help=argparse.SUPPRESS)
    return parser


def _planned(args: argparse.Namespace) -> list[Run]:
    """Fill in the defaults and make the plan."""
    if args.output is None and not args.smoke:
        args.output = SCRIPT.parent / "results" / "scale.csv"
    grid = _asked_grid(args)
    for name, value in (DEFAULTS | (SMOKE if args.smoke else {})).items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    return plan(
        parse_list(args.sizes, parse_size),
        parse_list(args.topologies, _topology),
        _methods(args, grid),
        parse_seeds(args.seeds),
        configurations=args.configurations,
        tightness=args.tightness,
        time_limit_s=args.time_limit,
        warm=args.warm,
        workers=_workers(args),
    )


def _asked_grid(args: argparse.Namespace) -> list[str]:
    """The flags for fin-published that the command line has."""
    flags = {"--gamma": args.gamma, "--lam": args.lam, "--lam-rule": args.lam_rule}
    return [flag for flag, value in flags.items() if value is not None]


def _methods(args: argparse.Namespace, asked: Sequence[str]) -> list[tuple[str, str]]:
    """The methods with their options, FIN as published on the grid."""
    named = parse_list(args.methods, parse_method)
    wanted = any(method == PUBLISHED for method, _ in named)
    if asked and not wanted:
        raise ValueError(f"{asked[0]} is for {PUBLISHED}, which is not among the methods {args.methods}")
    gammas, lams = parse_list(args.gamma, parse_gamma), parse_list(args.lam, parse_lam)
    methods = list(dict.fromkeys(over_grid(named, gammas, lams, args.lam_rule)))
    if wanted and not any(method == PUBLISHED for method, _ in methods):
        raise ValueError(f"no run of {PUBLISHED} is left: by levels lambda is at most gamma + 1")
    return methods


def _workers(args: argparse.Namespace) -> int:
    """How many runs are at work at a time."""
    if args.executor is None and args.workers is not None:
        raise ValueError("--workers needs --executor")
    if args.scheduler is not None and args.executor != "dask":
        raise ValueError("--scheduler needs --executor dask")
    if args.workers is not None and args.workers < 1:
        raise ValueError(f"--workers must be at least 1, got {args.workers}")
    if args.executor == "dask" and find_spec("distributed") is None:
        raise ValueError("--executor dask needs Dask: pip install 'finopt[dask]'")
    if args.executor is None:
        return 1
    return args.workers or os.cpu_count() or 1


def _topology(name: str) -> str:
    if name not in ("sparse", "mesh"):
        raise ValueError(f"a topology is sparse or mesh, got {name!r}")
    return name


def _collect(
    runs: Sequence[Run], old: Sequence[Row], output: Path, args: argparse.Namespace
) -> tuple[list[Row], bool]:
    """The row of every run, from the file or from a new process; False after Ctrl-C."""
    done = {key_of(row): row for row in old if row["termination"] != "ERROR"}
    rows = [done[run.key] for run in runs if run.key in done]
    waiting = [run for run in runs if run.key not in done]
    arriving = progress(_launched(waiting, args), len(waiting), _label)
    judged = (QUALITY.with_gaps([*rows, row])[-1] for row in arriving)
    complete = collect(rows, judged, partial(SCALE.append, output))
    return rows, complete


def _label(row: Row) -> str:
    return f"{QUALITY.where(row)} {variant(row)}"


def _launched(runs: Sequence[Run], args: argparse.Namespace) -> Iterator[Row]:
    """The rows of the runs as they end: one run after the other, or several at a time."""
    launcher = Launcher(SCRIPT, SCALE, args.grace)
    if args.executor is None or not runs:
        yield from map(launcher.row, runs)
        return
    workers = runs[0].workers
    with opened(args.executor, workers, args.scheduler) as executor:
        yield from launched_on(executor, runs, workers, launcher)


def _finish(rows: Sequence[Row], output: Path, args: argparse.Namespace) -> None:
    """Print and draw what was measured."""
    # An optimum may have been proven after a row was written.
    SCALE.write(output, QUALITY.with_gaps(SCALE.read(output)))
    print(summary(rows))
    if args.output:
        print(f"\n{len(rows)} runs in {output}")
    if args.published:
        _write_published(output, args.published)
    if args.plot and rows:
        from scale_study.plot import plot

        args.plot.parent.mkdir(parents=True, exist_ok=True)
        plot(rows, args.plot)


def _write_published(output: Path, path: Path) -> None:
    """The report on FIN as published over all rows of the CSV file, repeated runs included."""
    from scale_study.plot import plot_published
    from scale_study.published import report

    from finopt.io.atomic import write_text

    rows, picture = SCALE.read(output), path.with_suffix(".png")
    drawn = find_spec("matplotlib") is not None
    write_text(path, report(rows, picture.name if drawn else None))
    if drawn:
        plot_published(rows, picture)


def _verdict(rows: Sequence[Row], smoke: bool) -> int:
    """Say which runs did not end by themselves and which answers cannot be right; the exit code."""
    return verdict(rows, QUALITY.wrong(rows, smoke), QUALITY.where, smoke)


if __name__ == "__main__":
    sys.exit(main())
