"""The kinds of figures and names that the data model knows, and the base of its classes."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from finopt.problem.formatting import counted

SMALLEST, LARGEST = 1e-21, 1e21
"""The range of non-zero figures: beyond it a difference of two of them is lost in double precision."""


Item = TypeVar("Item")


def _representable(value: float) -> float:
    if 0 < value < SMALLEST:
        raise ValueError(f"must be 0 or at least {SMALLEST:g}: solvers cannot represent smaller figures")
    return value


Identifier = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(ge=SMALLEST, le=LARGEST)]
NonNegative = Annotated[float, Field(ge=0, le=LARGEST), AfterValidator(_representable)]
Share = Annotated[float, Field(ge=0, le=1)]
PositiveShare = Annotated[float, Field(ge=SMALLEST, le=1)]
Items = Annotated[tuple[Item, ...], Field(strict=False, fail_fast=True)]
NonEmpty = Annotated[tuple[Item, ...], Field(strict=False, fail_fast=True, min_length=1)]


class Frozen(BaseModel):
    """Strict, finite, and not to be changed."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields replaced; like pydantic's, it does not check them."""
        copied = super().model_copy(update=update, deep=deep)
        for name in set(vars(copied)) - set(type(self).model_fields):
            del vars(copied)[name]  # what was computed from the old fields
        return copied


def counted_parts(sizes: Mapping[str, Sized]) -> str:
    return ", ".join(counted(len(items), name) for name, items in sizes.items())
