"""What a joint search computes once from its instance: groups, the figures of assignments, and the pricer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from finopt.heuristics.joint.assignments import AssignmentFigures
from finopt.heuristics.joint.groups import Group, group
from finopt.heuristics.joint.pricing import Pricer, parts_of
from finopt.heuristics.joint.region_paths import RegionPaths
from finopt.heuristics.joint.tuning import OWN_GROUPS
from finopt.problem.array_types import Bools
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance
from finopt.solvers.clock import Clock


class Prepared(NamedTuple):
    """Groups, the figures of assignments, and the pricer."""

    groups: list[Group]
    figures: AssignmentFigures
    pricer: Pricer


def with_own_group(instance: Instance, network: Network, demand: Demand) -> Bools:
    """Which applications have groups of their own from the beginning, shape (N,)."""
    few = demand.size * network.nodes <= OWN_GROUPS
    return np.full(demand.size, few or instance.moves) | (demand.result >= 0)


def prepare(
    instance: Instance,
    network: Network,
    demand: Demand,
    own_group: Bools,
    clock: Clock,
    levels: int,
    threads: int,
) -> Prepared:
    """Group the applications, and measure what the pricer needs."""
    groups = group(instance, network, demand, own_group)
    figures = AssignmentFigures(network, demand, groups, RegionPaths(network, groups))
    parts = parts_of(groups, network, demand)
    return Prepared(groups, figures, Pricer(network, demand, parts, figures, clock, levels, threads))
