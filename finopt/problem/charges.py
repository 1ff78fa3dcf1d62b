"""What computing on a node adds to energy, carbon or cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import NamedTuple

from finopt.problem.network import Node
from finopt.problem.objective import Figure


class Charge(NamedTuple):
    """What computing on a node adds to a figure.

    Per joule that was measured, per second that takes the power of the node, and per busy second.
    """

    per_joule: float
    per_powered_second: float
    per_second: float


def _carbon_per_second(node: Node) -> float:
    return node.power * node.carbon


PER_SECOND: Mapping[Figure, Callable[[Node], float]] = {
    "energy": attrgetter("power"),
    "carbon": _carbon_per_second,
    "cost": attrgetter("price"),
}
"""What a second of operations on a node adds to a figure."""


def charge_of(node: Node, figure: Figure) -> Charge:
    """What computing on a node adds to a figure, by what was measured."""
    per_second = PER_SECOND[figure](node)
    if figure == "cost":
        return Charge(0.0, 0.0, per_second)
    return Charge(1.0 if figure == "energy" else node.carbon, per_second, 0.0)
