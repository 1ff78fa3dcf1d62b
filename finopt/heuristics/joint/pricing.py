"""One round of prices: what every application would choose, and the bound that this proves.

Given prices pi >= 0 on capacities, applications no longer meet: each has a cheapest assignment of its own at
energy + price * use. The sum of these minima less pi . capacity is a lower bound on the optimum, whatever the
prices (Lagrangian relaxation of the capacity rows), and stays one with latencies rounded down.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from finopt.heuristics.joint.assignments import AssignmentFigures, Assignments
from finopt.heuristics.joint.groups import Group
from finopt.heuristics.joint.k_cheapest import Ranking
from finopt.heuristics.joint.prices import Prices
from finopt.heuristics.joint.return_bound import CLASSES, with_returns
from finopt.heuristics.joint.timing import Timing
from finopt.heuristics.joint.value_tables import Table
from finopt.problem.array_types import Floats
from finopt.problem.arrays import Demand, Network
from finopt.problem.coefficients import ALL_STAGES, most_energy
from finopt.problem.tolerances import LIMIT_FACTOR, MARGIN, ROUNDING
from finopt.solvers.clock import Clock
from finopt.solvers.workers import in_order


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer to prices.

    Attributes
    ----------
    bound : float
        Valid lower bound on the total power [W]; inf: some application has no path at all.
    value : ndarray, shape (N,)
        Least priced power of each application, from below [W].
    assignments : Assignments
        On time. Per application the cheapest that was found, or with a limit on their power all below it.
    """

    bound: float
    value: Floats
    assignments: Assignments


class Part(NamedTuple):
    """A group with its number, and what does not depend on prices: latencies, and the longest slack [s]."""

    number: int
    group: Group
    timing: Timing
    longest: float


def parts_of(groups: list[Group], network: Network, demand: Demand) -> list[Part]:
    """Prepare groups for pricing."""
    parts = []
    for number, group in enumerate(groups):
        timing = Timing.of(group, network)
        parts.append(Part(number, group, timing, timing.longest(group, network, demand)))
    return parts


