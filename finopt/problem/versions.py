"""What version 2 of the format added, and which version an instance needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from finopt.problem.application import Application
from finopt.problem.application_table import ApplicationTable
from finopt.problem.errors import Problem
from finopt.problem.field_messages import path_text, subject
from finopt.problem.objective import LIMITS
from finopt.problem.references import Data

VERSION_2: Mapping[str, tuple[str, ...]] = {
    "nodes": ("device", "max_utilisation", "waiting", "carbon", "price", "slices"),
    "links": ("energy_per_transfer", "carbon", "price", "bandwidth_slices"),
    "models": ("shared_weights",),
    "exits": ("output_bits",),
    "applications": ("allowed", "result_to", *LIMITS),
}
"""By list of an instance, or of a model, the fields that version 1 does not have; nor has it ``profiles``."""

RULE = "is a field of version 2"

REPAIR = 'set "version": 2, or run finopt convert'


def needed_version(instance: Any) -> int:
    """Version of the format that can hold an instance: 2 if a field of version 2 is not at its default."""
    return max(needed_of_parts(instance), needed_of_applications(instance.applications))


def needed_of_parts(parts: Any) -> int:
    """Version that can hold all but the applications: nodes, links, models and profiles."""
    lists = {"nodes": parts.nodes, "links": parts.links, "models": parts.models}
    exits = [exit_ for model in parts.models for exit_ in model.exits]
    forwards = any(not node.computes for node in parts.nodes)
    new = bool(parts.profiles) or forwards or _uses("exits", exits)
    return 2 if new or any(_uses(key, items) for key, items in lists.items()) else 1


def needed_of_applications(applications: tuple[Application, ...] | ApplicationTable) -> int:
    """Version that can hold some applications."""
    if isinstance(applications, ApplicationTable):
        return 2 if applications.allowed or applications.has_results or applications.limits else 1
    return 2 if _uses("applications", applications) else 1


def _uses(key: str, items: Sequence[BaseModel]) -> bool:
    """Whether any of some objects has more than the defaults in the fields of version 2."""
    if not items:
        return False
    fields = type(items[0]).model_fields
    defaults = [(name, fields[name].get_default(call_default_factory=True)) for name in VERSION_2[key]]
    return any(getattr(item, name) != default for name, default in defaults for item in items)


def too_new(data: Data) -> Iterator[Problem]:
    """The fields of version 2 in the plain data of a file that says it is of version 1."""
    if "profiles" in data:
        yield Problem("profiles", RULE, suggestion=REPAIR)
    yield from _forwards(data)
    for at, item in _objects(data, "nodes", "links", "models", "applications"):
        yield from _new_fields(data, at, item)
        for inner, exit_ in _objects(item, "exits") if at[0] == "models" else ():
            yield from _new_fields(data, (*at, *inner), exit_)


def _forwards(data: Data) -> Iterator[Problem]:
    """Nodes without compute, which version 1 does not have."""
    for at, node in _objects(data, "nodes"):
        if type(node.get("compute")) in (int, float) and node["compute"] == 0:
            where = (*at, "compute")
            rule = "must be above 0; in version 2, 0 means that the node only forwards"
            yield Problem(path_text(where), rule, "0", subject(where, data), REPAIR)


def too_new_columns(table: ApplicationTable) -> Iterator[Problem]:
    """The columns of version 2 in use by the table of a file that says it is of version 1."""
    limited = {name for own in table.limits.values() for name in own}
    columns = {"allowed": bool(table.allowed), "result_to": table.has_results}
    for name, used in (columns | {name: name in limited for name in LIMITS}).items():
        if used:
            yield Problem(f"applications column {name}", "is a column of version 2", suggestion=REPAIR)


def _objects(data: Data, *keys: str) -> Iterator[tuple[tuple[str, int], Data]]:
    """The objects in some lists, and where they stand."""
    for key in keys:
        items = data.get(key)
        for i, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                yield (key, i), item


def _new_fields(data: Data, at: tuple[str | int, ...], item: Data) -> Iterator[Problem]:
    for name in VERSION_2[str(at[-2])]:
        if name in item:
            where = (*at, name)
            yield Problem(path_text(where), RULE, "", subject(where, data), REPAIR)
