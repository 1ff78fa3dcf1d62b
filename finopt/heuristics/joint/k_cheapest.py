"""The cheapest paths of one application at given prices, in order of cost.

Best-first search whose estimate is what a value table says the rest costs (Hart, Nilsson, Raphael: A formal
basis for the heuristic determination of minimum cost paths, IEEE Trans. Systems Science and Cybernetics 4,
1968). With that estimate hardly a step is taken that is not on one of the paths found. Levels are rounded
down, so a path may be late: who asks, checks.
"""

from __future__ import annotations

from bisect import bisect_right
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from finopt.graph.levels import levels_left
from finopt.heuristics.joint.prices import Prices
from finopt.heuristics.joint.value_tables import Table
from finopt.problem.arrays import Demand
from finopt.problem.coefficients import (
    ALL_STAGES,
    sending_energy,
    sending_seconds,
)
from finopt.problem.tolerances import LIMIT_FACTOR

INF = float("inf")


class PartialPath(NamedTuple):
    """A start of a path, or all of it.

    ``cost`` per sample; it is at stage ``stage`` on node ``node`` of the region, with ``left`` levels of
    slack; ``leave`` and ``link`` as in `finopt.heuristics.joint.value_tables.Starts`; ``nodes`` of its blocks
    since then; ``hops``: pairs of stage and link; ``seen``: nodes of the region where it has been at this
    stage.
    """

    cost: float
    stage: int
    node: int
    left: int
    leave: int
    link: int
    nodes: tuple[int, ...] = ()
    hops: tuple[tuple[int, int], ...] = ()
    seen: tuple[int, ...] = ()


class Ranking:
    """Paths through the region of a table; figures as lists, quicker to read one by one than arrays.

    Parameters
    ----------
    table : Table
        Levels rounded down.
    prices : Prices
        Those that the table was filled with.
    demand : Demand
    """

    def __init__(self, table: Table, prices: Prices, demand: Demand) -> None:
        self.table, self.prices, self.demand = table, prices, demand
        group, region = table.group, table.group.region
        self.stages = group.stages
        self.node, link = region.nodes.tolist(), region.link.tolist()
        # Per stage: cost of computing on each node, of memory there at rate 1, of sending over each link.
        computing = group.computing.energy(prices.network, ALL_STAGES, region.nodes, prices.per_op)
        if group.returned is not None:
            computing = computing + group.returned.priced(prices.per_bit)
        self.computing = computing.tolist()
        self.holding = np.outer(group.factors.memory, prices.per_byte[region.nodes]).tolist()
        self.sending = sending_energy(group.factors, ALL_STAGES, prices.sending, region.link).tolist()
        self.compute_increment, self.sending_increment = (
            table.compute_increment.tolist(),
            table.sending_increment.tolist(),
        )
        # Per node the links that leave it: number in the region, in the network, and head.
        self.leaving = [
            [(a, link[a], int(region.head[a])) for a in mine.tolist()]
            for mine in (
                region.order[region.leaving[v] : region.leaving[v + 1]] for v in range(region.nodes.size)
            )
        ]
        self._rows: dict[int, tuple[list[list[list[int]]], list[list[list[float]]]]] = {}

    def cheapest_paths(self, h: int, most: float, number: int) -> list[PartialPath]:
        """The cheapest paths of application h, at most so many, that cost at most so much per sample.

        Notes
        -----
        O(number * stages * links of a node * log) as long as the estimates hold.
        """
        search = _BestFirstSearch(self, h, most)
        search.start()
        found: list[PartialPath] = []
        while search.heap and len(found) < number:
            path = heappop(search.heap)[2]
            if path.stage == self.stages:
                found.append(path)
            else:
                search.extend(path)
        return found

    def steps(self, row: int) -> tuple[list[list[list[int]]], list[list[list[float]]]]:
        """Levels and costs of the steps of a row of the table, per stage and node."""
        if row not in self._rows:
            table = self.table
            sizes = table.steps[row].tolist()
            level, cost = (
                [
                    [entry[:steps] for entry, steps in zip(stage, own, strict=True)]
                    for stage, own in zip(figures[row].tolist(), sizes, strict=True)
                ]
                for figures in (table.level, table.cost)
            )
            self._rows[row] = level, cost
        return self._rows[row]


