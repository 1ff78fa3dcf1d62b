"""Run times of the smoke set before and after, and their ratio by method."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

KEY = ("method", "options", "nodes", "blocks", "configurations", "topology", "seed")
"""Columns that say which run of the smoke set a row is; every release has them."""

Key = tuple[str, ...]


def times_of(path: Path) -> dict[Key, float]:
    """Seconds of every run that ended by itself."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["termination"] in ("COMPLETED", "LIMIT")]
    return {tuple(row[name] for name in KEY): float(row["total_s"]) for row in rows}


def fastest(measured: Iterable[Mapping[Key, float]]) -> dict[Key, float]:
    """The least time of every run over the rounds."""
    least: dict[Key, float] = {}
    for times in measured:
        for key, seconds in times.items():
            least[key] = min(seconds, least.get(key, math.inf))
    return least


def ratios(before: Mapping[Key, float], after: Mapping[Key, float]) -> dict[str, float]:
    """By method, the geometric mean of after / before over the runs that both have."""
    logs: dict[str, list[float]] = {}
    for key in before.keys() & after.keys():
        logs.setdefault(key[0], []).append(math.log(after[key] / before[key]))
    return {method: math.exp(math.fsum(values) / len(values)) for method, values in sorted(logs.items())}
