"""The applications of a page as columns that its script sorts and searches."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from finopt.reporting.subject import Subject
from finopt.reporting.words import scaled, short

MOST = 50_000
"""Rows; of more applications those with the most power."""

FIRST = 50
"""Rows that are in the page already, before its script has run."""

NAME = 48
"""Characters of a name in a row."""


class Column(NamedTuple):
    """A column: what it is called, whether it holds figures, and what stands in its rows."""

    title: str
    figures: bool
    values: Sequence[Any]


class ApplicationRows(NamedTuple):
    """The columns, how many rows they have, and of how many applications."""

    columns: Sequence[Column]
    rows: int
    total: int

    @property
    def data(self) -> dict[str, Any]:
        """For the script."""
        return {
            "titles": [column.title for column in self.columns],
            "figures": [column.figures for column in self.columns],
            "values": [column.values for column in self.columns],
        }

    @property
    def first(self) -> list[list[str]]:
        """The rows that need no script."""
        rows = zip(*(column.values[:FIRST] for column in self.columns), strict=True)
        return [[f"{cell:g}" if isinstance(cell, float) else cell for cell in row] for row in rows]


def application_rows(subject: Subject) -> ApplicationRows | None:
    """A row per evaluated application; None if their placement fits no table."""
    if subject.placed is None:
        return None
    total = len(subject.placed)
    power = subject.columns["power"]
    rows = np.arange(total) if total <= MOST else np.sort(np.argsort(-power, kind="stable")[:MOST])
    asked = subject.row[rows]
    figures: list[tuple[str, str, Any]] = [
        ("energy", "J", subject.columns["energy"][rows]),
        ("power", "W", power[rows]),
        ("latency", "s", subject.columns["latency"][rows]),
        ("limit", "s", subject.demand.max_latency[asked]),
        ("of limit", "%", 100 * subject.of_limit[rows]),
        ("accuracy", "%", 100 * subject.columns["accuracy"][rows]),
        ("target", "%", 100 * subject.demand.min_accuracy[asked]),
    ]
    columns = [*_names(subject, rows), *(_figures(*figure) for figure in figures)]
    return ApplicationRows(columns, len(rows), total)


def _names(subject: Subject, rows: Any) -> list[Column]:
    """What is text: who asks, for what, from where, and where it runs."""
    demand, placed, instance = subject.demand, subject.placed, subject.instance
    assert placed is not None
    asked = subject.row[rows]
    exits = {
        (model.id, c): short(chosen.exits[-1], NAME)
        for model in instance.models
        for c, chosen in enumerate(model.configurations)
    }
    models = [demand.model_ids[k] for k in demand.model[asked].tolist()]
    chosen = placed.configuration[rows].tolist()
    return [
        Column("application", False, [short(placed.name(row), NAME) for row in rows.tolist()]),
        Column("model", False, [short(model, NAME) for model in models]),
        Column("source", False, [short(demand.source_ids[k], NAME) for k in demand.source[asked].tolist()]),
        Column("final exit", False, [exits[pair] for pair in zip(models, chosen, strict=True)]),
        Column("blocks on", False, [_where(subject, row) for row in rows.tolist()]),
    ]


def _where(subject: Subject, row: int) -> str:
    """Nodes with how many blocks each, in order."""
    assert subject.placed is not None
    nodes = subject.placed.node[subject.placed.node_start[row] : subject.placed.node_start[row + 1]].tolist()
    ids = subject.placed.node_ids
    return " → ".join(f"{short(ids[node], 20)} {len(list(run))}" for node, run in groupby(nodes))


def _figures(title: str, unit: str, values: Any) -> Column:
    """A column in one unit that suits all its figures, to four digits."""
    factor, name = (1.0, unit) if unit == "%" else scaled(values.tolist(), unit)
    return Column(f"{title} [{name}]", True, [float(f"{value:.4g}") for value in (values * factor).tolist()])
