"""Whether partitions belong together: the same shared nodes, links and models, and no device twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finopt.heuristics.joint.distributed.partition import Description
from finopt.heuristics.joint.distributed.shared_capacities import SharedCapacities
from finopt.heuristics.joint.distributed.sources import Source
from finopt.problem.errors import InstanceError, Problem


def refuse_disagreement(sources: Sequence[Source], described: Sequence[Description]) -> None:
    """Refuse partitions that are not of one instance.

    Raises
    ------
    InstanceError
        Naming every partition that differs from the first, and all that have a private node of another.
    """
    problems = [*_different(sources, described), *_twice(sources, described)]
    if problems:
        raise InstanceError(problems, "partitions")


def _different(sources: Sequence[Source], described: Sequence[Description]) -> list[Problem]:
    first = described[0].shared
    return [
        Problem(source.name, f"must have the {what} of {sources[0].name}, with the same figures")
        for source, own in zip(sources, described, strict=True)
        if (what := _difference(first, own.shared))
    ]


def _difference(one: SharedCapacities, other: SharedCapacities) -> str:
    """What two partitions do not have in common."""
    for name, what in (("nodes", "shared nodes"), ("links", "links among shared nodes")):
        if getattr(one, name) != getattr(other, name):
            return what
    return "" if one.digest == other.digest else "shared nodes and their links, models and profiles"


def _twice(sources: Sequence[Source], described: Sequence[Description]) -> list[Problem]:
    """A private node has its capacities once, so all who use it are in one partition."""
    owner = np.repeat(np.arange(len(described)), [one.private.size for one in described])
    names = np.concatenate([one.private for one in described])
    order = np.argsort(names, kind="stable")
    again = np.flatnonzero(names[order][1:] == names[order][:-1])
    pairs = {(int(owner[order[k]]), int(owner[order[k + 1]])) for k in again.tolist()}
    return [
        Problem(sources[b].name, f"has private nodes that {sources[a].name} has, too; each belongs in one")
        for a, b in sorted(pairs)
    ]
