"""Whether finopt has become slower since a release: the smoke set of scale.py here and in another checkout.

    git worktree add build/last-release v0.2.0
    python benchmarks/regression.py build/last-release

Both run on this machine, in turns, so that what disturbs it meets both; of repeated runs the fastest counts.
Exit code 1: a method took more than ``--most`` times as long, by the geometric mean over the instances.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.launch import run_checkout
from regression_study.ratios import Key, fastest, ratios, times_of

HERE = Path(__file__).resolve().parents[1]


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
        run_checkout(tree.resolve(), "benchmarks/scale.py", "--smoke", "--output", str(rows))
        return times_of(rows)


if __name__ == "__main__":
    sys.exit(main())
