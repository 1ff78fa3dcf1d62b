"""Instance files, format ``finopt-instance`` versions 1 and 2 (JSON)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from finopt.io.strict_json import parse
from finopt.io.validation import validated
from finopt.problem.application_table import ApplicationTable
from finopt.problem.errors import COUNTED, InstanceError, Problem, first, shown
from finopt.problem.field_messages import keys_of
from finopt.problem.instance import Instance
from finopt.problem.network import Node
from finopt.problem.references import Data, first_id
from finopt.problem.validation import find_problems
from finopt.problem.versions import needed_version, too_new, too_new_columns

FORMAT = "finopt-instance"

_SECTIONS = list(Instance.model_fields)


def read(
    text: str, source: str, mixed: bool = False, *, from_file: bool = True, most: int | None = None
) -> Instance:
    """Parse and validate an instance.

    Parameters
    ----------
    text : str
    source : str
        Path of the file, for messages and for the table beside it.
    mixed : bool
        Take fields of version 2 also in a file that says it is of version 1.
    from_file : bool
        Whether `source` is a file; beside anything else there is no table.
    most : int, optional
        Bytes of the table that are read at most.

    Raises
    ------
    InstanceError
        With every problem of the text: its JSON path, the object, the rule and the value.
    """
    data, problems = parse(text, source)
    if not isinstance(data, dict):
        raise InstanceError([Problem("", "an instance is a JSON object", shown(data))], source)
    problems += [Problem(key, "is required") for key in ("format", "version") if key not in data]
    if data.get("version") is True:  # equals 1 in Python
        problems.append(Problem("version", "must be 1 or 2", "true"))
    old = data.get("version") == 1 and not mixed
    problems += first(too_new(data)) if old else []
    given = data.get("applications")
    if isinstance(given, dict):
        data, wrong = _with_table(data, given, Path(source).parent if from_file else None, most)
        problems += [*wrong, *(too_new_columns(data["applications"]) if old else ())]
    instance, wrong = validated(Instance, data, keys_of(Instance))
    if instance is not None and not problems:
        return instance
    if instance is None and len(wrong) < COUNTED:  # a valid instance has passed these rules
        problems += first(find_problems(data))
    problems += wrong
    problems.sort(key=_by_place)
    raise InstanceError(_named(problems, given), source)


def write(instance: Instance, table: str | None = None) -> str:
    """The instance as text: keys in the order of the format, defaults left out; stable byte by byte.

    Applications in columns are written as a list, or as the name of a table that is written elsewhere.
    """
    head = {"format": instance.format, "version": max(instance.version, needed_version(instance))}
    if table is None:
        content = _plain(instance, without=tuple(head))
    else:
        content = _plain(instance, (*head, "applications")) | {"applications": {"table": table}}
    return _json(head | content) + "\n"


def write_part(part: BaseModel) -> str:
    """A model, a profile or another part of an instance as text, as it stands in an instance file."""
    return _json(_plain(part)) + "\n"


def _with_table(
    data: dict[str, Any], given: Data, folder: Path | None, most: int | None
) -> tuple[dict[str, Any], list[Problem]]:
    """The data with the table that they name, and what is wrong with it."""
    from finopt.io.tables import application_table_file  # loads numpy, which most instances do without

    instead = {"model": first_id(data, "models"), "source": first_id(data, "nodes")}
    table, problems = application_table_file.read(given, folder, instead, most)
    if table is None:  # something valid in its place, so that the rest of the file is checked
        table = ApplicationTable(
            model_ids=[instead["model"]],
            model=[0],
            source_ids=[instead["source"]],
            source=[0],
            max_latency=1.0,
            min_accuracy=0.0,
        )
    return {**data, "applications": table}, problems


def _named(problems: list[Problem], given: object) -> list[Problem]:
    """Problems of rows and columns under the name of the table's file."""
    name = given.get("table") if isinstance(given, dict) else None
    if not isinstance(name, str):
        return problems
    return [
        replace(problem, path=problem.path.replace("applications ", f"{name} ", 1))
        if problem.path.startswith("applications ")
        else problem
        for problem in problems
    ]


def schema() -> str:
    """The JSON Schema of the format as text."""
    content = Instance.model_json_schema()
    content["required"] = ["format", "version", *content["required"]]  # defaults in Python only
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _plain(item: BaseModel, without: Collection[str] = ()) -> dict[str, Any]:
    """Fields that differ from their default, in the order of the data model."""
    data: dict[str, Any] = {}
    for name, required, default in _fields(type(item)):
        if name in without:
            continue
        value = getattr(item, name)
        if name == "shared" and isinstance(item, Node):
            default = item.tier != "mobile"
        if required or value != default or (name == "links" and _has_several_nodes(item)):
            data[name] = _plain_value(value)
    return data


def _has_several_nodes(item: BaseModel) -> bool:
    """Then that there are no links is written out: a file without the key gives a warning."""
    return isinstance(item, Instance) and len(item.nodes) > 1


@cache
def _fields(kind: type[BaseModel]) -> list[tuple[str, bool, Any]]:
    """Name, whether it is required, and default of every field."""
    fields = kind.model_fields.items()
    return [(name, info.is_required(), info.get_default(call_default_factory=True)) for name, info in fields]


def _plain_value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value)
    if isinstance(value, tuple | ApplicationTable):
        return [_plain_value(item) for item in value]
    return value


def _json(value: Any, indent: str = "") -> str:
    """JSON with one line per object that holds no object: rows that can be read and compared."""
    one_line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (not _holds_objects(value) and indent):
        return one_line
    inner = indent + "  "
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(k, ensure_ascii=False)}: {_json(v, inner)}" for k, v in value.items()]
    else:
        rows = [inner + _json(item, inner) for item in value]
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return opening + "\n" + ",\n".join(rows) + "\n" + indent + closing


def _holds_objects(value: Any) -> bool:
    if isinstance(value, dict):
        return any(isinstance(v, list) and any(isinstance(i, dict) for i in v) for v in value.values())
    return any(isinstance(item, dict) for item in value)


def _by_place(problem: Problem) -> tuple[int, list[tuple[int, str]]]:
    """Sections in the order of the format, list items in their own."""
    words = re.findall(r"\d+|[^\d.\[\]]+", problem.path)
    first = words[0].partition(" ")[0] if words else ""  # without the row of a table
    section = _SECTIONS.index(first) if first in _SECTIONS else -1
    return section, [(int(word), "") if word.isdigit() else (0, word) for word in words[1:]]
