"""Applications as columns: a million of them without a million objects.

Wherever an instance takes a tuple of applications it takes an :class:`ApplicationTable`. It can be read like
that tuple, row by row; what has to be fast reads its columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from finopt.problem.application import Allowed, Application, Limits, Pins
from finopt.problem.columns import (
    by_row,
    default_name,
    figures,
    for_all,
    indices,
    names,
    same_names,
    taken,
    whole_numbers,
)
from finopt.problem.fields import NonEmpty
from finopt.problem.frozen_table import FrozenTable

if TYPE_CHECKING:  # numpy is imported where a table is made: `import finopt` has to stay quick
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

NUMBERS = ("rate", "max_latency", "min_accuracy")
"""Columns of floating point figures."""

NOBODY = -1
"""Stands in column ``result`` where nobody needs the result."""

COLUMNS = (
    *("model_ids", "model", "source_ids", "source", *NUMBERS, "mean", "ids"),
    *("pins", "allowed", "result_ids", "result", "limits"),
)


class ApplicationTable(FrozenTable[Application]):
    """Applications as columns of one length N, which cannot be changed.

    Parameters
    ----------
    model_ids, source_ids : sequence of str
        The models and the nodes that rows refer to; each name once.
    model, source : array of int, shape (N,)
        Index of the row's model and source in them.
    max_latency, min_accuracy : array of float, shape (N,)
        Latency limit [s] and accuracy target; one figure for all is enough.
    rate : array of float, shape (N,)
        Samples per second [1/s].
    mean : array of bool, shape (N,)
        Whether the limit is on the mean latency and not on the worst.
    ids : sequence of str, optional
        Names of the applications; ``app0``, ``app1`` ... if there are none, and then None is kept.
    pins : mapping of int to mapping of str to str, optional
        Row to pinned blocks, node by block.
    allowed : mapping of int to mapping of str to sequence of str, optional
        Row to the nodes that may run its blocks, by block.
    result_ids : sequence of str
        The nodes that results are returned to; ``source`` stands for the source of the row.
    result : array of int, shape (N,)
        Index of the row's node in them, -1 if nobody needs the result; one figure for all is enough.
    limits : mapping of int to mapping of str to float, optional
        Row to those of ``max_energy`` [J], ``max_carbon`` [g] and ``max_cost`` that it has.

    Raises
    ------
    ValueError
        Columns of different length, an index out of range, a wrong kind of figure. Figures out of range and
        unknown names are found by the instance that the table becomes part of.

    Examples
    --------
    >>> table = ApplicationTable(model_ids=["net"], model=[0, 0], source_ids=["phone", "car"], source=[1, 0],
    ...     max_latency=[0.01, 0.02], min_accuracy=0.8)
    >>> len(table), table[1].id, table[1].source, table[0].max_latency
    (2, 'app1', 'phone', 0.01)
    """

    __slots__ = COLUMNS

    columns = COLUMNS

    model_ids: tuple[str, ...]
    model: NDArray[np.int32]
    source_ids: tuple[str, ...]
    source: NDArray[np.int32]
    max_latency: NDArray[np.float64]
    min_accuracy: NDArray[np.float64]
    rate: NDArray[np.float64]
    mean: NDArray[np.bool_]
    ids: NDArray[np.object_] | None
    pins: Mapping[int, Pins]
    allowed: Mapping[int, Allowed]
    result_ids: tuple[str, ...]
    result: NDArray[np.int32]
    limits: Mapping[int, Limits]

    def __init__(
        self,
        *,
        model_ids: Sequence[str],
        model: ArrayLike,
        source_ids: Sequence[str],
        source: ArrayLike,
        max_latency: ArrayLike,
        min_accuracy: ArrayLike,
        rate: ArrayLike = 1.0,
        mean: ArrayLike = False,
        ids: Sequence[str] | NDArray[np.object_] | None = None,
        pins: Mapping[int, Mapping[str, str]] | None = None,
        allowed: Mapping[int, Mapping[str, Sequence[str]]] | None = None,
        result_ids: Sequence[str] = (),
        result: ArrayLike = NOBODY,
        limits: Mapping[int, Mapping[str, float]] | None = None,
    ) -> None:
        import numpy as np

        count = len(np.atleast_1d(np.asarray(model)))
        known = {"model": _distinct("model_ids", model_ids), "source": _distinct("source_ids", source_ids)}
        destinations = _distinct("result_ids", result_ids)
        given = {"rate": rate, "max_latency": max_latency, "min_accuracy": min_accuracy}
        columns: dict[str, Any] = {
            "model_ids": known["model"],
            "model": indices("model", model, count, len(known["model"])),
            "source_ids": known["source"],
            "source": indices("source", source, count, len(known["source"])),
            "mean": figures("mean", mean, count, "bool"),
            "ids": _unusual(ids, count),
            "pins": MappingProxyType(by_row("pins", Pins, pins or {}, count)),
            "allowed": MappingProxyType(by_row("allowed", Allowed.of, allowed or {}, count)),
            "limits": MappingProxyType(by_row("limits", Limits.of, limits or {}, count)),
            "result_ids": destinations,
            "result": indices("result", for_all(result, count), count, len(destinations), least=NOBODY),
        }
        columns |= {name: figures(name, values, count) for name, values in given.items()}
        for name, column in columns.items():
            object.__setattr__(self, name, column)

    @classmethod
    def of(cls, applications: Sequence[Application]) -> ApplicationTable:
        """The table of any sequence of applications; a table is returned as it is."""
        if isinstance(applications, ApplicationTable):
            return applications
        models = {name: i for i, name in enumerate(dict.fromkeys(a.model for a in applications))}
        sources = {name: i for i, name in enumerate(dict.fromkeys(a.source for a in applications))}
        needed = dict.fromkeys(a.result_to for a in applications if a.result_to is not None)
        results: dict[str | None, int] = {name: i for i, name in enumerate(needed)}
        return cls(
            model_ids=tuple(models),
            model=whole_numbers([models[a.model] for a in applications]),
            source_ids=tuple(sources),
            source=whole_numbers([sources[a.source] for a in applications]),
            max_latency=[a.max_latency for a in applications],
            min_accuracy=[a.min_accuracy for a in applications],
            rate=[a.rate for a in applications],
            mean=[a.latency == "mean" for a in applications],
            ids=[a.id for a in applications],
            pins={i: a.pinned for i, a in enumerate(applications) if a.pinned},
            allowed={i: a.allowed for i, a in enumerate(applications) if a.allowed},
            result_ids=tuple(needed),
            result=whole_numbers([results.get(a.result_to, NOBODY) for a in applications]),
            limits={i: own for i, a in enumerate(applications) if (own := a.limit_fields)},
        )

    def __len__(self) -> int:
        """Number of applications."""
        return len(self.model)

    def _row(self, row: int) -> Application:
        return Application(
            id=self.name(row),
            model=self.model_ids[self.model[row]],
            source=self.source_ids[self.source[row]],
            rate=float(self.rate[row]),
            max_latency=float(self.max_latency[row]),
            min_accuracy=float(self.min_accuracy[row]),
            latency="mean" if self.mean[row] else "worst",
            pinned=self.pins.get(row, Pins()),
            allowed=self.allowed.get(row, Allowed()),
            result_to=None if self.result[row] == NOBODY else self.result_ids[self.result[row]],
            **self.limits.get(row, Limits()),
        )

    def take(self, rows: Sequence[int] | NDArray[np.integer[Any]]) -> ApplicationTable:
        """The table of some rows, in the order given; the applications keep their names."""
        import numpy as np

        chosen = np.asarray(rows, dtype=np.int64)
        columns = {
            name: getattr(self, name)[chosen] for name in ("model", "source", "mean", *NUMBERS, "result")
        }
        return ApplicationTable(
            model_ids=self.model_ids,
            source_ids=self.source_ids,
            ids=[self.name(row) for row in chosen.tolist()] if self.ids is None else self.ids[chosen],
            pins=taken(self.pins, chosen),
            allowed=taken(self.allowed, chosen),
            limits=taken(self.limits, chosen),
            result_ids=self.result_ids,
            **columns,
        )

    def name(self, row: int) -> str:
        """Id of the application in a row."""
        return default_name(row) if self.ids is None else str(self.ids[row])

    def names(self) -> list[str]:
        """All ids, in order."""
        if self.ids is None:
            return [default_name(i) for i in range(len(self))]
        return list(self.ids.tolist())

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same applications in the same order."""
        if not isinstance(other, ApplicationTable):
            return NotImplemented
        import numpy as np

        plain = (*NUMBERS, "mean")
        return self is other or (
            len(self) == len(other)
            and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in plain)
            and same_names(self.model_ids, self.model, other.model_ids, other.model)
            and same_names(self.source_ids, self.source, other.source_ids, other.source)
            and (self.ids is None) == (other.ids is None)
            and (self.ids is None or np.array_equal(self.ids, other.ids))  # type: ignore[arg-type]
            and self.pins == other.pins
            and self.allowed == other.allowed
            and self.limits == other.limits
            and same_names(*self._destinations(), *other._destinations())
        )

    def _destinations(self) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """Names and indices of where results go, nobody as a name of its own."""
        import numpy as np

        return (*self.result_ids, ""), np.where(self.result == NOBODY, len(self.result_ids), self.result)

    def __hash__(self) -> int:
        """Of the figures; equal for equal tables."""
        return hash((len(self), *((getattr(self, name) + 0.0).tobytes() for name in NUMBERS)))

    def __repr__(self) -> str:
        """How many applications of how many models from how many sources."""
        counts = f"{len(self.model_ids)} models, {len(self.source_ids)} sources"
        return f"<ApplicationTable of {len(self)} applications, {counts}>"

    def _plain_columns(self) -> dict[str, Any]:
        by_row = {name: dict(getattr(self, name)) for name in ("pins", "allowed", "limits")}
        return super()._plain_columns() | by_row

    @property
    def has_results(self) -> bool:
        """Whether somebody needs the result of any application."""
        return bool((self.result != NOBODY).any())


