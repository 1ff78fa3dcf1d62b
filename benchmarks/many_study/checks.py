"""What cannot be right: lost feasibility, overloads, bounds and proofs that an answer contradicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.quality import TOLERANCE
from harness.rows import Row

from many_study.plan import QUALITY


def wrong(rows: Iterable[Row]) -> list[str]:
    """Sentences about answers that cannot be right; empty when all is well."""
    return [
        f"{QUALITY.where(group[0])}: {sentence}"
        for group in QUALITY.by_instance(rows).values()
        for sentence in (*_impossible(group), *_contradicted(group))
    ]


def _impossible(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row["status"] == "INFEASIBLE":
            yield f"{row['method']} says infeasible, but the instance was made feasible"
        if row.get("violations"):
            yield f"the answer of {row['method']} breaks {row['violations']} limits"


def _contradicted(rows: Sequence[Row]) -> Iterator[str]:
    """By the lowest answer of all: here most instances are too large for a proven optimum."""
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
