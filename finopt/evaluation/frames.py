"""Evaluations as tables of pandas: a row per application, node or directed link."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from finopt.evaluation.loads import Load
from finopt.problem.extras import extra_module

if TYPE_CHECKING:
    import pandas as pd

What = Literal["applications", "nodes", "links"]
"""What has a row each."""

COSTS = (
    *("energy", "compute_energy", "communication_energy"),
    *("latency", "compute_latency", "communication_latency"),
)
"""What an application takes, by the names of `ApplicationEvaluation`."""

FURTHER = ("carbon", "cost")
"""And what else it takes."""


def frame(evaluation: Any, what: What) -> pd.DataFrame:
    """The table of an `Evaluation`; `Evaluation.to_frame` describes its columns."""
    if what not in get_args(What):
        raise ValueError(f"what must be {' or '.join(map(repr, get_args(What)))}, got {what!r}")
    pandas = extra_module("pandas", "table", "to_frame")
    if what == "applications":
        columns = application_columns(evaluation.applications)
    elif what == "nodes":
        columns = {
            "node": list(evaluation.compute),
            **_loads("compute", evaluation.compute),
            **_loads("memory", evaluation.memory),
        }
    else:
        columns = {"link": list(evaluation.bandwidth), **_loads("bandwidth", evaluation.bandwidth)}
    return pandas.DataFrame(columns)


def application_columns(applications: Sequence[Any]) -> dict[str, Any]:
    """The columns; many applications have them already, and are not made one by one."""
    names = ("application", "configuration", *COSTS, "accuracy", "power", *FURTHER)
    if hasattr(applications, "energy"):
        return {name: getattr(applications, name) for name in names}
    return {name: [getattr(item, name) for item in applications] for name in names}


def _loads(kind: str, loads: Mapping[str, Load]) -> dict[str, list[float]]:
    carried = list(loads.values())
    return {
        kind: [load.used for load in carried],
        f"{kind}_capacity": [math.inf if load.capacity is None else load.capacity for load in carried],
        f"{kind}_utilisation": [load.utilisation for load in carried],
    }
