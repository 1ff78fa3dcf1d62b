"""Links as they would be: a transfer takes its bits over the bandwidth and the delay, hop after hop.

Every link is a token bucket that holds nothing: what is sent while it is busy waits until it is free. The
receiver holds a tensor back until it is due, so that what this machine needs to hand it over is a part of the
transfer and does not come on top.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

from finopt.runtime.manifest import LinkPlan

Clock = Callable[[], float]

SPIN = 2e-3
"""The last seconds of a wait are spent looking at the clock: sleeping is not that accurate."""


def now() -> float:
    """Seconds on a clock that all processes of this machine share."""
    return time.monotonic()


class Links:
    """The links out of a process.

    Parameters
    ----------
    plans : iterable of LinkPlan
        Bandwidth and delay.
    """

    def __init__(self, plans: Iterable[LinkPlan]) -> None:
        self._plans: Mapping[str, LinkPlan] = {plan.id: plan for plan in plans}
        self._free: dict[str, float] = {}

    def arrival(self, route: Iterable[str], bits: float, start: float) -> float:
        """When so many bits that leave at `start` have gone over a route.

        Examples
        --------
        >>> slow = LinkPlan(id="a->b", source="a", target="b", bandwidth=100, delay=1, energy=0)
        >>> links = Links([slow])
        >>> links.arrival(["a->b"], 200, 10.0), links.arrival(["a->b"], 200, 10.0)
        (13.0, 15.0)
        """
        for name in route:
            plan = self._plans[name]
            sent = max(start, self._free.get(name, start)) + bits / plan.bandwidth
            self._free[name] = sent
            start = sent + plan.delay
        return start


async def until(moment: float, clock: Clock = now) -> None:
    """Wait until a moment, accurately."""
    left = moment - clock()
    if left > SPIN:
        await asyncio.sleep(left - SPIN)
    while clock() < moment:
        pass
