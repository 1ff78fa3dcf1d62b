"""Nodes and links of a network: frozen, strict, every figure in SI units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from pydantic import Field, model_validator

from finopt.problem.fields import (
    Frozen,
    Identifier,
    Items,
    NonNegative,
    Positive,
    PositiveShare,
)


class Node(Frozen):
    """A device, an edge server or a cloud."""

    id: Identifier
    tier: Literal["mobile", "edge", "cloud"] = Field(description="where in the hierarchy the node stands")
    compute: NonNegative = Field(description="effective compute C_v [op/s]; 0: it only forwards (version 2)")
    power: NonNegative = Field(description="power while computing P_v [W]")
    memory: NonNegative | None = Field(default=None, description="memory M_v [byte]; null: no limit")
    shared: bool = Field(
        default=True,
        description="may serve every application; false: only those whose source it is."
        " Default: true unless the tier is mobile",
    )
    device: Identifier | None = Field(
        default=None, description="class of devices it belongs to, of which profiles say what was measured"
    )
    max_utilisation: PositiveShare = Field(
        default=1.0, description="share of the time in which it may compute u_v"
    )
    waiting: Literal["none", "processor-sharing"] = Field(
        default="none",
        description="none: a sample computes alone; processor-sharing: computing takes 1 / (1 - u_v) times"
        " as long, which needs u_v < 1",
    )
    carbon: NonNegative = Field(default=0.0, description="carbon of a joule spent on the node gamma_v [g/J]")
    price: NonNegative = Field(default=0.0, description="price of a busy second pi_v [currency/s]")
    slices: Items[PositiveShare] = Field(
        default=(),
        description="shares of the node, increasing, of which every visit of an application reserves one;"
        " empty: nothing is reserved",
    )

    @model_validator(mode="before")
    @classmethod
    def _mobile_is_private(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and "shared" not in data:
            return {**data, "shared": data.get("tier") != "mobile"}
        return data

    @property
    def computes(self) -> bool:
        """Whether blocks may run on it; otherwise it only forwards."""
        return self.compute > 0

    @property
    def usable_compute(self) -> float:
        """Compute that may be used u_v C_v [op/s]."""
        return self.max_utilisation * self.compute

    @property
    def slowdown(self) -> float:
        """By how much waiting stretches computing: 1 or 1 / (1 - u_v)."""
        return 1.0 if self.waiting == "none" else 1 / (1 - self.max_utilisation)

    @property
    def energy_per_op(self) -> float:
        """Energy per operation e_v = P_v / C_v [J/op]; 0 where nothing is computed."""
        return self.power / self.compute if self.computes else 0.0


class Link(Frozen):
    """A directed link, or with ``bidirectional`` two that do not share their bandwidth."""

    source: Identifier
    target: Identifier
    bandwidth: Positive = Field(description="bandwidth B [bit/s]")
    energy: NonNegative = Field(description="energy of sender and receiver eps [J/bit]")
    delay: NonNegative = Field(default=0.0, description="propagation delay d [s], once per hop")
    energy_per_transfer: NonNegative = Field(
        default=0.0, description="energy of a transfer whatever its size eta [J], once per hop and sample"
    )
    carbon: NonNegative = Field(default=0.0, description="carbon of a joule spent on the link gamma [g/J]")
    price: NonNegative = Field(default=0.0, description="price of a bit pi [currency/bit]")
    bandwidth_slices: Items[PositiveShare] = Field(
        default=(),
        description="shares of the bandwidth, increasing, of which every hop of an application reserves one;"
        " empty: nothing is reserved",
    )
    bidirectional: bool = Field(default=False, description="the same link exists in the other direction")


class DirectedLink(NamedTuple):
    """One direction of a link, with the name that routes use."""

    id: str
    source: str
    target: str
    bandwidth: float
    energy: float
    delay: float
    energy_per_transfer: float = 0.0
    carbon: float = 0.0
    price: float = 0.0
    bandwidth_slices: tuple[float, ...] = ()


def directed(links: Sequence[Link]) -> tuple[DirectedLink, ...]:
    """Every direction of every link, see `finopt.Instance.directed_links`."""
    rows = list(map(itemgetter(*DirectedLink._fields[1:]), map(vars, links)))
    if any(link.bidirectional for link in links):
        there_and_back = ((row, (row[1], row[0], *row[2:])) for row in rows)
        rows = [
            row
            for link, pair in zip(links, there_and_back, strict=True)
            for row in (pair if link.bidirectional else pair[:1])
        ]
    names = _distinct([f"{row[0]}->{row[1]}" for row in rows])
    new = tuple.__new__  # what DirectedLink itself calls; half the time when there are very many
    return tuple([new(DirectedLink, (name, *row)) for name, row in zip(names, rows, strict=True)])


def _distinct(names: list[str]) -> list[str]:
    """The names, the second of a kind with ``#2`` and so on."""
    if len(set(names)) == len(names):
        return names
    taken: set[str] = set()
    for i, name in enumerate(names):
        count = 1
        while names[i] in taken:
            count += 1
            names[i] = f"{name}#{count}"
        taken.add(names[i])
    return names
