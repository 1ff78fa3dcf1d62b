"""The kinds of figures and names that the data model knows, and the base of its classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from finopt.problem.checked_copy import checked_copy, refuse_unknown
from finopt.problem.errors import Problem
from finopt.problem.field_messages import Location
from finopt.problem.formatting import counted, cut
from finopt.problem.references import Data

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

    def __repr__(self) -> str:
        """All fields; of a long text beginning and end."""
        return cut(super().__repr__())

    def __iter__(self) -> Iterator[tuple[str, Any]]:  # type: ignore[override]
        """Fields with their values, without what was computed from them."""
        return ((name, value) for name, value in vars(self).items() if name in type(self).model_fields)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields replaced; like pydantic's, it does not check their values.

        Raises
        ------
        InstanceError
            A field does not exist.
        """
        refuse_unknown(type(self), update or ())
        copied = super().model_copy(update=update, deep=deep)
        for name in set(vars(copied)) - set(type(self).model_fields):
            del vars(copied)[name]  # what was computed from the old fields
        return copied

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, checked like a file.

        Parameters
        ----------
        **changes
            New values by field, in SI units.

        Raises
        ------
        InstanceError
            Names every field that does not exist, with the nearest one that does, and every value that a file
            could not have.

        Examples
        --------
        >>> import finopt
        >>> phone = finopt.Node(id="phone", tier="mobile", compute=1e9, power=2.0)
        >>> phone.replace(compute=2e9).compute
        2000000000.0
        >>> phone.replace(computee=2e9)
        Traceback (most recent call last):
        finopt.problem.errors.InstanceError: node: 1 problem
          computee: unknown key; did you mean 'compute'?
        """
        return self.checked_copy(changes)

    def checked_copy(self, changes: Mapping[str, Any], at: Location = ()) -> Self:
        """What `replace` does; in messages the object stands at a place within another one."""
        return checked_copy(self, changes, self._broken_rules, at, self._known_to_be_right(changes))

    def _known_to_be_right(self, changes: Mapping[str, Any]) -> Any:
        """What a copy with these changes need not check once more; its validators see it as their context."""
        return None

    def __getstate__(self) -> dict[Any, Any]:
        """Its fields: what was computed from them is not sent anywhere."""
        state = super().__getstate__()
        fields = type(self).model_fields
        return state | {"__dict__": {name: v for name, v in vars(self).items() if name in fields}}

    @classmethod
    def _broken_rules(cls, data: Data) -> Iterable[Problem]:
        """The rules between the parts of such an object, given as plain data, that are broken."""
        return ()


def counted_parts(sizes: Mapping[str, Sized]) -> str:
    return ", ".join(counted(len(items), name) for name, items in sizes.items())
