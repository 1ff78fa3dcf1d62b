"""THE cost model: what a placement costs, and every rule it breaks, in exact rational arithmetic.

Independent of the graphs that the methods search: it reads the instance and the placement, nothing else.
The rows of ``docs/model.md`` are cited as (n). Each term is a fraction of integers, so whether a limit is
met never depends on the order of a sum. Sending the result back to the source is not charged.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from finopt.instance import Application, Configuration, DirectedLink, Instance, Model, Node
from finopt.loads import Load, Loads
from finopt.placement import ApplicationPlacement, Placement

TOLERANCE = Fraction(1, 10**9)
"""Latency limits and capacities count as met up to this much, relative."""


@dataclass(frozen=True)
class Violation:
    """One broken rule, in words, with the figure and the limit where there are any.

    Attributes
    ----------
    rule : str
        "placed", "configuration", "blocks", "node", "link", "accuracy", "route", "private", "pin",
        "latency", "compute", "memory" or "bandwidth".
    kind, object_id : str
        The object that breaks it: "application", "node" or "link", and its id.
    text : str
        What is wrong with it.
    figure, limit : float or None
        In the unit of the rule.
    """

    rule: str
    kind: str
    object_id: str
    text: str
    figure: float | None = None
    limit: float | None = None

    def __str__(self) -> str:
        """The violation in words."""
        return f"{self.kind} {self.object_id!r}: {self.text}"


@dataclass(frozen=True)
class ApplicationEvaluation:
    """What one application costs per inference; energies in J, latencies in s.

    ``node_energy`` and ``link_energy`` split ``compute_energy`` and ``communication_energy`` by id.
    """

    application: str
    configuration: int
    energy: float
    compute_energy: float
    communication_energy: float
    latency: float
    compute_latency: float
    communication_latency: float
    accuracy: float
    power: float
    node_energy: Mapping[str, float]
    link_energy: Mapping[str, float]


@dataclass(frozen=True)
class Evaluation:
    """The full account of a placement.

    Attributes
    ----------
    objective : float
        Total power P [W]; with one application at rate 1 the energy per inference [J]. NaN when an
        application is not placed or its placement names objects that do not exist.
    applications : tuple of ApplicationEvaluation
        One per application that could be evaluated.
    compute, memory : mapping of node id to Load
        op/s and byte.
    bandwidth : mapping of link id to Load
        bit/s.
    violations : tuple of Violation
        Empty for a feasible placement.
    """

    objective: float
    applications: tuple[ApplicationEvaluation, ...]
    compute: Mapping[str, Load]
    memory: Mapping[str, Load]
    bandwidth: Mapping[str, Load]
    violations: tuple[Violation, ...]

    @property
    def feasible(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations


Sums = defaultdict[str, Fraction]


def _sums() -> Sums:
    return defaultdict(Fraction)


@dataclass
class _Account:
    """Running sums of one application, exact."""

    node_energy: Sums = field(default_factory=_sums)
    link_energy: Sums = field(default_factory=_sums)
    node_ops: Sums = field(default_factory=_sums)
    node_memory: Sums = field(default_factory=_sums)
    link_bits: Sums = field(default_factory=_sums)
    compute_latency: Fraction = Fraction(0)
    communication_latency: Fraction = Fraction(0)


def evaluate(instance: Instance, placement: Placement) -> Evaluation:
    """Energy, latency, accuracy, loads and violations of a placement.

    Parameters
    ----------
    instance : Instance
        What is to be placed where.
    placement : Placement
        Any placement, also a wrong one.

    Returns
    -------
    Evaluation
        With every violation, each in words with its figure. Feasibility is decided in exact rational
        arithmetic; limits count as met up to 1e-9 relative.

    Notes
    -----
    Work grows with the total number of blocks and hops of the placement.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> at_home = finopt.ApplicationPlacement("b-alexnet", 1, ("device",) * 3, ((),) * 3)
    >>> print(finopt.evaluate(instance, finopt.Placement((at_home,))).violations[0])
    application 'b-alexnet': accuracy 0.7805 is below the target 0.8
    """
    violations = list(_unmatched(instance, placement))
    applications, accounts = [], []
    for placed in placement.applications:
        application = instance.application_by_id.get(placed.application)
        if application is None:
            continue
        unknown = list(_unknown_names(instance, application, placed))
        violations += unknown
        if unknown:
            continue
        account = _account(instance, application, placed)
        violations += _broken_rules(instance, application, placed)
        violations += _late(application, account)
        applications.append(_summary(instance, application, placed, account))
        accounts.append((application, account))
    compute, memory, bandwidth, overloads = _loads(instance, accounts)
    complete = len({a.application for a in applications}) == len(instance.applications)
    objective = math.fsum(a.power for a in applications) if complete else math.nan
    return Evaluation(objective, tuple(applications), compute, memory, bandwidth, (*violations, *overloads))


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


def _unmatched(instance: Instance, placement: Placement) -> Iterator[Violation]:
    count = Counter(placed.application for placed in placement.applications)
    for application in instance.applications:
        if count[application.id] != 1:
            text = f"is placed {count[application.id]} times" if count[application.id] else "is not placed"
            yield Violation("placed", "application", application.id, text)
    for name in count:
        if name not in instance.application_by_id:
            yield Violation("placed", "application", name, "is not in the instance")


def _unknown_names(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    subject = ("application", application.id)
    model = instance.model_of(application)
    if not 0 <= placed.configuration < len(model.configurations):
        text = f"configuration {placed.configuration} does not exist, model {model.id!r} has"
        yield Violation("configuration", *subject, f"{text} {len(model.configurations)}")
        return
    blocks = model.final_block(model.configurations[placed.configuration]) + 1
    for what, given in (("nodes", placed.nodes), ("routes", placed.routes)):
        if len(given) != blocks:
            text = f"has {len(given)} {what} for {blocks} blocks up to the final exit"
            yield Violation("blocks", *subject, text, len(given), blocks)
    for node in placed.nodes:
        if node not in instance.node_by_id:
            yield Violation("node", *subject, f"uses node {node!r}, which does not exist")
    for route in placed.routes:
        for link in route:
            if link not in instance.link_by_id:
                yield Violation("link", *subject, f"uses link {link!r}, which does not exist")


def _broken_rules(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    subject = ("application", application.id)
    model = instance.model_of(application)
    accuracy = model.configurations[placed.configuration].accuracy
    if accuracy < application.min_accuracy:
        text = f"accuracy {accuracy:.12g} is below the target {application.min_accuracy:.12g}"
        yield Violation("accuracy", *subject, text, accuracy, application.min_accuracy)
    yield from _broken_routes(instance, application, placed)
    relays = [instance.link_by_id[link].target for route in placed.routes for link in route]
    for name in dict.fromkeys((*placed.nodes, *relays)):
        if not instance.may_use(application, instance.node(name)):
            text = f"uses private node {name!r}, which is not its source"
            yield Violation("private", *subject, text)
    for block, node in application.pinned.items():
        i = model.block_index[block]
        if i < len(placed.nodes) and placed.nodes[i] != node:
            text = f"block {block!r} runs on {placed.nodes[i]!r} but is pinned to {node!r}"
            yield Violation("pin", *subject, text)


def _broken_routes(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    here = application.source
    for stage, (node, route) in enumerate(zip(placed.nodes, placed.routes, strict=True)):
        for link in (instance.link_by_id[name] for name in route):
            if link.source != here:
                text = f"at stage {stage} the data are on {here!r} but cross link {link.id!r}"
                yield Violation("route", "application", application.id, text)
            here = link.target
        if here != node:
            text = f"the route at stage {stage} ends on {here!r}, block {stage} runs on {node!r}"
            yield Violation("route", "application", application.id, text)
        here = node


def _account(instance: Instance, application: Application, placed: ApplicationPlacement) -> _Account:
    """Rows (1) and (2): energy and latency, term by term."""
    model = instance.model_of(application)
    configuration = model.configurations[placed.configuration]
    worst = application.latency == "worst"
    account = _Account()
    for i, share in enumerate(reach(model, configuration)):
        weight = Fraction(1) if worst else share
        exits = [
            e for name in configuration.exits if (e := model.exit_by_id[name]).after == model.blocks[i].id
        ]
        for name in placed.routes[i]:
            _add_hop(account, instance.link_by_id[name], Fraction(model.stage_bits[i]), share, weight)
        ops = Fraction(model.blocks[i].ops) + sum(Fraction(e.ops) for e in exits)
        memory = Fraction(model.blocks[i].memory) + sum(Fraction(e.memory) for e in exits)
        _add_block(account, instance.node(placed.nodes[i]), ops, memory, share, weight)
    return account


def _add_hop(
    account: _Account, link: DirectedLink, bits: Fraction, share: Fraction, weight: Fraction
) -> None:
    account.link_energy[link.id] += share * bits * Fraction(link.energy)
    account.link_bits[link.id] += share * bits
    account.communication_latency += weight * (bits / Fraction(link.bandwidth) + Fraction(link.delay))


def _add_block(
    account: _Account, node: Node, ops: Fraction, memory: Fraction, share: Fraction, weight: Fraction
) -> None:
    energy = share * ops * Fraction(node.power) / Fraction(node.compute)
    account.node_energy[node.id] += energy
    account.node_ops[node.id] += share * ops
    account.node_memory[node.id] += memory
    account.compute_latency += weight * ops / Fraction(node.compute)


def _late(application: Application, account: _Account) -> Iterator[Violation]:
    """Row (5): the latency limit."""
    latency, limit = account.compute_latency + account.communication_latency, application.max_latency
    if _exceeds(latency, limit):
        text = f"latency {float(latency):.9g} s exceeds the limit {limit:.9g} s by {_excess(latency, limit)}"
        yield Violation("latency", "application", application.id, text, float(latency), limit)


def _summary(
    instance: Instance, application: Application, placed: ApplicationPlacement, account: _Account
) -> ApplicationEvaluation:
    compute, communication = sum(account.node_energy.values()), sum(account.link_energy.values())
    configuration = instance.model_of(application).configurations[placed.configuration]
    return ApplicationEvaluation(
        application=application.id,
        configuration=placed.configuration,
        energy=float(compute + communication),
        compute_energy=float(compute),
        communication_energy=float(communication),
        latency=float(account.compute_latency + account.communication_latency),
        compute_latency=float(account.compute_latency),
        communication_latency=float(account.communication_latency),
        accuracy=configuration.accuracy,
        power=float(Fraction(application.rate) * (compute + communication)),
        node_energy={name: float(energy) for name, energy in account.node_energy.items()},
        link_energy={name: float(energy) for name, energy in account.link_energy.items()},
    )


def _loads(
    instance: Instance, accounts: list[tuple[Application, _Account]]
) -> tuple[Loads, Loads, Loads, list[Violation]]:
    """Rows (6) to (8): compute, memory and bandwidth in use, and where they exceed the capacity."""
    ops, memory, bits = _sums(), _sums(), _sums()
    for application, account in accounts:
        rate = Fraction(application.rate)
        for total, own, factor in (
            (ops, account.node_ops, rate),
            (memory, account.node_memory, 1),
            (bits, account.link_bits, rate),
        ):
            for name, amount in own.items():
                total[name] += factor * amount
    nodes, links = instance.node_by_id, instance.link_by_id
    compute = Loads({name: float(used) for name, used in ops.items()}, nodes, "compute")
    room = Loads({name: float(used) for name, used in memory.items()}, nodes, "memory")
    bandwidth = Loads({name: float(used) for name, used in bits.items()}, links, "bandwidth")
    overloads = [
        *_overloads("compute", "node", "op/s", ops, compute),
        *_overloads("memory", "node", "byte", memory, room),
        *_overloads("bandwidth", "link", "bit/s", bits, bandwidth),
    ]
    return compute, room, bandwidth, overloads


def _overloads(
    rule: str, kind: str, unit: str, used: Mapping[str, Fraction], loads: Mapping[str, Load]
) -> Iterator[Violation]:
    for name, amount in used.items():
        limit = loads[name].capacity
        if limit is not None and _exceeds(amount, limit):
            text = f"{rule} load {float(amount):.9g} {unit} exceeds the capacity {limit:.9g} {unit}"
            text += f" by {_excess(amount, limit)}"
            yield Violation(rule, kind, name, text, float(amount), limit)


def _exceeds(amount: Fraction, limit: float) -> bool:
    return amount > Fraction(limit) * (1 + TOLERANCE)


def _excess(amount: Fraction, limit: float) -> str:
    return f"{float(amount / Fraction(limit) - 1):.3g} of it" if limit else f"{float(amount):.3g}"
