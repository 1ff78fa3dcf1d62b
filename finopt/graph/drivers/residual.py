"""What placed applications leave of every capacity, and the network as the next application finds it.

Sums are exact, so an application that is taken out again leaves no trace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from finopt.graph.extended import Capacity, Pattern
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.coefficients import exact_stage_figures
from finopt.problem.instance import Application, Instance
from finopt.problem.network import DirectedLink, Node
from finopt.problem.tolerances import MARGIN

CapacityUse = Mapping[Capacity, Fraction]
"""What something uses of each capacity: op/s, byte or bit/s."""


def loads_of(instance: Instance, application: Application, placed: ApplicationPlacement) -> CapacityUse:
    """What one application uses of every capacity, exact."""
    rate = Fraction(application.rate)
    figures = exact_stage_figures(instance.model_of(application), placed.configuration)
    loads: defaultdict[Capacity, Fraction] = defaultdict(Fraction)
    stages = zip(*figures, placed.nodes, placed.routes, strict=True)
    for share, ops, memory, bits, node, route in stages:
        loads[Capacity("compute", node)] += rate * share * ops
        loads[Capacity("memory", node)] += memory
        for link in route:
            loads[Capacity("bandwidth", link)] += rate * share * bits
    return loads


class Residual:
    """The capacities of an instance, and how much of each is used."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.used: defaultdict[Capacity, Fraction] = defaultdict(Fraction)

    def add(self, loads: CapacityUse) -> None:
        """Use so much more."""
        for capacity, amount in loads.items():
            self.used[capacity] += amount

    def remove(self, loads: CapacityUse) -> None:
        """Use so much less."""
        for capacity, amount in loads.items():
            self.used[capacity] -= amount

    def overloads(self, loads: CapacityUse) -> list[Capacity]:
        """The capacities that would be exceeded with these loads in addition."""
        return [c for c, amount in loads.items() if self.used[c] + amount > self._most(c)]

    def exceeded(self) -> list[Capacity]:
        """The capacities that are exceeded as it is."""
        return [c for c, amount in self.used.items() if amount > self._most(c)]

    def pattern(self, full: Pattern) -> Pattern:
        """The nodes and links with the capacities that are left; speeds stay those of the whole."""
        nodes, links = list(full.nodes), list(full.links)
        for capacity, used in self.used.items():
            place = full.position.get(capacity)
            if place is None or not used or self.size(capacity) is None:
                continue
            left = max(0.0, float((self._most(capacity) - used) / Fraction(MARGIN)))
            if capacity.kind == "bandwidth":
                links[place] = links[place]._replace(bandwidth=left)
            else:
                nodes[place] = nodes[place].model_copy(update={capacity.kind: left})
        return replace(full, nodes=tuple(nodes), links=tuple(links))

    def size(self, capacity: Capacity) -> float | None:
        """How much there is of a capacity in all; None: no limit."""
        owner: Node | DirectedLink
        if capacity.kind == "bandwidth":
            owner = self._instance.link_by_id[capacity.id]
        else:
            owner = self._instance.node_by_id[capacity.id]
        size: float | None = getattr(owner, capacity.kind)
        return size

    def _most(self, capacity: Capacity) -> Fraction | float:
        """What may be used of a capacity, with the tolerance that paths keep."""
        size = self.size(capacity)
        return float("inf") if size is None else Fraction(size) * Fraction(MARGIN)
