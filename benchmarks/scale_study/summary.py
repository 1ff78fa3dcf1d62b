"""The tables that the benchmark prints."""

from __future__ import annotations

from collections.abc import Sequence

from harness.growth import spread
from harness.rows import Row, cut_off, known, variants
from harness.tables import NOTHING, exponent, megabyte, middle, middle_and_most, seconds, short, time_unit

from finopt.problem.formatting import table
from scale_study.sizes import Size, growth, sizes

SHARED = """Up to {workers} runs were at work at a time. Runs on one machine share its cores, caches and
memory bandwidth: these times are longer and scatter more than those of runs one after the other."""


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
    late = sum(map(cut_off, rows))
    failed = sum(row["termination"] == "ERROR" for row in rows)
    nothing = sum(row["status"] == "NO_SOLUTION" for row in rows) - failed
    gaps = [cell for column in ("gap_to_optimum", "gap") for cell in middle_and_most(known(rows, column))]
    return [name, *map(str, [len(rows), *counts, nothing, late, failed]), *gaps]


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
        return NOTHING
    median, low, high = spread(size.times)
    factor, unit = time_unit(median)
    quartiles = f" [{short(factor * low)}, {short(factor * high)}]" if len(size.times) > 1 else ""
    return f"{'> ' if size.cut else ''}{short(factor * median)}{quartiles} {unit}"


def _growth(rows: Sequence[Row]) -> str:
    lines = []
    for name, own in variants(rows).items():
        whole, larger = growth(own)
        factor = f"{whole.factor:.2g} s" if whole else NOTHING
        points = str(whole.points if whole else 0)
        lines.append([name, exponent(whole), factor, points, exponent(larger)])
    title = "Growth: time = a * arcs^b, least squares in log-log over the sizes without cut-off runs"
    return _titled(title, ["method", "b", "a", "runs", "b on the larger half of the sizes"], lines)


def _memory(rows: Sequence[Row]) -> str:
    lines = []
    for name, own in variants(rows).items():
        peaks = [peak for peak in known(own, "peak_memory_mb") if peak]
        starts = [start for start in known(own, "warmup_s") if start]
        lines.append([name, *middle_and_most(peaks, megabyte), middle(starts, seconds)])
    return _titled("Process", ["method", "peak memory: median", "max", "warm-up: median"], lines)


def _titled(title: str, header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table under its title: first column to the left, the others to the right."""
    text = table(header, lines, "l".ljust(len(header), "r"))
    return "\n".join([title, "-" * text.index("\n"), text])
