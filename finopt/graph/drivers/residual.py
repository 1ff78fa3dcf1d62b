"""What placed applications leave of every capacity, and the network as the next application finds it.

Sums are exact, so an application that is taken out again leaves no trace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from finopt.evaluation.loads import CAPACITY
from finopt.evaluation.reserved import reservations
from finopt.evaluation.steps import account
from finopt.graph.extended import Capacity, Pattern
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.network import DirectedLink, Node
from finopt.problem.tolerances import MARGIN

CapacityUse = Mapping[Capacity, Fraction]
"""What something uses of each capacity: op/s, byte or bit/s."""


def loads_of(instance: Instance, application: Application, placed: ApplicationPlacement) -> CapacityUse:
    """What one application uses of every capacity, exact."""
    rate, own = Fraction(application.rate), account(instance, application, placed)
    loads = {
        **{Capacity("compute", node): rate * ops for node, ops in own.node_ops.items()},
        **{Capacity("memory", node): memory for node, memory in own.node_memory.items()},
        **{Capacity("bandwidth", link): rate * bits for link, bits in own.link_bits.items()},
    }
    for one in reservations(instance, application, placed):
        capacity = Capacity("compute" if one.kind == "node" else "bandwidth", one.name)
        loads[capacity] = loads.get(capacity, Fraction(0)) + one.amount(instance)
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
        left = {kind: sizes.copy() for kind, sizes in full.capacity.items()}
        for capacity, used in self.used.items():
            place = full.position.get(capacity)
            if place is not None and used and self.size(capacity) is not None:
                rest = float((self._most(capacity) - used) / Fraction(MARGIN))
                left[capacity.kind][place] = max(0.0, rest)
        return replace(full, capacity=left)

    def size(self, capacity: Capacity) -> float | None:
        """How much there is of a capacity in all; None: no limit."""
        owner: Node | DirectedLink
        if capacity.kind == "bandwidth":
            owner = self._instance.link_by_id[capacity.id]
        else:
            owner = self._instance.node_by_id[capacity.id]
        size: float | None = getattr(owner, CAPACITY[capacity.kind])
        return size

    def _most(self, capacity: Capacity) -> Fraction | float:
        """What may be used of a capacity, with the tolerance that paths keep."""
        size = self.size(capacity)
        return float("inf") if size is None else Fraction(size) * Fraction(MARGIN)
