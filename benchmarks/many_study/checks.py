"""Gaps to proven optima, and what cannot be right: contradictions, overloads, lost feasibility."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from harness.quality import TOLERANCE, gap_to
from harness.rows import Row

from many_study.plan import EXACT, INSTANCE


def by_instance(rows: Iterable[Row]) -> dict[tuple[Any, ...], list[Row]]:
    """The rows of each instance."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in INSTANCE)].append(row)
    return groups


def optimum(rows: Iterable[Row]) -> float | None:
    """The optimum of the instance of these rows, if the exact method proved one."""
    proven = [row["objective"] for row in rows if row["method"] == EXACT and row["status"] == "OPTIMAL"]
    return min(proven, default=None)


def with_gaps(rows: Sequence[Row]) -> list[Row]:
    """The rows with ``gap_to_optimum`` wherever an optimum is proven, in their order."""
    best = {name: optimum(group) for name, group in by_instance(rows).items()}
    return [
        {**row, "gap_to_optimum": gap_to(row.get("objective"), best[tuple(row[n] for n in INSTANCE)])}
        for row in rows
    ]


def wrong(rows: Iterable[Row]) -> list[str]:
    """Sentences about answers that cannot be right; empty when all is well."""
    return [
        f"{group[0]['case']} seed {group[0]['seed']}: {sentence}"
        for group in by_instance(rows).values()
        for sentence in _wrong(group)
    ]


def _wrong(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row["status"] == "INFEASIBLE":
            yield f"{row['method']} says infeasible, but the instance was made feasible"
        if row.get("violations"):
            yield f"the answer of {row['method']} breaks {row['violations']} limits"
    answers = [row for row in rows if row.get("objective") is not None]
    lowest = min(answers, key=lambda row: row["objective"], default=None)
    for row in rows if lowest is not None else []:
        limit = lowest["objective"] * (1 + TOLERANCE)
        if row.get("bound") is not None and row["bound"] > limit:
            yield f"the bound {row['bound']!r} of {row['method']} exceeds {_answer(lowest)}"
        if row["status"] == "OPTIMAL" and row["objective"] > limit:
            yield f"{row['method']} calls {row['objective']!r} optimal, lower is {_answer(lowest)}"


def _answer(row: Row) -> str:
    return f"the answer {row['objective']!r} of {row['method']}"
