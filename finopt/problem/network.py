"""Nodes and links of a network: frozen, strict, every figure in SI units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from pydantic import Field, model_validator

from finopt.problem.fields import (
    Frozen,
    Identifier,
    NonNegative,
    Positive,
)


class Node(Frozen):
    """A device, an edge server or a cloud."""

    id: Identifier
    tier: Literal["mobile", "edge", "cloud"] = Field(description="where in the hierarchy the node stands")
    compute: Positive = Field(description="effective compute C_v [op/s]")
    power: NonNegative = Field(description="power while computing P_v [W]")
    memory: NonNegative | None = Field(default=None, description="memory M_v [byte]; null: no limit")
    shared: bool = Field(
        default=True,
        description="may serve every application; false: only those whose source it is."
        " Default: true unless the tier is mobile",
    )

    @model_validator(mode="before")
    @classmethod
    def _mobile_is_private(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and "shared" not in data:
            return {**data, "shared": data.get("tier") != "mobile"}
        return data

    @property
    def energy_per_op(self) -> float:
        """Energy per operation e_v = P_v / C_v [J/op]."""
        return self.power / self.compute


class Link(Frozen):
    """A directed link, or with ``bidirectional`` two that do not share their bandwidth."""

    source: Identifier
    target: Identifier
    bandwidth: Positive = Field(description="bandwidth B [bit/s]")
    energy: NonNegative = Field(description="energy of sender and receiver eps [J/bit]")
    delay: NonNegative = Field(default=0.0, description="propagation delay d [s], once per hop")
    bidirectional: bool = Field(default=False, description="the same link exists in the other direction")


class DirectedLink(NamedTuple):
    """One direction of a link, with the name that routes use."""

    id: str
    source: str
    target: str
    bandwidth: float
    energy: float
    delay: float