class _BestFirstSearch:
    """Best-first search of one application."""

    def __init__(self, ranking: Ranking, h: int, most: float) -> None:
        self.ranking, self.most = ranking, most
        self.inverse = 1 / float(ranking.demand.rate[h])
        self.home, self.limit = int(ranking.demand.source[h]), float(ranking.demand.limit[h]) * LIMIT_FACTOR
        self.level, self.cost = ranking.steps(int(abs(ranking.table.inverse - self.inverse).argmin()))
        self.heap: list[tuple[float, int, PartialPath]] = []
        self._count = 0

    def offer(self, path: PartialPath) -> None:
        """Put a path on the heap unless it cannot be on time or must cost too much."""
        rest = 0.0
        if path.stage < self.ranking.stages:
            at = bisect_right(self.level[path.stage][path.node], path.left)
            rest = self.cost[path.stage][path.node][at - 1] if at else INF
        if path.cost + rest <= self.most:
            self._count += 1
            heappush(self.heap, (path.cost + rest, self._count, path))

    def start(self) -> None:
        """Blocks at home, and then one link into the region, or none."""
        ranking, home, left = self.ranking, self.home, self.limit
        prices, group = ranking.prices, ranking.table.group
        network, position, factors = prices.network, group.region.position, group.factors
        if position[home] >= 0:
            self._enter(0, 0.0, int(position[home]), left, -1)
            return
        start, links = network.uplinks
        links, every = links[start[home] : start[home + 1]], slice(None)
        gates = position[network.head[links]].tolist()
        computing = group.computing.energy(network, every, home, prices.per_op)
        computing += factors.memory * prices.per_byte[home] * self.inverse
        seconds = group.computing.seconds(network, every, home)
        runs = group.computing.tables.runs[:, network.device_class[home]]
        cost = 0.0
        for i in range(ranking.stages):
            paid = cost + sending_energy(factors, i, prices.sending, links)
            rest = left - sending_seconds(factors, i, network.link_figures, links)
            for path in zip(paid.tolist(), gates, rest.tolist(), links.tolist(), strict=True):
                self._enter(i, *path)
            cost += float(computing[i])
            left -= float(seconds[i])
            if left < 0 or not (group.at_home[i] and runs[i]):
                return
        self.offer(PartialPath(cost, ranking.stages, -1, 0, ranking.stages, -1))

    def _enter(self, stage: int, cost: float, node: int, seconds: float, link: int) -> None:
        """A way that enters the region with so many seconds left."""
        table = self.ranking.table
        slack = seconds - float(table.timing.least[stage, node])
        if slack >= 0:
            left = levels_left(slack, table.per_level, table.gamma)
            self.offer(PartialPath(cost, stage, node, left, stage, link, seen=(node,)))

    def extend(self, path: PartialPath) -> None:
        """Compute the next block here, or cross a link to where the data have not been at this stage."""
        ranking = self.ranking
        cost, i, at, left, leave, link, nodes, hops, seen = path
        v, rest = ranking.node[at], left - ranking.compute_increment[i][at]
        if rest >= 0:
            paid = cost + (ranking.computing[i][at] + ranking.holding[i][at] * self.inverse)
            self.offer(PartialPath(paid, i + 1, at, rest, leave, link, (*nodes, v), hops, (at,)))
        sending, increment = ranking.sending[i], ranking.sending_increment[i]
        for a, crossed, head in ranking.leaving[at]:
            paid, rest = cost + sending[a], left - increment[a]
            if rest >= 0 and paid <= self.most and head not in seen:
                self.offer(
                    PartialPath(paid, i, head, rest, leave, link, nodes, (*hops, (i, crossed)), (*seen, head))
                )
