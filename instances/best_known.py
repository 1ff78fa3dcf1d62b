"""Solve every shipped instance with every exact method: ``python instances/best_known.py``.

Writes best_known.csv: one row per instance with the answer that is proven. Methods that contradict each other
stop the script, as does an instance that none of them settles.
"""

from __future__ import annotations

import csv
import io
import math
import sys
from pathlib import Path

import finopt
from finopt.api.dispatch import solve
from finopt.evaluation.result import Result
from finopt.io.atomic import write_text
from finopt.problem.status import Status

HERE = Path(__file__).parent
METHODS = ("labels", "milp", "cspp")
FOLDERS = ("toy", "radio", "paper", "early_exit", "network", "measured", "infeasible", "orlib")
TIME_LIMIT = 120.0
AGREEMENT = 1e-9
"""Relative difference up to which two optima are the same."""

COLUMNS = ("instance", "status", "objective", "bound", "method", "version")


def main() -> None:
    """Solve, compare, write."""
    rows = []
    for folder in FOLDERS:
        for path in sorted(p for p in (HERE / folder).iterdir() if p.suffix in (".json", ".txt")):
            rows.append(best_known(path))
            print(*rows[-1])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    write_text(HERE / "best_known.csv", text.getvalue())


def best_known(path: Path) -> tuple[str, ...]:
    """The row of one instance."""
    instance = finopt.load(path)
    name = str(path.relative_to(HERE).with_suffix(""))
    results = {method: solve(instance, method, time_limit=TIME_LIMIT) for method in METHODS}
    proven = {method: r for method, r in results.items() if r.status in (Status.OPTIMAL, Status.INFEASIBLE)}
    for method in results.keys() - proven.keys():
        print(f"{name}: {method}: {results[method].status} {results[method].reason}", file=sys.stderr)
    if not proven:
        raise SystemExit(f"{name}: no method proves anything")
    if not agree(list(proven.values())):
        answers = ", ".join(f"{method}: {r.status} {r.objective}" for method, r in proven.items())
        raise SystemExit(f"{name}: the methods contradict each other: {answers}")
    method, result = min(proven.items(), key=lambda item: item[1].objective or 0.0)
    figures = ["" if x is None else f"{x:.12g}" for x in (result.objective, result.bound)]
    return (name, str(result.status), *figures, method, finopt.__version__)


def agree(results: list[Result]) -> bool:
    """Whether proven answers are the same."""
    if len({result.status for result in results}) > 1:
        return False
    optima = [result.objective for result in results if result.objective is not None]
    return all(math.isclose(optimum, optima[0], rel_tol=AGREEMENT) for optimum in optima)


if __name__ == "__main__":
    main()
