"""What one application takes, exactly: rows (1) and (2), and what it adds to rows (6) to (8).

Each figure is added up per node and link, and only then divided by what these manage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from finopt.evaluation.exact_sums import ExactSums, Ratio, product, quotient, ratio_sum, total
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Block, Exit, Model, leaving, reach
from finopt.problem.moving import charge
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

    Where applications share weights, ``shared_memory`` says of which parts ``node_memory`` is made up. Of
    nodes and links with slices what is reserved loads them (`finopt.evaluation.reserved`): ``node_ops`` and
    ``link_bits`` are what is computed and sent besides, ``all_ops`` and ``all_bits`` whatever is.
    """

    node_energy: dict[str, Fraction]
    link_energy: dict[str, Fraction]
    node_ops: dict[str, Fraction]
    node_memory: dict[str, Fraction]
    link_bits: dict[str, Fraction]
    compute_latency: Fraction
    communication_latency: Fraction
    all_ops: dict[str, Fraction]
    all_bits: dict[str, Fraction]
    shared_memory: dict[str, dict[Part, Fraction]] = field(default_factory=dict)

    @property
    def latency(self) -> Fraction:
        """Computing and communication together [s]."""
        return self.compute_latency + self.communication_latency

    @property
    def energy(self) -> Fraction:
        """Computing and communication together [J]."""
        return total(self.node_energy) + total(self.link_energy)


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
    steps = list(_steps(model, placed))
    computing, sending, memory = _Computing(instance, model), _Sending(instance), ExactSums()
    for step in steps:
        computing.add(step, step.share)
        sending.add(step.route, step.share, step.bits, step.route_slices)
        memory.add(step.node, WHOLE, [part.memory for part in step.parts])
    results = list(returned(instance, application, placed))
    for result in results:
        sending.add(result.route.links, result.share.as_integer_ratio(), result.bits)
    alike = not results and all(step.share == WHOLE for step in steps)  # then worst and mean are the same
    if alike or application.latency == "mean":
        compute_latency, communication_latency = computing.seconds(), sending.seconds()
    else:
        compute_latency, communication_latency = _worst(instance, model, steps, results)
    all_ops = computing.equivalent_ops()
    return Account(
        node_energy=computing.energy(),
        link_energy=sending.energy(),
        node_ops={name: ops for name, ops in all_ops.items() if not instance.node_by_id[name].slices},
        node_memory=memory.totals(),
        link_bits=sending.loads(),
        compute_latency=compute_latency,
        communication_latency=communication_latency,
        all_ops=all_ops,
        all_bits=sending.bits.totals(),
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


def moving_of(instance: Instance, application: Application, placed: ApplicationPlacement) -> Fraction:
    """Row (15): what bringing the blocks to their nodes adds to the objective per second."""
    if not instance.moves:
        return Fraction(0)
    steps = _steps(instance.model_of(application), placed)
    charges = [charge(instance, application, step.parts, step.node) for step in steps]
    return sum((one for one in charges if one is not None), Fraction(0))


def exit_latencies(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> dict[str, Fraction]:
    """Seconds until a sample that leaves at an exit is done, or its result is back, by enabled exit."""
    model = instance.model_of(application)
    steps, results = list(_steps(model, placed)), list(returned(instance, application, placed))
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
    work = _Computing(instance, model)
    for step in list(_steps(model, placed))[blocks]:
        work.add(step, WHOLE)
    return work.seconds(), sum(work.energy().values(), Fraction(0))


def busy_seconds(
    instance: Instance, application: Application, placed: ApplicationPlacement, blocks: slice
) -> Fraction:
    """Seconds in which a sample keeps nodes busy with some blocks, weighted with their shares of samples."""
    model = instance.model_of(application)
    work = _Computing(instance, model)
    for step in list(_steps(model, placed))[blocks]:
        work.add(step, step.share)
    return work.busy_seconds()


def _parts_by_node(model: Model, steps: Sequence[_Step]) -> dict[str, dict[Part, Fraction]]:
    """The blocks and enabled exits on every node, with their memory [byte]."""
    found: defaultdict[str, dict[Part, Fraction]] = defaultdict(dict)
    for step in steps:
        for part in step.parts:
            kind = "block" if isinstance(part, Block) else "exit"
            found[step.node][model.id, kind, part.id] = Fraction(part.memory)
    return found


@dataclass(slots=True)
class _Step:
    """Sending so many bits over a route, then computing a block and the enabled classifiers behind it."""

    share: Ratio
    bits: float
    route: Sequence[str]
    node: str
    parts: tuple[Block | Exit, ...]
    slice: float | None = None
    route_slices: Sequence[float | None] = ()


def _steps(model: Model, placed: ApplicationPlacement) -> Iterator[_Step]:
    configuration = model.configurations[placed.configuration]
    exits = defaultdict(list)
    for name in configuration.exits:
        exits[model.exit_block(name)].append(model.exit_by_id[name])
    for i, reached in enumerate(reach(model, configuration)):
        parts: tuple[Block | Exit, ...] = (model.blocks[i], *exits[i])
        step = _Step(
            reached.as_integer_ratio(), model.stage_bits[i], placed.routes[i], placed.nodes[i], parts
        )
        if placed.slices:
            step.slice = placed.slices[i]
        if placed.route_slices:
            step.route_slices = placed.route_slices[i]
        yield step


def _worst(
    instance: Instance, model: Model, steps: Sequence[_Step], results: Sequence[Returned]
) -> tuple[Fraction, Fraction]:
    """Seconds of computing and of communication of the sample that is done last."""
    if not results:
        return _until(instance, model, steps)
    ways = []
    for result in results:
        computing, sending = _until(instance, model, steps[: result.block + 1])
        ways.append((computing, sending + result.route.seconds))
    return max(ways, key=sum)


def _until(instance: Instance, model: Model, steps: Sequence[_Step]) -> tuple[Fraction, Fraction]:
    """Seconds of computing and of communication of a sample that goes so far."""
    computing, sending = _Computing(instance, model), _Sending(instance)
    for step in steps:
        computing.add(step, WHOLE)
        sending.add(step.route, WHOLE, step.bits, step.route_slices)
    return computing.seconds(), sending.seconds()


@dataclass
class _Computing:
    """Operations by node; of what was measured seconds, those that take the node's power, and joules.

    ``longer`` is what slices add to the work in the latency.
    """

    instance: Instance
    model: Model
    work: ExactSums = field(default_factory=ExactSums)
    longer: ExactSums = field(default_factory=ExactSums)
    powered: ExactSums = field(default_factory=ExactSums)
    joules: ExactSums = field(default_factory=ExactSums)

    def add(self, step: _Step, weight: Ratio) -> None:
        """Compute a block and its classifiers, so much of a sample."""
        profile = self._profile(step.node)
        if profile is None:
            taken = [part.ops for part in step.parts]
        else:
            entries = [profile.entry(part) for part in step.parts]
            taken = [entry.time for entry in entries]
            self.powered.add(step.node, weight, [entry.time for entry in entries if entry.energy is None])
            self.joules.add(step.node, weight, [e.energy for e in entries if e.energy is not None])
        self.work.add(step.node, weight, taken)
        if step.slice is not None:
            self.longer.add(step.node, _longer(weight, step.slice), taken)

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
        """Latency: busy seconds, stretched where samples wait and by slices."""
        took = [self._took(name, work, waiting=True) for name, work in self.work.totals().items()]
        took += [self._took(name, work) for name, work in self.longer.totals().items()]
        return ratio_sum(took)

    def busy_seconds(self) -> Fraction:
        """Seconds in which nodes compute."""
        return ratio_sum([self._took(name, work) for name, work in self.work.totals().items()])

    def _took(self, name: str, work: Fraction, *, waiting: bool = False) -> Ratio:
        node = self._node(name)
        if waiting and node.waiting != "none":
            work /= 1 - Fraction(node.max_utilisation)
        return quotient(work, 1.0 if self._profile(name) else node.compute)

    def _profile(self, name: str) -> Profile | None:
        return self.instance.measured(self.model, self._node(name)) if self.instance.profiles else None

    def _node(self, name: str) -> Node:
        return self.instance.node_by_id[name]


def _longer(weight: Ratio, size: float) -> Ratio:
    """The weight of what a slice adds to the work in the latency: 1 / slice - 1 times it."""
    above, below = size.as_integer_ratio()
    return weight[0] * (below - above), weight[1] * above


@dataclass
class _Sending:
    """Bits by link, joules of transfers by link where these cost something, and seconds of delay.

    ``sliced`` are the bits that are sent in slices, ``longer`` what that adds to the bits in the latency.
    """

    instance: Instance
    bits: ExactSums = field(default_factory=ExactSums)
    sliced: ExactSums = field(default_factory=ExactSums)
    longer: ExactSums = field(default_factory=ExactSums)
    delay: ExactSums = field(default_factory=ExactSums)
    transfers: ExactSums = field(default_factory=ExactSums)

    def add(
        self, route: Sequence[str], weight: Ratio, bits: float, slices: Sequence[float | None] = ()
    ) -> None:
        """Send so much of a sample over a route, in a slice of each link that has some."""
        if not route:
            return
        for name, size in zip(route, slices, strict=True) if slices else ():
            if size is not None:
                self.sliced.add(name, weight, [bits])
                self.longer.add(name, _longer(weight, size), [bits])
        links = self.instance.link_by_id
        for name in route:
            link = links[name]
            self.bits.add(name, weight, [bits])
            self.delay.add(DELAY, weight, [link.delay])
            if link.energy_per_transfer:
                self.transfers.add(name, weight, [link.energy_per_transfer])

    def loads(self) -> dict[str, Fraction]:
        """Row (8): bits by link, without those that are sent in slices."""
        bits, sliced = self.bits.totals(), self.sliced.totals()
        if not sliced:
            return bits
        rest = {e: amount - sliced[e] for e, amount in bits.items() if e in sliced}
        return {e: rest.get(e, amount) for e, amount in bits.items() if rest.get(e, amount) or e not in rest}

    def energy(self) -> dict[str, Fraction]:
        """Joules by link."""
        links, transfers = self.instance.link_by_id, self.transfers.totals()
        found = {e: product(bits, links[e].energy) for e, bits in self.bits.totals().items()}
        return found | {e: found[e] + joules for e, joules in transfers.items()}

    def seconds(self) -> Fraction:
        """Transmission and propagation of all of it."""
        links, bits = self.instance.link_by_id, self.bits.totals()
        sent = [quotient(amount, links[e].bandwidth) for e, amount in bits.items()]
        sent += [quotient(amount, links[e].bandwidth) for e, amount in self.longer.totals().items()]
        delays = [seconds.as_integer_ratio() for seconds in self.delay.totals().values()]
        return ratio_sum(sent + delays)
