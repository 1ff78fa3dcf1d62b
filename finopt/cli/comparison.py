"""What ``finopt compare`` writes for programs: a row per file and method, as JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finopt.cli.output import words_for
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.result import Result
from finopt.problem.instance import Instance
from finopt.problem.objective import RATE_UNIT, UNIT
from finopt.problem.objective_words import is_per_inference

if TYPE_CHECKING:
    from finopt.graph.resource import ResourceGraph

COLUMNS = (
    *("file", "instance", "method", "solver", "status", "termination", "objective", "unit", "bound", "gap"),
    *("latency_s", "latency_share", "accuracy", "build_s", "solve_s", "reason"),
)
"""Of every row. ``latency_s`` is that of the one application; ``latency_share``, the largest share of a limit
in use, and ``accuracy``, the least, are those of all applications."""

SUFFIXES = (".json", ".csv")


def known_suffix(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """Refuse, before the work, a file whose name does not say what it holds."""
    if value is not None and value.name != "-" and kind_of(value) not in SUFFIXES:
        raise click.BadParameter(f"{value.name!r} must end in .json or .csv.", ctx, param)
    return value


def kind_of(path: Path) -> str:
    """The ending of a name, without that of a packed file."""
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return plain.suffix.lower()


def rows_of(
    file: str,
    target: Instance | ResourceGraph,
    methods: Sequence[str],
    results: Mapping[str, Result],
    missing: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """The rows of a file in the order of the methods, also of those that gave no result, with the reason."""
    for method in methods:
        if method in results:
            yield _result_row(file, target, method, results[method])
        elif method in missing:
            yield _row(file, target, method, reason=missing[method])


def _result_row(file: str, target: Instance | ResourceGraph, method: str, result: Result) -> dict[str, Any]:
    figures = result.objective, result.bound, result.gap
    objective, bound, gap = (value if value is None or math.isfinite(value) else None for value in figures)
    return _row(
        file,
        target,
        method,
        solver=result.solver,
        status=result.status.value,
        termination=result.termination.value,
        objective=objective,
        bound=bound,
        gap=gap,
        build_s=result.runtime.build,
        solve_s=result.runtime.solve,
        reason=result.reason,
        **(_placed(target, result) if isinstance(target, Instance) else {}),
    )


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """A list with an object a line; what is unknown is null."""
    lines = [f"  {json.dumps(row, ensure_ascii=False, allow_nan=False)}" for row in rows]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """A header and a line per row; what is unknown is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(file: str, target: Instance | ResourceGraph, method: str, **known: Any) -> dict[str, Any]:
    title = {"file": file, "instance": words_for(target).title(target, file), "method": method}
    return dict.fromkeys(COLUMNS) | title | {"unit": _unit(target)} | known


def _unit(target: Instance | ResourceGraph) -> str | None:
    """Of objective and bound; path problems have none."""
    if not isinstance(target, Instance):
        return None
    per_inference = is_per_inference(target)
    return (UNIT if per_inference else RATE_UNIT)[target.objective]


def _placed(instance: Instance, result: Result) -> dict[str, float]:
    """The latency and accuracy of what is placed."""
    if result.placement is None:
        return {}
    costs = (result.evaluation or evaluate(instance, result.placement)).applications
    if not costs:
        return {}
    from finopt.cli.fleet_report import figures  # loads numpy

    columns = figures(instance, costs)
    known = {"latency_share": float(columns.latency_share.max()), "accuracy": float(columns.accuracy.min())}
    return {"latency_s": costs[0].latency, **known} if len(instance.applications) == 1 else known
