"""What may be minimised: energy, carbon or cost, their units, and the fields that weigh and limit them.

All three are the same sum: in each of them a joule or a second on a node, and a bit or a transfer on a link,
has a weight of its own (`finopt.problem.charges`). The exact evaluation does not use these; they are tested
against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

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
