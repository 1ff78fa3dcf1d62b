"""FIN's level rule: what is used of a limit, counted in levels of limit / gamma."""

from __future__ import annotations

import numpy as np

from finopt.problem.array_types import Floats, Ints
from finopt.problem.tolerances import LEVEL_TOLERANCE, SLACK_TOLERANCE


def levels(used: Floats, budget: float, gamma: int, *, up: bool) -> Ints:
    """By how many levels arcs lead up.

    Parameters
    ----------
    used : ndarray
        What the arcs use of the resource.
    budget : float
        All that may be used; with 0, those of arcs that use something are gamma + 1.
    gamma : int
        Number of levels, at most `finopt.problem.options.LARGEST_GAMMA`.
    up : bool
        Round up (paths found are feasible) or down (no feasible path is lost).

    Returns
    -------
    ndarray of int32, of the same shape
        At most gamma + 1.

    Notes
    -----
    A figure within ``LEVEL_TOLERANCE`` of a level is on that level either way, so sums of decimals that
    meet a limit exactly do not take one more. Then sum(levels) <= gamma implies
    sum(used) <= budget / (1 - LEVEL_TOLERANCE), within the tolerance 1e-9 of budgets; and
    sum(used) <= budget (1 + 1e-9) implies sum(levels rounded down) < gamma + 1, that is <= gamma.

    Examples
    --------
    >>> import numpy as np
    >>> levels(np.array([0.1, 0.2, 0.25]), 0.3, 3, up=True)
    array([1, 2, 3], dtype=int32)
    >>> levels(np.array([0.1, 0.2, 0.25]), 0.3, 3, up=False)
    array([1, 2, 2], dtype=int32)
    """
    if budget <= 0:
        return np.where(used > 0, gamma + 1, 0).astype(np.int32)
    exact = np.minimum(used / budget, 2.0) * gamma
    rounded = np.ceil(exact * (1 - LEVEL_TOLERANCE)) if up else np.floor(exact * (1 + LEVEL_TOLERANCE))
    return np.minimum(rounded, gamma + 1).astype(np.int32)


def levels_left(slack: float, per_level: float, gamma: int) -> int:
    """The levels that fit into what is left of a limit, rounded so that no path is lost; at most gamma.

    Compiled loops call nothing of ours: `look_up` of the value tables repeats this line on the same two
    tolerances, which it is given.

    Parameters
    ----------
    slack : float
        What is left, at least 0.
    per_level : float
        Levels per unit of it.
    gamma : int

    Examples
    --------
    >>> levels_left(0.3, 10.0, 8), levels_left(0.29, 10.0, 8), levels_left(1.0, 10.0, 8)
    (3, 2, 8)
    """
    return int(min(float(gamma), slack * per_level * (1 + LEVEL_TOLERANCE) + SLACK_TOLERANCE))
