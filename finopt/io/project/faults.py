"""Problems of a project, gathered from all its sections and files before any is told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from finopt.io.validation import errors
from finopt.problem.errors import InstanceError, Problem, first
from finopt.problem.field_messages import Location, field_problems, keys_of, path_text

Kind = TypeVar("Kind", bound=BaseModel)


class Faults:
    """What is wrong so far; work goes on where it can, so that everything is listed at once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.omitted = 0

    def add(self, path: str, rule: str, value: str = "", hint: Any = "") -> None:
        """Note one problem."""
        self.problems.append(Problem(path, rule, value, "", hint))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Note several."""
        self.problems += first(problems)

    def stop(self) -> None:
        """Raise what was noted, if anything."""
        if self.problems:
            raise InstanceError(self.problems, self.source, self.omitted)

    @contextmanager
    def of(self, path: str, name: str | None = None) -> Iterator[None]:
        """Note what is wrong with a part of the project, or with a file that it names there, and go on."""
        before, joint = (path, ".") if name is None else (f"{path}: {name}", ": ")
        try:
            yield
        except InstanceError as error:
            self.problems += [
                replace(problem, path=f"{before}{joint}{problem.path}" if problem.path else before)
                for problem in error.problems
            ]
            self.omitted += error.omitted

    def part(self, kind: type[Kind], data: Any, at: Location, whole: Any) -> Kind | None:
        """One object of the project as an object of its class; None when its fields are wrong."""
        found = first(field_problems(errors(kind, data, tuple(at)), whole, _keys(kind, at)))
        self.extend(found)
        if found:
            return None
        try:
            return kind.model_validate(data)
        except ValidationError as error:  # a rule between fields
            details = [{**item, "loc": (*at, *item["loc"])} for item in error.errors(include_url=False)]
            self.extend(field_problems(details, whole, _keys(kind, at)))  # type: ignore[arg-type]
            return None

    def list(self, value: Any, path: str) -> Iterator[tuple[Location, Any]]:
        """The entries of a list with their places, each an object."""
        if not isinstance(value, list):
            self.add(path, "must be a list")
            return
        if not value:
            self.add(path, "must not be empty")
        for i, item in enumerate(value):
            if isinstance(item, dict):
                yield (path, i), item
            else:
                self.add(path_text((path, i)), "must be an object")


def _keys(kind: type[BaseModel], at: Location) -> Callable[[Location], Collection[str]]:
    known = keys_of(kind)
    return lambda location: known(location[len(at) :])
