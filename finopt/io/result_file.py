"""Result files, format ``finopt-result`` version 1 (JSON).

A placement is a list of objects, one per application, or for very many an object of columns, see
:mod:`finopt.io.tables.placement_columns`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from finopt.evaluation.result import Result, Runtime
from finopt.io.strict_json import parse
from finopt.io.tables import placement_columns
from finopt.io.validation import validated
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.field_messages import Location
from finopt.problem.fields import Items
from finopt.problem.instance import Instance
from finopt.problem.objective import TOTAL, Figure
from finopt.problem.placement import Placement
from finopt.problem.placement_table import PlacementTable
from finopt.problem.status import Status, Termination

FORMAT = "finopt-result"

DEEPEST = 100
"""Objects within objects that statistics may have; writing them takes a call of Python each."""

SLICES = ("slices", "route_slices")
"""Fields of a placement that are written only if there are any."""

Seconds = Annotated[float, Field(ge=0)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class _Placed(_Record):
    application: str
    configuration: int
    nodes: Items[str]
    routes: Items[Items[str]]
    slices: Items[float | None] = ()
    route_slices: Items[Items[float | None]] = ()


class _Totals(_Record):
    power: float
    carbon: float
    cost: float


class _ResultRecord(_Record):
    format: Literal["finopt-result"]
    version: Literal[1]
    instance: str = ""
    method: str
    solver: str = ""
    status: Annotated[Status, Field(strict=False)]
    termination: Annotated[Termination, Field(strict=False)]
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    build_seconds: Seconds = 0.0
    solve_seconds: Seconds = 0.0
    reason: str = ""
    stats: dict[str, Any] = Field(default_factory=dict)
    placement: Items[_Placed] | None = None
    path: Items[int] | None = None
    arcs: Items[int] | None = None
    minimised: Figure = "energy"
    totals: _Totals | None = None
    moving: float = 0.0


def write(result: Result, instance: Instance | None = None) -> str:
    """The result as text; what `finopt check` reads. Figures that are not finite are written as null."""
    placed = None if result.placement is None else result.placement.applications
    record = {
        "format": FORMAT,
        "version": 1,
        "instance": instance.name if instance else "",
        "method": result.method,
        "solver": result.solver,
        "status": result.status,
        "termination": result.termination,
        "objective": result.objective,
        "bound": result.bound,
        "gap": result.gap,
        "build_seconds": result.runtime.build,
        "solve_seconds": result.runtime.solve,
        "reason": result.reason,
        "stats": result.stats,
        "placement": placed,
        "path": result.path,
    }
    if result.arcs is not None:
        record["arcs"] = result.arcs
    record |= _further(result)
    rows = [f"  {json.dumps(key)}: {_json(value)}" for key, value in record.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _further(result: Result) -> dict[str, Any]:
    """What is minimised unless it is energy, totals where there is carbon or cost, and what moving costs."""
    found: dict[str, Any] = {} if result.minimised == "energy" else {"minimised": result.minimised}
    account = result.evaluation
    if account is not None and (account.carbon or account.cost) and not math.isnan(account.power):
        found["totals"] = {name: getattr(account, name) for name in TOTAL.values()}
    if account is not None and account.moving:
        found["moving"] = account.moving
    return found


def _json(value: Any) -> str:
    """A value of the record as text; the lines after its first are indented like the record's keys."""
    if isinstance(value, PlacementTable):
        return placement_columns.write(value, "  ")
    if isinstance(value, tuple) and value and isinstance(value[0], ApplicationPlacement):
        value = [_of_placed(item) for item in value]
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)
    return text.replace("\n", "\n  ")


def _of_placed(placed: ApplicationPlacement) -> dict[str, Any]:
    """The fields of a placement; slices only where it has any."""
    return {name: field for name, field in vars(placed).items() if field or name not in SLICES}


def is_result(text: str) -> bool:
    """Whether a text says that it is a result; whether it is a good one is for `read` to find out."""
    if f'"{FORMAT}"' not in text:
        return False
    try:
        data, _ = parse(text, "")
    except InstanceError:
        return False
    return isinstance(data, dict) and data.get("format") == FORMAT


def read(text: str, source: str) -> Result:
    """Parse a result; see `read_with_name`."""
    return read_with_name(text, source)[0]


def read_with_name(text: str, source: str) -> tuple[Result, str]:
    """Parse a result, and the name of the instance that it says it answers; see `read_stated`."""
    return read_stated(text, source)[:2]


class Stated(NamedTuple):
    """What a result file says: the result, the name of its instance (may be empty), the gap, and totals.

    ``totals`` are ``power``, ``carbon`` and ``cost`` of all applications, empty if the file has none;
    ``moving`` is the part of the objective that moving blocks was charged.
    """

    result: Result
    instance: str
    gap: float | None
    totals: Mapping[str, float] = MappingProxyType({})
    moving: float = 0.0


def read_stated(text: str, source: str) -> Stated:
    """Parse a result and all else that its file says.

    Raises
    ------
    InstanceError
        With every problem of the text.
    """
    data, problems = parse(text, source)
    if not isinstance(data, dict):
        raise InstanceError([Problem("", "a result is a JSON object", shown(data))], source)
    columns, table = data.get("placement"), None
    if isinstance(columns, dict) and columns:
        table, wrong = placement_columns.read(columns)
        problems += wrong
        data = {**data, "placement": None}
    record, wrong = validated(_ResultRecord, data, _known_keys)
    problems += wrong
    if record is not None and not _is_shallow(record.stats):
        problems.append(Problem("stats", f"is nested more than {DEEPEST} deep"))
    if problems or record is None:
        raise InstanceError(problems, source)
    placed: PlacementTable | tuple[ApplicationPlacement, ...] | None = table
    if record.placement is not None:
        placed = tuple(ApplicationPlacement(**dict(item)) for item in record.placement)
    result = Result(
        status=record.status,
        termination=record.termination,
        method=record.method,
        solver=record.solver,
        placement=None if placed is None else Placement(placed),
        path=record.path,
        objective=record.objective,
        bound=record.bound,
        runtime=Runtime(record.build_seconds, record.solve_seconds),
        stats=record.stats,
        reason=record.reason,
        arcs=record.arcs,
        minimised=record.minimised,
    )
    totals = {} if record.totals is None else dict(record.totals)
    return Stated(result, record.instance, record.gap, totals, record.moving)


def _is_shallow(value: Any) -> bool:
    """Whether objects and lists within a value are `DEEPEST` deep at most; looks at one depth at a time."""
    here = [value]
    for _ in range(DEEPEST):
        inside = [item.values() if isinstance(item, Mapping) else item for item in here]
        here = [part for parts in inside for part in parts if isinstance(part, Mapping | list)]
    return not here


def _plain(value: Any) -> Any:
    """What JSON can hold: numpy numbers become plain ones, what is neither text nor number its text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def _known_keys(location: Location) -> Collection[str]:
    if "totals" in location[:-1]:
        return _Totals.model_fields
    return (_Placed if "placement" in location[:-1] else _ResultRecord).model_fields
