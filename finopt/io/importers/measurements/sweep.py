"""Sweeps of confidence thresholds as CSV: a row per setting, which becomes a configuration of a model.

Header ``accuracy,share_<exit>,...``: the share of all samples that leaves at each exit, an empty cell where
the exit is off. ``share_final`` is that of the model's last exit, whatever its id. ``threshold_<exit>`` are
kept beside the configurations. The header of BranchyNet's published sweeps is read as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from finopt.io.importers.measurements import branchynet
from finopt.io.importers.measurements.csv_rows import Faults, Row, Rows, number, read_rows
from finopt.io.importers.measurements.sweep_rows import Sweep, SweepRow, setting, threshold_fault
from finopt.io.regular_file import read_regular_text
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.model import Configuration, Exit, Model
from finopt.problem.references import suggest
from finopt.problem.tolerances import SHARE_TOLERANCE

MOST_BYTES = 2**24

SHARE, THRESHOLD = "share_", "threshold_"

FINAL = "final"
"""Stands for the last exit in the header."""


def read_sweep(
    path: str | Path, exits: Model | Sequence[Exit] | Sequence[str] | None = None, network: str | None = None
) -> Sweep:
    """Read a sweep of thresholds.

    Parameters
    ----------
    path : str or Path
        A CSV file of at most 16 MiB.
    exits : Model, or sequence of Exit or str, optional
        The model's exits in block order, against which columns are checked. Without, the columns say which
        exits there are and in which order. BranchyNet's header needs them, or calls them ``exit1`` and so on.
    network : str, optional
        BranchyNet's header: only rows with this in the column ``network``; otherwise those that have shares.

    Returns
    -------
    Sweep
        Shares and accuracies as fractions.

    Raises
    ------
    InstanceError
        Every mistake by row and column.
    """
    source = str(path)
    given = exits.exits if isinstance(exits, Model) else exits
    names = None if given is None else [one.id if isinstance(one, Exit) else one for one in given]
    faults = Faults()
    table = read_rows(read_regular_text(path, MOST_BYTES), source, faults)
    if all(column in table.header for column in branchynet.COLUMNS):
        found, notes = branchynet.settings(table, names, network, faults), []
    else:
        table = _with_final(table, names)
        notes = _checked(table.header, names, source)
        found = [row for row in (_row(row, table.header, names, faults) for row in table.rows) if row]
    if faults:
        raise InstanceError(faults.by_row(), source)
    return _distinct(found, notes, source)


def _distinct(found: Sequence[SweepRow], notes: Sequence[str], source: str) -> Sweep:
    if not found:
        raise InstanceError([Problem("", "holds no setting with shares of exits")], source)
    first: dict[Configuration, SweepRow] = {}
    for row in found:
        first.setdefault(row.configuration, row)
    more = [f"{len(found) - len(first)} settings equal an earlier one"] if len(first) < len(found) else []
    return Sweep(tuple(first.values()), (*notes, *more))


def _checked(header: Sequence[str], names: Sequence[str] | None, source: str) -> list[str]:
    """Whether the columns are those of a sweep; which of them are not read."""
    problems = (
        [] if "accuracy" in header else [Problem("column accuracy", "is required", "", "", _meant(header))]
    )
    shares = [name for name in header if name.startswith(SHARE)]
    if not shares:
        rule = f"needs a column {SHARE}<exit> for every exit"
        problems.append(Problem("header", rule, shown(list(header)), "", _exits_hint(names)))
    for name in header:
        exit_ = _exit_of(name)
        if exit_ is not None and names is not None and exit_ not in names:
            hint = partial(suggest, exit_, names)
            problems.append(Problem(f"column {shown(name)}", "no such exit", shown(exit_), "", hint))
        if name.startswith(THRESHOLD) and f"{SHARE}{name.removeprefix(THRESHOLD)}" not in header:
            problems.append(Problem(f"column {shown(name)}", "has no column of shares beside it"))
    if problems:
        raise InstanceError(problems, source)
    others = [name for name in header if name != "accuracy" and _exit_of(name) is None]
    return [f"columns that are not read: {', '.join(others[:8])}"] if others else []


def _with_final(table: Rows, names: Sequence[str] | None) -> Rows:
    """The table with the id of the last exit where it says ``final``, unless an exit is called so."""
    if not names or FINAL in names:
        return table
    new = {prefix + FINAL: prefix + names[-1] for prefix in (SHARE, THRESHOLD)}
    if any(name in table.header for name in new.values()):
        return table
    rows = (Row(row.number, {new.get(k, k): v for k, v in row.cells.items()}) for row in table.rows)
    return Rows(tuple(new.get(name, name) for name in table.header), tuple(rows))


def _exit_of(column: str) -> str | None:
    for prefix in (SHARE, THRESHOLD):
        if column.startswith(prefix):
            return column.removeprefix(prefix)
    return None


def _meant(header: Sequence[str]) -> str | Callable[[], str]:
    if len(header) == 1 and ";" in header[0]:
        return "columns are separated by commas"
    return partial(suggest, "accuracy", header)


def _exits_hint(names: Sequence[str] | None) -> str:
    return f"such as {SHARE}{names[0]}" if names else ""


def _row(row: Row, header: Sequence[str], names: Sequence[str] | None, faults: Faults) -> SweepRow | None:
    """One setting; None when something is wrong with it, which is noted."""
    before = faults.noted
    order = names or [name.removeprefix(SHARE) for name in header if name.startswith(SHARE)]
    shares = {name: number(row, f"{SHARE}{name}", faults, _share_fault) for name in order}
    enabled = {name: share for name, share in shares.items() if share is not None}
    accuracy = number(row, "accuracy", faults, _share_fault)
    if not row.text("accuracy"):
        faults.add(row.number, "accuracy", "is required")
    thresholds = {name: number(row, f"{THRESHOLD}{name}", faults, threshold_fault) for name in enabled}
    if faults.noted == before:
        if not enabled:
            faults.add(row.number, "", "has no share of any exit")
        elif sum(enabled.values()) > 1 + SHARE_TOLERANCE:
            rule = "shares must sum to at most 1"
            faults.add(row.number, "", rule, f"{sum(enabled.values()):.12g}")
    if faults.noted > before or accuracy is None:
        return None
    known = {name: value for name, value in thresholds.items() if value is not None}
    return setting(enabled, accuracy, known, row.number)


def _share_fault(value: float) -> str:
    if 0 <= value <= 1:
        return ""
    return "must be from 0 to 1; divide percentages by 100" if 1 < value <= 100 else "must be from 0 to 1"