@dataclass(frozen=True, eq=False)
class Pricer:
    """Answers prices for all applications."""

    network: Network
    demand: Demand
    parts: list[Part]
    figures: AssignmentFigures
    clock: Clock
    gamma: int
    threads: int = 1

    def answer(self, price: Floats, power_limit: Floats | None = None, room: Floats | None = None) -> Answer:
        """The cheapest assignments at these prices.

        Parameters
        ----------
        price : ndarray, shape (2 V + E,)
            Of every capacity [W per unit].
        power_limit : ndarray, shape (N,), optional
            Ask for every assignment whose priced power is below this, not only for the cheapest.
        room : ndarray, shape (2 V + E,), optional
            How much there is of each shared capacity, if less than all: the bound is then none.

        Raises
        ------
        OutOfTimeError
        """
        prices = Prices(self.network, price, room)
        value, best = np.full(self.demand.size, np.inf), np.full(self.demand.size, np.inf)

        def of_family(parts: list[Part]) -> list[Assignments]:
            return [self._cheaper(part, prices, value, best, power_limit) for part in parts]

        found = in_order(of_family, self.families, self.threads)
        named = zip(self.parts, itertools.chain.from_iterable(found), strict=True)
        assignments = Assignments.joined([self.figures.numbered(part.number, own) for part, own in named])
        return Answer(
            self._bound(value, price), value, assignments if power_limit is not None else _last(assignments)
        )

    @cached_property
    def families(self) -> list[list[Part]]:
        """The parts, together those whose groups have applications in common."""
        return [list(parts) for _, parts in itertools.groupby(self.parts, lambda part: part.group.family)]

    def near(self, price: Floats, power_limit: Floats, number: int) -> Assignments:
        """The cheapest assignments at these prices, at most ``number`` per application and configuration.

        Parameters
        ----------
        price : ndarray, shape (2 V + E,)
        power_limit : ndarray, shape (N,)
            Only assignments whose priced power is at most this.
        number : int
        """
        prices = Prices(self.network, price)
        found = []
        for part in self.parts:
            self.clock.check()
            ranking = Ranking(self._table(part, prices, up=False), prices, self.demand)
            members = part.group.members
            most = (power_limit[members] / self.demand.rate[members]).tolist()
            paths = [
                ranking.cheapest_paths(h, cost, number)
                for h, cost in zip(members.tolist(), most, strict=True)
            ]
            found.append(self.figures.from_paths(part.number, paths))
        assignments = Assignments.joined(found)
        return assignments.take(np.flatnonzero(self.on_time(assignments)))

    def certified(self, price: Floats, enough: float = 0.0, classes: tuple[int, ...] = CLASSES) -> float:
        """Valid lower bound on the total power at these prices [W]; inf: some application has no path.

        It may lose the share ``enough`` of the power, and more when time is up or with few ``classes``.
        """
        prices = Prices(self.network, price)
        groups = [part.group for part in self.parts]

        def least(part: Part) -> Floats:
            self.clock.check()
            table = self._table(part, prices, up=False)
            return table.starts(prices, self.demand, part.group.members).value

        values = [*in_order(least, self.parts, self.threads)]
        value = np.full(self.demand.size, np.inf)
        arguments = groups, self.network, self.demand, prices, self.gamma, values, enough, self.clock
        bounds = with_returns(*arguments, self.threads, classes)
        for group, bound in zip(groups, bounds, strict=True):
            power = self.demand.rate[group.members] * bound
            value[group.members] = np.minimum(value[group.members], power)
        return self._bound(value, price)

    def most(self) -> float:
        """More than any placement costs that sends nothing twice over a link [W]."""
        network, demand = self.network, self.demand
        worst = np.zeros(demand.size)
        for part in self.parts:
            members = part.group.members
            energy = most_energy(part.group.factors, network.node_figures, network.link_figures)
            energy += float(part.group.computing.tables.energy.max(axis=1).sum())
            if part.group.returned is not None:
                energy += float(part.group.returned.energy.max(axis=1).sum())
            worst[members] = np.maximum(worst[members], demand.rate[members] * energy)
        return float(worst.sum()) * LIMIT_FACTOR

    def least(self) -> float:
        """Quick lower bound on the total power [W]: blocks where they cost least, nothing sent."""
        network, demand = self.network, self.demand
        value = np.full(demand.size, np.inf)
        for part in self.parts:
            group, members, computing = part.group, part.group.members, part.group.computing
            shared = computing.energy(network, ALL_STAGES, group.region.nodes).min(axis=1, initial=np.inf)
            home = [computing.energy(network, i, demand.source[members]) for i in range(group.stages)]
            energy = np.minimum(np.array(home), shared[:, None]).sum(axis=0)
            value[members] = np.minimum(value[members], demand.rate[members] * energy)
        return float(value.sum()) * (1 - ROUNDING)

    def _cheaper(
        self, part: Part, prices: Prices, value: Floats, best: Floats, power_limit: Floats | None
    ) -> Assignments:
        """Assignments below the limits, or cheaper than any so far; notes the least and the best power."""
        self.clock.check()
        members = part.group.members
        limit = best[members] if power_limit is None else power_limit[members]
        assignments, power, low = self._assignments(part, prices, limit)
        value[members] = np.minimum(value[members], low)
        best[assignments.application] = power
        return assignments

    def _assignments(self, part: Part, prices: Prices, limit: Floats) -> tuple[Assignments, Floats, Floats]:
        """Assignments of members in one configuration, on time and cheaper than the limits, their priced
        power, and the least priced power of all members."""
        members, rate = part.group.members, self.demand.rate[part.group.members]
        table = self._table(part, prices, up=False)
        starts = table.starts(prices, self.demand, members)
        least = rate * starts.value
        wanted = np.flatnonzero(least < limit)
        first = self.figures.from_table(part.number, table, members[wanted], starts.take(wanted))
        of_path = self.figures.region_paths.of_group[part.number]
        on_time = self.on_time(first, of_path.seconds)
        if on_time.all():
            return first, least[wanted], least
        table = self._table(part, prices, up=True)
        late = wanted[~on_time]
        starts = table.starts(prices, self.demand, members[late])
        cheap = np.flatnonzero(rate[late] * starts.value < limit[late])
        second = self.figures.from_table(part.number, table, members[late[cheap]], starts.take(cheap))
        in_time = self.on_time(second, of_path.seconds)
        both = Assignments.joined([first.take(on_time), second.take(in_time)])
        power = (rate[late] * starts.value)[cheap][in_time]
        return both, np.concatenate([least[wanted][on_time], power]), least

    def _table(self, part: Part, prices: Prices, *, up: bool) -> Table:
        rates = self.demand.rate[part.group.members]
        return Table.of(part.group, part.timing, part.longest, prices, rates, self.gamma, up=up)

    def on_time(self, assignments: Assignments, of_path: Floats | None = None) -> np.ndarray:
        """Which assignments keep their latency limits; see `AssignmentFigures.seconds`."""
        return (
            self.figures.seconds(assignments, of_path) <= self.demand.limit[assignments.application] * MARGIN
        )

    def _bound(self, value: Floats, price: Floats) -> float:
        if not np.isfinite(value).all():
            return np.inf
        scarce = np.flatnonzero(price)
        paid = float(price[scarce] @ self.network.capacity[scarce])
        total = float(value.sum())
        return total - paid - ROUNDING * (total + paid)


def _last(assignments: Assignments) -> Assignments:
    """The last assignment of each application, in the order of applications."""
    backwards = assignments.application[::-1]
    _, first = np.unique(backwards, return_index=True)
    return assignments.take(assignments.size - 1 - first)
