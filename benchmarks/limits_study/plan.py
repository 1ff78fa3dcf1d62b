"""What to run: the sizes of the other studies, every method that takes them, limits from short to long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness import launch
from harness.arguments import check_known

SEVERAL = ("milp", "cspp", "fin")
ONE = (*SEVERAL, "labels", "fin-published", "mcp")
"""The methods for several applications and for one."""

LIMITS = (0.1, 1.0, 5.0)
"""Seconds."""

OVER_S, OVER_SHARE = 0.5, 0.05
"""What a call may take beyond its limit: so many seconds or that share of it, whichever is more."""


class Case(NamedTuple):
    """An instance: a fleet, or one application on a mesh."""

    applications: int
    devices: int = 0
    sites: int = 0
    clouds: int = 0
    nodes: int = 0
    blocks: int = 0

    @property
    def methods(self) -> tuple[str, ...]:
        """Those that take it."""
        return SEVERAL if self.applications > 1 else ONE


CASES: Mapping[str, Case] = {
    "mesh 40x10": Case(1, nodes=40, blocks=10),
    "mesh 100x20": Case(1, nodes=100, blocks=20),
    "mesh 300x30": Case(1, nodes=300, blocks=30),
    "fleet 20x30": Case(20, 10, 15, 5),
    "fleet 100x30": Case(100, 20, 8, 2),
    "fleet 1000x120": Case(1000, 100, 17, 3),
    "fleet 3000x323": Case(3000, 300, 20, 3),
    "fleet 10000x1105": Case(10_000, 1000, 100, 5),
    "fleet 20000x2105": Case(20_000, 2000, 100, 5),
}
"""Blocks of the mesh and applications of the fleet, by nodes; as in the studies of scale and of many."""

SMOKE: Mapping[str, Case] = {
    "mesh 6x4": Case(1, nodes=6, blocks=4),
    "fleet 6x6": Case(6, 3, 2, 1),
}


@dataclass(frozen=True)
class Run(launch.Run):
    """One call in a process of its own."""

    case: str
    applications: int
    devices: int
    sites: int
    clouds: int
    nodes: int
    blocks: int
    method: str
    seed: int = 0


def plan(
    cases: Mapping[str, Case],
    only: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    limits: Sequence[float] = LIMITS,
) -> list[Run]:
    """Every method with every limit on every case that it takes.

    Raises
    ------
    ValueError
        A case or method that there is not.
    """
    check_known(only or (), cases, "case")
    check_known(methods or (), ONE, "method")
    return [
        Run(case=name, **case._asdict(), method=method, time_limit_s=limit)
        for name, case in cases.items()
        if only is None or name in only
        for method in case.methods
        if methods is None or method in methods
        for limit in limits
    ]


def allowed(limit: float) -> float:
    """Seconds that a call with this limit may take beyond it."""
    return max(OVER_S, OVER_SHARE * limit)
