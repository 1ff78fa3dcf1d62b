"""Tables of applications as Parquet; needs pyarrow (the extra ``table``)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from finopt.io.packing import READ_MORE
from finopt.io.tables.columns import (
    FIGURES,
    MAY_BE_EMPTY,
    Faults,
    Words,
    check_header,
    empty_columns,
    is_index,
    texts,
)
from finopt.problem.application_table import ApplicationTable
from finopt.problem.errors import Problem
from finopt.problem.extras import extra_module

AT_ONCE = 200_000
"""Rows that are read at a time."""


MOST_ROWS = 50_000_000
"""A row that repeats the one before takes no room in a file, but in memory."""

OBJECTS = ("pinned", "allowed")
"""Columns of JSON objects; structs and maps are taken for such."""


def read(
    file: BinaryIO, name: str, faults: Faults, instead: Mapping[str, str], most: int
) -> tuple[dict[str, Any], list[Problem]]:
    """The columns of a file by name, and what is wrong with it as a whole.

    Raises
    ------
    BackendError
        pyarrow is not installed.
    OSError
        The file cannot be read.
    """
    arrow = _arrow(name)
    try:
        source = arrow.parquet.ParquetFile(file)
        schema = source.schema_arrow
        header = [title.strip() for title in schema.names]
        position, problems = check_header(header)
        problems += [*_types(arrow, schema, header, position), *_sizes(source.metadata, most)]
        columns = empty_columns(position, faults, instead)
        if not problems:  # a wrong type or a name that comes twice cannot be read on
            _fill(
                arrow, source, {schema.names[at]: (title, columns[title]) for title, at in position.items()}
            )
    except arrow.ArrowException as error:
        return {}, [Problem("applications", f"is not a Parquet file that can be read: {error}")]
    except UnicodeDecodeError as error:  # cells are looked at one by one
        return {}, [Problem("applications", f"the name of a column is not UTF-8 text: {error}")]
    return columns, problems


def _sizes(metadata: Any, most: int) -> list[Problem]:
    """What the file says that it unpacks to."""
    groups = range(metadata.num_row_groups)
    if metadata.num_rows > MOST_ROWS:
        return [Problem("applications", f"more than {MOST_ROWS} rows are not read", str(metadata.num_rows))]
    if sum(metadata.row_group(i).total_byte_size for i in groups) > most:
        return [Problem("applications", "unpacks to more than is read", "", "", READ_MORE)]
    return []


def _types(arrow: Any, schema: Any, header: Sequence[str], position: Mapping[str, int]) -> list[Problem]:
    """Columns that hold text where numbers belong, or the other way round."""
    problems = [
        Problem(f"applications column {name}", f"must hold whole numbers, the index of pandas, holds {kind}")
        for i, (name, kind) in enumerate(zip(header, schema.types, strict=True))
        if is_index(name, i) and not arrow.types.is_integer(kind)
    ]
    for name, at in position.items():
        kind = schema.types[at]
        kind = kind.value_type if arrow.types.is_dictionary(kind) else kind
        if name in FIGURES:
            what, tests = "numbers", ["is_integer", "is_floating", "is_decimal"]
        else:
            what, tests = "text", ["is_string", "is_large_string", "is_string_view"]
            tests += ["is_integer"] if name == "id" else []
            tests += ["is_struct", "is_map"] if name in OBJECTS else []
        tests += ["is_null"] if name in MAY_BE_EMPTY else []
        known = (getattr(arrow.types, test, None) for test in tests)  # older ones know no string_view
        if not any(test(kind) for test in known if test is not None):
            problems.append(Problem(f"applications column {name}", f"must hold {what}, holds {kind}"))
    return problems


def _fill(arrow: Any, source: Any, columns: Mapping[str, tuple[str, Any]]) -> None:
    """Read the columns, given by what the file calls them."""
    first = 0
    for batch in source.iter_batches(batch_size=AT_ONCE, columns=list(columns)):
        if first + len(batch) > MOST_ROWS:
            raise arrow.ArrowInvalid(f"more than {MOST_ROWS} rows")
        for title, (name, column) in columns.items():
            cells = _as_text(arrow, batch.column(title)) if name not in FIGURES else batch.column(title)
            if name in FIGURES:
                figures = cells.cast(arrow.float64(), safe=False).to_numpy(zero_copy_only=False)
                column.extend_figures(figures, cells.is_null().to_numpy(zero_copy_only=False), first)
            elif name == "id":
                column.extend(_texts(arrow, cells), first)
            else:
                _extend_words(arrow, column, cells, first)
        first += len(batch)


def _as_text(arrow: Any, cells: Any) -> Any:
    """Cells that are no text but can only mean one: whole numbers, nothing at all, and objects."""
    kind = cells.type
    if arrow.types.is_struct(kind) or arrow.types.is_map(kind):
        return arrow.array([_object(cell) for cell in cells.to_pylist()], arrow.string())
    if arrow.types.is_string(kind) or arrow.types.is_large_string(kind) or arrow.types.is_dictionary(kind):
        return cells
    return cells.cast(arrow.string())


def _object(cell: Mapping[str, Any] | Sequence[tuple[str, Any]] | None) -> str:
    """A struct or map as JSON, without the fields that hold nothing; a key that comes twice stays twice."""
    pairs = cell.items() if isinstance(cell, Mapping) else cell or ()
    held = [
        f"{json.dumps(key)}: {json.dumps(value, default=str)}" for key, value in pairs if value is not None
    ]
    return f"{{{', '.join(held)}}}" if held else ""


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
    kinds = [(name, arrow.float64() if name in FIGURES else arrow.string()) for name in columns]
    arrow.parquet.write_table(arrow.table(content, schema=arrow.schema(kinds)), file)


def _arrow(what: str) -> Any:
    return extra_module("pyarrow.parquet", "table", what, "use CSV")
