"""What to run, and which runs a time-out makes pointless."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from harness import launch
from harness.arguments import parse_size
from harness.quality import Quality
from harness.rows import Row, by, cut_off, known

FINOPT = ("labels", "fin", "cspp", "milp")
"""Methods of finopt; `milp` is the bare Pyomo model, `cspp` works on the reduced graph."""

PEERS = ("cspy", "highs", "highs-nopresolve", "cpsat")
"""Other people's solvers on the bare graph."""

METHODS = (*FINOPT, *PEERS)

EXACT = tuple(method for method in METHODS if method != "fin")
"""Methods that prove optima."""

QUALITY = Quality(("family", "size", "seed"), EXACT, "{family} {size} seed {seed}")

REFERENCE = "labels"
"""The method that the times of the others are divided by."""

NOT_RUN = "NOT_RUN"
"""Termination of planned runs that were left out, see `pointless`."""

RIVALS = {"highs": "highs-nopresolve", "highs-nopresolve": "highs"}
"""Settings of one solver: where one was slower, it is not run on larger sizes."""

TELLING = 1.0
"""Seconds that the slower rival must take for the comparison to count."""


HARD_METHODS = tuple(method for method in METHODS if method != "highs-nopresolve")
"""`milp` already is HiGHS without presolve."""


@dataclass(frozen=True)
class Family:
    """A kind of instances.

    Attributes
    ----------
    title : str
        What it is and what a size means.
    sizes : mapping of str to int
        Default sizes, smallest first, each with its number of seeds.
    smoke : tuple of str
        Sizes of the smoke test.
    methods : tuple of str
        Who solves it.
    fixed : bool
        Whether the sizes cannot be chosen on the command line.
    time_limit_s : float
        Default limit of a run.
    """

    title: str
    sizes: Mapping[str, int]
    smoke: tuple[str, ...]
    methods: tuple[str, ...] = METHODS
    fixed: bool = False
    time_limit_s: float = 60.0


_hard = partial(Family, methods=HARD_METHODS, time_limit_s=10.0)

FAMILIES = {
    "mesh": Family(
        "Placement on a full mesh; nodes x blocks",
        {"3x5": 3, "10x10": 3, "30x20": 2, "100x20": 3, "300x30": 3},
        smoke=("3x5", "6x6"),
    ),
    "hard-layers": _hard(
        "Anticorrelated integers, layered random graphs; vertices per layer x layers",
        {"5x10": 2, "10x20": 2, "20x40": 2},
        smoke=("4x6",),
    ),
    "hard-grid": _hard(
        "Anticorrelated integers, grids; rows x columns",
        {"6x6": 2, "12x12": 2, "24x24": 2},
        smoke=("4x4",),
    ),
    "kdl": Family(
        "Placement on Kdl of the Topology Zoo, 754 nodes and a device; nodes x blocks",
        {"755x20": 3},
        smoke=("755x3",),
        methods=("labels", "fin", "cspp"),
        fixed=True,
    ),
    "growth": Family(
        "Growth of FIN",
        {"arcs": 1, "gamma": 1},
        smoke=("smoke",),
        methods=("fin", "pass-double", "pass-single"),
        fixed=True,
    ),
}


@dataclass(frozen=True)
class Run(launch.Run):
    """One method on one instance, in a process of its own."""

    family: str
    size: str
    seed: int
    method: str


def plan(
    families: Sequence[str],
    methods: Sequence[str] | None = None,
    sizes: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
    *,
    time_limit_s: float | None = None,
    small: bool = False,
) -> list[Run]:
    """Every method on every instance, small sizes first; None: the family's own choice."""
    runs = []
    for name in families:
        family = FAMILIES[name]
        limit = family.time_limit_s if time_limit_s is None else time_limit_s
        chosen = [m for m in family.methods if methods is None or m in methods]
        for size, count in _sizes(family, sizes, small):
            for seed in seeds if seeds is not None else range(count):
                runs += [Run(name, size, seed, method, time_limit_s=limit) for method in chosen]
    return runs


def _sizes(family: Family, sizes: Sequence[str] | None, small: bool) -> Iterator[tuple[str, int]]:
    """Sizes in growing order, each with its number of seeds."""
    if small:
        yield from ((size, 1) for size in family.smoke)
    elif sizes is None or family.fixed:
        yield from family.sizes.items()
    else:
        for size in sorted(sizes, key=lambda text: math.prod(parse_size(text))):
            yield size, family.sizes.get(size, min(family.sizes.values()))


def compared(rows: Iterable[Row]) -> list[Row]:
    """The rows whose instance has an answer to agree on; growth series have none."""
    return [row for row in rows if row["family"] != "growth"]


def pointless(run: Run, done: Iterable[Row]) -> str:
    """Why a run need not be made; empty if it must.

    A method that ran out of time is not run again in the same family, and the slower of two rivals not on
    larger sizes.
    """
    family = [row for row in done if row["family"] == run.family]
    for row in family:
        if row["method"] == run.method and cut_off(row):
            return f"out of time at {row['size']}, seed {row['seed']}"
    return _outdone(run, family)


def _outdone(run: Run, family: Sequence[Row]) -> str:
    """Whether the rival of the run's method was faster on a smaller size, the last one that both finished."""
    ended = [row for row in family if row["size"] != run.size and row["termination"] == "COMPLETED"]
    for size, rows in reversed(by(ended, "size").items()):
        times = {method: known(some, "total_s") for method, some in by(rows, "method").items()}
        own, other = times.get(run.method), times.get(RIVALS.get(run.method))
        if own and other:
            mine = statistics.median(own)
            slower = mine >= TELLING and mine > statistics.median(other)
            return f"slower than {RIVALS[run.method]} at {size}" if slower else ""
    return ""
