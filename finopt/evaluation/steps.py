"""What one application takes, exactly: rows (1) and (2), and what it adds to rows (6) to (8).

Each figure is added up per node and link, and only then divided by what these manage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from finopt.evaluation.exact_sums import ExactSums, Ratio, product, quotient, ratio_sum
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Block, Exit, Model, leaving, reach
from finopt.problem.network import Node
from finopt.problem.profile import Profile
from finopt.problem.return_routes import ReturnRoute, return_routes

WHOLE = (1, 1)
"""The share of all samples, as a ratio."""

DELAY = ""
"""The key of a sum over all links."""

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
    steps = list(steps_of(model, placed))
    computing, sending, memory = Computing(instance, model), Sending(instance), ExactSums()
    for step in steps:
        computing.add(step, step.share)
        sending.add(step.route, step.share, step.bits)
        memory.add(step.node, WHOLE, [part.memory for part in step.parts])
    results = list(returned(instance, application, placed))
    for result in results:
        sending.add(result.route.links, result.share.as_integer_ratio(), result.bits)
    alike = not results and all(step.share == WHOLE for step in steps)  # then worst and mean are the same
    if alike or application.latency == "mean":
        compute_latency, communication_latency = computing.seconds(), sending.seconds()
    else:
        compute_latency, communication_latency = _worst(instance, model, steps, results)
    return Account(
        node_energy=computing.energy(),
        link_energy=sending.energy(),
        node_ops=computing.equivalent_ops(),
        node_memory=memory.totals(),
        link_bits=sending.bits.totals(),
        compute_latency=compute_latency,
        communication_latency=communication_latency,
        shared_memory=_parts_by_node(model, steps) if model.shared_weights else {},
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


def exit_latencies(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> dict[str, Fraction]:
    """Seconds until a sample that leaves at an exit is done, or its result is back, by enabled exit."""
    model = instance.model_of(application)
    steps, results = list(steps_of(model, placed)), list(returned(instance, application, placed))
    found = {}
    for number, name in enumerate(model.configurations[placed.configuration].exits):
        back = results[number].route.seconds if results else Fraction(0)
        found[name] = sum(_until(instance, model, steps[: model.exit_block(name) + 1]), back)
    return found


def computing(
    instance: Instance, application: Application, placed: ApplicationPlacement, blocks: slice
) -> tuple[Fraction, Fraction]:
    """Seconds and joules of one sample that computes these blocks and the enabled classifiers behind them."""
    model = instance.model_of(application)
    work = Computing(instance, model)
    for step in list(steps_of(model, placed))[blocks]:
        work.add(step, WHOLE)
    return work.seconds(), sum(work.energy().values(), Fraction(0))


def _parts_by_node(model: Model, steps: Sequence[Step]) -> dict[str, dict[Part, Fraction]]:
    """The blocks and enabled exits on every node, with their memory [byte]."""
    found: defaultdict[str, dict[Part, Fraction]] = defaultdict(dict)
    for step in steps:
        for part in step.parts:
            kind = "block" if isinstance(part, Block) else "exit"
            found[step.node][model.id, kind, part.id] = Fraction(part.memory)
    return found


@dataclass(slots=True)
class Step:
    """Sending so many bits over a route, then computing a block and the enabled classifiers behind it."""

    share: Ratio
    bits: float
    route: Sequence[str]
    node: str
    parts: tuple[Block | Exit, ...]


def steps_of(model: Model, placed: ApplicationPlacement) -> Iterator[Step]:
    configuration = model.configurations[placed.configuration]
    exits = defaultdict(list)
    for name in configuration.exits:
        exits[model.exit_block(name)].append(model.exit_by_id[name])
    for i, reached in enumerate(reach(model, configuration)):
        parts: tuple[Block | Exit, ...] = (model.blocks[i], *exits[i])
        yield Step(reached.as_integer_ratio(), model.stage_bits[i], placed.routes[i], placed.nodes[i], parts)


def _worst(
    instance: Instance, model: Model, steps: Sequence[Step], results: Sequence[Returned]
) -> tuple[Fraction, Fraction]:
    """Seconds of computing and of communication of the sample that is done last."""
    if not results:
        return _until(instance, model, steps)
    return max((_there_and_back(instance, model, steps, result) for result in results), key=sum)


def last_back(
    instance: Instance, model: Model, steps: Sequence[Step], results: Sequence[Returned]
) -> Returned:
    """The result that is back last when every sample goes its way alone."""
    return max(results, key=lambda result: sum(_there_and_back(instance, model, steps, result)))


def _there_and_back(
    instance: Instance, model: Model, steps: Sequence[Step], result: Returned
) -> tuple[Fraction, Fraction]:
    """Seconds of computing and of communication until a result is back."""
    computing, sending = _until(instance, model, steps[: result.block + 1])
    return computing, sending + result.route.seconds


def _until(instance: Instance, model: Model, steps: Sequence[Step]) -> tuple[Fraction, Fraction]:
    """Seconds of computing and of communication of a sample that goes so far."""
    computing, sending = Computing(instance, model), Sending(instance)
    for step in steps:
        computing.add(step, WHOLE)
        sending.add(step.route, WHOLE, step.bits)
    return computing.seconds(), sending.seconds()


@dataclass
class Computing:
    """Operations by node; of what was measured seconds, those that take the node's power, and joules."""

    instance: Instance
    model: Model
    work: ExactSums = field(default_factory=ExactSums)
    powered: ExactSums = field(default_factory=ExactSums)
    joules: ExactSums = field(default_factory=ExactSums)

    def add(self, step: Step, weight: Ratio) -> None:
        """Compute a block and its classifiers, so much of a sample."""
        profile = self._profile(step.node)
        if profile is None:
            self.work.add(step.node, weight, [part.ops for part in step.parts])
            return
        entries = [profile.entry(part) for part in step.parts]
        self.work.add(step.node, weight, [entry.time for entry in entries])
        self.powered.add(step.node, weight, [entry.time for entry in entries if entry.energy is None])
        self.joules.add(step.node, weight, [e.energy for e in entries if e.energy is not None])

    def energy(self) -> dict[str, Fraction]:
        """Joules by node."""
        powered, joules = self.powered.totals(), self.joules.totals()
        return {
            name: product(powered[name], self._node(name).power) + joules[name]
            if self._profile(name)
            else product(work, self._node(name).power, self._node(name).compute)
            for name, work in self.work.totals().items()
        }

    def equivalent_ops(self) -> dict[str, Fraction]:
        """Row (6): operations by node; of what was measured, busy seconds times compute."""
        return {
            name: product(work, self._node(name).compute) if self._profile(name) else work
            for name, work in self.work.totals().items()
        }

    def seconds(self) -> Fraction:
        """Latency: busy seconds, stretched where samples wait."""
        return ratio_sum([self._took(name, work) for name, work in self.work.totals().items()])

    def _took(self, name: str, work: Fraction) -> Ratio:
        node = self._node(name)
        if node.waiting != "none":
            work /= 1 - Fraction(node.max_utilisation)
        return quotient(work, 1.0 if self._profile(name) else node.compute)

    def _profile(self, name: str) -> Profile | None:
        return self.instance.measured(self.model, self._node(name)) if self.instance.profiles else None

    def _node(self, name: str) -> Node:
        return self.instance.node_by_id[name]


