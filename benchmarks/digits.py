"""Plans that run: every cut of the digits network over three nodes, predicted and measured on this machine.

Measures the blocks, builds and solves the project of instances/digits, then splits and runs every feasible
placement of its blocks in the plan's configuration. The page goes to benchmarks/results/digits.md. Nothing
else should run on the machine, which needs two cores at least.

    python benchmarks/digits.py
    python benchmarks/digits.py --count 50 --output digits.md
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from digits_study.cuts import MODEL, feasible_cuts, measured_instance, thresholds_of
from digits_study.report import holds, report
from digits_study.runs import figures
from harness.rows import stamped
from harness.tables import surroundings
from tqdm import tqdm

import finopt
from finopt.cli.streams import accept_all_text
from finopt.io.atomic import write_text
from finopt.runtime.source_models import SourceModel

DEFAULT = Path(__file__).resolve().parent / "results" / "digits.md"

VERSIONS = ("finopt", "numpy", "onnx", "onnxruntime")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every cut and write the page; 1 if a verdict is a no."""
    accept_all_text()
    args = _parser().parse_args(arguments)
    instance = measured_instance(args.runs)
    best = finopt.solve(instance, "labels").placement
    assert best is not None
    configuration = best.applications[0].configuration
    thresholds, source = thresholds_of(instance, configuration), SourceModel("digits", MODEL)
    cuts = {}
    for placement in tqdm(list(feasible_cuts(instance, configuration)), unit="cut", disable=None):
        found = figures(instance, placement, source, thresholds, args.count)
        cuts[found.nodes] = found
    plan = cuts[best.applications[0].nodes]
    text = report(list(cuts.values()), plan, surroundings(stamped({}, VERSIONS), VERSIONS))
    write_text(args.output, text)
    print(text)
    return 0 if holds(list(cuts.values()), plan) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=600, help="samples of every cut (default 600: all)")
    parser.add_argument("--runs", type=int, default=300, help="runs of every block (default 300)")
    parser.add_argument("--output", type=Path, default=DEFAULT, help="default benchmarks/results/digits.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
