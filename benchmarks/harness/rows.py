"""The CSV file: one row per run, appended as runs finish."""

from __future__ import annotations

import csv
import io
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from scale_study.plan import KEY

Row = dict[str, Any]

PACKAGES = ("finopt", "numpy", "numba", "highspy", "ortools", "pyomo")

COLUMNS: dict[str, type] = {
    "date": str,
    "machine": str,
    "nodes": int,
    "links": int,
    "blocks": int,
    "arcs": int,
    "configurations": int,
    "topology": str,
    "tightness": float,
    "seed": int,
    "method": str,
    "options": str,
    "time_limit_s": float,
    "warm": bool,
    "workers": int,
    "status": str,
    "termination": str,
    "objective": float,
    "bound": float,
    "gap": float,
    "gap_to_optimum": float,
    "build_s": float,
    "solve_s": float,
    "total_s": float,
    "start_s": float,
    "warmup_s": float,
    "compile_s": float,
    "peak_memory_mb": float,
    "solver": str,
    "reason": str,
    "python": str,
    **dict.fromkeys(PACKAGES, str),
}


def key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells the run of a row from others; the same as ``Run.key``."""
    return tuple(row[name] for name in KEY)


def stamped(row: Row, packages: Sequence[str] = PACKAGES) -> Row:
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


def append(path: Path, row: Row, columns: Iterable[str] = COLUMNS) -> None:
    """Add one row, and the header to a new file; on the disk when this returns."""
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns))
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write all rows; the old file stays whole until the new one is complete."""
    from finopt.io.atomic import write_text  # a child process measures what importing costs

    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS))
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def read(path: Path, columns: Mapping[str, type] = COLUMNS) -> list[Row]:
    """All rows of a file, figures as numbers and empty cells as None; no rows if there is no file."""
    if not path.exists() or path.stat().st_size == 0:
        return []
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != list(columns):
            raise ValueError(f"{path} has other columns than this version of the benchmark writes")
        return [{name: _parse(kind, line[name]) for name, kind in columns.items()} for line in reader]


def _parse(kind: type, text: str | None) -> Any:
    if not text:
        return "" if kind is str else None
    return text == "True" if kind is bool else kind(text)
