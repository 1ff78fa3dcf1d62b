"""The FIN papers' results, reproduced: baselines, savings, pictures.

The device / edge / cloud scenario for five networks, every method and four fixed plans, several users, and
measured early exits. Tables (CSV, Markdown) and pictures (PNG, SVG) go to benchmarks/results/paper/, each
claim of the papers beside what was measured. See README.md.

    python benchmarks/paper.py
    python benchmarks/paper.py --output /tmp/paper --no-pictures
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from harness.quality import TOLERANCE
from harness.rows import Row, stamped, write
from harness.tables import surroundings
from paper_study import grid, slices, thresholds, users
from paper_study.report import report
from paper_study.scenario import NETWORKS
from tqdm import tqdm

from finopt.cli.streams import accept_all_text
from finopt.io.atomic import write_text

DEFAULT = Path(__file__).resolve().parent / "results" / "paper"

VERSIONS = ("finopt", "numpy", "numba", "highspy", "ortools", "pyomo", "matplotlib")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all studies, write tables and pictures; 1 if FIN misses the optimum somewhere."""
    accept_all_text()
    args = _parser().parse_args(arguments)
    pictures = not args.no_pictures
    if pictures and find_spec("matplotlib") is None:
        print(
            "paper.py: pictures need matplotlib: pip install 'finopt[plot]', or --no-pictures",
            file=sys.stderr,
        )
        return 2
    args.output.mkdir(parents=True, exist_ok=True)
    rows, several, together, chosen = _studies()
    for name, table, columns in (
        ("grid", rows, grid.COLUMNS),
        ("users", several, users.COLUMNS),
        ("slices", together, slices.COLUMNS),
        ("thresholds", chosen, thresholds.COLUMNS),
    ):
        write(args.output / f"{name}.csv", table, columns, line_end="\n")
    text = report(rows, several, together, chosen, _surroundings(), pictures)
    write_text(args.output / "paper.md", text)
    if pictures:
        from paper_study.pictures import draw

        draw(rows, several, chosen, args.output)
    print(text)
    print(f"tables{' and pictures' if pictures else ''} in {args.output}")
    return _verdict(rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--output", type=Path, default=DEFAULT, help="folder (default benchmarks/results/paper)"
    )
    parser.add_argument("--no-pictures", action="store_true", help="tables only")
    return parser


def _studies() -> tuple[list[Row], ...]:
    points = sum(len(list(network.points())) for network in NETWORKS)
    cases = len(users.USERS) * (1 + len(slices.LIMITS)) + len(users.TOGETHER)
    cases += sum(len(limits) for _, _, limits, _ in thresholds.CASES)
    with tqdm(total=points + cases, unit="point", disable=None) as bar:
        return (
            grid.study(tick=bar.update),
            users.study(bar.update),
            slices.study(bar.update),
            thresholds.study(bar.update),
        )


def _surroundings() -> str:
    """Without the machine: nothing here is timed."""
    return surroundings(stamped({}, VERSIONS) | {"machine": ""}, VERSIONS)


def _verdict(rows: Sequence[Row]) -> int:
    fin, best = grid.energies(rows, grid.FIN), grid.energies(rows, grid.OPTIMUM)
    wrong = [at for at in best if not _same(fin[at], best[at])]
    for at in wrong:
        print(f"FIN misses the optimum at {at}: {fin[at]} J instead of {best[at]} J", file=sys.stderr)
    return 1 if wrong else 0


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= TOLERANCE * other


if __name__ == "__main__":
    sys.exit(main())
