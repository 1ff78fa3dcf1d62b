"""Value tables: the least cost to finish an inference from every stage, node and number of latency levels.

One backward pass of FIN over (stage, node, level) answers every application of a group, whatever its source
and its latency limit: it walks its own blocks on its own device, crosses one link into the region, and looks
up the rest. With levels rounded down the values are lower bounds, rounded up the paths are on time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.graph.levels import levels
from finopt.heuristics.joint.groups import Group
from finopt.heuristics.joint.prices import Prices
from finopt.heuristics.joint.timing import Timing
from finopt.heuristics.joint.tuning import (
    FIRST_STEPS,
    MOST_DISTINCT_RATES,
    MOST_STEPS,
    RATE_RATIO,
    SAMPLED_RATES,
)
from finopt.heuristics.joint.value_table_kernels import (
    Decisions,
    fill_table,
    follow,
    look_up,
)
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand
from finopt.problem.coefficients import ALL_STAGES
from finopt.problem.tolerances import LEVEL_TOLERANCE, LIMIT_FACTOR, SLACK_TOLERANCE


class Starts(NamedTuple):
    """The cheapest path of each member of a group, shape (members,).

    ``value``: cost per sample; ``leave``: stage at which it leaves its device (F + 1: never); ``link``: the
    link it takes then, by its number in the network, -1 if there is none; ``step``: step of the
    table that it is on then; ``row``: row of the table.
    """

    value: Floats
    leave: Ints
    link: Ints
    step: Ints
    row: Ints

    def take(self, which: NDArray[np.intp]) -> Starts:
        """Those of some of the members."""
        value, *others = self
        return Starts(value[which], *(column[which] for column in others))


@dataclass(frozen=True, eq=False)
class Table:
    """The table of one group at given prices.

    Within l levels of slack, finishing from stage i on node v costs at least ``cost[r, i, v, k]``, k the last
    of the ``steps[r, i, v]`` steps with ``level[r, i, v, k]`` <= l. Row r is for an application with
    inverse rate ``inverse[r]``: the rate decides what fits, and per sample what memory costs. ``slowest[r]``
    is the largest inverse rate that the row serves: whatever fits then is not left out.
    """

    group: Group
    timing: Timing
    inverse: Floats
    slowest: Floats
    gamma: int
    per_level: float
    compute_increment: Ints
    sending_increment: Ints
    steps: Ints
    level: Ints
    cost: Floats
    decision: Decisions

    @classmethod
    def of(
        cls,
        group: Group,
        timing: Timing,
        longest: float,
        prices: Prices,
        rates: Floats,
        gamma: int,
        *,
        up: bool,
    ) -> Table:
        """Fill the table backwards.

        Parameters
        ----------
        group, timing : Group, Timing
        longest : float
            Slack that gamma levels measure [s].
        prices : Prices
        rates : ndarray
            Of the members.
        gamma : int
            Coarser where costs fall in so many steps that a table would become too large.
        up : bool
            Round latencies up or down.

        Notes
        -----
        O(rows * stages * links * steps) as long as routes take few hops; there are at most gamma + 1
        steps, and most often a few.
        """
        inverse, slowest = _rows(group, prices, rates)
        room = FIRST_STEPS
        while True:
            table = cls._empty(group, timing, longest, inverse, slowest, gamma, room, up)
            if table._fill(prices):
                return table
            if 4 * table.level.size <= MOST_STEPS:
                room *= 4
            else:
                gamma = min(gamma // 16, room - 1) if gamma // 16 < room else gamma // 16

    @classmethod
    def _empty(
        cls,
        group: Group,
        timing: Timing,
        longest: float,
        inverse: Floats,
        slowest: Floats,
        gamma: int,
        room: int,
        up: bool,
    ) -> Table:
        shape = inverse.size, group.stages + 1, group.region.nodes.size, room
        steps = np.zeros(shape[:3], np.int32)
        level, cost, decision = np.empty(shape, np.int32), np.empty(shape), np.empty(shape, np.int16)
        steps[:, -1], level[:, -1, :, 0], cost[:, -1, :, 0] = 1, 0, 0.0
        compute, sending = (levels(step, longest, gamma, up=up) for step in (timing.compute, timing.sending))
        measures = gamma, gamma / longest, compute, sending
        return cls(group, timing, inverse, slowest, *measures, steps, level, cost, decision)

    def _fill(self, prices: Prices) -> bool:
        region, factors = self.group.region, self.group.factors
        held = np.outer(factors.memory, prices.per_byte[region.nodes])
        compute_cost = np.multiply.outer(self.inverse, held)
        compute_cost += self.group.computing.energy(prices.network, ALL_STAGES, region.nodes, prices.per_op)
        if self.group.returned is not None:
            compute_cost += self.group.returned.priced(prices.per_bit)
        compute_fits, sending_fits = _fits(self.group, prices, self.slowest)
        compute_cost[~compute_fits] = np.inf
        return bool(
            fill_table(
                self.steps.size * 10,
                compute_cost,
                self.compute_increment,
                prices.sending.take(region.link),
                self.sending_increment,
                sending_fits,
                factors,
                region.entering,
                region.tail,
                region.place,
                self.gamma,
                self.steps,
                self.level,
                self.cost,
                self.decision,
            )
        )

    def starts(self, prices: Prices, demand: Demand, members: Ints) -> Starts:
        """Look up the cheapest path of some members."""
        network, group = prices.network, self.group
        start, links = network.uplinks
        size, capacity = members.size, prices.capacity * LIMIT_FACTOR
        found = Starts(np.empty(size), *(np.empty(size, np.int32) for _ in range(4)))
        look_up(
            size * group.stages,
            demand.source[members],
            group.region.position,
            demand.rate[members],
            demand.limit[members] * LIMIT_FACTOR,
            prices.computing,
            network.device_class,
            group.computing.tables,
            network.speed,
            prices.per_op,
            capacity[: network.nodes],
            capacity[network.nodes : 2 * network.nodes],
            prices.per_byte,
            start,
            network.head[links],
            prices.sending.take(links),
            capacity[2 * network.nodes + links],
            group.factors,
            group.at_home,
            self.timing.least,
            self.inverse,
            self.gamma,
            self.steps,
            self.level,
            self.cost,
            self.per_level,
            LEVEL_TOLERANCE,
            SLACK_TOLERANCE,
            *found,
        )
        found.link[found.link >= 0] = links[found.link[found.link >= 0]]
        return found

    def paths(self, row: Ints, stage: Ints, node: Ints, step: Ints) -> tuple[Ints, Ints]:
        """The paths from some entries on: node of each block in the network, and (path, stage, link) rows."""
        nodes = np.full((stage.size, self.group.stages), -1, np.int32)
        hops = np.empty((4 * stage.size + 16, 3), np.int32)
        region = self.group.region
        arguments = (
            row,
            stage,
            node,
            step,
            self.compute_increment,
            self.sending_increment,
            region.leaving,
            region.order,
            region.head,
            self.steps,
            self.level,
            self.decision,
            nodes,
        )
        steps = stage.size * self.group.stages
        count = follow(steps, *arguments, hops)
        if count > hops.shape[0]:
            hops = np.empty((count, 3), np.int32)
            follow(steps, *arguments, hops)
        hops = hops[:count]
        hops[:, 2] = region.link[hops[:, 2]]
        nodes[nodes >= 0] = region.nodes[nodes[nodes >= 0]]
        return nodes, hops


def _rows(group: Group, prices: Prices, rates: Floats) -> tuple[Floats, Floats]:
    """Inverse rates of the rows of a table, ascending, and the largest inverse rate that each row serves.

    All there are, or a grid between which values are interpolated, or just one if rates make no difference.
    """
    region, factors = group.region, group.factors
    low, high = 1 / rates.max(), 1 / rates.min()
    compute, memory, bandwidth = _room(group, prices)
    ops = _region_ops(group, prices)
    fits = ops.max(initial=0.0) <= low * compute.min(initial=np.inf)
    fits &= factors.bits.max() <= low * bandwidth.min(initial=np.inf)
    fits &= factors.memory.max() <= memory.min(initial=np.inf)
    if fits and not prices.per_byte[region.nodes].any():
        return np.array([high]), np.array([high])
    for some in (
        rates[:SAMPLED_RATES],
        rates,
    ):  # no need to sort a million of them if a thousand already differ
        distinct = np.unique(1 / some)
        if distinct.size > MOST_DISTINCT_RATES:
            break
        if some.size == rates.size:
            return distinct, distinct
    grid = np.geomspace(low, high, 1 + int(np.ceil(np.log(high / low) / np.log(RATE_RATIO))))
    return grid, np.append(grid[1:], grid[-1])


def _fits(group: Group, prices: Prices, slowest: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which blocks fit on which nodes, and which links can carry the data, shapes (rows, F + 1, n or a)."""
    factors, slack = group.factors, LIMIT_FACTOR
    compute, memory, bandwidth = _room(group, prices)
    room = np.multiply.outer(slack * slowest, compute)[:, None, :]
    bits = np.multiply.outer(slack * slowest, bandwidth)[:, None, :]
    blocks = (_region_ops(group, prices) <= room) & (factors.memory[:, None] <= slack * memory)
    return blocks, factors.bits[:, None] <= bits


def _region_ops(group: Group, prices: Prices) -> Floats:
    """What a sample per second takes of the compute of the nodes, shape (F + 1, n)."""
    return group.computing.ops(prices.network, ALL_STAGES, group.region.nodes)


def _room(group: Group, prices: Prices) -> tuple[Floats, Floats, Floats]:
    """Compute and memory of the nodes of a region, and bandwidth of its links."""
    network, region, capacity = prices.network, group.region, prices.capacity
    nodes, links = region.nodes, 2 * network.nodes + region.link
    return capacity[nodes], capacity[network.nodes + nodes], capacity[links]
