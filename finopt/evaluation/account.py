"""What placements cost, exactly: the account of one application, and the form in which evaluations say it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from finopt.evaluation.exact_sums import ExactSums, total
from finopt.evaluation.loads import Load
from finopt.evaluation.violations import Violation, broken_rules, late, unknown_names
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.formatting import counted
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Block, Exit, reach


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
    applications : sequence of ApplicationEvaluation
        One per application that could be evaluated; of many each is made when it is asked for.
    compute, memory : mapping of node id to Load
        op/s and byte.
    bandwidth : mapping of link id to Load
        bit/s.
    violations : tuple of Violation
        Empty for a feasible placement.
    """

    objective: float
    applications: Sequence[ApplicationEvaluation]
    compute: Mapping[str, Load]
    memory: Mapping[str, Load]
    bandwidth: Mapping[str, Load]
    violations: tuple[Violation, ...]

    @property
    def feasible(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations

    def __repr__(self) -> str:
        """Objective and verdict on one line."""
        verdict = "feasible" if self.feasible else counted(len(self.violations), "violation")
        count = counted(len(self.applications), "application")
        return f"<Evaluation of {count}: objective {self.objective:.6g}, {verdict}>"


WHOLE = (1, 1)
"""The share of all samples, as a ratio."""


@dataclass
class Account:
    """What one application takes, exact."""

    node_energy: dict[str, Fraction]
    link_energy: dict[str, Fraction]
    node_ops: dict[str, Fraction]
    node_memory: dict[str, Fraction]
    link_bits: dict[str, Fraction]
    compute_latency: Fraction
    communication_latency: Fraction

    @property
    def latency(self) -> Fraction:
        """Computing and communication together [s]."""
        return self.compute_latency + self.communication_latency


def account(instance: Instance, application: Application, placed: ApplicationPlacement) -> Account:
    """Rows (1) and (2): energy and latency.

    Operations and bits are added up per node and link, and only then divided by what these manage.
    """
    model = instance.model_of(application)
    configuration = model.configurations[placed.configuration]
    exits = defaultdict(list)
    for name in configuration.exits:
        exits[model.exit_block(name)].append(model.exit_by_id[name])
    ops, memory, bits = ExactSums(), ExactSums(), ExactSums()
    computing, crossing, waiting = ExactSums(), ExactSums(), ExactSums()
    for i, reached in enumerate(reach(model, configuration)):
        share, node = reached.as_integer_ratio(), placed.nodes[i]
        weight = WHOLE if application.latency == "worst" else share
        parts: tuple[Block | Exit, ...] = (model.blocks[i], *exits[i])
        ops.add(node, share, [part.ops for part in parts])
        memory.add(node, WHOLE, [part.memory for part in parts])
        computing.add(node, weight, [part.ops for part in parts])
        for link in placed.routes[i]:
            bits.add(link, share, [model.stage_bits[i]])
            crossing.add(link, weight, [model.stage_bits[i]])
            waiting.add(link, weight, [instance.link_by_id[link].delay])
    nodes, links = instance.node_by_id, instance.link_by_id
    node_ops, link_bits = ops.totals(), bits.totals()
    speed = {v: Fraction(nodes[v].compute) for v in node_ops}
    return Account(
        node_energy={v: n * Fraction(nodes[v].power) / speed[v] for v, n in node_ops.items()},
        link_energy={e: n * Fraction(links[e].energy) for e, n in link_bits.items()},
        node_ops=node_ops,
        node_memory=memory.totals(),
        link_bits=link_bits,
        compute_latency=total({v: n / speed[v] for v, n in computing.totals().items()}),
        communication_latency=total(waiting.totals())
        + total({e: n / Fraction(links[e].bandwidth) for e, n in crossing.totals().items()}),
    )


def judged(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> tuple[Account | None, list[Violation]]:
    """The account of a placement, and the rules that it breaks by itself.

    What names things that do not exist has no account.
    """
    unknown = list(unknown_names(instance, application, placed))
    if unknown:
        return None, unknown
    own = account(instance, application, placed)
    broken = broken_rules(instance, application, placed)
    return own, [*broken, *late(application, own.latency)]


def summary(
    instance: Instance, application: Application, placed: ApplicationPlacement, account: Account
) -> ApplicationEvaluation:
    """The account in double precision, each figure rounded once."""
    compute, communication = total(account.node_energy), total(account.link_energy)
    configuration = instance.model_of(application).configurations[placed.configuration]
    return ApplicationEvaluation(
        application=application.id,
        configuration=placed.configuration,
        energy=float(compute + communication),
        compute_energy=float(compute),
        communication_energy=float(communication),
        latency=float(account.latency),
        compute_latency=float(account.compute_latency),
        communication_latency=float(account.communication_latency),
        accuracy=configuration.accuracy,
        power=float(Fraction(application.rate) * (compute + communication)),
        node_energy={name: float(energy) for name, energy in account.node_energy.items()},
        link_energy={name: float(energy) for name, energy in account.link_energy.items()},
    )
