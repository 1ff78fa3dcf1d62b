"""Whether the answers to one instance can all be right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from harness.quality import TOLERANCE
from harness.rows import Row

from peer_study.plan import EXACT

Key = tuple[str, str, int]


def by_instance(rows: Iterable[Row]) -> dict[Key, list[Row]]:
    """The rows of each instance that has a known answer to find; growth series have none."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        if row["family"] != "growth":
            groups[row["family"], row["size"], row["seed"]].append(row)
    return groups


def proofs(rows: Iterable[Row]) -> list[Row]:
    """The rows of exact methods that settled the instance."""
    return [row for row in rows if row["method"] in EXACT and row["status"] in ("OPTIMAL", "INFEASIBLE")]


def optimum(rows: Iterable[Row]) -> float | None:
    """The best optimum that an exact method proved."""
    return min((row["objective"] for row in proofs(rows) if row["status"] == "OPTIMAL"), default=None)


def disagreements(rows: Iterable[Row]) -> list[str]:
    """Sentences about answers that contradict each other; empty when all is well."""
    return [
        f"{family} {size} seed {seed}: {sentence}"
        for (family, size, seed), group in by_instance(rows).items()
        for sentence in _disagreements(group)
    ]


def unproven(rows: Iterable[Row]) -> list[str]:
    """Instances that fewer than two exact methods settled: there is nothing to compare."""
    return [
        f"{family} {size} seed {seed}: settled by {len(proofs(group))} exact methods, the check needs 2"
        for (family, size, seed), group in by_instance(rows).items()
        if len(proofs(group)) < 2
    ]


def _disagreements(rows: Sequence[Row]) -> Iterator[str]:
    answered = [row for row in rows if row.get("objective") is not None]
    for row in rows:
        if row["status"] == "INFEASIBLE" and answered:
            yield f"{row['method']} says infeasible, {answered[0]['method']} has an answer"
    best = optimum(rows)
    for row in answered if best is not None else []:
        slack = TOLERANCE * abs(best)
        objective, bound = row["objective"], row.get("bound")
        if row["status"] == "OPTIMAL" and objective > best + slack:
            yield f"{row['method']} calls {objective!r} optimal, the optimum is {best!r}"
        if objective < best - slack:
            yield f"{row['method']} answers {objective!r}, below the optimum {best!r}"
        if bound is not None and bound > best + slack:
            yield f"the bound {bound!r} of {row['method']} exceeds the optimum {best!r}"
