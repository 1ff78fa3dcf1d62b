"""The rules of :mod:`finopt.problem.validation` for applications in columns: same words, with row numbers.

Rows count from 1, and none of them costs a step of Python. Of each rule that is broken the first rows
are listed, the others counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.problem.application_table import NOBODY, NUMBERS, ApplicationTable
from finopt.problem.errors import Problem, shown
from finopt.problem.fields import LARGEST, SMALLEST
from finopt.problem.objective import LIMITS
from finopt.problem.references import (
    SOURCE,
    Blocks,
    Data,
    allowed_problems,
    is_shared,
    pin_problems,
    result_problems,
    suggest,
)

LISTED = 10
"""Rows that are listed per rule and column before the rest is only counted."""

RANGES = {"rate": (SMALLEST, LARGEST), "max_latency": (SMALLEST, LARGEST), "min_accuracy": (0.0, 1.0)}

Rows = NDArray[np.intp]


def table_problems(table: ApplicationTable, nodes: Mapping[str, Data], blocks: Blocks) -> Iterator[Problem]:
    """Every rule that applications in columns break, given nodes by id and the blocks of every model."""
    if not len(table):
        yield Problem("applications", "must not be empty", "no rows")
    yield from _duplicates(table)
    for column in NUMBERS:
        yield from _figures(table, column)
    yield from _references(table, "model", table.model, table.model_ids, blocks, "model")
    yield from _references(table, "source", table.source, table.source_ids, nodes, "node")
    for row in sorted(table.pins):
        path = place(row, "pinned")
        yield from pin_problems(path, _subject(table, row), _as_data(table, row), nodes, blocks)
    for row in sorted(table.allowed):
        path = place(row, "allowed")
        yield from allowed_problems(path, _subject(table, row), _as_data(table, row), nodes, blocks)
    yield from _results(table, nodes)
    for name in LIMITS:
        yield from _limits(table, name)


def _as_data(table: ApplicationTable, row: int) -> Data:
    """What the rules of pins, allowed nodes and results look at."""
    result = table.result[row]
    return {
        "model": table.model_ids[table.model[row]],
        "source": table.source_ids[table.source[row]],
        "pinned": table.pins.get(row),
        "allowed": table.allowed.get(row),
        "result_to": None if result == NOBODY else table.result_ids[result],
    }


def place(row: int, column: str) -> str:
    """Where a figure stands; without a column the whole row."""
    return f"applications row {row + 1}" + (f", column {column}" if column else "")


def listed(rows: Rows, column: str, rule: str, problem: Callable[[int], Problem]) -> Iterator[Problem]:
    """The problems of the first rows, and one that counts the others."""
    yield from map(problem, rows[:LISTED].tolist())
    others = len(rows) - LISTED
    if others > 0:
        more = f"applications row {rows[LISTED] + 1}" + (f" and {others - 1} more" if others > 1 else "")
        yield Problem(f"{more}, column {column}", rule)


def _duplicates(table: ApplicationTable) -> Iterator[Problem]:
    if table.ids is None:
        return
    names = table.names()
    empty = np.flatnonzero(table.ids == "")
    rule = "must not be empty"
    yield from listed(empty, "id", rule, lambda row: Problem(place(row, "id"), rule, "''"))
    if len(set(names)) == len(names):
        return
    first: dict[str, int] = {}
    again = [row for row, name in enumerate(names) if name and first.setdefault(name, row) != row]

    def problem(row: int) -> Problem:
        rule = f"duplicate id, first used in row {first[names[row]] + 1}"
        return Problem(place(row, "id"), rule, shown(names[row]), "application")

    yield from listed(np.array(again), "id", "duplicate id", problem)


def _figures(table: ApplicationTable, column: str) -> Iterator[Problem]:
    values: NDArray[np.float64] = getattr(table, column)
    least, most = RANGES[column]
    for rule, broken in (
        ("must be a finite number", ~np.isfinite(values)),
        (f"must be at least {least:g}", np.isfinite(values) & (values < least)),
        (f"must be at most {most:g}", np.isfinite(values) & (values > most)),
    ):
        yield from listed(
            np.flatnonzero(broken),
            column,
            rule,
            lambda row, rule=rule: Problem(  # type: ignore[misc]
                place(row, column), rule, shown(float(values[row])), _subject(table, row)
            ),
        )


def _references(
    table: ApplicationTable,
    column: str,
    index: NDArray[np.int32],
    names: tuple[str, ...],
    known: Collection[str],
    kind: str,
) -> Iterator[Problem]:
    if not known:  # that there are none is said elsewhere
        return
    missing = np.array([name not in known for name in names], dtype=bool)
    if not missing.any():
        return
    rule = f"no such {kind}"

    def problem(row: int) -> Problem:
        name: Any = names[index[row]]
        hint = partial(suggest, name, known)
        return Problem(place(row, column), rule, shown(name), _subject(table, row), hint)

    yield from listed(np.flatnonzero(missing[index]), column, rule, problem)


def _results(table: ApplicationTable, nodes: Mapping[str, Data]) -> Iterator[Problem]:
    """Results that go to nodes that there are not, or that other applications keep to themselves."""
    if not nodes or not table.has_results:
        return
    ids = table.result_ids
    sources = {name: i for i, name in enumerate(table.source_ids)}
    # index -1 of these lists, which stands for nobody, is their last entry
    unknown = np.array([*(name != SOURCE and name not in nodes for name in ids), False])[table.result]
    shared = np.array([*(name == SOURCE or is_shared(nodes.get(name, {})) for name in ids), True])[
        table.result
    ]
    own = np.array([*(sources.get(name, -1) for name in ids), -1])[table.result]
    rows = np.flatnonzero(unknown | (~shared & (own != table.source)))
    rule = "must be the source or a shared node"
    yield from listed(rows, "result_to", rule, lambda row: _result_problem(table, row, nodes))


def _result_problem(table: ApplicationTable, row: int, nodes: Mapping[str, Data]) -> Problem:
    path = place(row, "result_to")
    return next(result_problems(path, _subject(table, row), _as_data(table, row), nodes))


def _limits(table: ApplicationTable, name: str) -> Iterator[Problem]:
    """Limits on energy, carbon or cost out of their range."""
    given = {row: own[name] for row, own in table.limits.items() if name in own}
    for rule, broken in (
        ("must be a finite number", lambda most: not math.isfinite(most)),
        (f"must be at least {SMALLEST:g}", lambda most: most < SMALLEST),
        (f"must be at most {LARGEST:g}", lambda most: LARGEST < most < math.inf),
    ):
        rows = np.array(sorted(row for row, most in given.items() if broken(most)), np.intp)
        yield from listed(
            rows,
            name,
            rule,
            lambda row, rule=rule: Problem(  # type: ignore[misc]
                place(row, name), rule, shown(given[row]), _subject(table, row)
            ),
        )


def _subject(table: ApplicationTable, row: int) -> str:
    return f"application {shown(table.name(row))}"
