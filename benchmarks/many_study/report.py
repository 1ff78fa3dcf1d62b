"""The Markdown report: what was asked for, quality, time, growth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.growth import by_size, fits
from harness.rows import MANY, Row, by, cut_off, known, variants
from harness.study import failure
from harness.tables import (
    NOTHING,
    Show,
    digits,
    exponent,
    markdown,
    megabyte,
    middle,
    middle_and_most,
    most,
    percent,
    seconds,
    surroundings,
)

from many_study.checks import wrong
from many_study.plan import CASES, EXACT, JUDGED, QUALITY, Target

LEGEND = (
    "Applications on nodes (devices, edge sites, clouds) from `finopt.generate_fleet`; edge servers have"
    " {scarcity} of what everybody would like. One thread and a fresh process per run, compiled before the"
    " clock starts. Medians over the seeds, `max` and judged figures the worst of them. `>`: runs were cut"
    " off by the limit. Memory is the largest resident size of the process, imports and warm-up included"
    " [10^6 byte]."
)


def report(rows: Sequence[Row]) -> str:
    """The whole report."""
    rows = QUALITY.with_gaps(rows)
    parts = ["# Many applications on shared capacity", surroundings(rows[-1], MANY.packages), _legend(rows)]
    parts += ["## What was asked for", _judged(rows), "## Quality", _quality(rows)]
    parts += ["## Time and memory", _times(rows), "## Growth", _growth(rows), "## Checks", _checks(rows)]
    return "\n\n".join(parts) + "\n"


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
        yield [name, f">= {target.speedup:g} x as fast as `{EXACT}`", *_faster(own, target.speedup)]


def _faster(rows: Sequence[Row], speedup: float) -> list[str]:
    """The least ratio of times, and whether there is one on every instance and it is large enough."""
    ratios = _speedups(rows)
    worst = min((ratio for ratio in ratios if ratio is not None), default=None)
    reached = None not in ratios and worst is not None and worst >= speedup
    return [NOTHING if worst is None else f"{digits(worst)} x", _yes(reached)]


def _met(values: Sequence[float | None], limit: float, show: Show) -> list[str]:
    """The largest value, and whether every run has one within the limit."""
    found = [value for value in values if value is not None]
    reached = len(found) == len(values) and max(found) <= limit
    return [most(found, show), _yes(reached)]


def _yes(reached: bool) -> str:
    return "yes" if reached else "no"


def _speedups(rows: Sequence[Row]) -> list[float | None]:
    """Time of the exact method by that of the judged, per instance that the exact method settled."""
    found: list[float | None] = []
    for group in QUALITY.by_instance(rows).values():
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
    for name, own in by(rows, "case").items():
        for method, some in variants(own).items():
            yield name, method, some


def _quality(rows: Sequence[Row]) -> str:
    lines = []
    for case, method, own in _groups(rows):
        answered = sum(row["status"] in ANSWERED for row in own)
        gaps = middle_and_most([row["gap"] for row in own])
        gaps += middle_and_most([row["gap_to_optimum"] for row in own])
        counts = [middle(known(own, name), digits) for name in ("rounds", "columns")]
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
        cells = [middle(known(own, name), seconds) for name in TIMES]
        cells[1] = f"{'> ' if any(map(cut_off, own)) else ''}{cells[1]}"
        memory = most(known(own, "peak_memory_mb"), megabyte)
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


def _growth(rows: Sequence[Row]) -> str:
    lines = []
    for method, own in variants(rows).items():
        points = [
            (row["applications"], row["total_s"])
            for row in own
            if row["status"] in ANSWERED and not cut_off(row) and row["total_s"]
        ]
        lines.append([f"`{method}`", str(len(points)), *map(exponent, fits(by_size(points)))])
    title = (
        "Exponent b of solve time = a * applications^b, least squares in log-log, with its standard error."
    )
    table = markdown(["method", "runs", "b", "b on the larger half of the sizes"], lines)
    return f"{title} Devices and shared nodes grow with the applications.\n\n{table}"


def _checks(rows: Sequence[Row]) -> str:
    found = [f"- WRONG: {sentence}" for sentence in wrong(rows)]
    found += [
        f"- {' '.join(failure(row, QUALITY.where).split())}"
        for row in rows
        if row["termination"] in ("ERROR", "KILLED")
    ]
    if found:
        return "\n".join(found)
    checked = sum(row.get("violations") == 0 for row in rows)
    return (
        f"{checked} answers were evaluated again in exact arithmetic: no node or link is overloaded, every"
        " application meets its limit. No bound exceeds an answer to the same instance."
    )
