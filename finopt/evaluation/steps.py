"""What one application takes, exactly: rows (1) and (2), and what it adds to rows (6) to (8).

Each figure is added up per node and link, and only then divided by what these manage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from finopt.evaluation.exact_sums import ExactSums, Ratio, total
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Block, Configuration, Exit, Model, leaving, reach
from finopt.problem.network import Node
from finopt.problem.profile import BlockMeasurement, ExitMeasurement, Profile
from finopt.problem.return_routes import ReturnRoute, return_routes

WHOLE = (1, 1)
"""The share of all samples, as a ratio."""


Part = tuple[str, str, str]
"""A model, "block" or "exit", and its id: what applications may share the weights of."""


@dataclass
class Account:
    """What one application takes, exact; operations are equivalent: busy seconds times compute.

    Where applications share weights, ``shared_memory`` says of which parts ``node_memory`` is made up.
    """

    node_energy: dict[str, Fraction]
    link_energy: dict[str, Fraction]
    node_ops: dict[str, Fraction]
    node_memory: dict[str, Fraction]
    link_bits: dict[str, Fraction]
    compute_latency: Fraction
    communication_latency: Fraction
    shared_memory: dict[str, dict[Part, Fraction]] = field(default_factory=dict)

    @property
    def latency(self) -> Fraction:
        """Computing and communication together [s]."""
        return self.compute_latency + self.communication_latency


@dataclass(frozen=True)
class Returned:
    """A result on its way back: from which block, of which share of the samples."""

    block: int
    share: Fraction
    bits: float
    route: ReturnRoute


def account(instance: Instance, application: Application, placed: ApplicationPlacement) -> Account:
    """Rows (1) and (2): energy and latency, and loads per sample."""
    model = instance.model_of(application)
    configuration = model.configurations[placed.configuration]
    computing, sending, memory = _Computing(instance), _Sending(instance), ExactSums()
    for i, (reached, parts) in enumerate(_stages(model, configuration)):
        share, node = reached.as_integer_ratio(), placed.nodes[i]
        computing.add(model, node, share, parts)
        memory.add(node, WHOLE, [part.memory for part in parts])
        sending.add(placed.routes[i], share, model.stage_bits[i])
    results = list(returned(instance, application, placed))
    for result in results:
        sending.add(result.route.links, result.share.as_integer_ratio(), result.bits)
    compute_latency, communication_latency = _latency(instance, application, placed, results)
    shared = _parts_by_node(model, configuration, placed) if model.shared_weights else {}
    return Account(
        shared_memory=shared,
        node_energy=computing.energy(),
        link_energy=sending.energy(),
        node_ops=computing.equivalent_ops(),
        node_memory=memory.totals(),
        link_bits=sending.bits.totals(),
        compute_latency=compute_latency,
        communication_latency=communication_latency,
    )


def returned(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Returned]:
    """Row (11): the results of every enabled exit that have a way to go."""
    if application.destination is None:
        return
    model = instance.model_of(application)
    for block, name, share in leaving(model, model.configurations[placed.configuration]):
        bits = model.exit_by_id[name].output_bits
        route = return_routes(instance, application, bits)[placed.nodes[block]]
        yield Returned(block, share, bits, route)


def _parts_by_node(
    model: Model, configuration: Configuration, placed: ApplicationPlacement
) -> dict[str, dict[Part, Fraction]]:
    """The blocks and enabled exits on every node, with their memory [byte]."""
    found: defaultdict[str, dict[Part, Fraction]] = defaultdict(dict)
    for node, (_, parts) in zip(placed.nodes, _stages(model, configuration), strict=True):
        for part in parts:
            kind = "block" if isinstance(part, Block) else "exit"
            found[node][model.id, kind, part.id] = Fraction(part.memory)
    return found


def _stages(
    model: Model, configuration: Configuration
) -> Iterator[tuple[Fraction, tuple[Block | Exit, ...]]]:
    """Share of the samples, and the block with the enabled classifiers behind it."""
    exits = defaultdict(list)
    for name in configuration.exits:
        exits[model.exit_block(name)].append(model.exit_by_id[name])
    for i, reached in enumerate(reach(model, configuration)):
        yield reached, (model.blocks[i], *exits[i])


def _latency(
    instance: Instance,
    application: Application,
    placed: ApplicationPlacement,
    results: Sequence[Returned],
) -> tuple[Fraction, Fraction]:
    """Row (2): seconds of computing and of communication."""
    last = len(placed.nodes) - 1
    if application.latency == "mean" or not results:
        computing, sending = _until(instance, application, placed, last)
        return computing, sending + sum((r.share * r.route.seconds for r in results), Fraction(0))
    ends = []
    for result in results:
        computing, sending = _until(instance, application, placed, result.block)
        ends.append((computing, sending + result.route.seconds))
    return max(ends, key=sum)


def _until(
    instance: Instance, application: Application, placed: ApplicationPlacement, last: int
) -> tuple[Fraction, Fraction]:
    """Seconds of computing and of communication up to a block, weighted."""
    model = instance.model_of(application)
    computing, sending = _Computing(instance), _Sending(instance)
    stages = _stages(model, model.configurations[placed.configuration])
    for i, (reached, parts) in zip(range(last + 1), stages, strict=False):
        weight = WHOLE if application.latency == "worst" else reached.as_integer_ratio()
        computing.add(model, placed.nodes[i], weight, parts)
        sending.add(placed.routes[i], weight, model.stage_bits[i])
    return computing.seconds(), sending.seconds()


@dataclass
class _Computing:
    """Operations and measured seconds and joules by node."""

    instance: Instance
    ops: ExactSums = field(default_factory=ExactSums)
    measured: ExactSums = field(default_factory=ExactSums)
    powered: ExactSums = field(default_factory=ExactSums)
    joules: ExactSums = field(default_factory=ExactSums)

    def add(self, model: Model, name: str, weight: Ratio, parts: Sequence[Block | Exit]) -> None:
        """Compute a block and its classifiers on a node, so much of a sample."""
        profile = self.instance.measured(model, self.instance.node(name))
        if profile is None:
            self.ops.add(name, weight, [part.ops for part in parts])
            return
        entries = [_entry(profile, part) for part in parts]
        self.measured.add(name, weight, [entry.time for entry in entries])
        self.powered.add(name, weight, [entry.time for entry in entries if entry.energy is None])
        self.joules.add(name, weight, [entry.energy for entry in entries if entry.energy is not None])

    def energy(self) -> dict[str, Fraction]:
        """Joules by node."""
        ops, joules = self.ops.totals(), self.joules.totals()
        powered = self.powered.totals()
        found = {}
        for name in {**ops, **joules}:
            node = self._node(name)
            seconds = ops.get(name, 0) / Fraction(node.compute) + powered.get(name, 0)
            found[name] = seconds * Fraction(node.power) + joules.get(name, 0)
        return found

    def busy(self) -> dict[str, Fraction]:
        """Busy seconds by node."""
        ops, measured = self.ops.totals(), self.measured.totals()
        return {
            name: ops.get(name, 0) / Fraction(self._node(name).compute) + measured.get(name, Fraction(0))
            for name in {**ops, **measured}
        }

    def equivalent_ops(self) -> dict[str, Fraction]:
        """Row (6): operations by node; of what was measured, busy seconds times compute."""
        ops, measured = self.ops.totals(), self.measured.totals()
        return {
            name: ops.get(name, Fraction(0)) + measured.get(name, 0) * Fraction(self._node(name).compute)
            for name in {**ops, **measured}
        }

    def seconds(self) -> Fraction:
        """Latency: busy seconds, stretched where samples wait."""
        return total({name: busy * slowdown(self._node(name)) for name, busy in self.busy().items()})

    def _node(self, name: str) -> Node:
        return self.instance.node(name)


@dataclass
class _Sending:
    """Bits and hops by link."""

    instance: Instance
    bits: ExactSums = field(default_factory=ExactSums)
    hops: ExactSums = field(default_factory=ExactSums)

    def add(self, route: Sequence[str], weight: Ratio, bits: float) -> None:
        """Send so much of a sample over a route."""
        for link in route:
            self.bits.add(link, weight, [bits])
            self.hops.add(link, weight, [1.0])

    def energy(self) -> dict[str, Fraction]:
        """Joules by link."""
        links, hops = self.instance.link_by_id, self.hops.totals()
        return {
            e: bits * Fraction(links[e].energy) + hops[e] * Fraction(links[e].energy_per_transfer)
            for e, bits in self.bits.totals().items()
        }

    def seconds(self) -> Fraction:
        """Transmission and propagation of all of it."""
        links, hops = self.instance.link_by_id, self.hops.totals()
        return total(
            {
                e: bits / Fraction(links[e].bandwidth) + hops[e] * Fraction(links[e].delay)
                for e, bits in self.bits.totals().items()
            }
        )


def slowdown(node: Node) -> Fraction:
    """By how much waiting stretches computing: 1 or 1 / (1 - max_utilisation)."""
    return Fraction(1) if node.waiting == "none" else 1 / (1 - Fraction(node.max_utilisation))


def _entry(profile: Profile, part: Block | Exit) -> BlockMeasurement | ExitMeasurement:
    return profile.block[part.id] if isinstance(part, Block) else profile.exit[part.id]
