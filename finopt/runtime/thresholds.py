"""Thresholds of exits: from a measured sweep, matched by what a configuration says, or given one by one.

A sample leaves at the first exit whose confidence, the largest probability, is at least the threshold.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from finopt.io.strict_json import read_text
from finopt.problem.errors import InstanceError, Problem, first, shown
from finopt.problem.model import Configuration
from finopt.problem.references import suggest

THRESHOLD, SHARE, ACCURACY = "threshold_", "share_", "accuracy"
"""Columns: of every exit but the final one its threshold, of every exit its share; cells may be empty."""

SAME = 1e-6
"""Shares and accuracies that differ by less are the same: files round them."""


@dataclass(frozen=True)
class Setting:
    """A row of a sweep: thresholds of enabled exits, shares of all enabled exits, accuracy."""

    thresholds: Mapping[str, float]
    shares: Mapping[str, float]
    accuracy: float

    def fits(self, configuration: Configuration) -> bool:
        """Whether a configuration was made from it: the same exits, shares and accuracy."""
        wanted = dict(zip(configuration.exits, configuration.shares, strict=True))
        return (
            self.shares.keys() == wanted.keys()
            and all(abs(self.shares[name] - share) <= SAME for name, share in wanted.items())
            and abs(self.accuracy - configuration.accuracy) <= SAME
            and all(name in self.thresholds for name in configuration.exits[:-1])
        )


def read_sweep(path: str) -> list[Setting]:
    """The rows of a sweep in a CSV file; other columns than those above are left alone.

    Raises
    ------
    InstanceError
        A column is missing or a cell is no number from 0 to 1; names row and column of each.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    try:
        header, *rows = [row for row in reader if row]
    except (csv.Error, ValueError) as error:
        rule = "is empty" if isinstance(error, ValueError) else f"is no CSV: {error}"
        raise InstanceError([Problem("", rule)], path) from None
    problems = list(_header_problems(header)) or first(_cell_problems(header, rows))
    if problems:
        raise InstanceError(problems, path)
    return [_setting(dict(zip(header, row, strict=True))) for row in rows]


def _header_problems(header: Sequence[str]) -> Iterator[Problem]:
    for column in sorted({name for name in header if header.count(name) > 1}):
        yield Problem("row 0", "comes twice", shown(column), "column")
    if ACCURACY not in header:
        yield Problem("row 0", "is required", "", f"column {shown(ACCURACY)}")
    exits = {name.removeprefix(SHARE) for name in header if name.startswith(SHARE)}
    if not exits:
        yield Problem("row 0", f"a column {SHARE}<exit> is required for every exit")
    for name in header:
        if name.startswith(THRESHOLD) and name.removeprefix(THRESHOLD) not in exits:
            yield Problem(
                "row 0", f"needs a column {SHARE}{name.removeprefix(THRESHOLD)}", "", f"column {name}"
            )


def _cell_problems(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Problem]:
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            yield Problem(f"row {number}", f"has {len(row)} cells, the header {len(header)}")
            continue
        for column, cell in zip(header, row, strict=True):
            if not _is_valid(column, cell):
                rule = "must be a number from 0 to 1"
                yield Problem(f"row {number}", rule, shown(cell), f"column {shown(column)}")


def _is_valid(column: str, cell: str) -> bool:
    if column == ACCURACY:
        return _is_share(cell)
    return not column.startswith((SHARE, THRESHOLD)) or not cell.strip() or _is_share(cell)


def _is_share(cell: str) -> bool:
    try:
        return 0 <= float(cell) <= 1
    except ValueError:
        return False


def _setting(cells: Mapping[str, str]) -> Setting:
    return Setting(_figures(cells, THRESHOLD), _figures(cells, SHARE), float(cells[ACCURACY]))


def _figures(cells: Mapping[str, str], prefix: str) -> dict[str, float]:
    """The cells of such columns that are not empty, by exit."""
    return {
        name.removeprefix(prefix): float(cell)
        for name, cell in cells.items()
        if name.startswith(prefix) and cell.strip()
    }


def matched(
    configuration: Configuration, sweep: Iterable[Setting], subject: str, source: str
) -> dict[str, float]:
    """The thresholds of the first row that fits a configuration, by exit but the final one.

    Raises
    ------
    InstanceError
        No row fits.
    """
    for setting in sweep:
        if setting.fits(configuration):
            return {name: setting.thresholds[name] for name in configuration.exits[:-1]}
    shares = ", ".join(f"{n} {s:g}" for n, s in zip(configuration.exits, configuration.shares, strict=True))
    rule = f"no row has its exits, shares ({shares}) and accuracy ({configuration.accuracy:g})"
    raise InstanceError([Problem("", rule, "", subject, "give thresholds with --threshold EXIT=0.9")], source)


def parsed_thresholds(words: Iterable[str], exits: Iterable[str]) -> dict[str, float]:
    """Thresholds given as ``EXIT=0.9``, by exit.

    Raises
    ------
    InstanceError
        A word is of another form or names no exit; lists all.
    """
    found: dict[str, float] = {}
    problems, known = [], sorted(set(exits))
    for word in words:
        name, equals, value = word.rpartition("=")
        if not equals or not _is_share(value):
            problems.append(
                Problem("--threshold", "must be EXIT=NUMBER with a number from 0 to 1", shown(word))
            )
        elif name not in known:
            problems.append(Problem("--threshold", "no such exit", shown(name), "", suggest(name, known)))
        else:
            found[name] = float(value)
    if problems:
        raise InstanceError(problems, "options")
    return found
