"""Who wants inference: one application as an object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, Field

from finopt.problem.fields import Frozen, Identifier, NonEmpty, Positive, Share
from finopt.problem.objective import LIMIT_OF, LIMITS, Figure
from finopt.problem.references import SOURCE

Value = TypeVar("Value")


class FrozenMapping(dict[str, Value]):
    """A dict that cannot be changed, so that an instance stays what was checked and has a hash."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("an instance is frozen; make another with replace(...)")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        """Equal for equal entries, in whatever order."""
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        """How to make it anew: a dict is otherwise unpickled and copied item by item."""
        return type(self), (dict(self),)


class Pins(FrozenMapping[str]):
    """Block id to the id of the node that it is pinned to."""


class Allowed(FrozenMapping[tuple[str, ...]]):
    """Block id to the ids of the nodes that may run it."""

    @classmethod
    def of(cls, nodes: Mapping[str, Sequence[str]]) -> Allowed:
        """Those of a row; what is frozen already stays."""
        return nodes if isinstance(nodes, cls) else cls({block: tuple(own) for block, own in nodes.items()})


class Limits(FrozenMapping[float]):
    """Field of an application, like ``max_energy``, to its figure; how a table holds them."""

    @classmethod
    def of(cls, given: Mapping[str, float]) -> Limits:
        """Those of a row; whether their figures are in range the instance finds out."""
        for name in given:
            if name not in LIMITS:
                raise ValueError(f"limits: {name!r} is none of {', '.join(LIMITS)}")
        return cls({name: float(most) for name, most in given.items()})


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
    allowed: Annotated[dict[Identifier, NonEmpty[Identifier]], AfterValidator(Allowed)] = Field(
        default_factory=Allowed, description="block id to the ids of the nodes that may run it"
    )
    result_to: Identifier | None = Field(
        default=None,
        description="id of the node that the result is returned to, or source; null: nobody needs it",
    )
    max_energy: Positive | None = Field(
        default=None, description="most energy of an inference [J]; null: no limit"
    )
    max_carbon: Positive | None = Field(
        default=None, description="most carbon of an inference [g]; null: no limit"
    )
    max_cost: Positive | None = Field(
        default=None, description="most that an inference may cost [currency]; null: no limit"
    )

    @property
    def destination(self) -> str | None:
        """Id of the node that the result is returned to; None if nobody needs it."""
        return self.source if self.result_to == SOURCE else self.result_to

    @property
    def limits(self) -> dict[Figure, float]:
        """What an inference may take at most, by figure; only those that have a limit."""
        most = ((figure, getattr(self, name)) for figure, name in LIMIT_OF.items())
        return {figure: limit for figure, limit in most if limit is not None}

    @property
    def limit_fields(self) -> dict[str, float]:
        """The same by field."""
        return {name: limit for name in LIMITS if (limit := getattr(self, name)) is not None}

    def may_run(self, block: str, node: str) -> bool:
        """Whether a block may run on a node, by its pin and by what is allowed."""
        pin, allowed = self.pinned.get(block), self.allowed.get(block)
        return (pin is None or pin == node) and (allowed is None or node in allowed)
