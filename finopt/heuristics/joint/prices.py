"""What computing, sending and memory cost when there is a price on every capacity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from finopt.problem.array_types import Floats
from finopt.problem.arrays import Network
from finopt.problem.coefficients import LinkFigures, NodeFigures


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

    @property
    def per_op(self) -> Floats:
        """Price of compute on each node [W per op/s]."""
        return self.price[: self.network.nodes]

    @cached_property
    def computing(self) -> NodeFigures:
        """The figures of nodes, with energy and price as their energy."""
        return self.network.priced(self.per_op)

    @property
    def per_byte(self) -> Floats:
        """Price per byte on each node."""
        return self.price[self.network.nodes : 2 * self.network.nodes]

    @property
    def per_bit(self) -> Floats:
        """Price per bit on each link [W per bit/s]."""
        return self.price[2 * self.network.nodes :]

    @cached_property
    def sending(self) -> LinkFigures:
        """The figures of links, with energy and price as their energy."""
        figures = self.network.link_figures
        return figures._replace(energy_per_bit=figures.energy_per_bit + self.per_bit)
