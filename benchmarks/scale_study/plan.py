"""What to run: one :class:`Run` per instance and method."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness import launch
from harness.quality import Quality

EXACT = ("labels", "milp", "cspp")
"""Methods that prove optima; they go first, so that the other methods can be compared when they finish."""

PUBLISHED = "fin-published"
"""The method that takes its gamma and lambda from the grid of the command line."""

INSTANCE = ("nodes", "blocks", "configurations", "topology", "tightness", "seed")
"""The columns that name an instance."""

QUALITY = Quality(INSTANCE, EXACT, "{topology} {nodes}x{blocks} seed {seed}")

KEY = (*INSTANCE, "method", "options", "time_limit_s", "warm", "workers")
"""The columns that name a run."""


@dataclass(frozen=True)
class Run(launch.Run):
    """One method on one generated instance, in a process of its own.

    ``options`` is a JSON object, ``workers`` the number of runs that are at work at a time.
    """

    nodes: int
    blocks: int
    topology: str
    seed: int
    method: str
    options: str = "{}"
    configurations: int = 3
    tightness: float = 0.5
    workers: int = 1

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells this run from others; the same as `key_of` its row."""
        return tuple(getattr(self, name) for name in KEY)


def key_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells the run of a row from others."""
    return tuple(row[name] for name in KEY)


def plan(
    sizes: Sequence[tuple[int, int]],
    topologies: Sequence[str],
    methods: Sequence[tuple[str, str]],
    seeds: Sequence[int],
    **common: Any,
) -> list[Run]:
    """Every method on every instance, small instances first, exact methods first on each."""
    ordered = sorted(methods, key=lambda pair: pair[0] not in EXACT)
    return [
        Run(nodes, blocks, topology, seed, method, options, **common)
        for nodes, blocks in sorted(sizes, key=lambda size: size[0] * size[1])
        for topology in topologies
        for seed in seeds
        for method, options in ordered
    ]


def over_grid(
    methods: Sequence[tuple[str, str]],
    gammas: Sequence[int],
    lams: Sequence[float | None],
    lam_rule: str | None,
) -> Iterator[tuple[str, str]]:
    """The methods, FIN as published once for each gamma and lambda; options that it has stay as they are.

    By levels a lambda above gamma + 1 leaves no level: that combination is left out.
    """
    for method, options in methods:
        if method != PUBLISHED:
            yield method, options
            continue
        own = json.loads(options)
        rule = {"lam_rule": lam_rule} if lam_rule else {}
        for gamma in [own["gamma"]] if "gamma" in own else gammas:
            for lam in [own["lam"]] if "lam" in own else lams:
                chosen = {"gamma": gamma} | ({} if lam is None else {"lam": lam} | rule) | own
                if _leaves_levels(chosen):
                    yield method, json.dumps(chosen, sort_keys=True)


def _leaves_levels(options: Mapping[str, Any]) -> bool:
    return options.get("lam_rule") != "levels" or options.get("lam", 0) <= options["gamma"] + 1
