"""What would help an application that is late under load.

With ``waiting: processor-sharing`` computing takes at most 1 / (1 - u) times as long in the mean on nodes
that are used up to u. So the limit says how large u may be: the time it leaves for computing, relative to
computing alone, is 1 / (1 - u).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from finopt.problem.errors import shown
from finopt.problem.formatting import quantity

DIGITS = 3
"""Of an advised utilisation, rounded down."""


def largest_utilisation(computing: float, other: float, limit: float) -> float:
    """Up to which utilisation computing, stretched by waiting, and what else takes time keep a limit.

    Examples
    --------
    >>> largest_utilisation(computing=0.01, other=0.02, limit=0.04)
    0.5
    >>> largest_utilisation(computing=0.01, other=0.02, limit=0.03)
    0.0
    """
    left = limit - other
    return max(1 - computing / left, 0.0) if left > 0 else 0.0


def advice(
    *, alone: float, computing: float, link_wait: float, limit: float, used: Mapping[str, float], slowest: str
) -> str:
    """What would help an application that is late.

    Parameters
    ----------
    alone, computing, link_wait, limit : float
        Seconds of a sample that meets no other, of its computing, of its waiting for links, and its limit.
    used : mapping of str to float
        Utilisation of the nodes that compute for it.
    slowest : str
        The link for which it waits longest; empty if for none.
    """
    if alone > limit:
        return f"late without any load: a sample alone takes {quantity(alone, 's')}"
    most = largest_utilisation(computing, alone - computing + link_wait, limit)
    most = math.floor(most * 10**DIGITS) / 10**DIGITS
    if most <= 0:
        where = f" for links, longest for {shown(slowest)}" if slowest else ""
        return f"it waits{where}, which no max_utilisation helps; it needs more bandwidth or another route"
    above = [name for name, share in used.items() if share > most]
    if not above:
        return "its nodes are used little enough for processor sharing; samples of others are before it"
    names = ", ".join(map(shown, above))
    return f"max_utilisation of at most {most:g} on {names}, with waiting: processor-sharing"
