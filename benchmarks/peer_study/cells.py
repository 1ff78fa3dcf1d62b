"""The cells of the tables: the runs of one method on one size, in words."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.growth import Spread, spread
from harness.rows import Row
from scale_study.summary import percent, seconds

from peer_study.plan import CUT_OFF, NOT_RUN

NOTHING = "-"


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
        return any(row["termination"] in CUT_OFF for row in self.rows)

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
        values = [row[column] for row in self.made if row.get(column) is not None]
        return spread(values) if values else None


def _settled(row: Row) -> bool:
    proven = row["status"] in ("OPTIMAL", "INFEASIBLE")
    return proven or (row["method"] == "fin" and row["gap"] is not None)


def table(rows: Iterable[Row]) -> dict[str, dict[str, Cell]]:
    """Cells by size and method, in the order of the rows."""
    cells: dict[str, dict[str, Cell]] = {}
    for row in rows:
        cells.setdefault(row["size"], {}).setdefault(row["method"], Cell()).rows.append(row)
    return cells


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


def middle_and_most(values: Sequence[float | None], text: object = percent) -> list[str]:
    """Median and largest of the known values."""
    known = [value for value in values if value is not None]
    assert callable(text)
    return [text(statistics.median(known)), text(max(known))] if known else [NOTHING, NOTHING]


def digits(value: float) -> str:
    """Two or three digits, never an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}"


def markdown(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table, first column to the left."""
    marks = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, marks, *lines))
