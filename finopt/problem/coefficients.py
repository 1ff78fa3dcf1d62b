"""What the cost model says of every step: THE place that derives it, rows (1), (2), (6) to (8) and (13).

    computing stage i on node v
        energy     ops[i] * energy_per_op[v]
        seconds    time_ops[i] * seconds_per_op[v]
        load       ops[i] and memory[i], in equivalent operations where busy seconds were measured
    sending stage i over link e
        energy     bits[i] * energy_per_bit[e] + share[i] * energy_per_hop[e]
        seconds    time_bits[i] * seconds_per_bit[e] + time_share[i] * seconds_per_hop[e]
        load       bits[i]

Where carbon or cost is asked for (`finopt.problem.objective`), the figures of nodes and links are those, and
stand where energy does: all three are the same sum.

The left factors belong to a stage of an application (`StageFactors`), the right ones to a node or link. That
is the factored form. What was measured on a class of devices is no such product: `ComputeTable` holds
energy, seconds and load per stage and class of devices, for either form, and graphs read computing from there
alone (`finopt.problem.compute_tables` makes it).
Compiled loops take the same figures and multiply them themselves; nobody else does. The exact evaluation
(`finopt.evaluation`) and the tests' oracles do not use this module: it is tested against them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from finopt.problem.array_types import Bools, Floats, Ints
from finopt.problem.charges import PER_SECOND
from finopt.problem.model import Block, Exit, Model, reach
from finopt.problem.network import DirectedLink, Node
from finopt.problem.objective import Figure

ALL_STAGES = (slice(None), None)
"""As the stage of the functions below: all of them, along the first axis of the answer."""


class StageFigures(NamedTuple):
    """What one configuration asks of a network at stages 0 .. F, shape (F+1,).

    Share of the samples that reach the stage; operations and memory of its block, classifiers included [op],
    [byte]; what is sent before it [bit].
    """

    reach: Floats
    ops: Floats
    memory: Floats
    bits: Floats


class ExactStageFigures(NamedTuple):
    """The same as fractions."""

    reach: tuple[Fraction, ...]
    ops: tuple[Fraction, ...]
    memory: tuple[Fraction, ...]
    bits: tuple[Fraction, ...]


def stage_figures(model: Model, configuration: int) -> StageFigures:
    """The stages of one configuration of a model."""
    parts = list(enabled_parts(model, configuration))
    return StageFigures(
        np.array([float(share) for share in reach(model, model.configurations[configuration])]),
        np.array([sum(part.ops for part in own) for own in parts], float),
        np.array([sum(part.memory for part in own) for own in parts], float),
        np.array(model.stage_bits[: len(parts)], float),
    )


def exact_stage_figures(model: Model, configuration: int) -> ExactStageFigures:
    """The stages of one configuration of a model, exact."""
    parts = list(enabled_parts(model, configuration))
    zero = Fraction(0)
    return ExactStageFigures(
        reach(model, model.configurations[configuration]),
        tuple(sum((Fraction(part.ops) for part in own), zero) for own in parts),
        tuple(sum((Fraction(part.memory) for part in own), zero) for own in parts),
        tuple(map(Fraction, model.stage_bits[: len(parts)])),
    )


def enabled_parts(model: Model, configuration: int) -> Iterator[list[Block | Exit]]:
    """Each block that is computed, with the enabled classifiers behind it."""
    chosen = model.configurations[configuration]
    enabled = [model.exit_by_id[name] for name in chosen.exits]
    for block in model.blocks[: model.final_block(chosen) + 1]:
        yield [block, *(exit_ for exit_ in enabled if exit_.after == block.id)]


class StageFactors(NamedTuple):
    """What an application contributes to each term, one figure per stage.

    With the rate of an application energies come out as power [W] and loads per second; with rate 1 they are
    those of a sample.

    Attributes
    ----------
    share : ndarray
        Samples that reach the stage: multiplies energy per hop.
    ops, bits : ndarray
        Operations and bits of these samples: multiply energy per op and per bit, and are the loads.
    memory : ndarray
        Memory held [byte].
    time_share, time_ops, time_bits : ndarray
        Weight of the stage in the latency, and operations and bits with that weight: multiply seconds per
        hop, op and bit.
    """

    share: Floats
    ops: Floats
    bits: Floats
    memory: Floats
    time_share: Floats
    time_ops: Floats
    time_bits: Floats

    @property
    def stages(self) -> int:
        """Number of stages, F + 1."""
        return self.ops.size

    @property
    def loads(self) -> dict[str, Floats]:
        """What each stage uses of a node or link, by kind of capacity."""
        return {"compute": self.ops, "memory": self.memory, "bandwidth": self.bits}


def stage_factors(model: Model, configuration: int, *, mean: bool, rate: float = 1.0) -> StageFactors:
    """The factors of an application's stages; ``mean``: its latency is weighted with the reach."""
    share, ops, memory, bits = stage_figures(model, configuration)
    weight = share if mean else np.ones(share.size)
    samples = rate * share
    return StageFactors(
        share=samples,
        ops=samples * ops,
        bits=samples * bits,
        memory=memory,
        time_share=weight,
        time_ops=weight * ops,
        time_bits=weight * bits,
    )


def sending_only(bits: float) -> StageFactors:
    """A single stage that sends one sample of so many bits and computes nothing."""
    one, size, nothing = np.ones(1), np.array([bits]), np.zeros(1)
    return StageFactors(one, nothing, size, nothing, one, nothing, size)


