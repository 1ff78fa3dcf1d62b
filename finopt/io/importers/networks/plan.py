"""A plan of tiers: which places become edge and cloud sites, what hangs on them, what links can carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from finopt.problem.errors import InstanceError, first
from finopt.problem.field_messages import field_problems, keys_of
from finopt.problem.fields import Frozen, Identifier, Items, NonNegative, Positive

Count = Annotated[int, Field(ge=1, le=100_000)]

Factor = Annotated[float, Field(ge=1e-6, le=1e6)]

By = Literal["degree", "population", "k-median", "list"]


class Sites(Frozen):
    """The sites of one tier, and the servers that stand there."""

    by: By = Field(default="degree", description="how they are chosen")
    count: Count | None = Field(default=None, description="how many; not with a list")
    nodes: Items[Identifier] | None = Field(default=None, description="ids or labels, with by: list")
    card: Identifier = Field(default="NVIDIA T4", description="server in the catalogue")
    cards: Count = Field(
        default=1, description="servers at each site; compute, power and memory are theirs in all"
    )
    compute: Positive | None = Field(default=None, description="instead of the catalogue's, of a site [op/s]")
    power: NonNegative | None = Field(default=None, description="instead of the catalogue's, of a site [W]")
    memory: NonNegative | None = Field(
        default=None, description="instead of the catalogue's, of a site [byte]"
    )
    device: Identifier | None = Field(
        default=None, description="class of devices for measured profiles; default: the card"
    )

    @model_validator(mode="after")
    def _list_or_count(self) -> Self:
        if self.by == "list" and not self.nodes:
            raise ValueError("by 'list' needs 'nodes'")
        if self.by == "list" and self.count is not None:
            raise ValueError("by 'list' takes all its 'nodes': leave out 'count'")
        if self.by != "list" and self.nodes is not None:
            raise ValueError(f"'nodes' needs by 'list', got by {self.by!r}")
        if self.by != "list" and self.count is None:
            raise ValueError(f"by {self.by!r} needs 'count'")
        return self


class DeviceGroup(Frozen):
    """Devices of one kind, and the radio by which they hang on sites."""

    name: Identifier = Field(default="device", description="their ids are this and a number from 1")
    kind: Identifier = Field(default="Jetson Nano", description="device in the catalogue")
    radio: Identifier = Field(default="Wi-Fi", description="radio in the catalogue")
    per_site: Count | None = Field(default=None, description="how many at each site")
    count: Count | None = Field(default=None, description="how many in all, at sites that are drawn")
    at: Items[Identifier] | None = Field(
        default=None, description="places they hang on; default: the edge sites, without any the clouds"
    )
    compute: Positive | None = Field(default=None, description="instead of the catalogue's [op/s]")
    power: NonNegative | None = Field(default=None, description="instead of the catalogue's [W]")
    memory: NonNegative | None = Field(default=None, description="instead of the catalogue's [byte]")
    device: Identifier | None = Field(
        default=None, description="class of devices for measured profiles; default: the kind"
    )
    bandwidth_up: Positive | None = Field(default=None, description="instead of the radio's [bit/s]")
    bandwidth_down: Positive | None = Field(default=None, description="instead of the radio's [bit/s]")
    energy_up: NonNegative | None = Field(
        default=None, description="the device's, instead of the radio's [J/bit]"
    )
    energy_down: NonNegative | None = Field(
        default=None, description="the device's, instead of the radio's [J/bit]"
    )
    delay: NonNegative | None = Field(default=None, description="instead of the radio's [s]")

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        if (self.per_site is None) == (self.count is None):
            raise ValueError("needs 'per_site' or 'count', and not both")
        if self.at is not None and not self.at:
            raise ValueError("'at' must not be empty")
        return self


class Backbone(Frozen):
    """The links between places."""

    bandwidth: Positive = Field(default=1e10, description="of links whose capacity is not known [bit/s]")
    energy: NonNegative | None = Field(
        default=None, description="of all links, sender and receiver [J/bit]; default: the sum of both ports"
    )
    capacity_factor: Factor = Field(default=1.0, description="stated capacities are multiplied by it")
    delay_factor: Factor = Field(default=1.0, description="delays are multiplied by it")


class TierPlan(Frozen):
    """What a topology becomes.

    Places that are no site stay as routers: nodes of compute 0 that only forward.

    Examples
    --------
    >>> TierPlan(edge=Sites(count=8), devices=[DeviceGroup(per_site=2)]).edge.card
    'NVIDIA T4'
    """

    edge: Sites | None = Field(default=None, description="edge sites; null: none")
    cloud: Sites | None = Field(
        default=None, description="cloud sites, chosen before the edge sites; null: none"
    )
    devices: Items[DeviceGroup] = Field(default=(), description="what hangs on the sites")
    backbone: Backbone = Field(default=Backbone(), description="the links between places")


def tier_plan(data: Mapping[str, Any], source: str = "plan") -> TierPlan:
    """The plan that a mapping describes, for example a part of a YAML or JSON file.

    Parameters
    ----------
    data : mapping
        By the names of the fields.
    source : str
        Where it stands, for the message.

    Raises
    ------
    InstanceError
        Lists every field that does not exist and every value that it cannot have.

    Examples
    --------
    >>> tier_plan({"edge": {"by": "degree", "count": 4}}).edge.count
    4
    >>> tier_plan({"edge": {"by": "degre", "count": 4}})
    Traceback (most recent call last):
    finopt.problem.errors.InstanceError: plan: 1 problem
      edge.by: must be 'degree', 'population', 'k-median' or 'list', got 'degre'; did you mean 'degree'?
    """
    try:
        return TierPlan.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems = first(field_problems(details, data, keys_of(TierPlan)))
        raise InstanceError(problems, source) from None
