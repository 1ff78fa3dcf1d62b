"""Tables of applications as CSV or TSV: a header, commas or tabs, UTF-8; needs no package."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO, TextIO

from finopt.io.tables.columns import (
    FIGURES,
    INSTEAD,
    MAY_BE_EMPTY,
    Faults,
    RowNumbers,
    check_header,
    empty_columns,
    is_index,
    stand_in_id,
    texts,
)
from finopt.problem.application_table import ApplicationTable
from finopt.problem.errors import Problem

AT_ONCE = 1000
"""Rows that are held as text at a time; what fits a processor's cache is read twice as fast as more."""


MOST_LINE = 2**24
"""Characters of a line; a file without line breaks is not taken for one row."""


def read(
    file: BinaryIO,
    name: str,
    faults: Faults,
    instead: Mapping[str, str],
    most: int,
    separator: str = ",",
) -> tuple[dict[str, Any], list[Problem]]:
    """The columns of a file by name, and what is wrong with it as a whole.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    reader = csv.reader(_lines(text), strict=True, delimiter=separator)
    try:
        header = [title.strip() for title in next(reader, [])]
        position, problems = check_header(header)
        columns = empty_columns(position, faults, instead)
        filled = [(at, columns[title]) for title, at in position.items()]
        filled += [(i, RowNumbers(title, faults)) for i, title in enumerate(header) if is_index(title, i)]
        for first, rows in _pieces(reader, header, faults, instead):
            cells = list(zip(*rows, strict=True))
            for at, column in filled:
                column.extend(cells[at], first)
    except (csv.Error, UnicodeDecodeError) as error:
        what = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else "is not valid CSV"
        return {}, [Problem(f"applications line {reader.line_num + 1}", f"{what}: {error}")]
    return columns, problems


def _lines(text: TextIO) -> Iterator[str]:
    """The lines of a file, none of them without end."""
    while line := text.readline(MOST_LINE):
        if len(line) == MOST_LINE and not line.endswith(("\n", "\r")):
            raise csv.Error(f"a line is longer than {MOST_LINE} characters")
        yield line


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
    return ["0" if is_index(name, i) else usual.get(name, str(INSTEAD)) for i, name in enumerate(header)]


def write(table: ApplicationTable, columns: Sequence[str], file: BinaryIO) -> None:
    """Write the columns named, a row per application; figures are read back as the same doubles."""
    cells = {name: texts(table, name) for name in columns}
    # a lone carriage return ends a row unless it is quoted, which the writer only does with all text
    odd = any("\r" in cell for name in columns if name not in FIGURES for cell in cells[name])
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC if odd else csv.QUOTE_MINIMAL)
    writer.writerow(columns)
    for first in range(0, len(table), AT_ONCE):
        piece = [cells[name][first : first + AT_ONCE] for name in columns]
        writer.writerows(zip(*piece, strict=True))
    text.detach()
