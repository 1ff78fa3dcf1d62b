"""What may be minimised, and what nodes and links add to each of these figures.

Energy, carbon and cost are the same sum: in each of them a joule or a second on a node, and a bit or a
transfer on a link, has a weight of its own. The exact evaluation does not use `charge_of`; it is tested
against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from finopt.problem.network import Node

Figure = Literal["energy", "carbon", "cost"]
"""What placements take and one of which is minimised."""

FIGURES: tuple[Figure, ...] = get_args(Figure)

LIMIT_OF: Mapping[Figure, str] = {"energy": "max_energy", "carbon": "max_carbon", "cost": "max_cost"}
"""The field of an application that limits a figure per inference."""

LIMITS = tuple(LIMIT_OF.values())

UNIT: Mapping[Figure, str] = {"energy": "J", "carbon": "g", "cost": "currency"}
"""Of an inference."""

RATE_UNIT: Mapping[Figure, str] = {"energy": "W", "carbon": "g/s", "cost": "currency/s"}
"""Of all applications together, each at its rate."""

TOTAL: Mapping[Figure, str] = {"energy": "power", "carbon": "carbon", "cost": "cost"}
"""What the figure of all applications together is called."""

WEIGHT: Mapping[Figure, str] = {"carbon": "carbon", "cost": "price"}
"""The field of nodes and links without which a figure is 0 everywhere; energy needs none."""


class Charge(NamedTuple):
    """What computing on a node adds to a figure.

    Per joule that was measured, per second that takes the power of the node, and per busy second.
    """

    per_joule: float
    per_powered_second: float
    per_second: float


def _carbon_per_second(node: Node) -> float:
    return node.power * node.carbon


PER_SECOND: Mapping[Figure, Callable[[Any], float]] = {
    "energy": attrgetter("power"),
    "carbon": _carbon_per_second,
    "cost": attrgetter("price"),
}
"""What a second of operations on a node adds to a figure."""


def charge_of(node: Node, figure: Figure) -> Charge:
    """What computing on a node adds to a figure, by what was measured."""
    if figure == "energy":
        return Charge(1.0, node.power, 0.0)
    if figure == "carbon":
        return Charge(node.carbon, node.power * node.carbon, 0.0)
    return Charge(0.0, 0.0, node.price)
