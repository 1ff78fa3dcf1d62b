"""Plans for every hour of a day, and what they take."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tqdm import tqdm

import finopt
from finopt import Instance, Moving, Placement
from finopt.problem.moving import Before, moved_blocks


@dataclass(frozen=True)
class Hour:
    """What a plan takes in one hour: power of the applications, what moving is charged [W], blocks moved."""

    power: float
    moving: float
    moved: int

    @property
    def together(self) -> float:
        """Both [W]."""
        return self.power + self.moving


def hour_of(
    instance: Instance, placement: Placement, before: Placement | None, moving: Moving
) -> Hour | None:
    """A plan after another one; None if it breaks a limit."""
    if before is not None:
        instance = instance.after(Before.of(instance, before, moving))
    found = finopt.evaluate(instance, placement)
    return Hour(found.power, found.moving, moved_blocks(instance, placement)) if found.feasible else None


def plans_of(day: Sequence[Instance], moving: Moving, gap: float) -> Iterator[dict[str, Hour | None]]:
    """What the three plans take, hour after hour."""
    anew = after = first = None
    for instance in tqdm(day, unit="hour", disable=not sys.stderr.isatty()):
        fresh = placement_of(finopt.solve(instance, gap=gap), instance)
        if after is None:
            first = after = fresh
            yield dict.fromkeys(("anew", "charged", "kept"), hour_of(instance, fresh, None, moving))
        else:
            assert anew is not None and first is not None
            found = finopt.solve(instance, previous=after, moving=moving, gap=gap)
            following = placement_of(found, instance)
            yield {
                "anew": hour_of(instance, fresh, anew, moving),
                "charged": hour_of(instance, following, after, moving),
                "kept": hour_of(instance, first, first, moving),
            }
            after = following
        anew = fresh


def placement_of(result: finopt.Result, instance: Instance) -> Placement:
    """The plan, which there has to be."""
    if result.placement is None:
        raise SystemExit(f"{instance.name}: {result.status}, {result.reason}")
    return result.placement
