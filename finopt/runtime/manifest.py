"""The manifest of a plan that was cut into pieces: ``manifest.json``, format ``finopt-pieces`` version 1.

It says everything that running the pieces needs: which tensors they read and give, at which exits samples
may leave and how sure they must be, over which links tensors travel, and what the cost model predicts of it.
Files are named by paths inside the folder of the manifest.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, get_args

from pydantic import Field

from finopt.problem.fields import Frozen, Identifier, Items, NonEmpty, NonNegative, Positive, Share

Confidence = Literal["probabilities", "scores"]
"""What an exit gives: probabilities, of which the largest counts, or scores, which a softmax makes such."""

Number = Literal[
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
]
"""Types of numpy that tensors may have."""

NUMBERS: tuple[str, ...] = get_args(Number)


class Tensor(Frozen):
    """A tensor that a piece reads or gives."""

    name: Identifier
    type: Number
    shape: Items[Annotated[int, Field(ge=0)] | None] = Field(description="null: any size")


class Segment(Frozen):
    """What a piece computes without a decision: blocks up to one with enabled exits, or its last one."""

    blocks: NonEmpty[Identifier]
    input: Identifier = Field(description="tensor that it reads")
    output: Identifier | None = Field(default=None, description="tensor that goes on; null: none does")
    exits: Items[Identifier] = Field(default=(), description="exits at its end, in order")


class Piece(Frozen):
    """A visit: consecutive blocks of an application on a node, in one ONNX file."""

    id: Identifier
    file: Identifier
    node: Identifier
    segments: NonEmpty[Segment]
    input: Tensor
    outputs: NonEmpty[Tensor]
    route: Items[Identifier] = Field(default=(), description="links over which its input comes")
    planned_bits: NonNegative = Field(description="size of its input, as the plan counts it [bit]")
    predicted_seconds: NonNegative = Field(description="computing of one sample that goes through it all [s]")
    predicted_energy: NonNegative = Field(description="energy of this [J]")

    @property
    def blocks(self) -> tuple[str, ...]:
        """Ids of its blocks."""
        return tuple(block for segment in self.segments for block in segment.blocks)


class ExitPlan(Frozen):
    """An enabled exit."""

    exit: Identifier
    share: Share = Field(description="share of the samples that the plan lets leave here")
    threshold: Share | None = Field(
        default=None,
        description="least confidence at which a sample leaves; null: missing, or the final exit",
    )
    confidence: Confidence
    predicted_latency: NonNegative = Field(description="until a sample that leaves here is done [s]")
    route: Items[Identifier] = Field(default=(), description="links over which the result returns")


class ApplicationPlan(Frozen):
    """An application: its pieces in order and its exits in order, the final one last."""

    application: Identifier
    model: Identifier
    configuration: Annotated[int, Field(ge=0)]
    source: Identifier = Field(description="node where the samples arise")
    destination: Identifier | None = Field(default=None, description="node that the results return to")
    pieces: NonEmpty[Piece]
    exits: NonEmpty[ExitPlan]
    predicted_latency: NonNegative = Field(description="of the sample that is done last [s]")
    predicted_energy: NonNegative = Field(description="of a sample in the mean [J]")

    @cached_property
    def exit_by_id(self) -> dict[str, ExitPlan]:
        """Exits by id."""
        return {exit_.exit: exit_ for exit_ in self.exits}

    @property
    def missing_thresholds(self) -> tuple[str, ...]:
        """Exits but the final one that have no threshold."""
        return tuple(exit_.exit for exit_ in self.exits[:-1] if exit_.threshold is None)


class ModelFile(Frozen):
    """A whole model, which `finopt run` compares the pieces with."""

    model: Identifier
    file: Identifier
    input: Tensor


class NodePlan(Frozen):
    """A node that computes, gives samples or gets results."""

    id: Identifier
    tier: Literal["mobile", "edge", "cloud"]
    device: Identifier | None = None
    power: NonNegative = Field(description="while computing [W]")
    memory: NonNegative = Field(description="weights of its pieces, as the plan counts them [byte]")


class LinkPlan(Frozen):
    """A directed link that a route uses."""

    id: Identifier
    source: Identifier
    target: Identifier
    bandwidth: Positive = Field(description="[bit/s]")
    delay: NonNegative = Field(description="[s]")
    energy: NonNegative = Field(description="[J/bit]")
    energy_per_transfer: NonNegative = Field(default=0.0, description="[J]")


class Manifest(Frozen):
    """A plan in pieces."""

    format: Literal["finopt-pieces"] = "finopt-pieces"
    version: Literal[1] = 1
    instance: str = Field(default="", description="name of the instance")
    result: str = Field(default="", description="method and status of the result")
    nodes: NonEmpty[NodePlan]
    links: Items[LinkPlan] = ()
    models: NonEmpty[ModelFile]
    applications: NonEmpty[ApplicationPlan]

    @cached_property
    def node_by_id(self) -> dict[str, NodePlan]:
        """Nodes by id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def link_by_id(self) -> dict[str, LinkPlan]:
        """Links by id."""
        return {link.id: link for link in self.links}

    @cached_property
    def model_by_id(self) -> dict[str, ModelFile]:
        """Models by id."""
        return {model.model: model for model in self.models}
