"""Value tables: the least cost to finish an inference from every stage, node and number of latency levels.

One backward pass of FIN over (stage, node, level) answers every application of a group, whatever its source
and its latency limit: it walks its own blocks on its own device, crosses one link into the region, and looks
up the rest. With levels rounded down the values are lower bounds, rounded up the paths are on time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.graph.feasible_graph import levels
from finopt.heuristics.joint.groups import Group
from finopt.heuristics.joint.value_table_kernels import (
    Decisions,
    fill_table,
    follow,
    look_up,
    most_slack,
    shorten,
)
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.coefficients import (
    ALL_STAGES,
    LinkFigures,
    NodeFigures,
    computing_energy,
    computing_seconds,
    sending_seconds,
)

FIRST_STEPS = 16
"""Steps that a table has room for at first, per entry."""

MOST_STEPS = 20_000_000
"""Steps that a table has room for at most, 14 bytes each."""

MOST_DISTINCT_RATES = 24
"""Up to so many different rates each has a row of its own."""

SAMPLED_RATES = 1000
"""Rates that are looked at first to see whether there are more than that."""

RATE_RATIO = 1.7
"""Most ratio of the rates between which values are interpolated."""


class Starts(NamedTuple):
    """The cheapest way of each member of a group, shape (members,).

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
class Prices:
    """What computing, sending [J] and memory [W/byte] cost with a price on what is scarce.

    Attributes
    ----------
    network : Network
    price : ndarray, shape (2 V + E,)
        Of every capacity [W per unit].
    room : ndarray, shape (2 V + E,), or None
        How much there is of every capacity; None: all of it.
    """

    network: Network
    price: Floats
    room: Floats | None = None

    @property
    def capacity(self) -> Floats:
        """How much there is of every capacity, shape (2 V + E,)."""
        return self.network.capacity if self.room is None else self.room

    @cached_property
    def computing(self) -> NodeFigures:
        """The figures of nodes, with energy and price as their energy."""
        figures = self.network.node_figures
        return figures._replace(energy_per_op=figures.energy_per_op + self.price[: self.network.nodes])

    @property
    def per_byte(self) -> Floats:
        """Price per byte on each node."""
        return self.price[self.network.nodes : 2 * self.network.nodes]

    @cached_property
    def sending(self) -> LinkFigures:
        """The figures of links, with energy and price as their energy."""
        figures = self.network.link_figures
        price = self.price[2 * self.network.nodes :]
        return figures._replace(energy_per_bit=figures.energy_per_bit + price)


@dataclass(frozen=True, eq=False)
class Timing:
    """Latencies in a region beyond the least that is needed anyway; they do not depend on prices.

    With ``least[i, v]`` the least latency to finish from stage i on node v, a step of t seconds takes
    ``t + least[there] - least[here]`` >= 0 from the slack. These sums telescope, steps on the fastest path
    take nothing, and levels only have to measure the slack.

    Attributes
    ----------
    least : ndarray, shape (F + 2, n)
    compute : ndarray, shape (F + 1, n)
    sending : ndarray, shape (F + 1, a)
        What steps take from the slack [s]; inf where they are not allowed.
    """

    least: Floats
    compute: Floats
    sending: Floats

    @classmethod
    def of(cls, group: Group, network: Network) -> Timing:
        """The least latencies of a region, by a backward pass without levels."""
        region, factors = group.region, group.factors
        compute = computing_seconds(factors, ALL_STAGES, network.node_figures, region.nodes)
        compute = np.where(group.allowed, compute, np.inf)
        sending = sending_seconds(factors, ALL_STAGES, network.link_figures, region.link)
        least = np.zeros((group.stages + 1, region.nodes.size))
        for i in range(group.stages - 1, -1, -1):
            least[i] = compute[i] + least[i + 1]
            shorten(region.link.size, sending[i], region.tail, region.head, least[i])
        with np.errstate(invalid="ignore"):  # inf - inf, where nothing can be finished
            compute = compute + least[1:] - least[:-1]
            sending = sending + least[:-1, region.head] - least[:-1, region.tail]
        return cls(least, *(np.where(np.isnan(x), np.inf, np.maximum(x, 0.0)) for x in (compute, sending)))

    def slack(self, group: Group, network: Network, demand: Demand) -> Floats:
        """The most slack of each member where it enters the region [s]; -inf where it cannot."""
        start, links = network.uplinks
        members = group.members
        slack = np.empty(members.size)
        most_slack(
            members.size * group.stages,
            demand.source[members],
            group.region.position,
            demand.limit[members],
            network.node_figures,
            start,
            network.head[links],
            network.link_figures.take(links),
            group.factors,
            self.least,
            slack,
        )
        return slack


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
        compute, sending = (
            _levels(seconds, longest, gamma, up) for seconds in (timing.compute, timing.sending)
        )
        measures = gamma, gamma / longest, compute, sending
        return cls(group, timing, inverse, slowest, *measures, steps, level, cost, decision)

    def _fill(self, prices: Prices) -> bool:
        region, factors = self.group.region, self.group.factors
        held = np.outer(factors.memory, prices.per_byte[region.nodes])
        compute_cost = np.multiply.outer(self.inverse, held)
        compute_cost += computing_energy(factors, ALL_STAGES, prices.computing, region.nodes)
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
        """Look up the cheapest way of some members."""
        network, group = prices.network, self.group
        start, links = network.uplinks
        size, capacity = members.size, prices.capacity
        found = Starts(np.empty(size), *(np.empty(size, np.int32) for _ in range(4)))
        look_up(
            size * group.stages,
            demand.source[members],
            group.region.position,
            demand.rate[members],
            demand.limit[members],
            prices.computing,
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


def _levels(seconds: Floats, longest: float, gamma: int, up: bool) -> Ints:
    increment: NDArray[np.int32] = levels(seconds.ravel(), longest, gamma, up=up).reshape(seconds.shape)
    return increment


def _rows(group: Group, prices: Prices, rates: Floats) -> tuple[Floats, Floats]:
    """Inverse rates of the rows of a table, ascending, and the largest inverse rate that each row serves.

    All there are, or a grid between which values are interpolated, or just one if rates make no difference.
    """
    region, factors = group.region, group.factors
    low, high = 1 / rates.max(), 1 / rates.min()
    compute, memory, bandwidth = _room(group, prices)
    fits = factors.ops.max() <= low * compute.min(initial=np.inf)
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
    factors, slack = group.factors, 1 + 1e-9
    compute, memory, bandwidth = _room(group, prices)
    ops = np.multiply.outer(slack * slowest, compute)[:, None, :]
    bits = np.multiply.outer(slack * slowest, bandwidth)[:, None, :]
    blocks = (factors.ops[:, None] <= ops) & (factors.memory[:, None] <= slack * memory)
    return blocks, factors.bits[:, None] <= bits


def _room(group: Group, prices: Prices) -> tuple[Floats, Floats, Floats]:
    """Compute and memory of the nodes of a region, and bandwidth of its links."""
    network, region, capacity = prices.network, group.region, prices.capacity
    nodes, links = region.nodes, 2 * network.nodes + region.link
    return capacity[nodes], capacity[network.nodes + nodes], capacity[links]
