"""Where the instance of a partition is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from finopt.problem.instance import Instance


class Source(Protocol):
    """A description of a partition that can be sent to a worker, who makes its instance."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def light(self) -> bool:
        """Whether it may travel with every command: then a worker that misses it need not ask."""

    def load(self) -> Instance:
        """The instance, the same one each time."""


@dataclass(frozen=True, eq=False)
class InMemory:
    """An instance that is sent itself."""

    name: str
    instance: Instance
    light: bool = False

    def load(self) -> Instance:
        """The instance."""
        return self.instance
