"""What to run: cases of growing size, what some of them are judged by, one :class:`Run` per method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness import launch
from harness.arguments import check_known, parse_method
from harness.quality import Quality

EXACT = "milp"
"""The method that proves joint optima, of small cases."""

JUDGED = "fin"
"""The method that the targets are for."""


class Target(NamedTuple):
    """What `JUDGED` has to reach on every seed; None: nothing is asked for.

    ``gap`` certified, ``seconds`` for loading and solving together, ``memory_mb`` of the process [10^6 byte],
    ``to_optimum`` relative to the optimum of `EXACT`, ``speedup`` over it.
    """

    gap: float | None = None
    seconds: float | None = None
    memory_mb: float | None = None
    to_optimum: float | None = None
    speedup: float | None = None


@dataclass(frozen=True)
class Case:
    """Arguments of ``finopt.generate_fleet``, and how often and by whom the instance is solved."""

    applications: int
    devices: int
    sites: int
    clouds: int
    seeds: int
    methods: tuple[str, ...] = (JUDGED,)
    time_limit_s: float = 60.0
    target: Target | None = None

    @property
    def nodes(self) -> int:
        """Devices, sites and clouds."""
        return self.devices + self.sites + self.clouds

    @property
    def name(self) -> str:
        """Applications x nodes."""
        return f"{self.applications}x{self.nodes}"


def _by_name(*cases: Case) -> dict[str, Case]:
    return {case.name: case for case in cases}


CASES: Mapping[str, Case] = _by_name(
    Case(10, 5, 4, 1, seeds=3, methods=(EXACT, JUDGED)),
    Case(
        20,
        10,
        15,
        5,
        seeds=3,
        methods=(EXACT, JUDGED),
        time_limit_s=120.0,
        target=Target(to_optimum=0.005, speedup=50.0),
    ),
    Case(100, 20, 8, 2, seeds=3),
    Case(1000, 100, 17, 3, seeds=3),
    Case(3000, 300, 20, 3, seeds=3, target=Target(gap=0.001, seconds=5.0)),
    Case(10_000, 1000, 100, 5, seeds=3, target=Target(gap=0.001, seconds=15.0, memory_mb=1000.0)),
    Case(100_000, 10_000, 100, 5, seeds=2, time_limit_s=120.0),
    Case(
        1_000_000,
        100_000,
        100,
        5,
        seeds=2,
        time_limit_s=120.0,
        target=Target(gap=0.01, seconds=120.0, memory_mb=6000.0),
    ),
)
"""Smallest first."""

SMOKE: Mapping[str, Case] = _by_name(
    Case(6, 3, 2, 1, seeds=1, methods=(EXACT, JUDGED), time_limit_s=20.0),
    Case(60, 12, 4, 1, seeds=1, time_limit_s=20.0),
)
"""Under a minute."""

INSTANCE = ("applications", "devices", "sites", "clouds", "scarcity", "seed")
"""The columns that name an instance."""

QUALITY = Quality(INSTANCE, (EXACT,), "{case} seed {seed}")


@dataclass(frozen=True)
class Run(launch.Run):
    """One method on one instance, in a process of its own; ``options`` is a JSON object."""

    case: str
    applications: int
    devices: int
    sites: int
    clouds: int
    seed: int
    method: str
    options: str = "{}"
    scarcity: float = 0.4
    table: str = "csv"


def plan(
    cases: Mapping[str, Case],
    only: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
    *,
    scarcity: float = 0.4,
    table: str = "csv",
    time_limit_s: float | None = None,
) -> list[Run]:
    """Every method on every instance, small cases first; None: the case's own choice.

    Raises
    ------
    ValueError
        A case that there is not.
    """
    check_known(only or (), cases, "case")
    return [
        Run(
            case=name,
            applications=case.applications,
            devices=case.devices,
            sites=case.sites,
            clouds=case.clouds,
            seed=seed,
            method=method,
            options=options,
            scarcity=scarcity,
            table=table,
            time_limit_s=case.time_limit_s if time_limit_s is None else time_limit_s,
        )
        for name, case in cases.items()
        if only is None or name in only
        for seed in (range(case.seeds) if seeds is None else seeds)
        for method, options in map(parse_method, case.methods if methods is None else methods)
    ]
