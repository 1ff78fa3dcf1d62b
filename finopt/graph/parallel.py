"""Which of parallel arcs a path means that is given by its vertices alone.

A choice within the budgets that has the cost stated for the path, in exact arithmetic, if there is one; else
the cheapest within the budgets; else the cheapest arcs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from finopt.graph.label_setting import find_path
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Ints
from finopt.problem.tolerances import LIMIT_TOLERANCE

MOST_CHOICES = 200_000
"""Partial choices that are looked at, some seconds' worth; with more of them the stated cost is given up."""

Uses = tuple[Fraction, ...]
"""What is used of each resource."""


class _Arc(NamedTuple):
    number: int
    cost: Fraction
    uses: Uses


class _Chosen(NamedTuple):
    """Arcs of the first hops, the last of them first, and what they cost and use."""

    cost: Fraction
    uses: Uses
    last: _Arc | None = None
    before: _Chosen | None = None

    def then(self, arc: _Arc) -> _Chosen:
        uses = tuple(map(Fraction.__add__, self.uses, arc.uses))
        return _Chosen(self.cost + arc.cost, uses, arc, self)

    def numbers(self) -> Iterator[int]:
        chosen: _Chosen | None = self
        while chosen is not None and chosen.last is not None:
            yield chosen.last.number
            chosen = chosen.before


def between(graph: ResourceGraph, tail: int, head: int) -> Ints:
    """The arcs from one vertex to another; none when either does not exist."""
    if not (0 <= tail < graph.vertices and 0 <= head < graph.vertices):
        return np.empty(0, np.int32)
    begin, end = np.searchsorted(graph.tail, [tail, tail + 1])  # arcs are sorted by tail
    arcs: Ints = (begin + np.flatnonzero(graph.head[begin:end] == head)).astype(np.int32)
    return arcs


def choose(graph: ResourceGraph, hops: Sequence[Ints], stated: float | None = None) -> Ints:
    """One arc for every hop.

    Parameters
    ----------
    graph : ResourceGraph
        Whose arcs they are.
    hops : sequence of ndarray of int32
        The arcs that each hop may use, at least one.
    stated : float, optional
        What the path is said to cost.
    """
    if all(arcs.size == 1 for arcs in hops):
        return np.array([arcs[0] for arcs in hops], np.int32)
    chosen = None if stated is None else _at_the_cost(graph, hops, stated)
    return chosen if chosen is not None else _cheapest(graph, hops)


def _at_the_cost(graph: ResourceGraph, hops: Sequence[Ints], stated: float) -> Ints | None:
    """A choice within the budgets that costs what is stated; None: there is none, or too many to look at.

    Choices grow hop by hop, those without a choice first. One is dropped when the hops that are left can no
    longer bring it to the stated cost, or keep it within the budgets.
    """
    order = sorted(range(len(hops)), key=lambda hop: hops[hop].size)
    stages = [[_arc(graph, int(number)) for number in hops[hop]] for hop in order]
    budget = [Fraction(float(b)) * (1 + LIMIT_TOLERANCE) for b in graph.budget]
    low, high = Fraction(stated) * (1 - LIMIT_TOLERANCE), Fraction(stated) * (1 + LIMIT_TOLERANCE)
    least = _still_to_come([min(arc.cost for arc in arcs) for arcs in stages])
    most = _still_to_come([max(arc.cost for arc in arcs) for arcs in stages])
    uses = [
        _still_to_come([min(arc.uses[k] for arc in arcs) for arcs in stages]) for k in range(graph.resources)
    ]
    choices, looked_at = [_Chosen(Fraction(0), (Fraction(0),) * graph.resources)], 0
    for stage, arcs in enumerate(stages, 1):
        looked_at += len(choices) * len(arcs)
        if looked_at > MOST_CHOICES:
            return None
        longer = (chosen.then(arc) for chosen in choices for arc in arcs)
        choices = _undominated(
            chosen
            for chosen in longer
            if low - most[stage] <= chosen.cost <= high - least[stage]
            and all(u + rest[stage] <= b for u, rest, b in zip(chosen.uses, uses, budget, strict=True))
        )
    if not choices:
        return None
    nearest = min(choices, key=lambda chosen: abs(chosen.cost - Fraction(stated)))
    meant = np.empty(len(hops), np.int32)
    meant[order] = [*nearest.numbers()][::-1]
    return meant


def _arc(graph: ResourceGraph, number: int) -> _Arc:
    uses = tuple(Fraction(float(use)) for use in graph.resource[number])
    return _Arc(number, Fraction(float(graph.cost[number])), uses)


def _still_to_come(figures: Sequence[Fraction]) -> list[Fraction]:
    """The sum of the figures from each place on; one more at the end, 0."""
    return [*accumulate(reversed(figures), initial=Fraction(0))][::-1]


def _undominated(choices: Iterator[_Chosen]) -> list[_Chosen]:
    """Of those with the same cost only what uses less of something than each other one."""
    kept: dict[Fraction, list[_Chosen]] = defaultdict(list)
    for chosen in sorted(choices, key=lambda chosen: chosen.uses):
        alike = kept[chosen.cost]
        if not any(all(map(Fraction.__le__, other.uses, chosen.uses)) for other in alike):
            alike.append(chosen)
    return [chosen for alike in kept.values() for chosen in alike]


def _cheapest(graph: ResourceGraph, hops: Sequence[Ints]) -> Ints:
    """The cheapest choice within the budgets; the cheapest arcs when there is none."""
    all_arcs = np.concatenate(hops)
    place = np.repeat(np.arange(len(hops)), [arcs.size for arcs in hops])
    chain = ResourceGraph.build(
        len(hops) + 1,
        place,
        place + 1,
        graph.cost[all_arcs],
        graph.resource[all_arcs],
        0,
        [len(hops)],
        graph.budget,
    )
    path = find_path(chain).path
    if path is None:
        return np.array([arcs[np.argmin(graph.cost[arcs])] for arcs in hops], np.int32)
    chosen: Ints = all_arcs[path]
    return chosen
