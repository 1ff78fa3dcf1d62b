"""Resource-constrained shortest paths as text for people; `finopt.cli.report` is the same for instances.

Vertices are printed as the file numbers them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from finopt.cli.report import SHOWN, gap, headline, status
from finopt.evaluation.result import Result
from finopt.graph.path_evaluation import PathEvaluation, evaluate_path
from finopt.graph.resource import ResourceGraph
from finopt.io.rcsp_file import FileGraph
from finopt.problem.errors import LISTED
from finopt.problem.formatting import percent, quantity, table


def title(graph: ResourceGraph, path: str) -> str:
    """What to call a graph: its file."""
    return Path(path).name


def objective(graph: ResourceGraph, value: float | None, digits: int = 10) -> str:
    """A cost or bound; the files know no units."""
    return "-" if value is None else f"{value:.{max(digits, 10)}g}"


def objective_kind(graph: ResourceGraph) -> str:
    """What the objective is."""
    return "cost"


def first_vertex(graph: ResourceGraph) -> int:
    """What the file calls vertex 0."""
    return graph.first if isinstance(graph, FileGraph) else 0


def plan(graph: ResourceGraph, result: Result) -> str:
    """The answer of a method: the path, its cost and what it uses."""
    lines = list(headline(result, objective_kind(graph), partial(objective, graph)))
    if result.path is not None:
        first = first_vertex(graph)
        lines += ["", "path  " + " -> ".join(str(vertex + first) for vertex in result.path)]
        lines.append(account(graph, evaluate_path(graph, result.path, first, arcs=result.arcs)))
    return "\n".join(lines)


def comparison(graph: ResourceGraph, results: Mapping[str, Result]) -> str:
    """One line per method, and below them why methods gave no answer or stopped early."""
    header = ("method", "status", "cost", "fullest", "bound", "gap", "build", "solve")
    rows = [_comparison_row(graph, method, result) for method, result in results.items()]
    notes = [f"{method}: {result.reason}" for method, result in results.items() if result.reason]
    return "\n".join([table(header, rows, align="llrrrrrr"), *notes])


def account(graph: ResourceGraph, evaluation: PathEvaluation) -> str:
    """What a path costs and uses, and the rules it breaks."""
    lines = []
    if evaluation.used:
        lines.append(f"cost  {objective(graph, evaluation.objective)}")
        header = ("resource", "used", "budget", "utilisation")
        rows = [
            (str(k), f"{used:.10g}", f"{budget:.10g}", percent(used / budget if budget else float(used > 0)))
            for k, (used, budget) in enumerate(zip(evaluation.used, evaluation.budget, strict=True), 1)
        ]
        lines.append(table(header, rows[:SHOWN], align="lrrr"))
        lines += [f"... and {len(rows) - SHOWN} more resources"] if len(rows) > SHOWN else []
    if evaluation.violations:
        count = len(evaluation.violations)
        rest = [f"... and {count - LISTED} more violations"] if count > LISTED else []
        broken = [f"violations: {count}", *evaluation.violations[:LISTED], *rest]
        lines.append("\n  ".join(broken))
    return "\n".join(lines)


def summary(graph: ResourceGraph, name: str) -> str:
    """What a file holds."""
    first = first_vertex(graph)
    budgets = " ".join(f"{budget:.10g}" for budget in graph.budget[:SHOWN])
    return "\n".join(
        [
            f"{name}: valid",
            f"  vertices      {graph.vertices} ({first} to {graph.vertices - 1 + first})",
            f"  arcs          {graph.arcs}",
            f"  path          from {graph.source + first} to "
            + ", ".join(str(target + first) for target in graph.targets),
            f"  budgets       {budgets}{' ...' if graph.resources > SHOWN else ''}",
        ]
    )


def _comparison_row(graph: ResourceGraph, method: str, result: Result) -> tuple[str, ...]:
    fullest = "-"
    if result.path is not None:
        evaluation = evaluate_path(graph, result.path, arcs=result.arcs)
        pairs = zip(evaluation.used, evaluation.budget, strict=True)
        fullest = percent(max(used / budget if budget else 0.0 for used, budget in pairs))
    return (
        method,
        status(result),
        objective(graph, result.objective),
        fullest,
        objective(graph, result.bound),
        gap(result),
        quantity(result.runtime.build, "s", 3),
        quantity(result.runtime.solve, "s", 3),
    )