class NodeFigures(NamedTuple):
    """What one operation costs on a node, energy or another figure [J], and [s]; arrays of shape (V,)."""

    energy_per_op: Floats
    seconds_per_op: Floats

    def take(self, which: Any) -> NodeFigures:
        """Those of some nodes."""
        return NodeFigures(*(figure[which] for figure in self))


class LinkFigures(NamedTuple):
    """What one bit, and one sample whatever its size, cost on a link, like `NodeFigures`; shape (E,)."""

    energy_per_bit: Floats
    energy_per_hop: Floats
    seconds_per_bit: Floats
    seconds_per_hop: Floats

    def take(self, which: Any) -> LinkFigures:
        """Those of some links."""
        return LinkFigures(*(figure[which] for figure in self))


def node_figures(nodes: Sequence[Node], figure: Figure = "energy") -> NodeFigures:
    """The figures of nodes; seconds per operation include waiting. Of those that only forward they are 0."""
    per_second = PER_SECOND[figure]
    compute = np.array([node.compute if node.computes else np.inf for node in nodes], float)
    slowdown = np.array([node.slowdown for node in nodes], float)
    return NodeFigures(np.array([per_second(node) for node in nodes], float) / compute, slowdown / compute)


def link_figures(links: Sequence[DirectedLink], figure: Figure = "energy") -> LinkFigures:
    """The figures of directed links."""
    per_bit, per_transfer = _sent(links, figure)
    return LinkFigures(
        energy_per_bit=per_bit,
        energy_per_hop=per_transfer,
        seconds_per_bit=1 / _column(links, "bandwidth"),
        seconds_per_hop=_column(links, "delay"),
    )


def _sent(links: Sequence[DirectedLink], figure: Figure) -> tuple[Floats, Floats]:
    """What a bit, and a transfer whatever its size, add to a figure."""
    if figure == "cost":
        return _column(links, "price"), np.zeros(len(links))
    energy, per_transfer = _column(links, "energy"), _column(links, "energy_per_transfer")
    if figure == "energy":
        return energy, per_transfer
    carbon = _column(links, "carbon")
    return energy * carbon, per_transfer * carbon


def _column(links: Sequence[DirectedLink], name: str) -> Floats:
    """A figure of links, without an object per link: there may be very many."""
    return np.fromiter(map(attrgetter(name), links), float, len(links))


def computing_energy(factors: StageFactors, stage: Any, nodes: NodeFigures, node: Any) -> Floats:
    """Energy of computing stages on nodes; indices that numpy broadcasts."""
    energy: Floats = factors.ops[stage] * nodes.energy_per_op[node]
    return energy


def computing_seconds(factors: StageFactors, stage: Any, nodes: NodeFigures, node: Any) -> Floats:
    """Latency of computing stages on nodes; indices that numpy broadcasts."""
    seconds: Floats = factors.time_ops[stage] * nodes.seconds_per_op[node]
    return seconds


def sending_energy(factors: StageFactors, stage: Any, links: LinkFigures, link: Any) -> Floats:
    """Energy of sending stages over links; indices that numpy broadcasts."""
    energy: Floats = factors.bits[stage] * links.energy_per_bit[link]
    energy += factors.share[stage] * links.energy_per_hop[link]
    return energy


def sending_seconds(factors: StageFactors, stage: Any, links: LinkFigures, link: Any) -> Floats:
    """Latency of sending stages over links; indices that numpy broadcasts."""
    seconds: Floats = factors.time_bits[stage] * links.seconds_per_bit[link]
    seconds += factors.time_share[stage] * links.seconds_per_hop[link]
    return seconds


def most_energy(factors: StageFactors, nodes: NodeFigures, links: LinkFigures) -> float:
    """At least the energy of any placement that sends no stage twice over a link."""
    totals = StageFactors(*(factor.sum(keepdims=True) for factor in factors))
    dearest = NodeFigures(*(figure.max(keepdims=True) for figure in nodes))
    every = LinkFigures(*(figure.sum(keepdims=True) for figure in links))
    return float(computing_energy(totals, 0, dearest, 0) + sending_energy(totals, 0, every, 0))


class ComputeTable(NamedTuple):
    """Computing each stage on each class of devices.

    Attributes
    ----------
    device_class : ndarray of int32, shape (V,)
        Class of each node.
    energy, seconds : ndarray, shape (F+1, classes)
        Weighted like `StageFactors`; 0 where a stage cannot run.
    runs : ndarray of bool, shape (F+1, classes)
        Where it can.
    load : ndarray, shape (F+1, classes)
        What it takes of compute [op/s]: operations, of what was measured busy seconds times compute.
    """

    device_class: Ints
    energy: Floats
    seconds: Floats
    runs: Bools
    load: Floats

    def per_node(self, figure: Floats | Bools) -> Any:
        """One of the tables with a column per node, shape (F+1, V)."""
        return figure[:, self.device_class]


def factored_table(factors: StageFactors, nodes: NodeFigures) -> ComputeTable:
    """Computing by operations: each node is a class of its own."""
    count = nodes.energy_per_op.size
    every = slice(None)
    return ComputeTable(
        np.arange(count, dtype=np.int32),
        computing_energy(factors, ALL_STAGES, nodes, every),
        computing_seconds(factors, ALL_STAGES, nodes, every),
        np.ones((factors.stages, count), bool),
        np.broadcast_to(factors.ops[:, None], (factors.stages, count)),
    )
