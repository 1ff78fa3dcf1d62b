"""The Markdown report: times, ratios, gaps, growth, memory, agreement."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from harness.growth import fit, spread
from harness.quality import gap_to
from harness.rows import Row
from scale_study.summary import seconds

from peer_study.agreement import by_instance, disagreements, optimum, proofs
from peer_study.cells import (
    Cell,
    building_text,
    digits,
    markdown,
    middle_and_most,
    ratio_text,
    table,
    time_text,
)
from peer_study.columns import PACKAGES
from peer_study.plan import FAMILIES, METHODS, REFERENCE

LEGEND = (
    "Medians over the seeds [quartiles]; one thread, a fresh process per run, compiled before the clock"
    " starts. Times include building the graph and the model of each method. `>`: runs were cut off by the"
    " limit. In round brackets: not run, because the method ran out of time in this family before, or was"
    " slower than with its other setting on a smaller size. `-`: failed, or stopped without a proof."
)


def report(rows: Sequence[Row]) -> str:
    """The whole report."""
    parts = ["# finopt and its peers", _surroundings(rows), LEGEND]
    for name, family in FAMILIES.items():
        own = [row for row in rows if row["family"] == name]
        if own:
            parts += [f"## {family.title}", *(_growth(own) if name == "growth" else _family(own))]
    parts += ["## Process", _process(rows), "## Agreement", _agreement(rows)]
    return "\n\n".join(parts) + "\n"


def _surroundings(rows: Sequence[Row]) -> str:
    row = rows[-1]
    versions = ", ".join(f"{name} {row[name]}" for name in PACKAGES if row.get(name))
    return f"{row['date'][:10]}. {row['machine']}. Python {row['python']}, {versions}."


def _family(rows: Sequence[Row]) -> Iterator[str]:
    sizes = table(rows)
    methods = [m for m in METHODS if any(m in line for line in sizes.values())]
    others = [m for m in methods if m != REFERENCE]

    def shown(text: Callable[[Cell], str], chosen: Sequence[str]) -> str:
        body = [
            [*_name(size, line), *(text(line.get(m, Cell())) for m in chosen)] for size, line in sizes.items()
        ]
        return markdown(["size", "arcs", "seeds", *chosen], body)

    yield f"Time (limit {rows[0]['time_limit_s']:g} s):"
    yield shown(time_text, methods)
    yield "Building, included above:"
    yield shown(building_text, methods)
    if REFERENCE in methods and others:
        yield f"Time divided by that of `{REFERENCE}`:"
        yield _ratios(sizes, others)
    yield "Gaps of `fin`; size of the searches of `fin` and `labels`, at most:"
    yield _search(rows)


def _ratios(sizes: dict[str, dict[str, Cell]], methods: Sequence[str]) -> str:
    body = [
        [*_name(size, line), *(ratio_text(line.get(m, Cell()), line.get(REFERENCE)) for m in methods)]
        for size, line in sizes.items()
    ]
    return markdown(["size", "arcs", "seeds", *methods], body)


def _name(size: str, line: dict[str, Cell]) -> list[str]:
    rows = [row for cell in line.values() for row in cell.rows]
    arcs = [row["arcs"] for row in rows if row["arcs"]]
    return [size, f"{statistics.median(arcs):.0f}" if arcs else "-", str(len({row["seed"] for row in rows}))]


SEARCH = {
    "gamma": ("fin", "gamma"),
    "arcs kept by fin": ("fin", "arcs_kept"),
    "by labels": ("labels", "arcs_kept"),
    "labels": ("labels", "labels"),
    "MB before labels": ("labels", "before_mb"),
    "MB during labels": ("labels", "run_peak_mb"),
}
"""Head of a column, method and column of the file; the largest over the seeds is shown."""


def _search(rows: Sequence[Row]) -> str:
    best = {key: optimum(group) for key, group in by_instance(rows).items()}
    lines = []
    for size, line in table(rows).items():
        fin = line.get("fin", Cell()).made
        from_best = [gap_to(row["objective"], best[row["family"], size, row["seed"]]) for row in fin]
        gaps = middle_and_most([row["gap"] for row in fin]) + middle_and_most(from_best)
        largest = [_largest(line.get(method, Cell()).made, name) for method, name in SEARCH.values()]
        lines.append([size, *gaps, *largest])
    gap_columns = ["certified gap, median", "max", "gap to optimum, median", "max"]
    return markdown(["size", *gap_columns, *SEARCH], lines)


def _largest(rows: Sequence[Row], column: str) -> str:
    values = [row[column] for row in rows if row.get(column) is not None]
    return f"{max(values):.0f}" if values else "-"


# --- growth ---


def _growth(rows: Sequence[Row]) -> Iterator[str]:
    failed = sorted({row["reason"] for row in rows if row["termination"] != "COMPLETED"})
    yield from (f"FAILED: {reason}" for reason in failed)
    for name, variable, constant in (
        ("arcs", "arcs", "gamma"),
        ("gamma", "gamma", "arcs"),
        ("smoke", "arcs", "gamma"),
    ):
        own = [row for row in rows if row["size"] == name and row["termination"] == "COMPLETED"]
        if own:
            fixed = ", ".join(sorted({f"{row[constant]:g}" for row in own}))
            yield f"Time against {variable}, {constant} = {fixed}:"
            yield _exponents(own, variable)
            yield _points(own, variable)


def _exponents(rows: Sequence[Row], variable: str) -> str:
    lines = []
    for method, own in _by(rows, "method").items():
        xs = sorted({row[variable] for row in own})
        halves = (own, [row for row in own if row[variable] >= xs[len(xs) // 2]])
        fits = [fit((row[variable], row["total_s"]) for row in half) for half in halves]
        lines.append(
            [f"`{method}`", *("-" if f is None else f"{f.exponent:.2f} ± {f.error or 0:.2f}" for f in fits)]
        )
    return markdown(["method", "exponent", "exponent on the larger half"], lines)


def _points(rows: Sequence[Row], variable: str) -> str:
    lines = []
    for method, own in _by(rows, "method").items():
        for x, points in sorted(_by(own, variable).items()):
            times = spread([row["total_s"] for row in points])
            rates = [row["relaxed"] / row["total_s"] for row in points]
            cells = [seconds(times.median), f"[{seconds(times.low)}, {seconds(times.high)}]"]
            rate = "-" if method == "fin" else digits(statistics.median(rates) / 1e9)
            lines.append([f"`{method}`", f"{x:g}", *cells, f"{max(r['relaxed'] for r in points):.3g}", rate])
    return markdown(["method", variable, "time", "quartiles", "levels relaxed", "1e9 levels/s"], lines)


def _by(rows: Sequence[Row], column: str) -> dict[object, list[Row]]:
    groups: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


# --- the process, the verdict ---


def _process(rows: Sequence[Row]) -> str:
    lines = []
    for method, own in _by([row for row in rows if row["termination"] != "NOT_RUN"], "method").items():
        times = [
            seconds(statistics.median(known)) if known else "-"
            for column in ("start_s", "warmup_s", "compile_s")
            for known in [[row[column] for row in own if row.get(column) is not None]]
        ]
        memory = middle_and_most([row.get("before_mb") for row in own], _megabyte)
        memory += middle_and_most([row.get("run_peak_mb") for row in own], _megabyte)
        lines.append([f"`{method}`", *times, *memory])
    times = ["start and instance", "warm-up", "of both, compiling or reading the cache"]
    memory = ["memory before the clock, median", "max", "largest during the run, median", "max"]
    return markdown(["method", *times, *memory], lines)


def _megabyte(value: float) -> str:
    return f"{value:.0f} MB"


def _agreement(rows: Sequence[Row]) -> str:
    groups = by_instance(rows)
    counts = [len(proofs(group)) for group in groups.values()]
    wrong = disagreements(rows)
    if wrong:
        return "\n".join(f"- WRONG: {sentence}" for sentence in wrong)
    two, four = (sum(count >= least for count in counts) for least in (2, 4))
    fin = [row["gap"] for group in groups.values() for row in group if row["method"] == "fin"]
    middle, most = middle_and_most(fin)
    return (
        f"{len(groups)} instances; {two} were settled by at least two exact methods, {four} by at least four."
        " All proven optima agree within 1e-9 relative, no answer lies below them and no bound above."
        f" Certified gap of `fin` over all instances: median {middle}, max {most}."
    )
