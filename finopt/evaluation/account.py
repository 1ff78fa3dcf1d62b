"""What placements cost, exactly: the account of one application, and the form in which evaluations say it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from finopt.evaluation import frames
from finopt.evaluation.exact_sums import product, total
from finopt.evaluation.further_figures import taken
from finopt.evaluation.loads import Load
from finopt.evaluation.slice_rules import too_busy, wrong_slices
from finopt.evaluation.steps import Account, account, moving_of
from finopt.evaluation.violations import (
    Violation,
    above_limit,
    broken_rules,
    cannot_be_brought,
    cannot_return,
    cannot_run,
    late,
    unknown_names,
)
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.formatting import counted, fields_repr, quantity
from finopt.problem.instance import Application, Instance
from finopt.problem.notebook import ROWS, html_table, rest
from finopt.problem.objective import TOTAL, Figure

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ApplicationEvaluation:
    """What one application costs per inference; energies in J, latencies in s, carbon in g.

    Power [W] is energy times rate, ``cost`` [currency] what an inference costs, and ``moving`` what bringing
    its blocks to their nodes adds to the objective per second.
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
    carbon: float = 0.0
    cost: float = 0.0
    moving: float = 0.0

    def __repr__(self) -> str:
        """All fields; of a long text beginning and end."""
        return fields_repr(self)