class ApplicationById(Mapping[str, Application]):
    """The applications of a table by id, made on demand."""

    def __init__(self, table: ApplicationTable) -> None:
        self._table = table
        self._row = None if table.ids is None else {name: i for i, name in enumerate(table.names())}

    def row(self, name: str) -> int:
        """Row of the application with this id; KeyError if there is none."""
        if self._row is not None:
            return self._row[name]
        digits = name.removeprefix(default_name(""))
        row = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else -1
        if not (0 <= row < len(self._table) and name == default_name(row)):
            raise KeyError(name)
        return row

    def __getitem__(self, name: str) -> Application:
        """The application with this id; KeyError if there is none."""
        return self._table[self.row(name)]

    def __iter__(self) -> Iterator[str]:
        """All ids, in the order of the table."""
        return iter(self._table.names())

    def __len__(self) -> int:
        """Number of applications."""
        return len(self._table)


class TupleOrTable:
    """Lets a field of the data model take an ApplicationTable where it takes applications."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Tables pass, everything else has to be applications."""
        return core_schema.no_info_wrap_validator_function(
            lambda value, check: value if isinstance(value, ApplicationTable) else check(value),
            handler.generate_schema(NonEmpty[Application]),
            serialization=core_schema.wrap_serializer_function_ser_schema(_plain, info_arg=True),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Any:
        """A list of applications, or an object that names a table."""
        table = {
            "type": "object",
            "description": "a CSV or Parquet file with a row per application, see docs/files.md",
            "properties": {"table": {"type": "string", "minLength": 1, "pattern": r"\.(csv|parquet)$"}},
            "required": ["table"],
            "additionalProperties": False,
        }
        return {"title": "Applications", "anyOf": [handler(schema), table]}


def _plain(value: Any, serialize: Any, info: Any) -> Any:
    """In Python a table stays a table; JSON has a list."""
    if isinstance(value, ApplicationTable):
        return value if info.mode == "python" else [item.model_dump(mode="json") for item in value]
    return serialize(value)


def _distinct(name: str, values: Sequence[str]) -> tuple[str, ...]:
    known = tuple(values)
    if len(set(known)) < len(known):
        raise ValueError(f"{name}: names one twice")
    return known


def _unusual(ids: Sequence[str] | NDArray[Any] | None, count: int) -> NDArray[Any] | None:
    """The ids as an array; None when they are those of a table without any."""
    if ids is None:
        return None
    if len(ids) != count:
        raise ValueError(f"column ids: needs {count} rows, has {len(ids)}")
    usual = bool(count) and ids[-1] == default_name(count - 1)
    if usual and all(name == default_name(i) for i, name in enumerate(ids)):
        return None
    return names(ids)
