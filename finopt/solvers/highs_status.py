"""What HiGHS says of how it ended, read here and nowhere else."""

from __future__ import annotations

import enum
from typing import Any

from finopt.problem.errors import BackendError


class Ending(enum.Enum):
    """How a call of HiGHS ended."""

    SOLVED = "solved"
    INFEASIBLE = "infeasible"
    TIME_LIMIT = "time limit"
    MEMORY_LIMIT = "memory limit"
    LIMIT = "another limit"
    NOT_BEGUN = "not begun"


ENDINGS = {
    "kOptimal": Ending.SOLVED,
    "kModelEmpty": Ending.SOLVED,
    "kInfeasible": Ending.INFEASIBLE,
    "kUnboundedOrInfeasible": Ending.INFEASIBLE,  # costs are at least 0, so nothing is unbounded
    "kTimeLimit": Ending.TIME_LIMIT,
    "kInterrupt": Ending.TIME_LIMIT,  # asked to stop, shortly before the time is up or by Ctrl-C
    "kMemoryLimit": Ending.MEMORY_LIMIT,
    "kIterationLimit": Ending.LIMIT,
    "kSolutionLimit": Ending.LIMIT,  # also that of the nodes of the search tree
    "kNotset": Ending.NOT_BEGUN,  # asked to stop before the search began
}
"""By name of highspy's ``HighsModelStatus``, which is loaded with HiGHS; any other one is an error."""

UNSETTLED = ("kUnknown", "kSolveError")
"""Rounding was in the way: from another start it may end."""


def is_unsettled(highs: Any) -> bool:
    """Whether the last call gave up where another one may not."""
    return highs.getModelStatus().name in UNSETTLED


def ending(highs: Any) -> Ending:
    """How the last call ended.

    Raises
    ------
    BackendError
        In an error, or in a way that our models cannot end.
    """
    status = highs.getModelStatus()
    if status.name not in ENDINGS:
        raise BackendError(f"HiGHS stopped with status {highs.modelStatusToString(status)!r}")
    return ENDINGS[status.name]
