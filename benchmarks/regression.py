"""Whether finopt has become slower since a release: the smoke set of scale.py here and in another checkout.

    git worktree add build/last-release v0.2.0
    python benchmarks/regression.py build/last-release

Both run on this machine, in turns, so that what disturbs it meets both; of repeated runs the fastest counts.
Exit code 1: a method took more than ``--most`` times as long, by the geometric mean over the instances.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]

KEY = ("method", "options", "nodes", "blocks", "configurations", "topology", "seed")
"""Columns that say which run of the smoke set a row is."""

Key = tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, compare, print a line per method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("release", type=Path, help="a checkout of the last release")
    parser.add_argument("--rounds", type=int, default=5, help="times that each runs the set (default 5)")
    parser.add_argument("--most", type=float, default=1.25, help="ratio that is still good (default 1.25)")
    args = parser.parse_args(arguments)
    times: dict[Path, list[dict[Key, float]]] = {args.release: [], HERE: []}
    for _ in range(args.rounds):
        for tree, measured in times.items():
            measured.append(smoke_run(tree))
    found = ratios(fastest(times[args.release]), fastest(times[HERE]))
    for method, ratio in found.items():
        print(f"{method:14} {ratio:6.2f} times the release{'  TOO SLOW' if ratio > args.most else ''}")
    return int(any(ratio > args.most for ratio in found.values()))


def smoke_run(tree: Path) -> dict[Key, float]:
    """The times of the smoke set of a checkout, run with that checkout's package."""
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder, "rows.csv")
        subprocess.run(
            [sys.executable, tree / "benchmarks" / "scale.py", "--smoke", "--output", rows],
            env={**os.environ, "PYTHONPATH": str(tree.resolve())},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return times_of(rows)


def times_of(path: Path) -> dict[Key, float]:
    """Seconds of every run that ended by itself."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["termination"] in ("COMPLETED", "LIMIT")]
    return {tuple(row[name] for name in KEY): float(row["total_s"]) for row in rows}


def fastest(measured: Iterable[Mapping[Key, float]]) -> dict[Key, float]:
    """The least time of every run over the rounds."""
    least: dict[Key, float] = {}
    for times in measured:
        for key, seconds in times.items():
            least[key] = min(seconds, least.get(key, math.inf))
    return least


def ratios(before: Mapping[Key, float], after: Mapping[Key, float]) -> dict[str, float]:
    """By method, the geometric mean of after / before over the runs that both have."""
    logs: dict[str, list[float]] = {}
    for key in before.keys() & after.keys():
        logs.setdefault(key[0], []).append(math.log(after[key] / before[key]))
    return {method: math.exp(math.fsum(values) / len(values)) for method, values in sorted(logs.items())}


if __name__ == "__main__":
    sys.exit(main())
