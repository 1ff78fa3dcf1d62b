"""What was measured: time and energy of the blocks and exits of a model on a class of devices."""

from __future__ import annotations

from functools import cached_property

from pydantic import Field

from finopt.problem.errors import shown
from finopt.problem.fields import Frozen, Identifier, Items, NonEmpty, NonNegative, Positive, counted_parts
from finopt.problem.model import Block, Exit


class BlockMeasurement(Frozen):
    """One sample through a block."""

    block: Identifier
    time: Positive = Field(description="time of one sample [s]")
    energy: NonNegative | None = Field(
        default=None, description="energy of one sample [J]; absent: power of the node times the time"
    )


class ExitMeasurement(Frozen):
    """One sample through the classifier of an exit."""

    exit: Identifier
    time: Positive = Field(description="time of one sample [s]")
    energy: NonNegative | None = Field(
        default=None, description="energy of one sample [J]; absent: power of the node times the time"
    )


class Profile(Frozen):
    """A model on a class of devices, measured; a block without an entry cannot run there."""

    model: Identifier
    device: Identifier = Field(description="class of devices, as nodes name it")
    source: str = Field(default="", description="where the figures are from")
    blocks: NonEmpty[BlockMeasurement]
    exits: Items[ExitMeasurement] = ()

    def __repr__(self) -> str:
        """Of what it is, and its size on one line."""
        sizes = {"block": self.blocks, "exit": self.exits}
        return f"<Profile of {shown(self.model)} on {shown(self.device)}: {counted_parts(sizes)}>"

    __str__ = __repr__

    def entry(self, part: Block | Exit) -> BlockMeasurement | ExitMeasurement:
        """What was measured of a block or exit that has an entry."""
        return self.block[part.id] if isinstance(part, Block) else self.exit[part.id]

    @cached_property
    def block(self) -> dict[str, BlockMeasurement]:
        """What was measured of each block, by its id."""
        return {one.block: one for one in self.blocks}

    @cached_property
    def exit(self) -> dict[str, ExitMeasurement]:
        """What was measured of each exit, by its id."""
        return {one.exit: one for one in self.exits}
