"""LARAC: raise the multiplier of a single budget until the cheap and the fast path agree.

Juettner, Szviatovszki, Mecs, Rajko: Lagrange relaxation based method for the QoS routing problem, INFOCOM
2001.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from finopt.problem.tolerances import ROUNDING

Point = tuple[float, float]
"""Cost of a path and what it uses of the resource."""


def raise_multiplier(
    step: Callable[[float], Point], cheap: Point, fast: Point, budget: float, halted: Callable[[], bool]
) -> None:
    """Take steps at multipliers between those of a path that is too long and of one that keeps the budget.

    Parameters
    ----------
    step : callable
        The shortest path at a multiplier; inf when there is none left.
    cheap, fast : Point
        The path at multiplier 0, and the one that uses least.
    budget : float
        Of the resource.
    halted : callable
        Whether to stop early.
    """
    while not halted():
        if cheap[1] <= fast[1] or cheap[0] >= fast[0]:
            return
        slope = (fast[0] - cheap[0]) / (cheap[1] - fast[1])
        cost, used = step(slope)
        weight = cost + slope * used
        if not math.isfinite(weight) or weight >= (cheap[0] + slope * cheap[1]) * (1 - ROUNDING):
            return
        if used <= budget:
            fast = cost, used
        else:
            cheap = cost, used
