"""CSV of others as rows of cells, with every mistake named by row and column; rows count from 1."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from finopt.problem.errors import COUNTED, InstanceError, Problem, Suggestion, shown
from finopt.problem.references import suggest

MOST_ROWS = 100_000
"""Longer tables are not read."""

MOST_COLUMNS = 1000
"""Wider tables are not read."""


class Faults(list[Problem]):
    """Problems of rows; after very many no more are kept.

    Attributes
    ----------
    noted : int
        How many there were, also of those that are not kept: whether it grew says whether a row is right.
    """

    def __init__(self) -> None:
        super().__init__()
        self._dropped = 0

    @property
    def noted(self) -> int:
        return len(self) + self._dropped

    def add(self, row: int, column: str, rule: str, value: str = "", hint: Suggestion = "") -> None:
        """Note what is wrong with a cell, or with a row where no column is named."""
        place = f"row {row}, column {column}" if column else f"row {row}"
        if len(self) < COUNTED:
            self.append(Problem(place, rule, value, "", hint))
        else:
            self._dropped += 1

    def by_row(self) -> list[Problem]:
        """All of them in the order of their rows."""
        return sorted(self, key=lambda problem: int(problem.path.split()[1].rstrip(",")))


@dataclass(frozen=True)
class Row:
    """The cells of a row by column, stripped of blanks."""

    number: int
    cells: dict[str, str]

    def text(self, column: str) -> str:
        """A cell; empty where there is no such column."""
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Rows:
    """A header and its rows."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read_rows(text: str, source: str, faults: Faults) -> Rows:
    """The table in a text.

    Raises
    ------
    InstanceError
        It is not CSV at all: no header, an open quote, a name twice, too many rows or columns.
    """
    csv_rows = _cells(text, source)
    header = tuple(cell.strip() for cell in next(csv_rows, []))
    problems = [] if any(header) else [Problem("", "is empty: a table begins with a header")]
    if len(header) > MOST_COLUMNS:
        problems.append(Problem("header", f"has {len(header)} columns, no more than {MOST_COLUMNS} are read"))
    else:
        problems += _wrong_header(header)
    if problems:
        raise InstanceError(problems, source)
    rows = []
    for number, cells in enumerate(csv_rows, 1):
        if number > MOST_ROWS:
            raise InstanceError([Problem("", f"has more than {MOST_ROWS} rows, more is not read")], source)
        if len(cells) == len(header):
            stripped = (cell.strip() for cell in cells)
            rows.append(Row(number, dict(zip(header, stripped, strict=True))))
        else:
            faults.add(number, "", f"has {len(cells)} cells, the header has {len(header)}")
    if not rows and not faults:
        raise InstanceError([Problem("", "has a header and no rows")], source)
    return Rows(header, tuple(rows))


def _cells(text: str, source: str) -> Iterator[list[str]]:
    """The rows that hold anything; lines that begin with # are comments."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row) and not row[0].startswith("#"):
                yield row
    except csv.Error as error:
        place = f"line {reader.line_num + 1}"
        raise InstanceError([Problem(place, f"is not valid CSV: {error}")], source) from None


def _wrong_header(header: Sequence[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, name in enumerate(header, 1):
        if not name:
            yield Problem(f"header, column {i}", "has no name")
        elif name in seen:
            yield Problem(f"header, column {name}", "stands in the header twice")
        seen.add(name)


def wrong_columns(
    header: Sequence[str], required: Collection[str], known: Collection[str]
) -> Iterator[Problem]:
    """Required columns that are missing, and the one that may be meant by it."""
    for name in required:
        if name not in header:
            others = [other for other in header if other not in known]
            hint: Suggestion = partial(suggest, name, others)
            if len(header) == 1 and ";" in header[0]:
                hint = "columns are separated by commas"
            yield Problem(f"column {name}", "is required", "", "", hint)


def number(row: Row, column: str, faults: Faults, fault: Callable[[float], str]) -> float | None:
    """A cell as a figure; None when it is empty or wrong, and then it is noted what is wrong."""
    cell = row.text(column)
    if not cell:
        return None
    try:
        value = float(cell) if cell.isascii() and "_" not in cell else None
    except ValueError:
        value = None
    rule = "must be a number" if value is None else fault(value)
    if rule:
        faults.add(row.number, column, rule, shown(cell))
        return None
    return value
