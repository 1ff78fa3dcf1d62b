"""Instance files, format ``finopt-instance`` version 1 (JSON)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from finopt.errors import InstanceError, Problem
from finopt.instance import Application, Block, Configuration, Exit, Instance, Link, Model, Node
from finopt.io.strict_json import parse
from finopt.rules import find_problems, suggest

FORMAT = "finopt-instance"

_KINDS: dict[str, type[BaseModel]] = {
    "nodes": Node,
    "links": Link,
    "models": Model,
    "applications": Application,
    "blocks": Block,
    "exits": Exit,
    "configurations": Configuration,
}
_RULES = {
    "missing": "is required",
    "extra_forbidden": "unknown key",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "too_short": "must not be empty",
}


def read(text: str, source: str) -> Instance:
    """Parse and validate an instance.

    Raises
    ------
    InstanceError
        With every problem of the text: its JSON path, the object, the rule and the value.
    """
    data, problems = parse(text, source)
    if not isinstance(data, dict):
        raise InstanceError([Problem("", "an instance is a JSON object", type(data).__name__)], source)
    try:
        rules = find_problems(data)
        if not rules and not problems:
            return Instance.model_validate(data)
        problems += rules
        Instance.model_validate(data)
    except ValidationError as error:
        problems += _field_problems(error, data)
    raise InstanceError(problems, source)


def write(instance: Instance) -> str:
    """The instance as text: keys in the order of the format, defaults left out; stable byte by byte."""
    data = {"format": instance.format, "version": instance.version} | _plain(instance)
    return _json(data) + "\n"


def schema() -> str:
    """The JSON Schema of the format as text."""
    return json.dumps(Instance.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def _plain(item: BaseModel) -> dict[str, Any]:
    """Fields that differ from their default, in the order of the data model."""
    data: dict[str, Any] = {}
    for name, info in type(item).model_fields.items():
        value = getattr(item, name)
        default = info.get_default(call_default_factory=True)
        if isinstance(item, Node) and name == "shared":
            default = item.tier != "mobile"
        if value != default or info.is_required():
            data[name] = _plain_value(value)
    return data


def _plain_value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value)
    if isinstance(value, tuple):
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


def _field_problems(error: ValidationError, data: dict[str, Any]) -> Iterator[Problem]:
    for item in error.errors():
        location = item["loc"]
        rule = _RULES.get(item["type"]) or _lower(item["msg"].removeprefix("Value error, "))
        if not location:  # the rules between objects, already listed by find_problems
            continue
        if item["type"] == "too_short" and item["input"]:  # pydantic counts valid items only
            continue
        hint = _key_hint(location) if item["type"] == "extra_forbidden" else ""
        value = "" if item["type"] in ("missing", "extra_forbidden") else _short(item["input"])
        yield Problem(_path(location), rule, value, _subject(location, data), hint)


def _lower(message: str) -> str:
    message = re.sub(r"^Input should be ", "must be ", message)
    return message[:1].lower() + message[1:]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _path(location: Sequence[int | str]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".")


def _subject(location: Sequence[int | str], data: Any) -> str:
    """The innermost objects with an id on the way to a location: ``model 'm', block 'b'``."""
    names = []
    kind = ""
    for part in location[:-1]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(part, str):
            kind = part.removesuffix("s")
        elif isinstance(data, dict) and isinstance(data.get("id"), str):
            names.append(f"{kind} {data['id']!r}")
    return ", ".join(names)


def _key_hint(location: Sequence[int | str]) -> str:
    parents = [part for part in location[:-1] if isinstance(part, str) and part in _KINDS]
    owner = _KINDS[parents[-1]] if parents else Instance
    return suggest(location[-1], owner.model_fields)
