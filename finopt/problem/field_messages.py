"""What pydantic found wrong, in the words of the format: JSON path, object, rule, value, suggestion."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from finopt.problem.errors import Problem, shown
from finopt.problem.references import suggest

Location = Sequence[int | str]

_RULES = {
    "missing": "is required",
    "extra_forbidden": "unknown key",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large",
    "string_type": "must be text",
    "string_unicode": "must be text: half a surrogate pair is not",
    "string_too_short": "must not be empty",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "too_short": "must not be empty",
}
LONGEST_PATH = 200
"""Characters of a path in a message; longer ones are of objects within objects without end."""

_FREE_KEYS = ("pinned", "allowed", "stats")
"""Objects whose keys are the user's own."""


def field_problems(
    errors: Iterable[ErrorDetails], data: Any, known_keys: Callable[[Location], Collection[str]]
) -> Iterator[Problem]:
    """One problem per wrong field; `known_keys` names the keys that the object at a location may have."""
    for item in errors:
        location = item["loc"]
        if not location and item["type"] == "value_error":
            continue  # the rules between objects, listed by finopt.problem.validation
        if item["type"] == "too_short" and item["input"]:
            continue  # pydantic counts valid items only
        if location and location[-1] == "[key]":  # of a key, not of its value
            location = location[:-1]
        value = "" if item["type"] in ("missing", "extra_forbidden") else shown(item["input"])
        hint = _hint(item, known_keys)
        yield Problem(path_text(location), _rule(item), value, subject(location, data), hint)


def keys_of(kind: type[BaseModel]) -> Callable[[Location], Collection[str]]:
    """A function that names the keys which the object at a location may have, within one of a class."""

    def known(location: Location) -> Collection[str]:
        here = kind
        for part in location[:-1]:
            if isinstance(part, str) and part in here.model_fields:
                here = _class_in(here.model_fields[part].annotation) or here
        return here.model_fields

    return known


def _class_in(annotation: Any) -> type[BaseModel] | None:
    """The class of the objects that a field holds, however deep in lists; None: it holds figures or text."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_class_in, get_args(annotation))), None)


def path_text(location: Location) -> str:
    """``models[0].blocks[2].ops``; keys that are no plain words stand in brackets and quotes."""
    path, parent = "", ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif parent in _FREE_KEYS or not re.fullmatch(r"[A-Za-z_]\w{,40}", part):
            path += f"[{shown(part)}]"
        else:
            path += f".{part}"
        parent = part if isinstance(part, str) else ""
    path = path.removeprefix(".")
    half = LONGEST_PATH // 2
    return path if len(path) <= LONGEST_PATH else f"{path[:half]} ... {path[-half:]}"


def subject(location: Location, data: Any) -> str:
    """The named objects on the way to a location: ``model 'm', block 'b'``."""
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
            names.append(f"{kind} {shown(data['id'])}")
        elif isinstance(data, dict) and kind == "link":
            names.append(f"link {shown(data.get('source'))} -> {shown(data.get('target'))}")
        elif isinstance(data, dict) and kind == "profile" and ("model" in data or "device" in data):
            names.append(f"profile of {shown(data.get('model'))} on {shown(data.get('device'))}")
    return ", ".join(names)


def _rule(item: ErrorDetails) -> str:
    context = item.get("ctx", {})
    if item["type"] == "greater_than_equal":
        return f"must be at least {context['ge']:g}"
    if item["type"] == "less_than_equal":
        return f"must be at most {context['le']:g}"
    message = item["msg"].removeprefix("Value error, ")
    message = re.sub(r"^Input should be ", "must be ", message)
    return _RULES.get(item["type"]) or message[:1].lower() + message[1:]


def _hint(item: ErrorDetails, known_keys: Callable[[Location], Collection[str]]) -> str:
    if item["type"] == "extra_forbidden":
        return suggest(item["loc"][-1], known_keys(item["loc"]))
    if item["type"] in ("literal_error", "enum") and isinstance(item["input"], str):
        expected = re.findall(r"'([^']*)'", item.get("ctx", {}).get("expected", ""))
        hint = suggest(item["input"], expected)
        return hint if hint.startswith("did you mean") and len(expected) > 1 else ""
    return ""
