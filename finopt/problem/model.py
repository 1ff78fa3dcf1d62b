"""Early-exit networks: blocks, exits and measured configurations; frozen, strict, SI units."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from functools import cached_property

from pydantic import Field

from finopt.problem.errors import shown
from finopt.problem.fields import (
    Frozen,
    Identifier,
    NonEmpty,
    NonNegative,
    Share,
    counted_parts,
)


class Block(Frozen):
    """A part of a model that runs on one node."""

    id: Identifier
    ops: NonNegative = Field(description="operations o_i [op]")
    output_bits: NonNegative = Field(description="size of its output K_{i+1} [bit]")
    memory: NonNegative = Field(default=0.0, description="memory m_i [byte]")


class Exit(Frozen):
    """A classifier behind a block, at which samples may leave."""

    id: Identifier
    after: Identifier = Field(description="id of the block it sits behind")
    ops: NonNegative = Field(default=0.0, description="operations of the classifier o_j [op]")
    memory: NonNegative = Field(default=0.0, description="memory m_j [byte]")
    output_bits: NonNegative = Field(default=0.0, description="size of the result Q_j [bit]")


class Configuration(Frozen):
    """One measured setting of the confidence thresholds: enabled exits, exit shares, accuracy."""

    exits: NonEmpty[Identifier] = Field(
        description="enabled exits in block order; the last is the final exit"
    )
    shares: NonEmpty[Share] = Field(description="share of all samples that leave at each enabled exit")
    accuracy: Share = Field(description="overall accuracy A_c")


class Model(Frozen):
    """An early-exit network: a chain of blocks, its exits, and the configurations someone measured."""

    id: Identifier
    input_bits: NonNegative = Field(description="size of the input K_0 [bit]")
    blocks: NonEmpty[Block]
    exits: NonEmpty[Exit]
    configurations: NonEmpty[Configuration]
    shared_weights: bool = Field(
        default=False,
        description="applications that run the same block or exit on a node share its memory there",
    )

    def __repr__(self) -> str:
        """Its size on one line."""
        sizes = {"block": self.blocks, "exit": self.exits, "configuration": self.configurations}
        return f"<Model {shown(self.id)} of {counted_parts(sizes)}>"

    __str__ = __repr__

    @cached_property
    def block_index(self) -> dict[str, int]:
        """Position of each block by id."""
        return {block.id: i for i, block in enumerate(self.blocks)}

    @cached_property
    def exit_by_id(self) -> dict[str, Exit]:
        """Exits by id."""
        return {exit_.id: exit_ for exit_ in self.exits}

    @cached_property
    def stage_bits(self) -> tuple[float, ...]:
        """K_0 .. K_L [bit]: what is in flight when i blocks are done."""
        return (self.input_bits, *(block.output_bits for block in self.blocks))

    def exit_block(self, exit_id: str) -> int:
        """Index of the block that an exit sits behind."""
        return self.block_index[self.exit_by_id[exit_id].after]

    def final_block(self, configuration: Configuration) -> int:
        """F: index of the last block that a configuration computes."""
        return self.exit_block(configuration.exits[-1])


def reach(model: Model, configuration: Configuration) -> tuple[Fraction, ...]:
    """r_0 .. r_F: share of the samples that reach each block, exact.

    Samples that never became confident leave at the final exit, so its share does not enter. Shares that
    sum to 1 only up to rounding never give a negative reach.
    """
    leaving: defaultdict[int, Fraction] = defaultdict(Fraction)
    for name, share in zip(configuration.exits[:-1], configuration.shares[:-1], strict=True):
        leaving[model.exit_block(name)] += Fraction(share)
    shares, left = [], Fraction(1)
    for block in range(model.final_block(configuration) + 1):
        shares.append(left)
        if block in leaving:
            left = max(left - leaving[block], Fraction(0))
    return tuple(shares)


def leaving(model: Model, configuration: Configuration) -> tuple[tuple[int, str, Fraction], ...]:
    """Block, exit and share of the samples that leave there, for every enabled exit; exact.

    All that are left leave at the final exit, whatever its share says.
    """
    left, found = Fraction(1), []
    for name, share in zip(configuration.exits[:-1], configuration.shares[:-1], strict=True):
        gone = min(Fraction(share), left)
        left -= gone
        found.append((model.exit_block(name), name, gone))
    last = configuration.exits[-1]
    return (*found, (model.exit_block(last), last, left))
