"""The Markdown report: the longest overshoot per case, method and limit, and what was too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.quality import Quality
from harness.rows import LIMITS, Row, by
from harness.study import failure
from harness.tables import NOTHING, markdown, seconds, surroundings

from limits_study.plan import OVER_S, OVER_SHARE

LEGEND = (
    "Seconds that a call of `finopt.solve` took beyond its time limit, with what it had in the end: `*` an"
    f" answer, `-` none. Allowed are {OVER_S:g} s or {100 * OVER_SHARE:g} % of the limit, whichever is more."
    " A fresh process per run, whose loops are compiled and whose modules are loaded; the process that"
    " solves large models for `milp` and `cspp` starts within the time that is measured."
)

QUALITY = Quality(("case", "seed"), ("milp",), "{case}")


def report(rows: Sequence[Row]) -> str:
    """The whole report."""
    limits = sorted({row["time_limit_s"] for row in rows})
    header = ["case", "method", *(f"limit {limit:g} s" for limit in limits)]
    parts = ["# Time limits that hold", surroundings(rows[-1], LIMITS.packages), LEGEND]
    parts += [markdown(header, _lines(rows, limits)), "## Checks", _checks(rows)]
    return "\n\n".join(parts) + "\n"


def _lines(rows: Sequence[Row], limits: Sequence[float]) -> Iterator[list[str]]:
    for case, own in by(rows, "case").items():
        for method, runs in by(own, "method").items():
            yield [case, f"`{method}`", *(_cell(runs, limit) for limit in limits)]


def _cell(rows: Iterable[Row], limit: float) -> str:
    """The longest of some runs."""
    known = [row for row in rows if row["time_limit_s"] == limit and row.get("over_s") is not None]
    if not known:
        return NOTHING
    longest = max(known, key=lambda row: row["over_s"])
    shown = f"{seconds(longest['over_s'])} {'-' if longest['objective'] is None else '*'}"
    return f"**{shown}**" if _too_long(longest) else shown


def _too_long(row: Row) -> bool:
    return row.get("over_s") is not None and row["over_s"] > row["allowed_s"]


def wrong(rows: Sequence[Row]) -> list[str]:
    """Sentences about calls that took too long, and answers that contradict each other."""
    late = [
        f"{row['case']}: {row['method']} took {seconds(row['over_s'])} beyond its limit of"
        f" {row['time_limit_s']:g} s, allowed are {seconds(row['allowed_s'])}"
        for row in rows
        if _too_long(row)
    ]
    return late + QUALITY.contradictions(rows)


def _checks(rows: Sequence[Row]) -> str:
    failures = [failure(row, QUALITY.where) for row in rows if row["termination"] in ("ERROR", "KILLED")]
    lines = [*wrong(rows), *failures]
    return "\n".join(f"- {line}" for line in lines) if lines else "Every call ended in time."
