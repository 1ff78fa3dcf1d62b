"""Who wants inference: one application as an object."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, Field

from finopt.problem.fields import Frozen, Identifier, Positive, Share


class Pins(dict[str, str]):
    """A dict that cannot be changed, so that an instance stays what was checked and has a hash."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("an instance is frozen; make another with replace(...)")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        """Equal for equal pins, in whatever order."""
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        """How to make it anew: a dict is otherwise unpickled and copied item by item."""
        return type(self), (dict(self),)


class Application(Frozen):
    """Who wants inference: which model, from where, how often, how fast, how accurate."""

    id: Identifier
    model: Identifier
    source: Identifier = Field(description="node where the samples arise")
    rate: Positive = Field(default=1.0, description="samples per second sigma [1/s]")
    max_latency: Positive = Field(description="latency limit delta [s]")
    min_accuracy: Share = Field(description="accuracy target alpha")
    latency: Literal["worst", "mean"] = Field(
        default="worst", description="worst: a sample that goes all the way; mean: weighted with the reach"
    )
    pinned: Annotated[dict[Identifier, Identifier], AfterValidator(Pins)] = Field(
        default_factory=Pins, description="block id to node id"
    )
