"""What one application takes, exactly: rows (1) and (2), and what it adds to rows (6) to (8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from finopt.evaluation.exact_sums import ExactSums, total
from finopt.evaluation.step_sums import Computing, Sending, Step
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Block, Exit, Model, leaving, reach
from finopt.problem.moving import charge
from finopt.problem.return_routes import ReturnRoute, return_routes

WHOLE = (1, 1)
"""The share of all samples, as a ratio."""

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
    steps = list(steps_of(model, placed))
    computing, sending, memory = Computing(instance, model), Sending(instance), ExactSums()
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
    steps = steps_of(instance.model_of(application), placed)
    charges = [charge(instance, application, step.parts, step.node) for step in steps]
    return sum((one for one in charges if one is not None), Fraction(0))


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


def busy_seconds(
    instance: Instance, application: Application, placed: ApplicationPlacement, blocks: slice
) -> Fraction:
    """Seconds in which a sample keeps nodes busy with some blocks, weighted with their shares of samples."""
    model = instance.model_of(application)
    work = Computing(instance, model)
    for step in list(steps_of(model, placed))[blocks]:
        work.add(step, step.share)
    return work.busy_seconds()


def _parts_by_node(model: Model, steps: Sequence[Step]) -> dict[str, dict[Part, Fraction]]:
    """The blocks and enabled exits on every node, with their memory [byte]."""
    found: defaultdict[str, dict[Part, Fraction]] = defaultdict(dict)
    for step in steps:
        for part in step.parts:
            kind = "block" if isinstance(part, Block) else "exit"
            found[step.node][model.id, kind, part.id] = Fraction(part.memory)
    return found


def steps_of(model: Model, placed: ApplicationPlacement) -> Iterator[Step]:
    configuration = model.configurations[placed.configuration]
    exits = defaultdict(list)
    for name in configuration.exits:
        exits[model.exit_block(name)].append(model.exit_by_id[name])
    for i, reached in enumerate(reach(model, configuration)):
        parts: tuple[Block | Exit, ...] = (model.blocks[i], *exits[i])
        step = Step(reached.as_integer_ratio(), model.stage_bits[i], placed.routes[i], placed.nodes[i], parts)
        if placed.slices:
            step.slice = placed.slices[i]
        if placed.route_slices:
            step.route_slices = placed.route_slices[i]
        yield step


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
        sending.add(step.route, WHOLE, step.bits, step.route_slices)
    return computing.seconds(), sending.seconds()
