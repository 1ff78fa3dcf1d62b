"""The Markdown report: times, ratios, gaps, growth, memory, agreement."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from harness.growth import Spread, by_size, fits, spread
from harness.quality import gap_to
from harness.rows import PEERS, Row, by, cut_off, known
from harness.tables import (
    NOTHING,
    digits,
    exponent,
    markdown,
    megabyte,
    middle,
    middle_and_most,
    most,
    seconds,
    surroundings,
    whole,
)

from peer_study.plan import FAMILIES, METHODS, NOT_RUN, QUALITY, REFERENCE, compared

LEGEND = (
    "Medians over the seeds [quartiles]; one thread, a fresh process per run, compiled before the clock"
    " starts. Times include building the graph and the model of each method. `>`: runs were cut off by the"
    " limit. In round brackets: not run, because the method ran out of time in this family before, or was"
    " slower than with its other setting on a smaller size. `-`: failed, or stopped without a proof."
)


def report(rows: Sequence[Row]) -> str:
    """The whole report."""
    parts = ["# finopt and its peers", surroundings(rows[-1], PEERS.packages), LEGEND]
    for name, family in FAMILIES.items():
        own = [row for row in rows if row["family"] == name]
        if own:
            parts += [f"## {family.title}", *(_growth(own) if name == "growth" else _family(own))]
    parts += ["## Process", _process(rows), "## Agreement", _agreement(rows)]
    return "\n\n".join(parts) + "\n"


# --- the cells of the tables: the runs of one method on one size, in words ---


@dataclass
class Cell:
    """The runs of one method on one size."""

    rows: list[Row] = field(default_factory=list)

    @property
    def made(self) -> list[Row]:
        """Runs that were made and have a time; those that were cut off count with what they took."""
        return [
            r for r in self.rows if r["termination"] not in ("ERROR", NOT_RUN) and r["total_s"] is not None
        ]

    @property
    def cut(self) -> bool:
        """Whether some run would have gone on: times are lower bounds then."""
        return any(map(cut_off, self.rows))

    @property
    def settled(self) -> bool:
        """Whether every run ended as its method promises: with a proof, or FIN with a gap."""
        return bool(self.made) and all(_settled(row) for row in self.made)

    @property
    def limit(self) -> float:
        """The time limit [s]."""
        return float(self.rows[0]["time_limit_s"])

    def times(self, column: str = "total_s") -> Spread | None:
        """Median and quartiles of a time, None without any."""
        values = known(self.made, column)
        return spread(values) if values else None


def _settled(row: Row) -> bool:
    proven = row["status"] in ("OPTIMAL", "INFEASIBLE")
    return proven or (row["method"] == "fin" and row["gap"] is not None)


def table(rows: Iterable[Row]) -> dict[str, dict[str, Cell]]:
    """Cells by size and method, in the order of the rows."""
    return {
        size: {method: Cell(some) for method, some in by(own, "method").items()}
        for size, own in by(rows, "size").items()
    }


def time_text(cell: Cell) -> str:
    """Median and quartiles; a lower bound where runs were cut off."""
    times = cell.times()
    if not cell.made or times is None:
        return _absent(cell)
    if not (cell.settled or cell.cut):
        return NOTHING
    if cell.cut and times.median >= 0.9 * cell.limit:
        return f"> {cell.limit:g} s" + _share(cell)
    quartiles = f" [{seconds(times.low)}, {seconds(times.high)}]" if len(cell.made) > 1 else ""
    return f"{'> ' if cell.cut else ''}{seconds(times.median)}{quartiles}{_share(cell)}"


def _absent(cell: Cell) -> str:
    reasons = [row["reason"] for row in cell.rows if row["termination"] == NOT_RUN]
    if not reasons:
        return NOTHING
    return f"(> {cell.limit:g} s)" if reasons[0].startswith("out of time") else "(slower)"


def _share(cell: Cell) -> str:
    """How many of the seeds were run, if not all."""
    return "" if len(cell.made) == len(cell.rows) else f", {len(cell.made)} of {len(cell.rows)} seeds"


def building_text(cell: Cell) -> str:
    """Median time of building."""
    times = cell.times("build_s")
    return NOTHING if times is None else seconds(times.median)


def ratio_text(cell: Cell, reference: Cell | None) -> str:
    """How many times as long as the reference: median over the seeds that both ran."""
    if reference is None or reference.cut or not reference.settled:
        return NOTHING
    base = {row["seed"]: row["total_s"] for row in reference.made}
    if not cell.made:
        late = _absent(cell).startswith("(>")
        return f"(> {digits(cell.limit / statistics.median(base.values()))})" if late else NOTHING
    if not (cell.settled or cell.cut):
        return NOTHING
    ratios = [row["total_s"] / base[row["seed"]] for row in cell.made if row["seed"] in base]
    return f"{'> ' if cell.cut else ''}{digits(statistics.median(ratios))}" if ratios else NOTHING


# --- families ---


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
    return [size, middle(known(rows, "arcs"), whole), str(len({row["seed"] for row in rows}))]


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
    best = QUALITY.optima(rows)
    lines = []
    for size, line in table(rows).items():
        fin = line.get("fin", Cell()).made
        from_best = [gap_to(row["objective"], best[QUALITY.key(row)]) for row in fin]
        gaps = middle_and_most([row["gap"] for row in fin]) + middle_and_most(from_best)
        largest = [most(known(line.get(m, Cell()).made, name), whole) for m, name in SEARCH.values()]
        lines.append([size, *gaps, *largest])
    gap_columns = ["certified gap, median", "max", "gap to optimum, median", "max"]
    return markdown(["size", *gap_columns, *SEARCH], lines)


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
    lines = [
        [f"`{method}`", *map(exponent, fits(by_size((row[variable], row["total_s"]) for row in own)))]
        for method, own in by(rows, "method").items()
    ]
    return markdown(["method", "exponent", "exponent on the larger half"], lines)


def _points(rows: Sequence[Row], variable: str) -> str:
    lines = []
    for method, own in by(rows, "method").items():
        for x, points in sorted(by(own, variable).items()):
            times = spread([row["total_s"] for row in points])
            rates = [row["relaxed"] / row["total_s"] for row in points]
            cells = [seconds(times.median), f"[{seconds(times.low)}, {seconds(times.high)}]"]
            rate = NOTHING if method == "fin" else digits(statistics.median(rates) / 1e9)
            lines.append([f"`{method}`", f"{x:g}", *cells, f"{max(r['relaxed'] for r in points):.3g}", rate])
    return markdown(["method", variable, "time", "quartiles", "levels relaxed", "1e9 levels/s"], lines)


# --- the process, the verdict ---


def _process(rows: Sequence[Row]) -> str:
    lines = []
    for method, own in by([row for row in rows if row["termination"] != NOT_RUN], "method").items():
        times = [middle(known(own, name), seconds) for name in ("start_s", "warmup_s", "compile_s")]
        memory = middle_and_most(known(own, "before_mb"), megabyte)
        memory += middle_and_most(known(own, "run_peak_mb"), megabyte)
        lines.append([f"`{method}`", *times, *memory])
    times = ["start and instance", "warm-up", "of both, compiling or reading the cache"]
    memory = ["memory before the clock, median", "max", "largest during the run, median", "max"]
    return markdown(["method", *times, *memory], lines)


def _agreement(rows: Sequence[Row]) -> str:
    groups = QUALITY.by_instance(compared(rows))
    counts = [len(QUALITY.proofs(group)) for group in groups.values()]
    wrong = QUALITY.contradictions(compared(rows))
    if wrong:
        return "\n".join(f"- WRONG: {sentence}" for sentence in wrong)
    two, four = (sum(count >= least for count in counts) for least in (2, 4))
    fin = [row["gap"] for group in groups.values() for row in group if row["method"] == "fin"]
    median, largest = middle_and_most(fin)
    return (
        f"{len(groups)} instances; {two} were settled by at least two exact methods, {four} by at least four."
        " All proven optima agree within 1e-9 relative, no answer lies below them and no bound above."
        f" Certified gap of `fin` over all instances: median {median}, max {largest}."
    )
