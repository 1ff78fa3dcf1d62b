"""The section ``applications``: a list as in an instance file, or a population to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, PlainValidator, model_validator

from finopt.io.project.faults import Faults
from finopt.problem.application import Application
from finopt.problem.fields import LARGEST, SMALLEST, Frozen, Identifier, NonNegative


class Between(NamedTuple):
    """The least and the largest of what is drawn."""

    low: float
    high: float


def _between(low: float, high: float) -> PlainValidator:
    """Accepts a range within limits: a list of two figures, or one that stands for both."""

    def checked(value: Any) -> Between:
        ends = [value, value] if not isinstance(value, list | tuple) else list(value)
        if len(ends) != 2 or any(isinstance(x, bool) or not isinstance(x, int | float) for x in ends):
            raise ValueError("must be a number, or a list of two: the least and the largest")
        if not all(low <= x <= high for x in ends):
            raise ValueError(f"must be from {low:g} to {high:g}")
        if ends[0] > ends[1]:
            raise ValueError("must be in order: the least first")
        return Between(float(ends[0]), float(ends[1]))

    return PlainValidator(checked)


def _start(value: Any) -> str | tuple[str, ...]:
    names = value if isinstance(value, list | tuple) else [value]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError("must be mobile, edge or cloud, or a list of node ids")
    if isinstance(value, str) and value not in TIERS:
        raise ValueError("must be mobile, edge or cloud; node ids are given as a list")
    return value if isinstance(value, str) else tuple(names)


TIERS = ("mobile", "edge", "cloud")

Range = Annotated[Between, _between(SMALLEST, LARGEST)]
Shares = Annotated[Between, _between(0.0, 1.0)]
Factors = Annotated[Between, _between(1.0, 1e6)]

MOST = 100_000
"""Applications of a population."""


class Population(Frozen):
    """Applications that are drawn; the same seed gives the same."""

    count: Annotated[int, Field(ge=1, le=MOST)]
    prefix: Identifier = Field(default="app", description="ids are this and a number from 1")
    models: dict[Identifier, NonNegative] | None = Field(
        default=None, description="weight by model id; default: all models, equally frequent"
    )
    start: Annotated[str | tuple[str, ...], PlainValidator(_start)] | None = Field(
        default=None,
        description="a tier or node ids; default: mobile devices, without any all nodes that compute",
    )
    rate: Range = Field(default=Between(0.1, 1.0), description="samples per second, log-uniform [1/s]")
    latency: Literal["worst", "mean"] = "worst"
    max_latency: Range | None = Field(default=None, description="latency limits, log-uniform [s]")
    times_fastest: Factors | None = Field(
        default=None, description="limits as multiples of the least possible latency, instead of max_latency"
    )
    min_accuracy: Shares | None = Field(
        default=None, description="accuracy targets; default: what a configuration of the model reaches"
    )
    result_to: Identifier | None = Field(
        default=None, description="node that results are returned to, or source"
    )

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if self.max_latency is not None and self.times_fastest is not None:
            raise ValueError("give max_latency or times_fastest, not both")
        if self.models is not None and not sum(self.models.values()) > 0:
            raise ValueError("models: one weight at least must be above 0")
        return self


Applications = Sequence[Application] | Population


def parse(data: Any, whole: Any, faults: Faults) -> Applications | None:
    """The section as objects; None when something is wrong with it, which is noted."""
    if isinstance(data, Mapping):
        return faults.part(Population, data, ("applications",), whole)
    found = [faults.part(Application, item, at, whole) for at, item in faults.list(data, "applications")]
    return [one for one in found if one is not None]
