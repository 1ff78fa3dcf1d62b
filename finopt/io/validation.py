"""Plain data into objects of the data model; of what is wrong no more is looked for than can be told.

pydantic collects every error of what it is given, however many there are. Lists of the data model stop at
their first error, which is enough to know that something is wrong. What it is, is then found piece by piece.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from finopt.problem.errors import Problem, first
from finopt.problem.field_messages import Location, field_problems

AT_ONCE = 100
"""Entries of a list that are given to pydantic together."""

Kind = TypeVar("Kind", bound=BaseModel)

Place = tuple[int | str, ...]


def validated(
    kind: type[Kind], data: Any, known_keys: Callable[[Location], Collection[str]]
) -> tuple[Kind | None, list[Problem]]:
    """The object that plain data describe, or the problems of its fields, as many as are counted.

    Neither an object nor problems: only rules between objects are broken.
    """
    try:
        return kind.model_validate(data), []
    except ValidationError:
        return None, first(field_problems(errors(kind, data), data, known_keys))


def errors(kind: type[BaseModel], data: Any, at: Place = ()) -> Iterator[ErrorDetails]:
    """What pydantic finds wrong with the fields of an object, one after the other; it stands at `at`."""
    if not isinstance(data, dict):
        yield from (_moved(error, at) for error in _errors(kind, data))
        return
    large = {
        name: field
        for name, field in _containers(kind).items()
        if data.get(name) and isinstance(data[name], list if field.depth else dict)
    }
    small = {name: data[name] for name in kind.model_fields if name in data and name not in large}
    for error in _errors(kind, small):
        if not error["loc"]:  # a rule between fields, of which some were left out
            yield from (_moved(rule, at) for rule in _errors(kind, data) if not rule["loc"])
        elif not (error["type"] == "missing" and error["loc"][0] in large):
            yield _moved(error, at)
    for name, field in large.items():
        yield from _entries(kind, name, field, data[name], at)
    for name in data:
        if name not in kind.model_fields:
            yield from (_moved(error, at) for error in _about(kind, name, data[name]))


class _Container(NamedTuple):
    """A field of many entries: the class of its objects, and how deep its lists are nested, 0 for a dict."""

    kind: type[BaseModel] | None
    depth: int


@cache
def _containers(kind: type[BaseModel]) -> Mapping[str, _Container]:
    """The fields of a class that hold lists or dicts."""
    shapes = {name: _shape(info.annotation) for name, info in kind.model_fields.items()}
    return {name: shape for name, shape in shapes.items() if shape is not None}


def _shape(annotation: Any) -> _Container | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _Container(annotation, 0)
    if get_origin(annotation) is dict:
        return _Container(None, 0)
    inner = next(filter(None, map(_shape, get_args(annotation))), None)
    if get_origin(annotation) is not tuple:
        return inner
    return _Container(inner.kind, inner.depth + 1) if inner else _Container(None, 1)


def _entries(
    kind: type[BaseModel], name: str, field: _Container, value: Any, at: Place
) -> Iterator[ErrorDetails]:
    """The errors of the entries of one field."""
    if field.kind is not None and not field.depth:
        yield from errors(field.kind, value, (*at, name))
        return
    if field.kind is not None:
        for i, item in enumerate(value):
            yield from errors(field.kind, item, (*at, name, i))
        return
    found = _in_list(kind, name, value, field.depth) if field.depth else _in_dict(kind, name, value)
    yield from (_moved(error, at) for error in found)


def _in_dict(kind: type[BaseModel], name: str, value: dict[str, Any]) -> Iterator[ErrorDetails]:
    items = iter(value.items())
    while piece := dict(islice(items, AT_ONCE)):
        yield from _about(kind, name, piece)


def _in_list(kind: type[BaseModel], name: str, values: list[Any], depth: int) -> Iterator[ErrorDetails]:
    for start, piece in _pieces(values, depth, AT_ONCE):
        if next(_about(kind, name, piece), None) is None:
            continue
        for more, single in _pieces(piece, depth, 1):
            place = tuple(a + b for a, b in zip(start, more, strict=True))
            wrong = next(_about(kind, name, single), None)  # then it says, too, that valid ones are too few
            if wrong is not None:
                yield {**wrong, "loc": (name, *place)}


def _pieces(values: list[Any], depth: int, most: int) -> Iterator[tuple[tuple[int, ...], list[Any]]]:
    """Short pieces of a list, or of the lists in it, and the place of the first entry of each."""
    for start in range(0, len(values), most if depth == 1 else 1):
        piece = values[start : start + most] if depth == 1 else values[start : start + 1]
        if depth > 1 and isinstance(piece[0], list) and piece[0]:
            yield from (((start, *place), [part]) for place, part in _pieces(piece[0], depth - 1, most))
        else:
            yield (start,), piece


def _about(kind: type[BaseModel], name: str, value: Any) -> Iterator[ErrorDetails]:
    """The errors of one field or unknown key; that other fields are missing is none."""
    return (error for error in _errors(kind, {name: value}) if error["loc"][:1] == (name,))


def _errors(kind: type[BaseModel], data: Any) -> list[ErrorDetails]:
    try:
        kind.model_validate(data)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _moved(error: ErrorDetails, at: Place) -> ErrorDetails:
    return {**error, "loc": (*at, *error["loc"])} if at else error
