"""Tables of applications as Parquet; needs pyarrow (the extra ``table``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from finopt.io.tables.columns import Faults, Words, check_header, empty_columns, texts
from finopt.problem.application_table import NUMBERS, ApplicationTable
from finopt.problem.errors import Problem
from finopt.problem.extras import extra_module

AT_ONCE = 200_000
"""Rows that are read at a time."""


def read(path: Path, faults: Faults, instead: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """The columns of a file by name, and what is wrong with it as a whole.

    Raises
    ------
    BackendError
        pyarrow is not installed.
    OSError
        The file cannot be read.
    """
    arrow = _arrow(path.name)
    with path.open("rb") as file:
        try:
            source = arrow.parquet.ParquetFile(file)
            schema = source.schema_arrow
            position, problems = check_header(schema.names)
            problems += _types(arrow, schema, position)
            columns = empty_columns(position, faults, instead)
            if not problems:  # a wrong type or a name that comes twice cannot be read on
                _fill(arrow, source, columns)
        except arrow.ArrowException as error:
            return {}, [Problem("applications", f"is not a Parquet file that can be read: {error}")]
        except UnicodeDecodeError as error:  # cells are looked at one by one
            return {}, [Problem("applications", f"the name of a column is not UTF-8 text: {error}")]
    return columns, problems


def _types(arrow: Any, schema: Any, position: Mapping[str, int]) -> list[Problem]:
    """Columns that hold text where numbers belong, or the other way round."""
    problems = []
    for name, at in position.items():
        kind = schema.types[at]
        kind = kind.value_type if arrow.types.is_dictionary(kind) else kind
        if name in NUMBERS:
            what, tests = "numbers", ["is_integer", "is_floating", "is_decimal"]
        else:
            what, tests = "text", ["is_string", "is_large_string"]
        if not any(getattr(arrow.types, test)(kind) for test in tests):
            problems.append(Problem(f"applications column {name}", f"must hold {what}, holds {kind}"))
    return problems


def _fill(arrow: Any, source: Any, columns: Mapping[str, Any]) -> None:
    first = 0
    for batch in source.iter_batches(batch_size=AT_ONCE, columns=list(columns)):
        for name, column in columns.items():
            cells = batch.column(name)
            if name in NUMBERS:
                figures = cells.cast(arrow.float64(), safe=False).to_numpy(zero_copy_only=False)
                column.extend_figures(figures, cells.is_null().to_numpy(zero_copy_only=False), first)
            elif name == "id":
                column.extend(_texts(arrow, cells), first)
            else:
                _extend_words(arrow, column, cells, first)
        first += len(batch)


def _extend_words(arrow: Any, column: Words, cells: Any, first: int) -> None:
    """The next names of a column: each distinct one becomes a Python string, and not each cell."""
    if not arrow.types.is_dictionary(cells.type):
        cells = cells.dictionary_encode()
    words = _texts(arrow, cells.dictionary)
    index = cells.indices.fill_null(len(words))  # of the word after the last, which only nulls have
    words += [""] if cells.null_count else []
    column.extend_index(words, index.to_numpy(zero_copy_only=False), first)


def _texts(arrow: Any, cells: Any) -> list[str | bytes]:
    """The cells as text, "" for those that are empty, and the bytes of those that are no UTF-8."""
    try:
        return [cell or "" for cell in cells.to_pylist()]
    except UnicodeDecodeError:
        kind = arrow.large_binary() if arrow.types.is_large_string(cells.type) else arrow.binary()
        return [_decoded(cell or b"") for cell in cells.cast(kind).to_pylist()]


def _decoded(cell: bytes) -> str | bytes:
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell


def write(table: ApplicationTable, columns: Sequence[str], file: BinaryIO) -> None:
    """Write the columns named, a row per application.

    Raises
    ------
    BackendError
        pyarrow is not installed.
    """
    arrow = _arrow("a Parquet table")
    content = {name: texts(table, name) for name in columns}
    kinds = [(name, arrow.float64() if name in NUMBERS else arrow.string()) for name in columns]
    arrow.parquet.write_table(arrow.table(content, schema=arrow.schema(kinds)), file)


def _arrow(what: str) -> Any:
    return extra_module("pyarrow.parquet", "table", what, "use CSV")