@dataclass
class Sending:
    """Bits by link, joules of transfers by link where these cost something, and seconds of delay."""

    instance: Instance
    bits: ExactSums = field(default_factory=ExactSums)
    delay: ExactSums = field(default_factory=ExactSums)
    transfers: ExactSums = field(default_factory=ExactSums)

    def add(self, route: Sequence[str], weight: Ratio, bits: float) -> None:
        """Send so much of a sample over a route."""
        if not route:
            return
        links = self.instance.link_by_id
        for name in route:
            link = links[name]
            self.bits.add(name, weight, [bits])
            self.delay.add(DELAY, weight, [link.delay])
            if link.energy_per_transfer:
                self.transfers.add(name, weight, [link.energy_per_transfer])

    def energy(self) -> dict[str, Fraction]:
        """Joules by link."""
        links, transfers = self.instance.link_by_id, self.transfers.totals()
        found = {e: product(bits, links[e].energy) for e, bits in self.bits.totals().items()}
        return found | {e: found[e] + joules for e, joules in transfers.items()}

    def seconds(self) -> Fraction:
        """Transmission and propagation of all of it."""
        links, bits = self.instance.link_by_id, self.bits.totals()
        sent = [quotient(amount, links[e].bandwidth) for e, amount in bits.items()]
        delays = [seconds.as_integer_ratio() for seconds in self.delay.totals().values()]
        return ratio_sum(sent + delays)
