"""Copies of objects of the data model with some fields changed, checked like a file and in the same words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import chain
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from finopt.problem.errors import InstanceError, Problem, first
from finopt.problem.field_messages import Location, field_problems, keys_of
from finopt.problem.references import Data, suggest

Kind = TypeVar("Kind", bound=BaseModel)

Rules = Callable[[Data], Iterable[Problem]]
"""The rules between the objects of plain data that are broken."""


def checked_copy(
    item: Kind, changes: Mapping[str, Any], rules: Rules, at: Location = (), known: Any = None
) -> Kind:
    """A copy with some fields changed, checked anew.

    Parameters
    ----------
    item : BaseModel
        What to copy.
    changes : mapping of str to object
        New values by field.
    rules : callable
        What checks data whose fields are right, if the class does so.
    at : sequence of str and int
        Where the object stands, for the messages.
    known : object
        What validators see as their context.

    Raises
    ------
    InstanceError
        Lists the fields that do not exist, the values that a field cannot have, and broken rules.
    """
    kind = type(item)
    data = {**given_fields(item), **changes}
    try:
        return kind.model_validate(data, context=known)
    except ValidationError as error:
        plain = plain_data(data)
        details = error.errors(include_url=False)
        source = "instance" if at else kind.__name__.lower()
        wrong = field_problems(_moved(details, at), _placed(plain, at), _keys(kind, at))
        raise InstanceError(first(chain(wrong, rules(plain))), source) from None


def given_fields(item: BaseModel) -> dict[str, Any]:
    """The fields of an object that are not left to their default."""
    return {name: getattr(item, name) for name in type(item).model_fields if name in item.model_fields_set}


def refuse_unknown(kind: type[BaseModel], names: Iterable[str]) -> None:
    """Refuse fields that a class does not have.

    Raises
    ------
    InstanceError
        Names each of them, and the nearest one that there is.
    """
    known = kind.model_fields
    name = kind.__name__
    rule = f"{name} has no such field"
    unknown = [Problem(each, rule, "", "", _with_advice(each, known)) for each in names if each not in known]
    if unknown:
        raise InstanceError(unknown, name.lower())


def _with_advice(name: str, known: Collection[str]) -> str:
    return f"{suggest(name, known)} (replace(...) checks values as well)"


def plain_data(value: Any) -> Any:
    """Objects as the plain data of a file; a table stays one."""
    if isinstance(value, BaseModel):
        return plain_data({name: getattr(value, name) for name in type(value).model_fields})
    if isinstance(value, Mapping):
        return {key: plain_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_data(item) for item in value]
    return value


def _moved(details: Iterable[ErrorDetails], at: Location) -> Iterable[ErrorDetails]:
    return [{**item, "loc": (*at, *item["loc"])} for item in details] if at else details


def _placed(data: Any, at: Location) -> Any:
    """Data that has the object at its place, and nothing else."""
    for part in reversed(at):
        data = {part: data}
    return data


def _keys(kind: type[BaseModel], at: Location) -> Callable[[Location], Collection[str]]:
    known = keys_of(kind)
    return lambda location: known(location[len(at) :])
