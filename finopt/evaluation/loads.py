"""What nodes and links carry, and how much of it they could."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from finopt.problem.network import DirectedLink, Node

CAPACITY = {"compute": "usable_compute", "memory": "memory", "bandwidth": "bandwidth"}
"""By kind of load the figure of the node or link that limits it."""


@dataclass(frozen=True)
class Load:
    """What a node or link carries: ``used`` of ``capacity`` (None: no limit), per second or in byte."""

    used: float
    capacity: float | None

    @property
    def utilisation(self) -> float:
        """Share of the capacity in use; 0 without a limit."""
        if self.capacity is None or self.used == 0:
            return 0.0
        return self.used / self.capacity if self.capacity else math.inf


class Loads(Mapping[str, Load]):
    """The load of every node or link by id; made on demand, for there may be very many."""

    def __init__(
        self, used: Mapping[str, float], owners: Mapping[str, Node | DirectedLink], kind: str
    ) -> None:
        self.used = used
        self._owners = owners
        self._kind = kind

    def __getitem__(self, name: str) -> Load:
        """The load of one node or link."""
        return Load(self.used.get(name, 0.0), getattr(self._owners[name], CAPACITY[self._kind]))

    def __iter__(self) -> Iterator[str]:
        """All ids, also of what carries nothing."""
        return iter(self._owners)

    def __len__(self) -> int:
        """Number of nodes or links."""
        return len(self._owners)

    def __repr__(self) -> str:
        """What it is of, and how many carry something."""
        used = sum(amount > 0 for amount in self.used.values())
        return f"<Loads: {self._kind}, {used} of {len(self)} in use>"
