"""What the caller asks of a partition: each is carried out on the partition that a worker holds.

Commands that change it are remembered by the caller: carried out anew in their order, they make a partition
again that was lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from finopt.heuristics.joint.distributed import ending, placing
from finopt.heuristics.joint.distributed.partition import Partition, SparsePrices, describe
from finopt.heuristics.joint.distributed.placing import MixOfPartition
from finopt.problem.array_types import Floats, Ints


class Command(Protocol):
    """Something that a partition can do; ``changes``: whether later answers depend on it."""

    changes: ClassVar[bool]

    def carry_out(self, partition: Partition) -> Any:
        """Do it, and say what is to be said."""


@dataclass(frozen=True)
class Describe:
    """Tell about the partition; see `partition.Description`."""

    changes: ClassVar[bool] = False

    def carry_out(self, partition: Partition) -> Any:
        """The description."""
        return describe(partition)


@dataclass(frozen=True)
class Divide:
    """Form clusters; the answer is their number."""

    each: int
    most: int
    changes: ClassVar[bool] = True

    def carry_out(self, partition: Partition) -> Any:
        """The number of clusters."""
        return partition.divide(self.each, self.most)


@dataclass(frozen=True, eq=False)
class Ask:
    """Answer prices; see `partition.Answered`."""

    prices: SparsePrices
    changes: ClassVar[bool] = True

    def carry_out(self, partition: Partition) -> Any:
        """The answer."""
        return partition.answer(self.prices)


@dataclass(frozen=True, eq=False)
class Certify:
    """Prove what the applications cost at least at some prices [W]."""

    prices: SparsePrices
    enough: float
    changes: ClassVar[bool] = False

    def carry_out(self, partition: Partition) -> Any:
        """The power, prices included."""
        return partition.certified(self.prices, self.enough)


@dataclass(frozen=True, eq=False)
class Place:
    """Choose assignments within an allotment; see `placing.place`."""

    mix: MixOfPartition
    allotment: Floats
    hurry: bool
    changes: ClassVar[bool] = True

    def carry_out(self, partition: Partition) -> Any:
        """What is used then."""
        return placing.place(partition, self.mix, self.allotment, self.hurry)


@dataclass(frozen=True, eq=False)
class Refit:
    """Choose anew within another allotment; see `placing.refit`."""

    allotment: Floats
    only_whole: bool = False
    changes: ClassVar[bool] = True

    def carry_out(self, partition: Partition) -> Any:
        """What is used then."""
        return placing.refit(partition, self.allotment, self.only_whole)


@dataclass(frozen=True)
class Rows:
    """Hand over the placement; see `ending.Rows`."""

    changes: ClassVar[bool] = False

    def carry_out(self, partition: Partition) -> Any:
        """The columns of the placement."""
        return ending.rows(partition)


@dataclass(frozen=True)
class Check:
    """Evaluate the placement, and write it; see `ending.Checked`."""

    write_to: str | None
    changes: ClassVar[bool] = False

    def carry_out(self, partition: Partition) -> Any:
        """The account."""
        return ending.check(partition, self.write_to)


@dataclass(frozen=True, eq=False)
class ExactLoads:
    """Add up some shared capacities exactly."""

    shared: Ints
    changes: ClassVar[bool] = False

    def carry_out(self, partition: Partition) -> Any:
        """Fractions of whole numbers."""
        return ending.exact_loads(partition, self.shared)
