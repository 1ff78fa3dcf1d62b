"""The Markdown report: what was asked for, quality, time, growth."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence

from harness.growth import cut_off, fit
from harness.rows import Row
from peer_study.cells import NOTHING, digits, markdown, middle_and_most
from scale_study.summary import percent, seconds, variants

from many_study.checks import by_instance, with_gaps, wrong
from many_study.columns import PACKAGES
from many_study.plan import CASES, EXACT, JUDGED, Target

LEGEND = (
    "Applications on nodes (devices, edge sites, clouds) from `finopt.generate_fleet`; edge servers have"
    " {scarcity} of what everybody would like. One thread and a fresh process per run, compiled before the"
    " clock starts. Medians over the seeds, `max` and judged figures the worst of them. `>`: runs were cut"
    " off by the limit. Memory is the largest resident size of the process, imports and warm-up included"
    " [10^6 byte]."
)


def report(rows: Sequence[Row]) -> str:
    """The whole report."""
    rows = with_gaps(rows)
    parts = ["# Many applications on shared capacity", _surroundings(rows), _legend(rows)]
    parts += ["## What was asked for", _judged(rows), "## Quality", _quality(rows)]
    parts += ["## Time and memory", _times(rows), "## Growth", _growth(rows), "## Checks", _checks(rows)]
    return "\n\n".join(parts) + "\n"


def _surroundings(rows: Sequence[Row]) -> str:
    row = rows[-1]
    versions = ", ".join(f"{name} {row[name]}" for name in PACKAGES if row.get(name))
    return f"{row['date'][:10]}. {row['machine']}. Python {row['python']}, {versions}."


def _legend(rows: Sequence[Row]) -> str:
    scarcities = sorted({row["scarcity"] for row in rows})
    return LEGEND.format(scarcity=", ".join(f"{100 * value:g} %" for value in scarcities))


# --- what was asked for ---


def _judged(rows: Sequence[Row]) -> str:
    lines = [line for name, case in CASES.items() if case.target for line in _lines(name, case.target, rows)]
    return (
        markdown(["case", "asked for", "measured, worst seed", "reached"], lines)
        if lines
        else "No such case."
    )


def _lines(name: str, target: Target, rows: Sequence[Row]) -> Iterator[list[str]]:
    own = [row for row in rows if row["case"] == name]
    judged = [row for row in own if row["method"] == JUDGED]
    if not judged:
        return
    took = [row["load_s"] + row["total_s"] if row.get("total_s") is not None else None for row in judged]
    for text, show, limit, values in (
        ("certified gap", percent, target.gap, [row["gap"] for row in judged]),
        ("to the optimum", percent, target.to_optimum, [row["gap_to_optimum"] for row in judged]),
        ("load and solve", seconds, target.seconds, took),
        ("memory", megabyte, target.memory_mb, [row["peak_memory_mb"] for row in judged]),
    ):
        if limit is not None:
            yield [name, f"{text} <= {show(limit)}", *_met(values, limit, show)]
    if target.speedup is not None:
        ratios = _speedups(own)
        worst = min((ratio for ratio in ratios if ratio is not None), default=None)
        reached = bool(ratios) and None not in ratios and worst is not None and worst >= target.speedup
        shown = NOTHING if worst is None else f"{digits(worst)} x"
        yield [name, f">= {target.speedup:g} x as fast as `{EXACT}`", shown, "yes" if reached else "no"]


def _met(values: Sequence[float | None], limit: float, show: object) -> list[str]:
    """The largest value, and whether every run has one within the limit."""
    assert callable(show)
    known = [value for value in values if value is not None]
    reached = len(known) == len(values) and max(known) <= limit
    return [show(max(known)) if known else NOTHING, "yes" if reached else "no"]


def _speedups(rows: Sequence[Row]) -> list[float | None]:
    """Time of the exact method by that of the judged, per instance that the exact method settled."""
    found: list[float | None] = []
    for group in by_instance(rows).values():
        exact, judged = (_time(group, method) for method in (EXACT, JUDGED))
        if exact is not None:
            found.append(exact / judged if judged is not None else None)
    return found


def _time(rows: Iterable[Row], method: str) -> float | None:
    times = [row["total_s"] for row in rows if row["method"] == method and row["status"] in ANSWERED]
    return min(times, default=None)


ANSWERED = ("OPTIMAL", "FEASIBLE")


# --- tables ---


def _groups(rows: Sequence[Row]) -> Iterator[tuple[str, str, list[Row]]]:
    """Case, method and rows, in the order of the file."""
    cases: dict[str, list[Row]] = {}
    for row in rows:
        cases.setdefault(row["case"], []).append(row)
    for name, own in cases.items():
        for method, some in variants(own).items():
            yield name, method, some


def _quality(rows: Sequence[Row]) -> str:
    lines = []
    for case, method, own in _groups(rows):
        answered = sum(row["status"] in ANSWERED for row in own)
        gaps = middle_and_most([row["gap"] for row in own])
        gaps += middle_and_most([row["gap_to_optimum"] for row in own])
        counts = [_middle(own, name, digits) for name in ("rounds", "columns")]
        lines.append([case, f"`{method}`", f"{answered} of {len(own)}", *gaps, *counts])
    header = [
        "case",
        "method",
        "answered",
        "certified gap",
        "max",
        "gap to optimum",
        "max",
        "rounds",
        "columns",
    ]
    return markdown(header, lines)


TIMES = ("load_s", "total_s", "pricing_s", "master_s", "rounding_s", "check_s")


def _times(rows: Sequence[Row]) -> str:
    lines = []
    for case, method, own in _groups(rows):
        cells = [_middle(own, name, seconds) for name in TIMES]
        cells[1] = f"{'> ' if any(map(cut_off, own)) else ''}{cells[1]}"
        peak = [row["peak_memory_mb"] for row in own if row.get("peak_memory_mb")]
        memory = megabyte(max(peak)) if peak else NOTHING
        lines.append([case, f"`{method}`", str(len(own)), *cells, memory])
    header = [
        "case",
        "method",
        "seeds",
        "load",
        "solve",
        "pricing",
        "master",
        "rounding",
        "check again",
        "memory",
    ]
    return markdown(header, lines)


def _middle(rows: Sequence[Row], column: str, show: object) -> str:
    assert callable(show)
    values = [row[column] for row in rows if row.get(column) is not None]
    return show(statistics.median(values)) if values else NOTHING


def megabyte(value: float) -> str:
    """A memory in words."""
    return f"{value:.0f} MB"


def _growth(rows: Sequence[Row]) -> str:
    lines = []
    for method, own in variants(rows).items():
        points = [
            (row["applications"], row["total_s"])
            for row in own
            if row["status"] in ANSWERED and not cut_off(row) and row["total_s"]
        ]
        sizes = sorted({size for size, _ in points})
        larger = [point for point in points if point[0] >= sizes[len(sizes) // 2]]
        lines.append([f"`{method}`", str(len(points)), *map(_exponent, (points, larger))])
    title = (
        "Exponent b of solve time = a * applications^b, least squares in log-log, with its standard error."
    )
    table = markdown(["method", "runs", "b", "b on the larger half of the sizes"], lines)
    return f"{title} Devices and shared nodes grow with the applications.\n\n{table}"


def _exponent(points: Sequence[tuple[float, float]]) -> str:
    found = fit(points)
    if found is None:
        return NOTHING
    return f"{found.exponent:.2f}" + ("" if found.error is None else f" ± {found.error:.2f}")


def _checks(rows: Sequence[Row]) -> str:
    found = [f"- WRONG: {sentence}" for sentence in wrong(rows)]
    found += [f"- {_failure(row)}" for row in rows if row["termination"] in ("ERROR", "KILLED")]
    if found:
        return "\n".join(found)
    checked = sum(row.get("violations") == 0 for row in rows)
    return (
        f"{checked} answers were evaluated again in exact arithmetic: no node or link is overloaded, every"
        " application meets its limit. No bound exceeds an answer to the same instance."
    )


def _failure(row: Row) -> str:
    reason = " ".join(row["reason"].split())
    return f"{row['termination']}: {row['method']} on {row['case']} seed {row['seed']}: {reason}"
