"""What a model takes at least, by its arcs: one that can't be within a limit of memory is not built."""

from __future__ import annotations

from finopt.problem.formatting import quantity
from finopt.solvers.clock import Clock

PYOMO, CP_SAT = 1100, 500
"""Bytes per arc that building a model takes at least: measured, on networks and fleets, were 1160 to 2100 in
Pyomo with its arrays, and 580 to 690 in CP-SAT. Solving takes more."""


class TooLargeError(Exception):
    """A model takes more than the limit of memory; the message says how much."""


def refuse_too_large(arcs: int, per_arc: int, clock: Clock) -> None:
    """Refuse a model of so many arcs, or more, that can't be within the limit.

    Raises
    ------
    TooLargeError
    """
    need, limit = float(arcs * per_arc), clock.memory.limit
    if need > limit:
        known = f"a model of at least {arcs} arcs takes {quantity(need, 'B', 3)} or more"
        raise TooLargeError(f"{known}, the memory limit is {quantity(limit, 'B', 3)}")
