"""Columns of applications as a file holds them, and what is wrong with its cells."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from finopt.problem.application import Limits
from finopt.problem.application_table import NUMBERS, ApplicationTable
from finopt.problem.errors import Problem, Suggestion, first, shown
from finopt.problem.objective import LIMITS
from finopt.problem.references import suggest
from finopt.problem.table_rules import LISTED, place

if TYPE_CHECKING:
    from numpy.typing import NDArray

REQUIRED = ("model", "source", "max_latency", "min_accuracy")

KNOWN = (
    *("id", "model", "source", "rate", "max_latency", "min_accuracy", "latency", "pinned"),
    *("allowed", "result_to", *LIMITS),
)
"""Columns in the order in which they are written."""

MAY_BE_EMPTY = ("pinned", "allowed", "result_to", *LIMITS)
"""Columns that say nothing where a cell is empty."""

FIGURES = (*NUMBERS, *LIMITS)
"""Columns of figures."""

INDEX = re.compile(r"Unnamed: 0|__index_level_\d+__")
"""What pandas calls the index that it writes beside the columns of a table."""

MISSING = "is required"

INSTEAD = 1.0
"""Takes the place of a figure that is reported, so that nothing else is said about it; fits every column."""


class Faults:
    """What is wrong with cells: the first rows of each rule and column are listed, the others counted."""

    def __init__(self) -> None:
        self.rows: set[int] = set()
        self._found: dict[tuple[str, str], list[Problem]] = {}
        self._more: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, column: str, rule: str, row: int, value: str = "", hint: Suggestion = "") -> None:
        """Note one cell; rows count from 0 here."""
        self.rows.add(row)
        found = self._found.setdefault((column, rule), [])
        if len(found) < LISTED:
            found.append(Problem(place(row, column), rule, value, "", hint))
        else:
            first, count = self._more.get((column, rule), (row, 0))
            self._more[column, rule] = (first, count + 1)

    def problems(self) -> list[Problem]:
        """Everything that was noted."""
        listed = [problem for found in self._found.values() for problem in found]
        for (column, rule), (row, count) in self._more.items():
            more = f" and {count - 1} more" if count > 1 else ""
            listed.append(Problem(f"applications row {row + 1}{more}{place(0, column)[18:]}", rule))
        return listed


class Numbers:
    """A column of figures; ``empty`` are the rows of one that need not have any."""

    def __init__(self, column: str, faults: Faults, required: bool = True) -> None:
        self._column, self._faults, self._required = column, faults, required
        self._values = array("d")
        self.empty: set[int] = set()

    def extend(self, cells: Sequence[str], first: int) -> None:
        """The next cells as text; the first of them stands in row `first`."""
        try:
            if _plain("".join(cells)):
                self._values.extend(list(map(float, cells)))
                return
        except ValueError:
            pass
        self._values.extend([self._number(cell, first + i) for i, cell in enumerate(cells)])

    def extend_figures(self, figures: NDArray[Any], missing: NDArray[Any], first: int) -> None:
        """The next cells as numbers, and where there are none."""
        for i in missing.nonzero()[0].tolist():
            self._missing(first + i)
        filled = figures.copy()
        filled[missing] = INSTEAD
        self._values.frombytes(filled.tobytes())

    def _number(self, cell: str, row: int) -> float:
        if not cell.strip():
            return self._missing(row)
        try:
            if _plain(cell):
                return float(cell)
        except ValueError:
            pass
        self._faults.add(self._column, "must be a number", row, shown(cell))
        return INSTEAD

    def _missing(self, row: int) -> float:
        """A cell that is empty."""
        if self._required:
            self._faults.add(self._column, MISSING, row)
        else:
            self.empty.add(row)
        return INSTEAD

    def values(self) -> NDArray[Any]:
        """The figures as an array."""
        import numpy as np

        return np.frombuffer(self._values) if self._values else np.empty(0)


class Words:
    """A column of names that come again and again: each once, and an index per row."""

    def __init__(self, column: str, faults: Faults, instead: str, required: bool = True) -> None:
        self._column, self._faults = column, faults
        self._instead, self._required = instead, required
        self._position: dict[str, int] = {}
        self._index = array("i")

    def extend(self, cells: Sequence[str], first: int) -> None:
        """The next cells; the first of them stands in row `first`."""
        if self._required and "" in cells:
            cells = [cell or self._missing(first + i) for i, cell in enumerate(cells)]
        position = self._position
        self._index.extend([position.setdefault(cell, len(position)) for cell in cells])

    def extend_index(self, words: Sequence[str | bytes], index: NDArray[Any], first: int) -> None:
        """The next cells, each the index of one of some words; bytes are not UTF-8."""
        import numpy as np

        faulty = [isinstance(word, bytes) or (self._required and not word) for word in words]
        for row in np.flatnonzero(np.array(faulty, dtype=bool)[index]).tolist():
            word = words[index[row]]
            self._faults.add(self._column, *_fault(word, first + row))
        instead = self._instead if self._required else ""
        known = [instead if wrong else word for word, wrong in zip(words, faulty, strict=True)]
        position = self._position
        own = np.array([position.setdefault(str(word), len(position)) for word in known], dtype=np.intc)
        self._index.frombytes(own[index].tobytes())

    def _missing(self, row: int) -> str:
        self._faults.add(self._column, MISSING, row)
        return self._instead

    @property
    def names(self) -> tuple[str, ...]:
        """The distinct names."""
        return tuple(self._position)

    def values(self) -> NDArray[Any]:
        """The index per row."""
        import numpy as np

        return np.frombuffer(self._index, dtype=np.intc) if self._index else np.empty(0, dtype=np.intc)


class Ids:
    """The names of the applications."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.values: list[str] = []

    def extend(self, cells: Sequence[str | bytes], first: int) -> None:
        """The next cells, the first of them stands in row `first`; bytes are not UTF-8."""
        self.values += [
            cell if cell and isinstance(cell, str) else self._fault(cell, first + i)
            for i, cell in enumerate(cells)
        ]

    def _fault(self, cell: str | bytes, row: int) -> str:
        self._faults.add("id", *_fault(cell, row))
        return stand_in_id(row)


