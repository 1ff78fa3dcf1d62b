"""Tables of applications as CSV: a header, commas, UTF-8; needs no package."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from finopt.io.tables.columns import (
    INSTEAD,
    MAY_BE_EMPTY,
    Faults,
    check_header,
    empty_columns,
    stand_in_id,
    texts,
)
from finopt.problem.application_table import NUMBERS, ApplicationTable
from finopt.problem.errors import Problem

AT_ONCE = 1000
"""Rows that are held as text at a time; what fits a processor's cache is read twice as fast as more."""


def read(path: Path, faults: Faults, instead: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """The columns of a file by name, and what is wrong with it as a whole.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            header = next(reader, [])
            position, problems = check_header(header)
            columns = empty_columns(position, faults, instead)
            for first, rows in _pieces(reader, header, faults, instead):
                cells = list(zip(*rows, strict=True))
                for name, at in position.items():
                    columns[name].extend(cells[at], first)
        except (csv.Error, UnicodeDecodeError) as error:
            what = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else "is not valid CSV"
            return {}, [Problem(f"applications line {reader.line_num + 1}", f"{what}: {error}")]
    return columns, problems


def _pieces(
    reader: Iterator[list[str]], header: Sequence[str], faults: Faults, instead: Mapping[str, str]
) -> Iterator[tuple[int, list[list[str]]]]:
    """Some rows at a time, each with as many cells as the header, and the number of the first."""
    first = 0
    while some := list(islice(reader, AT_ONCE)):
        rows = [row for row in some if row]  # blank lines come as rows without cells
        if set(map(len, rows)) - {len(header)}:
            rows = [_row(row, header, first + i, faults, instead) for i, row in enumerate(rows)]
        if rows:
            yield first, rows
        first += len(rows)


def _row(
    row: list[str], header: Sequence[str], number: int, faults: Faults, instead: Mapping[str, str]
) -> list[str]:
    """The row, or one that says nothing when it has another number of cells than the header."""
    if len(row) == len(header):
        return row
    faults.add("", f"has {len(row)} cells, the header has {len(header)}", number)
    usual = {"id": stand_in_id(number), "latency": "worst", **dict.fromkeys(MAY_BE_EMPTY, ""), **instead}
    return [usual.get(name, str(INSTEAD)) for name in header]


def write(table: ApplicationTable, columns: Sequence[str], file: BinaryIO) -> None:
    """Write the columns named, a row per application; figures are read back as the same doubles."""
    cells = {name: texts(table, name) for name in columns}
    # a lone carriage return ends a row unless it is quoted, which the writer only does with all text
    odd = any("\r" in cell for name in columns if name not in NUMBERS for cell in cells[name])
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC if odd else csv.QUOTE_MINIMAL)
    writer.writerow(columns)
    for first in range(0, len(table), AT_ONCE):
        piece = [cells[name][first : first + AT_ONCE] for name in columns]
        writer.writerows(zip(*piece, strict=True))
    text.detach()
