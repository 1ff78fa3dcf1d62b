"""What a method holds, and why it stopped."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What we hold."""

    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"
    INFEASIBLE = "INFEASIBLE"
    NO_SOLUTION = "NO_SOLUTION"


class Termination(StrEnum):
    """Why the method stopped."""

    COMPLETED = "COMPLETED"
    TIME_LIMIT = "TIME_LIMIT"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    LIMIT = "LIMIT"
    INTERRUPTED = "INTERRUPTED"
    ERROR = "ERROR"
