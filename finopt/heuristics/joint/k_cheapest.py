"""The cheapest ways of one application at given prices, in order of cost.

Best-first search whose estimate is what a value table says the rest costs (Hart, Nilsson, Raphael: A formal
basis for the heuristic determination of minimum cost paths, IEEE Trans. Systems Science and Cybernetics 4,
1968). With that estimate hardly a step is taken that is not on one of the ways found. Levels are rounded
down, so a way may be late: who asks, checks.
"""

from __future__ import annotations

from bisect import bisect_right
from heapq import heappop, heappush
from typing import NamedTuple

from finopt.heuristics.joint.value_tables import Prices, Table
from finopt.problem.arrays import Demand

INF = float("inf")


class Way(NamedTuple):
    """A start of a way, or all of it.

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
    """Ways through the region of a table; figures as lists, which are quicker to read one by one than arrays.

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
        self.ops, self.bits, self.memory = (group.stage[k].tolist() for k in range(3))
        self.node, link = region.nodes.tolist(), region.link.tolist()
        self.per_op, self.per_byte = prices.per_op.tolist(), prices.per_byte.tolist()
        self.per_bit = prices.per_bit.tolist()
        self.compute_climb, self.carry_climb = table.compute_climb.tolist(), table.carry_climb.tolist()
        # Per node the links that leave it: number in the region, in the network, head and cost per bit.
        self.leaving = [
            [(a, link[a], int(region.head[a]), self.per_bit[link[a]]) for a in mine.tolist()]
            for mine in (
                region.order[region.leaving[v] : region.leaving[v + 1]] for v in range(region.nodes.size)
            )
        ]
        self._rows: dict[int, tuple[list[list[list[int]]], list[list[list[float]]]]] = {}

    def ways(self, h: int, most: float, number: int) -> list[Way]:
        """The cheapest ways of application h, at most so many, that cost at most so much per sample.

        Notes
        -----
        O(number * stages * links of a node * log) as long as the estimates hold.
        """
        search = _Search(self, h, most)
        search.start()
        found: list[Way] = []
        while search.heap and len(found) < number:
            way = heappop(search.heap)[2]
            if way.stage == self.stages:
                found.append(way)
            else:
                search.extend(way)
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


class _Search:
    """Best-first search of one application."""

    def __init__(self, ranking: Ranking, h: int, most: float) -> None:
        self.ranking, self.most = ranking, most
        self.inverse = 1 / float(ranking.demand.rate[h])
        self.home, self.limit = int(ranking.demand.source[h]), float(ranking.demand.limit[h]) * (1 + 1e-9)
        self.level, self.cost = ranking.steps(int(abs(ranking.table.inverse - self.inverse).argmin()))
        self.heap: list[tuple[float, int, Way]] = []
        self._count = 0

    def offer(self, way: Way) -> None:
        """Put a way on the heap unless it cannot be on time or must cost too much."""
        rest = 0.0
        if way.stage < self.ranking.stages:
            at = bisect_right(self.level[way.stage][way.node], way.left)
            rest = self.cost[way.stage][way.node][at - 1] if at else INF
        if way.cost + rest <= self.most:
            self._count += 1
            heappush(self.heap, (way.cost + rest, self._count, way))

    def start(self) -> None:
        """Blocks at home, and then one link into the region, or none."""
        ranking, home, left = self.ranking, self.home, self.limit
        network, group = ranking.prices.network, ranking.table.group
        position = group.region.position
        if position[home] >= 0:
            self._enter(0.0, 0, int(position[home]), left, -1)
            return
        start, links = network.uplinks
        cost = 0.0
        for i in range(ranking.stages):
            for link in links[start[home] : start[home + 1]].tolist():
                sent = group.stage[4, i] / network.bandwidth[link] + group.stage[5, i] * network.delay[link]
                paid = cost + ranking.bits[i] * ranking.per_bit[link]
                self._enter(paid, i, int(position[network.head[link]]), left - sent, link)
            cost += self._computing(i, home)
            left -= group.stage[3, i] / network.compute[home]
            if left < 0 or not group.at_home[i]:
                return
        self.offer(Way(cost, ranking.stages, -1, 0, ranking.stages, -1))

    def _enter(self, cost: float, stage: int, node: int, seconds: float, link: int) -> None:
        """A way that enters the region with so many seconds left."""
        table = self.ranking.table
        slack = seconds - float(table.timing.least[stage, node])
        if slack >= 0:
            left = int(min(float(table.gamma), slack * table.per_level * (1 + 4e-10) + 1e-5))
            self.offer(Way(cost, stage, node, left, stage, link, seen=(node,)))

    def _computing(self, i: int, v: int) -> float:
        ranking = self.ranking
        cost: float = (
            ranking.ops[i] * ranking.per_op[v] + ranking.memory[i] * ranking.per_byte[v] * self.inverse
        )
        return cost

    def extend(self, way: Way) -> None:
        """Compute the next block here, or cross a link to where the data have not been at this stage."""
        ranking = self.ranking
        cost, i, at, left, leave, link, nodes, hops, seen = way
        v, rest = ranking.node[at], left - ranking.compute_climb[i][at]
        if rest >= 0:
            paid = cost + self._computing(i, v)
            self.offer(Way(paid, i + 1, at, rest, leave, link, (*nodes, v), hops, (at,)))
        bits, climb = ranking.bits[i], ranking.carry_climb[i]
        for a, crossed, head, per_bit in ranking.leaving[at]:
            paid, rest = cost + bits * per_bit, left - climb[a]
            if rest >= 0 and paid <= self.most and head not in seen:
                self.offer(Way(paid, i, head, rest, leave, link, nodes, (*hops, (i, crossed)), (*seen, head)))
