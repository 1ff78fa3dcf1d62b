"""How good the answers are: gaps to proven optima, and contradictions that no set of answers may contain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.rows import Row, grouped

TOLERANCE = 1e-9
"""Relative difference up to which two objectives are the same."""


@dataclass(frozen=True)
class Quality:
    """What the answers of a study are judged by.

    Attributes
    ----------
    instance : tuple of str
        The columns that name an instance.
    exact : tuple of str
        Methods that prove optima.
    name : str
        How an instance is called, with columns in braces.
    """

    instance: tuple[str, ...]
    exact: tuple[str, ...]
    name: str

    def where(self, row: Row) -> str:
        """The instance of a row in words."""
        return self.name.format_map(row)

    def key(self, row: Row) -> tuple[Any, ...]:
        """What tells the instance of a row from others."""
        return tuple(row[column] for column in self.instance)

    def by_instance(self, rows: Iterable[Row]) -> dict[tuple[Any, ...], list[Row]]:
        """The rows of each instance."""
        return grouped(rows, self.key)

    def proofs(self, rows: Iterable[Row]) -> list[Row]:
        """The rows of exact methods that settled their instance."""
        settled = ("OPTIMAL", "INFEASIBLE")
        return [row for row in rows if row["method"] in self.exact and row["status"] in settled]

    def optimum(self, rows: Iterable[Row]) -> float | None:
        """The best optimum that an exact method proved for the instance of these rows."""
        proven = [row["objective"] for row in self.proofs(rows) if row["status"] == "OPTIMAL"]
        return min(proven, default=None)

    def optima(self, rows: Iterable[Row]) -> dict[tuple[Any, ...], float | None]:
        """The optimum of each instance."""
        return {key: self.optimum(group) for key, group in self.by_instance(rows).items()}

    def with_gaps(self, rows: Sequence[Row]) -> list[Row]:
        """The rows with ``gap_to_optimum`` filled in wherever an optimum is proven, in their order."""
        best = self.optima(rows)
        return [{**row, "gap_to_optimum": gap_to(row.get("objective"), best[self.key(row)])} for row in rows]

    def contradictions(self, rows: Iterable[Row]) -> list[str]:
        """Sentences about answers that cannot all be right; empty when all is well."""
        return [
            f"{self.where(group[0])}: {sentence}"
            for group in self.by_instance(rows).values()
            for sentence in _contradictions(group, self.optimum(group))
        ]

    def unproven(self, rows: Iterable[Row]) -> list[str]:
        """Instances that fewer than two exact methods settled: there the comparison would be empty."""
        groups = self.by_instance(rows).values()
        counts = [(self.where(group[0]), len(self.proofs(group))) for group in groups]
        return [
            f"{where}: settled by {count} exact methods, the check needs 2"
            for where, count in counts
            if count < 2
        ]

    def wrong(self, rows: Sequence[Row], smoke: bool) -> list[str]:
        """What is wrong with the answers; a smoke test has to prove something, too."""
        return self.contradictions(rows) + (self.unproven(rows) if smoke else [])


def gap_to(objective: float | None, best: float | None) -> float | None:
    """(objective - best) / best, None when either is missing; 0 when both are 0."""
    if objective is None or best is None:
        return None
    if best == 0:
        return 0.0 if objective == 0 else float("inf")
    return (objective - best) / best


def _contradictions(rows: Sequence[Row], best: float | None) -> Iterator[str]:
    answered = [row for row in rows if row.get("objective") is not None]
    for row in rows:
        if row["status"] == "INFEASIBLE" and answered:
            yield f"{row['method']} says infeasible, {answered[0]['method']} has an answer"
        if best is not None:
            yield from _against(row, best)


def _against(row: Row, best: float) -> Iterator[str]:
    method, objective, bound = row["method"], row.get("objective"), row.get("bound")
    slack = TOLERANCE * abs(best)
    if objective is not None and objective < best - slack:
        yield f"{method} answers {objective!r}, below the optimum {best!r}"
    if objective is not None and objective > best + slack and row["status"] == "OPTIMAL":
        yield f"{method} calls {objective!r} optimal, the optimum is {best!r}"
    if bound is not None and bound > best + slack:
        yield f"the bound {bound!r} of {method} exceeds the optimum {best!r}"
