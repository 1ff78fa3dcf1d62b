"""The tables that the benchmark prints."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence

from harness.growth import Fit, Size, growth, sizes, spread
from harness.rows import Row

SHARED = """Up to {workers} runs were at work at a time. Runs on one machine share its cores, caches and
memory bandwidth: these times are longer and scatter more than those of runs one after the other."""


def variant(row: Row) -> str:
    """The method with its options, as given on the command line."""
    options = json.loads(row["options"] or "{}")
    return ":".join([row["method"], *(f"{name}={value}" for name, value in options.items())])


def variants(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each method and setting, in order of appearance."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(variant(row), []).append(row)
    return groups


def summary(rows: Sequence[Row]) -> str:
    """All tables as text."""
    if not rows:
        return "no runs"
    tables = [_quality(rows), _times(rows), _growth(rows), _memory(rows)]
    workers = max(row["workers"] for row in rows)
    if workers > 1:
        tables.append(SHARED.format(workers=workers))
    return "\n\n".join(tables)


def _quality(rows: Sequence[Row]) -> str:
    header = [
        "method",
        "runs",
        "optimal",
        "feasible",
        "infeasible",
        "nothing",
        "late",
        "failed",
        *("gap to optimum: median", "max", "certified gap: median", "max"),
    ]
    return _titled("Optimality", header, [_quality_line(*item) for item in variants(rows).items()])


def _quality_line(name: str, rows: Sequence[Row]) -> list[str]:
    statuses = ("OPTIMAL", "FEASIBLE", "INFEASIBLE")
    counts = [sum(row["status"] == status for row in rows) for status in statuses]
    late = sum(row["termination"] in ("TIME_LIMIT", "KILLED") for row in rows)
    failed = sum(row["termination"] == "ERROR" for row in rows)
    nothing = sum(row["status"] == "NO_SOLUTION" for row in rows) - failed
    gaps = [cell for column in ("gap_to_optimum", "gap") for cell in _median_and_max(rows, column)]
    return [name, *map(str, [len(rows), *counts, nothing, late, failed]), *gaps]


def _median_and_max(rows: Sequence[Row], column: str) -> list[str]:
    values = [row[column] for row in rows if row.get(column) is not None]
    return [percent(statistics.median(values)), percent(max(values))] if values else ["-", "-"]


def _times(rows: Sequence[Row]) -> str:
    groups = {name: {size[:3]: size for size in sizes(own)} for name, own in variants(rows).items()}
    lines = [
        [size.label, f"{size.arcs:.0f}", *(_time_cell(own.get(size[:3])) for own in groups.values())]
        for size in sizes(rows)
    ]
    title = "Time per run: median [quartiles]; > where runs were cut off by the limit"
    return _titled(title, ["size", "arcs", *groups], lines)


def _time_cell(size: Size | None) -> str:
    if size is None:
        return "-"
    middle, low, high = spread(size.times)
    factor, unit = _unit(middle)
    quartiles = f" [{_short(factor * low)}, {_short(factor * high)}]" if len(size.times) > 1 else ""
    return f"{'> ' if size.cut else ''}{_short(factor * middle)}{quartiles} {unit}"


def _growth(rows: Sequence[Row]) -> str:
    lines = []
    for name, own in variants(rows).items():
        whole, upper = growth(own), growth(own, larger_half=True)
        factor = f"{whole.factor:.2g} s" if whole else "-"
        points = str(whole.points if whole else 0)
        lines.append([name, _exponent(whole), factor, points, _exponent(upper)])
    title = "Growth: time = a * arcs^b, least squares in log-log over the sizes without cut-off runs"
    return _titled(title, ["method", "b", "a", "runs", "b on the larger half of the sizes"], lines)


def _exponent(fit: Fit | None) -> str:
    if fit is None:
        return "-"
    return f"{fit.exponent:.2f}" + ("" if fit.error is None else f" ± {fit.error:.2f}")


def _memory(rows: Sequence[Row]) -> str:
    lines = []
    for name, own in variants(rows).items():
        peaks = [row["peak_memory_mb"] for row in own if row.get("peak_memory_mb")]
        starts = [row["warmup_s"] for row in own if row.get("warmup_s")]
        lines.append(
            [
                name,
                f"{statistics.median(peaks):.0f} MB" if peaks else "-",
                f"{max(peaks):.0f} MB" if peaks else "-",
                seconds(statistics.median(starts)) if starts else "-",
            ]
        )
    return _titled("Process", ["method", "peak memory: median", "max", "warm-up: median"], lines)


def percent(value: float) -> str:
    """A gap in percent with three digits; rounding noise counts as 0."""
    return "0" if abs(value) < 1e-11 else f"{_short(100 * value)} %"


def seconds(value: float) -> str:
    """A time with three digits and a fitting unit."""
    factor, unit = _unit(value)
    return f"{_short(factor * value)} {unit}"


def _short(value: float) -> str:
    """Three digits, never an exponent for a large figure."""
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def _unit(value: float) -> tuple[float, str]:
    """What to multiply a time in seconds with to show it in a fitting unit."""
    return (1e6, "µs") if value < 1e-3 else (1e3, "ms") if value < 1 else (1, "s")


def _titled(title: str, header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table under its title: first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
    text = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in (header, *lines)
    ]
    return "\n".join([title, "-" * len(text[0]), *text])