class RowNumbers:
    """The index that pandas writes beside the columns: nothing is taken from it, but it has to be one."""

    def __init__(self, column: str, faults: Faults) -> None:
        self._column, self._faults = column or "1", faults

    def extend(self, cells: Sequence[str], first: int) -> None:
        """The next cells; the first of them stands in row `first`."""
        for i, cell in enumerate(cells):
            if not (cell.isascii() and cell.isdigit()):
                rule = "must be a whole number: without a name of its own it is taken for the index of pandas"
                self._faults.add(self._column, rule, first + i, shown(cell))


def is_index(name: str, position: int) -> bool:
    """Whether a column is the index that pandas writes; in CSV it may have no name, and is the first then."""
    return bool(INDEX.fullmatch(name)) or (not name and position == 0)


def _fault(cell: str | bytes, row: int) -> tuple[str, int, str]:
    """Rule, row and value of a cell that is empty or no text."""
    return ("is not UTF-8 text", row, shown(cell)) if cell else (MISSING, row, "")


def _plain(text: str) -> bool:
    """Whether Python reads no more as a number than others do: not 1_000, nor digits of other scripts."""
    return text.isascii() and "_" not in text


def stand_in_id(row: int) -> str:
    """A name that no other row has."""
    return f"\x00row {row}"


def empty_columns(names: Iterable[str], faults: Faults, instead: Mapping[str, str]) -> dict[str, Any]:
    """A column of the right kind for each name; `instead` is what stands for a missing model or source."""
    columns: dict[str, Any] = {}
    for name in names:
        if name == "id":
            columns[name] = Ids(faults)
        elif name in FIGURES:
            columns[name] = Numbers(name, faults, name not in MAY_BE_EMPTY)
        else:
            columns[name] = Words(name, faults, instead.get(name, "worst"), name not in MAY_BE_EMPTY)
    return columns


def check_header(header: Sequence[str]) -> tuple[dict[str, int], list[Problem]]:
    """Where each known column stands, and what is wrong with the names."""
    if not header:
        return {}, [Problem("applications", "the table is empty: it has no header")]
    position = {name: header.index(name) for name in KNOWN if name in header}
    problems = first(_wrong_names(header, position))
    problems += [Problem(f"applications column {name}", MISSING) for name in REQUIRED if name not in position]
    return position, problems


def _wrong_names(header: Sequence[str], position: Mapping[str, int]) -> Iterator[Problem]:
    for i, name in enumerate(header):
        if is_index(name, i):
            continue
        if name not in position:
            yield Problem(f"applications column {shown(name)}", "unknown column", "", "", _hint(name))
        elif position[name] != i:
            yield Problem(f"applications column {name}", "stands in the header twice")


def _hint(name: str) -> Suggestion:
    if ";" in name:
        return "columns are separated by commas"
    if "\t" in name:
        return "columns are separated by commas; a table with tabs ends in .tsv"
    if "," in name:
        return "columns are separated by tabs; a table with commas ends in .csv"
    return partial(suggest, name.strip().lower(), KNOWN)


def used(table: ApplicationTable) -> list[str]:
    """The columns that a file of the table needs: those that differ from their default somewhere."""
    optional = {
        "id": table.ids is not None,
        "rate": bool((table.rate != 1.0).any()),
        "latency": bool(table.mean.any()),
        "pinned": bool(table.pins),
        "allowed": bool(table.allowed),
        "result_to": table.has_results,
        **{name: any(name in own for own in table.limits.values()) for name in LIMITS},
    }
    return [name for name in KNOWN if optional.get(name, True)]


def texts(table: ApplicationTable, name: str) -> list[Any]:
    """A column as it is written: text, or the figures."""
    if name in NUMBERS:
        figures: list[float] = getattr(table, name).tolist()
        return figures
    if name in LIMITS:
        return [table.limits.get(row, Limits()).get(name) for row in range(len(table))]
    if name == "id":
        return table.names()
    if name == "latency":
        return ["mean" if mean else "worst" for mean in table.mean.tolist()]
    if name in ("pinned", "allowed"):
        return _json_cells(len(table), table.pins if name == "pinned" else table.allowed)
    if name == "result_to":
        destinations = [*table.result_ids, ""]  # index -1, which stands for nobody, is the last
        return [destinations[i] for i in table.result.tolist()]
    names = table.model_ids if name == "model" else table.source_ids
    return [names[i] for i in getattr(table, name).tolist()]


def _json_cells(count: int, given: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """What a few rows have, as JSON; nothing in the others."""
    cells = [""] * count
    for row, own in given.items():
        cells[row] = json.dumps(own, ensure_ascii=False)
    return cells