@dataclass(frozen=True)
class Evaluation:
    """The full account of a placement.

    Attributes
    ----------
    objective : float
        What is minimised, of all applications at their rates: by default total power P [W], with one
        application at rate 1 the energy per inference [J]; else ``carbon`` or ``cost``; with what moving is
        charged. NaN when an application is not placed or its placement names objects that do not exist.
    applications : sequence of ApplicationEvaluation
        One per application that could be evaluated; of many each is made when it is asked for.
    compute, memory : mapping of node id to Load
        op/s and byte.
    bandwidth : mapping of link id to Load
        bit/s. Of nodes and links with slices, ``compute`` and ``bandwidth`` are what is reserved.
    violations : tuple of Violation
        Empty for a feasible placement.
    power, carbon, cost : float
        Of all applications at their rates [W], [g/s], [currency/s]; NaN like the objective.
    moving : float
        What bringing blocks to other nodes than before adds to the objective, in its unit.
    """

    objective: float
    applications: Sequence[ApplicationEvaluation]
    compute: Mapping[str, Load]
    memory: Mapping[str, Load]
    bandwidth: Mapping[str, Load]
    violations: tuple[Violation, ...]
    power: float = math.nan
    carbon: float = math.nan
    cost: float = math.nan
    moving: float = 0.0

    @property
    def feasible(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations

    def to_frame(self, what: frames.What = "applications") -> pd.DataFrame:
        """The account as a pandas table, for statistics and pictures.

        Parameters
        ----------
        what : {"applications", "nodes", "links"}
            What has a row each: every application that could be evaluated, every node, every directed link.

        Returns
        -------
        DataFrame
            "applications": ``application`` (id), ``configuration`` (index); per inference ``energy``,
            ``compute_energy``, ``communication_energy`` [J], ``latency``, ``compute_latency``,
            ``communication_latency`` [s]; ``accuracy`` (fraction); ``power`` [W]; per inference ``carbon``
            [g] and ``cost`` [currency].
            "nodes": ``node`` (id), ``compute``, ``compute_capacity`` [op/s], ``compute_utilisation``
            (fraction of the capacity), ``memory``, ``memory_capacity`` [byte], ``memory_utilisation``.
            "links": ``link`` (id), ``bandwidth``, ``bandwidth_capacity`` [bit/s], ``bandwidth_utilisation``.
            A capacity without a limit is inf, and its utilisation 0.

        Raises
        ------
        ValueError
            Another ``what``.
        BackendError
            pandas is not installed.

        Examples
        --------
        >>> import finopt
        >>> result = finopt.solve(finopt.load("instances/paper/b-alexnet-cifar10.json"))
        >>> result.evaluation.to_frame("nodes")["compute_utilisation"].round(2).tolist()
        [0.0, 0.0, 0.0]
        """
        return frames.frame(self, what)

    def __repr__(self) -> str:
        """Objective and verdict on one line."""
        verdict = "feasible" if self.feasible else counted(len(self.violations), "violation")
        count = counted(len(self.applications), "application")
        return f"<Evaluation of {count}: objective {self.objective:.6g}, {verdict}>"

    def _repr_html_(self) -> str:
        """What the first applications cost, and the first rules that are broken, for notebooks."""
        header = ("application", "energy", "latency", "accuracy")
        rows = [
            (one.application, quantity(one.energy, "J"), quantity(one.latency, "s"), f"{one.accuracy:g}")
            for one in self.applications[:ROWS]
        ]
        broken = [("broken", str(one), "", "") for one in self.violations[:ROWS]]
        title = f"Evaluation: objective {self.objective:.6g}, "
        title += "feasible" if self.feasible else counted(len(self.violations), "violation")
        more = rest(len(self.applications), 4), rest(len(self.violations), 4)
        return html_table(title, [*rows, *more[0], *broken, *more[1]], header)


def judged(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> tuple[Account | None, list[Violation]]:
    """The account of a placement, and the rules that it breaks by itself.

    What names things that do not exist, runs blocks where nothing is known of them or has no way for its
    results has no account.
    """
    unknown = list(unknown_names(instance, application, placed))
    if unknown:
        return None, unknown
    impossible = [*cannot_run(instance, application, placed), *cannot_return(instance, application, placed)]
    impossible += cannot_be_brought(instance, application, placed)
    if placed.has_slices or instance.has_slices:
        impossible += wrong_slices(instance, application, placed)
    if impossible:
        return None, [*broken_rules(instance, application, placed), *impossible]
    own = account(instance, application, placed)
    broken = broken_rules(instance, application, placed)
    limited = {figure: taken(instance, own, figure) for figure in application.limits}
    found = [*broken, *late(application, own.latency), *above_limit(application, limited)]
    return own, [*found, *too_busy(instance, application, placed)] if placed.has_slices else found


def summary(
    instance: Instance, application: Application, placed: ApplicationPlacement, account: Account
) -> ApplicationEvaluation:
    """The account in double precision, each figure rounded once."""
    compute, communication = total(account.node_energy), total(account.link_energy)
    energy = compute + communication
    configuration = instance.model_of(application).configurations[placed.configuration]
    return ApplicationEvaluation(
        application=application.id,
        configuration=placed.configuration,
        energy=float(energy),
        compute_energy=float(compute),
        communication_energy=float(communication),
        latency=float(account.latency),
        compute_latency=float(account.compute_latency),
        communication_latency=float(account.communication_latency),
        accuracy=configuration.accuracy,
        power=float(product(energy, application.rate)),
        node_energy={name: float(energy) for name, energy in account.node_energy.items()},
        link_energy={name: float(energy) for name, energy in account.link_energy.items()},
        carbon=float(taken(instance, account, "carbon")),
        cost=float(taken(instance, account, "cost")),
        moving=float(moving_of(instance, application, placed)),
    )


class Totals(NamedTuple):
    """What all applications take at their rates [W], [g/s], [currency/s]; NaN where one is missing."""

    power: float
    carbon: float
    cost: float

    @classmethod
    def of(
        cls, complete: bool, power: Iterable[float], carbon: Iterable[float], cost: Iterable[float]
    ) -> Totals:
        """The sums of what each takes at its rate, if none is missing."""
        return cls(*(math.fsum(column) if complete else math.nan for column in (power, carbon, cost)))

    def objective(self, figure: Figure) -> float:
        """The one that is minimised."""
        total: float = getattr(self, TOTAL[figure])
        return total
