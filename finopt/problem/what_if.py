"""What would be if one object were another: the changed lists of an instance's ``with_...`` methods."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from finopt.problem.application import Application
from finopt.problem.application_table import ApplicationById, ApplicationTable
from finopt.problem.checked_copy import given_fields
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.fields import Frozen
from finopt.problem.network import DirectedLink, Link, Node
from finopt.problem.references import suggest

Changes = Mapping[str, Any]


Changed = tuple[Frozen | Changes, ...]
"""Objects, and the changed one as the plain data that the instance is then checked with."""


def changed_node(nodes: tuple[Node, ...], name: str, changes: Changes) -> Changed:
    """The nodes, of which one has other fields."""
    row = _row({node.id: i for i, node in enumerate(nodes)}, name, "node")
    return _changed(nodes, row, changes)


def changed_application(
    applications: tuple[Application, ...] | ApplicationTable, name: str, changes: Changes
) -> Changed | ApplicationTable:
    """The applications, of which one has other fields; of a table no other row becomes an object."""
    if not isinstance(applications, ApplicationTable):
        row = _row({application.id: i for i, application in enumerate(applications)}, name, "application")
        return _changed(applications, row, changes)
    by_id = ApplicationById(applications)
    try:
        row = by_id.row(name)
    except (KeyError, AttributeError):  # or no text at all
        _refuse(name, by_id, "application")
    new = applications[row].checked_copy(changes, ("applications", row))
    return with_row(applications, row, new)


def changed_link(
    links: tuple[Link, ...], directed: Sequence[DirectedLink], name: str | tuple[str, str], changes: Changes
) -> Changed:
    """The links, of which one has other fields; a directed link stands for the link that it is part of."""
    owners = [i for i, link in enumerate(links) for _ in range(2 if link.bidirectional else 1)]
    if not isinstance(name, str):
        name = _between(directed, name)
    row = _row({link.id: i for link, i in zip(directed, owners, strict=True)}, name, "link")
    return _changed(links, row, changes)


def _between(directed: Sequence[DirectedLink], pair: tuple[str, str]) -> str:
    """The id of the only link from one node to another."""
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise TypeError(f"a link is named by its id or by (source, target), got {shown(pair)}")
    source, target = pair
    found = [link.id for link in directed if (link.source, link.target) == (source, target)]
    if len(found) > 1:
        rule = f"{len(found)} links lead from {shown(source)} to {shown(target)}"
        raise InstanceError([Problem("links", rule, suggestion=f"name one: {', '.join(map(shown, found))}")])
    return found[0] if found else f"{source}->{target}"


def _row(rows: Mapping[str, int], name: str, kind: str) -> int:
    if name not in rows:
        _refuse(name, rows, kind)
    return rows[name]


def _refuse(name: str, known: Collection[str], kind: str) -> NoReturn:
    raise InstanceError([Problem(f"{kind}s", f"no such {kind}", shown(name), "", suggest(name, known))])


def _changed(items: tuple[Frozen, ...], row: int, changes: Changes) -> Changed:
    return (*items[:row], {**given_fields(items[row]), **changes}, *items[row + 1 :])


def with_row(table: ApplicationTable, row: int, application: Application) -> ApplicationTable:
    """The table with another application in a row, column by column.

    Examples
    --------
    >>> table = ApplicationTable(model_ids=["net"], model=[0, 0], source_ids=["phone"], source=[0, 0],
    ...     max_latency=0.01, min_accuracy=0.8)
    >>> with_row(table, 1, table[1].replace(source="car", max_latency=0.02))[1].source
    'car'
    """
    new = ApplicationTable.of([application])
    columns = {name: _with_cell(table, row, new, name) for name in table.columns if name != "ids"}
    return ApplicationTable(ids=_ids(table, row, application.id), **columns)


def _with_cell(table: ApplicationTable, row: int, new: ApplicationTable, name: str) -> Any:
    """A column with the cell of the new row, which has names of its own for what it refers to."""
    old, given = getattr(table, name), getattr(new, name)
    if isinstance(old, tuple):  # what an index refers to
        return tuple(dict.fromkeys((*old, *given)))
    if isinstance(old, Mapping):  # of the few rows that have any
        others = {at: value for at, value in old.items() if at != row}
        return others | ({row: given[0]} if 0 in given else {})
    cell = given[0]
    if f"{name}_ids" in table.columns and cell >= 0:
        cell = _with_cell(table, row, new, f"{name}_ids").index(getattr(new, f"{name}_ids")[cell])
    column = old.copy()
    column[row] = cell
    return column


def _ids(table: ApplicationTable, row: int, name: str) -> list[str] | None:
    if name == table.name(row):
        return table.ids  # type: ignore[return-value]
    names = table.names()
    names[row] = name
    return names
