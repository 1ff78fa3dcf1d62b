"""Sweeps with the header of BranchyNet's published ones: percentages, exits in block order.

Columns ``network``, ``accuracy_pct``, and with semicolons between exits ``exit_pct`` and ``thresholds``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finopt.io.importers.measurements.csv_rows import Faults, Row, Rows, number
from finopt.io.importers.measurements.sweep_rows import SweepRow, setting, threshold_fault
from finopt.problem.errors import shown
from finopt.problem.tolerances import SHARE_TOLERANCE

COLUMNS = ("accuracy_pct", "exit_pct")

DIGITS = 6
"""Of a fraction that was a percentage."""


def settings(table: Rows, names: Sequence[str] | None, network: str | None, faults: Faults) -> list[SweepRow]:
    """The rows that have shares, of one network; what is wrong with them is noted.

    Parameters
    ----------
    table : Rows
        Its columns are those of BranchyNet.
    names : sequence of str, optional
        Ids of the exits in block order; ``exit1`` and so on by default.
    network : str, optional
        Which rows, by the column ``network``.
    faults : Faults
        Takes note.
    """
    rows = [row for row in table.rows if row.text("exit_pct")]
    held = dict.fromkeys(row.text("network") for row in rows)
    if network is None and len(held) > 1:
        faults.add(1, "network", "several networks have shares: say which is meant", shown(list(held)))
        return []
    meant = [row for row in rows if network is None or row.text("network") == network]
    found = [_setting(row, names, faults) for row in meant]
    return [one for one in found if one is not None]


def _setting(row: Row, names: Sequence[str] | None, faults: Faults) -> SweepRow | None:
    """One setting; exits behind the last one that any sample reaches are off, for nothing runs there."""
    before = faults.noted
    shares = list(_fractions(row, faults))
    accuracy = number(row, "accuracy_pct", faults, _percent_fault)
    thresholds = list(_thresholds(row, faults))
    if not row.text("accuracy_pct"):
        faults.add(row.number, "accuracy_pct", "is required")
    order = list(names or [f"exit{k}" for k in range(1, len(shares) + 1)])
    if faults.noted == before and len(shares) != len(order):
        faults.add(row.number, "exit_pct", f"needs {len(order)} shares, one per exit", str(len(shares)))
    elif faults.noted == before and sum(shares) > 1 + SHARE_TOLERANCE:
        faults.add(row.number, "exit_pct", "shares must sum to at most 100", f"{100 * sum(shares):.12g}")
    if faults.noted > before or accuracy is None:
        return None
    while len(shares) > 1 and shares[-1] == 0:
        shares.pop()
    enabled = dict(zip(order, shares, strict=False))
    by_exit = dict(zip(enabled, thresholds, strict=False))
    return setting(enabled, round(accuracy / 100, DIGITS), by_exit, row.number)


def _fractions(row: Row, faults: Faults) -> Iterator[float]:
    for cell in row.text("exit_pct").split(";"):
        if not cell.strip():
            faults.add(row.number, "exit_pct", "has an empty share", shown(row.text("exit_pct")))
        value = number(Row(row.number, {"exit_pct": cell.strip()}), "exit_pct", faults, _percent_fault)
        if value is not None:
            yield round(value / 100, DIGITS)


def _thresholds(row: Row, faults: Faults) -> Iterator[float]:
    for cell in filter(None, row.text("thresholds").split(";")):
        value = number(Row(row.number, {"thresholds": cell.strip()}), "thresholds", faults, threshold_fault)
        if value is not None:
            yield value


def _percent_fault(value: float) -> str:
    return "" if 0 <= value <= 100 else "must be from 0 to 100"
