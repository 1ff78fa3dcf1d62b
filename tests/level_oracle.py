"""FIN as published in plain Python and in fractions: the cheapest walk on latency levels.

Nothing of the package is used but its data model. A `Chart` is the graph of one application in one
configuration, written from the model by `tests.oracle.Task`, or any resource graph.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from typing import Any, NamedTuple

from finopt.graph.resource import ResourceGraph
from tests.oracle import HERE, Choice, Stage, Task

ON_A_LEVEL = Fraction(4, 10**10)
"""What is this close to a level, relative, is on it."""

ZERO = Fraction(0)

Replica = tuple[Any, tuple[int, ...]]
"""A vertex on a level of every limit."""


class Arc(NamedTuple):
    """A step, with what it costs and uses of every limit."""

    tail: Any
    head: Any
    cost: Fraction
    used: tuple[Fraction, ...]


class Walk(NamedTuple):
    """The cheapest walk to a target, the arcs that stay without its cycles, and the levels it ends on."""

    cost: Fraction
    simple: tuple[Arc, ...]
    levels: tuple[int, ...]

    @property
    def simple_cost(self) -> Fraction:
        """What is left to pay without cycles."""
        return sum((arc.cost for arc in self.simple), ZERO)


@dataclass(frozen=True)
class Chart:
    """A graph with limits."""

    arcs: tuple[Arc, ...]
    source: Hashable
    targets: frozenset[Any]
    limits: tuple[Fraction, ...]

    def ups(self, arc: Arc, gamma: int, up: bool = True) -> tuple[int, ...]:
        """By how many levels an arc leads up, of every limit."""
        return tuple(
            _levels(used, limit, gamma, up) for used, limit in zip(arc.used, self.limits, strict=True)
        )

    def near(self, gamma: int, most: Fraction) -> set[tuple[Replica, Replica]]:
        """The arcs on levels through which a walk costs at most so much, by looking at each."""
        start = (self.source, (0,) * len(self.limits))
        arcs = self._on_levels(gamma, start)
        there = _distances({start}, arcs)
        ends = {replica for replica in there if replica[0] in self.targets}
        on = _distances(ends, [(head, tail, cost) for tail, head, cost in arcs])
        return {
            (tail, head) for tail, head, cost in arcs if head in on and there[tail] + cost + on[head] <= most
        }

    def _on_levels(self, gamma: int, start: Replica) -> list[tuple[Replica, Replica, Fraction]]:
        """Every arc on levels that is reached from the start, with its cost."""
        reached, arcs = [start], list[tuple[Replica, Replica, Fraction]]()
        for vertex, levels in reached:
            for arc in (arc for arc in self.arcs if arc.tail == vertex):
                there = tuple(a + b for a, b in zip(levels, self.ups(arc, gamma), strict=True))
                if max(there) <= gamma:
                    arcs.append(((vertex, levels), (arc.head, there), arc.cost))
                    reached += [] if (arc.head, there) in reached else [(arc.head, there)]
        return arcs

    def cheapest(
        self, gamma: int, *, up: bool = True, least: int = 0, most: Fraction | None = None
    ) -> Walk | None:
        """The cheapest walk from level 0 of the source to a target on level `least` or above of the first
        limit, and on at most level gamma of each; with `most`, over `near` arcs."""
        near = None if most is None else self.near(gamma, most)
        climbs: dict[Any, list[tuple[Arc, tuple[int, ...]]]] = {}
        for arc in self.arcs:
            climbs.setdefault(arc.tail, []).append((arc, self.ups(arc, gamma, up)))
        start = (self.source, (0,) * len(self.limits))
        costs, came = {start: ZERO}, dict[Any, Any]()
        heap: list[tuple[Fraction, int, Any]] = [(ZERO, 0, start)]
        while heap:
            cost, _, replica = heappop(heap)
            vertex, levels = replica
            if cost > costs[replica]:
                continue
            if vertex in self.targets and levels[0] >= least:
                return Walk(cost, tuple(_without_cycles(self.source, came, replica)), levels)
            for arc, climb in climbs.get(vertex, []):
                there = tuple(a + b for a, b in zip(levels, climb, strict=True))
                after = (arc.head, there)
                if near is not None and (replica, after) not in near:
                    continue
                if max(there) <= gamma and cost + arc.cost < costs.get(after, math.inf):
                    costs[after], came[after] = cost + arc.cost, (replica, arc)
                    heappush(heap, (cost + arc.cost, len(came) + len(heap), after))
        return None

    def plain_cheapest(self) -> Fraction | None:
        """What the cheapest path costs, whatever it uses."""
        arcs = tuple(arc._replace(used=(ZERO,)) for arc in self.arcs)
        walk = Chart(arcs, self.source, self.targets, (Fraction(1),)).cheapest(1)
        return None if walk is None else walk.cost


def _distances(seeds: set[Replica], arcs: list[tuple[Replica, Replica, Fraction]]) -> dict[Replica, Fraction]:
    """The cheapest walks from any seed, by relaxing arcs until nothing changes."""
    costs, changed = dict.fromkeys(seeds, ZERO), True
    while changed:
        changed = False
        for tail, head, cost in arcs:
            if tail in costs and costs[tail] + cost < costs.get(head, math.inf):
                costs[head], changed = costs[tail] + cost, True
    return costs


def _levels(used: Fraction, limit: Fraction, gamma: int, up: bool) -> int:
    if limit <= 0:
        return gamma + 1 if used > 0 else 0
    exact = used / limit * gamma
    return math.ceil(exact * (1 - ON_A_LEVEL)) if up else math.floor(exact * (1 + ON_A_LEVEL))


def _without_cycles(source: Any, came: dict[Any, Any], replica: Any) -> Iterator[Arc]:
    """The arcs of a walk, less those between two visits of a vertex."""
    walk: list[Arc] = []
    while replica in came:
        replica, arc = came[replica]
        walk.insert(0, arc)
    here = source
    while walk and any(arc.head == here for arc in walk):
        del walk[: max(i for i, arc in enumerate(walk) if arc.head == here) + 1]
    while walk:
        arc, *walk = walk
        yield arc
        here = arc.head
        back = [i for i, later in enumerate(walk) if later.head == here]
        del walk[: max(back, default=-1) + 1]


def chart_of(graph: ResourceGraph) -> Chart:
    """The chart of a resource graph."""
    arcs = tuple(
        Arc(tail, head, Fraction(cost), tuple(map(Fraction, used)))
        for tail, head, cost, used in zip(
            graph.tail.tolist(),
            graph.head.tolist(),
            graph.cost.tolist(),
            graph.resource.tolist(),
            strict=True,
        )
    )
    targets = frozenset(graph.targets.tolist())
    return Chart(arcs, graph.source, targets, tuple(map(Fraction, graph.budget.tolist())))


def charts(task: Task) -> dict[int, Chart]:
    """The chart of every configuration that is accurate enough."""
    return {configuration: chart(task, stages) for configuration, stages in task.configurations.items()}


def chart(task: Task, stages: list[Stage]) -> Chart:
    """The chart of one configuration; vertices are (blocks done, node)."""
    arcs = [arc for i, stage in enumerate(stages) for arc in _arcs(task, stage, i)]
    targets = frozenset((len(stages), node.id) for node in task.usable)
    limit = Fraction(task.application.max_latency)
    return Chart(tuple(arcs), (0, task.application.source), targets, (limit,))


def _arcs(task: Task, stage: Stage, i: int) -> Iterator[Arc]:
    nothing = task.start(0)
    for name in stage.nodes:
        done = task.run(nothing, stage, name, HERE)
        yield Arc((i, name), (i + 1, name), task.rate * done.energy, (done.latency,))
    for link in task.links:
        hop = HERE.over(link, stage.bits)
        ends = (i, link.source), (i, link.target)
        yield Arc(*ends, task.rate * stage.reach * hop.energy, (stage.weight * hop.latency,))


def steps_that_take_time(task: Task, choice: Choice) -> int:
    """Blocks and hops of positive latency of a choice."""
    links = {link.id: link for link in task.links}
    return sum(
        (task.run(task.start(0), stage, node, HERE).latency > 0)
        + sum(stage.weight * HERE.over(links[link], stage.bits).latency > 0 for link in route)
        for stage, node, route in zip(
            task.configurations[choice.configuration], choice.nodes, choice.routes, strict=True
        )
    )
