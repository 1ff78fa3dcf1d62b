"""One kind of row for all studies: a run's parameters, what was measured, and where; its CSV files.

A column of one name has one meaning in every study; a :class:`Table` says which columns a study has.
"""

from __future__ import annotations

import csv
import io
import json
import os
import platform
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

Row = dict[str, Any]
Key = TypeVar("Key", bound=Hashable)

PACKAGES = ("finopt", "numpy", "numba", "highspy", "ortools", "pyomo")
"""Whose versions every study notes."""


def _named(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WHOLE = _named(
    "nodes links blocks arcs configurations seed workers applications devices sites clouds violations rounds"
    " columns vertices arcs_kept labels gamma relaxed"
)
"""Columns of whole numbers; ``warm`` is true or false, `TEXT` and versions are text, all others floats."""

TEXT = _named(
    "date machine case family size topology table method options status termination solver reason python"
)

CUT_OFF = ("TIME_LIMIT", "KILLED")
"""Terminations of runs that would have gone on."""


@dataclass(frozen=True)
class Table:
    """The CSV file of a study: one row per run.

    Attributes
    ----------
    measured : tuple of str
        Columns up to the surroundings, which close each row: the version of Python and of the packages.
    packages : tuple of str
        Whose versions are noted.
    """

    measured: tuple[str, ...]
    packages: tuple[str, ...] = PACKAGES

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of the file."""
        return (*self.measured, "python", *self.packages)

    def stamped(self, row: Mapping[str, Any]) -> Row:
        """The row with every column, with date, machine and versions."""
        return {**dict.fromkeys(self.columns), **stamped(row, self.packages)}

    def append(self, path: Path, row: Row) -> None:
        """Add one row, and the header to a new file; on the disk when this returns."""
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.columns)
            if file.tell() == 0:
                writer.writeheader()
            writer.writerow(row)

    def write(self, path: Path, rows: Iterable[Row]) -> None:
        """Write all rows; the old file stays whole until the new one is complete."""
        write(path, rows, self.columns)

    def read(self, path: Path) -> list[Row]:
        """All rows of a file, figures as numbers and empty cells as None; no rows if there is no file."""
        if not path.exists() or path.stat().st_size == 0:
            return []
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != self.columns:
                raise ValueError(f"{path} has other columns than this version of the benchmark writes")
            return [{name: self._parse(name, line[name]) for name in self.columns} for line in reader]

    def _parse(self, name: str, text: str | None) -> Any:
        if name in TEXT or name in self.packages:
            return text or ""
        if not text:
            return None
        return text == "True" if name == "warm" else int(text) if name in WHOLE else float(text)


SCALE = Table(
    _named(
        "date machine nodes links blocks arcs configurations topology tightness seed method options"
        " time_limit_s warm workers status termination objective bound gap gap_to_optimum build_s solve_s"
        " total_s start_s warmup_s compile_s peak_memory_mb solver reason"
    )
)
MANY = Table(
    _named(
        "date machine case applications devices sites clouds nodes links scarcity seed table method options"
        " time_limit_s warm status termination objective bound gap gap_to_optimum violations rounds columns"
        " pricing_s master_s rounding_s build_s solve_s total_s load_s check_s start_s warmup_s"
        " peak_memory_mb solver reason"
    ),
    (*PACKAGES, "pyarrow"),
)
PEERS = Table(
    _named(
        "date machine family size seed method time_limit_s warm vertices arcs arcs_kept labels gamma relaxed"
        " status termination objective bound gap build_s solve_s total_s start_s warmup_s compile_s"
        " late_compile_s before_mb run_peak_mb peak_memory_mb solver reason"
    ),
    (*PACKAGES, "scipy", "networkx", "cspy"),
)
LIMITS = Table(
    _named(
        "date machine case applications devices sites clouds nodes blocks seed method time_limit_s warm"
        " status termination objective bound gap build_s solve_s total_s over_s allowed_s start_s warmup_s"
        " peak_memory_mb solver reason"
    )
)
"""One row per run, or per point of a growth series."""


# --- rows in groups, figures of rows ---


def failed(termination: str, reason: str) -> Row:
    """The part of a row that says that a run gave nothing."""
    return {"status": "NO_SOLUTION", "termination": termination, "reason": reason}


def cut_off(row: Row) -> bool:
    """Whether the run would have gone on: its time is a lower bound only."""
    return row["termination"] in CUT_OFF


def known(rows: Iterable[Row], column: str) -> list[Any]:
    """The values of a column where there are any."""
    return [row[column] for row in rows if row.get(column) is not None]


def grouped(rows: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, list[Row]]:
    """The rows of each key, in order of appearance."""
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def by(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    """The rows of each value of a column, in order of appearance."""
    return grouped(rows, lambda row: row[column])


def variant(row: Row) -> str:
    """The method with its options, as given on the command line."""
    options = json.loads(row.get("options") or "{}")
    return ":".join([row["method"], *(f"{name}={value}" for name, value in options.items())])


def variants(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each method and setting, in order of appearance."""
    return grouped(rows, variant)


# --- files and surroundings ---


def write(path: Path, rows: Iterable[Row], columns: Sequence[str], line_end: str = "\r\n") -> None:
    """Write rows with these columns; the old file stays whole until the new one is complete."""
    from finopt.io.atomic import write_text  # a child process measures what importing costs

    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator=line_end)
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def stamped(row: Mapping[str, Any], packages: Sequence[str]) -> Row:
    """The row with date, machine and versions."""
    return {**row, "date": datetime.now(UTC).isoformat(timespec="seconds"), **_surroundings(tuple(packages))}


@cache
def _surroundings(packages: tuple[str, ...]) -> Row:
    versions = {name: _version(name) for name in packages}
    return {"machine": _machine(), "python": platform.python_version(), **versions}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _machine() -> str:
    cores = os.cpu_count()
    release = platform.release().partition("-")[0]  # without the name of whoever built the kernel
    return f"{_processor()}, {cores} cores, {platform.system()} {release}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
