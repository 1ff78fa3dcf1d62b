"""Result files, format ``finopt-result`` version 1 (JSON)."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finopt.errors import InstanceError, Problem
from finopt.instance import Instance
from finopt.io.strict_json import parse
from finopt.placement import ApplicationPlacement, Placement
from finopt.result import Result, Runtime, Status, Termination

FORMAT = "finopt-result"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Placed(_Record):
    application: str
    configuration: int
    nodes: tuple[str, ...]
    routes: tuple[tuple[str, ...], ...]


class _ResultRecord(_Record):
    format: Literal["finopt-result"] = "finopt-result"
    version: Literal[1] = 1
    instance: str = ""
    method: str
    solver: str = ""
    status: Status
    termination: Termination
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    build_seconds: float = 0.0
    solve_seconds: float = 0.0
    reason: str = ""
    stats: dict[str, Any] = Field(default_factory=dict)
    placement: tuple[_Placed, ...] | None = None
    path: tuple[int, ...] | None = None


def write(result: Result, instance: Instance | None = None) -> str:
    """The result as text; what `finopt check` reads."""
    placed = None
    if result.placement is not None:
        placed = tuple(_Placed(**vars(item)) for item in result.placement.applications)
    record = _ResultRecord(
        instance=instance.name if instance else "",
        method=result.method,
        solver=result.solver,
        status=result.status,
        termination=result.termination,
        objective=result.objective,
        bound=result.bound,
        gap=result.gap,
        build_seconds=result.runtime.build,
        solve_seconds=result.runtime.solve,
        reason=result.reason,
        stats=dict(result.stats),
        placement=placed,
        path=result.path,
    )
    return json.dumps(record.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def read(text: str, source: str) -> Result:
    """Parse a result.

    Raises
    ------
    InstanceError
        With every problem of the text.
    """
    data, problems = parse(text, source)
    record = None
    try:
        record = _ResultRecord.model_validate(data)
    except ValidationError as error:
        for item in error.errors():
            path = ".".join(map(str, item["loc"]))
            problems.append(Problem(path, item["msg"], repr(item["input"])[:60]))
    if problems or record is None:
        raise InstanceError(problems, source)
    placement = None
    if record.placement is not None:
        placement = Placement(tuple(ApplicationPlacement(**dict(item)) for item in record.placement))
    return Result(
        status=record.status,
        termination=record.termination,
        method=record.method,
        solver=record.solver,
        placement=placement,
        path=record.path,
        objective=record.objective,
        bound=record.bound,
        runtime=Runtime(record.build_seconds, record.solve_seconds),
        stats=record.stats,
        reason=record.reason,
    )
