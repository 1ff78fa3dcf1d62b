"""How good the answers are: gaps to proven optima, and contradictions that no set of answers may contain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scale_study.plan import EXACT, INSTANCE

from harness.rows import Row

TOLERANCE = 1e-9
"""Relative difference up to which two objectives are the same."""


def by_instance(rows: Iterable[Row]) -> dict[tuple[Any, ...], list[Row]]:
    """The rows of each instance."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in INSTANCE)].append(row)
    return groups


def optimum(rows: Iterable[Row]) -> float | None:
    """The best optimum that an exact method proved for the instance of these rows."""
    proven = [row["objective"] for row in rows if row["method"] in EXACT and row["status"] == "OPTIMAL"]
    return min(proven, default=None)


def gap_to(objective: float | None, best: float | None) -> float | None:
    """(objective - best) / best, None when either is missing; 0 when both are 0."""
    if objective is None or best is None:
        return None
    if best == 0:
        return 0.0 if objective == 0 else float("inf")
    return (objective - best) / best


def with_gaps(rows: Sequence[Row]) -> list[Row]:
    """The rows with ``gap_to_optimum`` filled in wherever an optimum is proven, in their order."""
    best = {name: optimum(group) for name, group in by_instance(rows).items()}
    return [
        {**row, "gap_to_optimum": gap_to(row.get("objective"), best[tuple(row[n] for n in INSTANCE)])}
        for row in rows
    ]


def contradictions(rows: Iterable[Row]) -> list[str]:
    """Sentences about answers that cannot all be right; empty when all is well."""
    found = []
    for name, group in by_instance(rows).items():
        found += [f"{_where(name)}: {sentence}" for sentence in _contradictions(group)]
    return found


def _contradictions(rows: Sequence[Row]) -> Iterator[str]:
    infeasible = [row for row in rows if row["status"] == "INFEASIBLE"]
    answered = [row for row in rows if row.get("objective") is not None]
    if infeasible and answered:
        yield f"{infeasible[0]['method']} says infeasible, {answered[0]['method']} has an answer"
    best = optimum(rows)
    if best is None:
        return
    for row in rows:
        yield from _against(row, best)


def _against(row: Mapping[str, Any], best: float) -> Iterator[str]:
    objective, bound = row.get("objective"), row.get("bound")
    slack = TOLERANCE * abs(best)
    if objective is not None and objective < best - slack:
        yield f"{row['method']} answers {objective!r}, below the proven optimum {best!r}"
    if objective is not None and objective > best + slack and row["status"] == "OPTIMAL":
        yield f"{row['method']} calls {objective!r} optimal, an exact method {best!r}"
    if bound is not None and bound > best + slack:
        yield f"the bound {bound!r} of {row['method']} exceeds the optimum {best!r}"


def unproven(rows: Iterable[Row]) -> list[str]:
    """Instances that fewer than two exact methods settled: there the comparison would be empty."""
    found = []
    for name, group in by_instance(rows).items():
        settled = [r for r in group if r["method"] in EXACT and r["status"] in ("OPTIMAL", "INFEASIBLE")]
        if len(settled) < 2:
            found.append(f"{_where(name)}: settled by {len(settled)} exact methods, the check needs 2")
    return found


def _where(name: tuple[Any, ...]) -> str:
    return ", ".join(f"{column} {value}" for column, value in zip(INSTANCE, name, strict=True))
