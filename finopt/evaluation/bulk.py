"""The cost model for placements in columns: array arithmetic for the clear cases, exact for the others.

What :mod:`finopt.evaluation` decides in fractions is decided here in double precision with a bound on its
error. Whatever is broken, or so close to a limit that the bound does not tell, goes to the exact functions,
so verdicts and words are theirs. Limits have a relative tolerance of 1e-9, errors are of the order of 1e-15:
hardly anything is doubtful.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

import numpy as np

from finopt.evaluation.account import ApplicationEvaluation, Evaluation, Totals, judged, summary
from finopt.evaluation.bulk_entries import (
    UNKNOWN,
    Array,
    Entries,
    Index,
    Mask,
    application_index,
    translation,
)
from finopt.evaluation.bulk_further import further_columns
from finopt.evaluation.bulk_loads import bulk_loads
from finopt.evaluation.bulk_results import ReturnedRows, can_return, returned_rows
from finopt.evaluation.bulk_rules import can_run, may_break_a_rule, readable
from finopt.evaluation.bulk_stages import StageColumns
from finopt.evaluation.bulk_work import WorkColumns
from finopt.evaluation.steps import account
from finopt.evaluation.violations import (
    Violation,
    miscounted,
    not_asked_for,
)
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance
from finopt.problem.placement_table import PlacementTable
from finopt.problem.tolerances import LIMIT_FACTOR, UNIT


class ApplicationEvaluations(Sequence[ApplicationEvaluation]):
    """What each placed application costs; made on demand and exactly, totals are columns.

    Attributes
    ----------
    row, configuration : arrays of int, shape (N,)
        Of every application that could be evaluated: where it stands in the instance, and the index of its
        configuration.
    energy, compute_energy, communication_energy, power : arrays, shape (N,)
        Its figures [J, W], to about 1e-15 relative.
    latency, compute_latency, communication_latency, accuracy : arrays, shape (N,)
        Those [s], and its accuracy.
    carbon, cost : arrays, shape (N,)
        Of an inference [g], [currency].
    """

    def __init__(self, instance: Instance, placed: PlacementTable, row: Index, **columns: Array) -> None:
        self._instance, self._placed = instance, placed
        self.row, self.configuration = row, placed.configuration
        self.energy, self.power = columns["energy"], columns["power"]
        self.latency, self.accuracy = columns["latency"], columns["accuracy"]
        self.compute_energy, self.compute_latency = columns["compute_energy"], columns["compute_latency"]
        self.communication_energy = columns["communication_energy"]
        self.communication_latency = columns["communication_latency"]
        self.carbon, self.cost = columns["carbon"], columns["cost"]

    @property
    def placed(self) -> PlacementTable:
        """Where they run."""
        return self._placed

    @property
    def application(self) -> list[str]:
        """Ids of the applications."""
        return [self._placed.name(row) for row in range(len(self))]

    def __len__(self) -> int:
        """Number of applications that could be evaluated."""
        return len(self._placed)

    @overload
    def __getitem__(self, row: int) -> ApplicationEvaluation: ...

    @overload
    def __getitem__(self, row: slice) -> tuple[ApplicationEvaluation, ...]: ...

    def __getitem__(self, row: int | slice) -> ApplicationEvaluation | tuple[ApplicationEvaluation, ...]:
        """The exact account of one application, or of several."""
        if isinstance(row, slice):
            return tuple(self[i] for i in range(len(self))[row])
        placed = self._placed[row]
        application = self._instance.application_by_id[placed.application]
        own = account(self._instance, application, placed)
        return summary(self._instance, application, placed, own)

    def __eq__(self, other: object) -> bool:
        """Whether the same placements cost the same."""
        if not isinstance(other, ApplicationEvaluations):
            return NotImplemented
        return self._placed == other._placed and np.array_equal(self.power, other.power)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """How many applications."""
        return f"<ApplicationEvaluations of {len(self)} applications>"


def evaluate_table(instance: Instance, table: PlacementTable) -> Evaluation:
    """What :func:`finopt.evaluate` says of a placement in columns.

    Verdicts, violations and their order are those of exact arithmetic. Loads, and the powers of which the
    objective is the sum, are right to about 1e-15 relative.

    Notes
    -----
    A fixed number of array operations over all blocks and hops, and one exact evaluation per row that breaks
    a rule or may break one, and per row with pins, allowed nodes or a result that returns.
    """
    network, demand = Network.of(instance, "energy"), Demand.of(instance)
    figures = StageColumns.of(instance)
    work = WorkColumns.of(instance, network, figures)
    application_of_row = application_index(instance, table)
    nodes = translation(table.node_ids, list(instance.node_by_id))
    links = translation(table.link_ids, list(instance.link_by_id))

    def read(rows: Mask) -> tuple[PlacementTable, Entries]:
        some = table if rows.all() else table.take(np.flatnonzero(rows))
        owner, node, link = application_of_row[rows], nodes[some.node], links[some.hop_link]
        return some, Entries(some, owner, node, link, demand, figures, work)

    possible = readable(table, application_of_row, nodes, links, demand, figures)
    placed, entries = read(possible)
    works = can_run(entries, work) & can_return(instance, placed, entries, demand)
    if not works.all():
        possible[possible] = works
        placed, entries = read(possible)
    returned = returned_rows(instance, placed, entries, demand)
    further = further_columns(instance, entries, figures, work)
    costs = _Costs(entries, returned, network, demand, figures, work, further)
    suspects = ~possible & (application_of_row != UNKNOWN)
    suspects[possible] = costs.may_be_late | may_break_a_rule(entries, network, demand, figures)
    suspects[possible] |= np.isin(entries.application, list(demand.limits))
    loads, overloads = bulk_loads(instance, entries, returned, network, demand, figures, work)
    complete = len(np.unique(entries.application)) == len(instance.applications)
    rate = demand.rate[entries.application]
    columns = costs.power, rate * costs.carbon, rate * costs.cost
    totals = Totals.of(complete, *(column.tolist() for column in columns))
    return Evaluation(
        objective=totals.objective(instance.objective),
        power=totals.power,
        carbon=totals.carbon,
        cost=totals.cost,
        applications=ApplicationEvaluations(
            instance,
            placed,
            entries.application,
            energy=costs.energy,
            compute_energy=costs.compute_energy,
            communication_energy=costs.communication_energy,
            power=costs.power,
            latency=costs.latency,
            compute_latency=costs.compute_latency,
            communication_latency=costs.communication_latency,
            accuracy=figures.accuracy[entries.configuration],
            carbon=costs.carbon,
            cost=costs.cost,
        ),
        compute=loads["compute"],
        memory=loads["memory"],
        bandwidth=loads["bandwidth"],
        violations=(
            *_unmatched(instance, table, application_of_row),
            *_of_applications(instance, table, application_of_row, np.flatnonzero(suspects)),
            *overloads,
        ),
    )


class _Costs:
    """Rows (1), (2), (3), (5) and (13): what every row takes, and which may be too late."""

    def __init__(
        self,
        entries: Entries,
        returned: ReturnedRows,
        network: Network,
        demand: Demand,
        figures: StageColumns,
        work: WorkColumns,
        further: Mapping[str, Array],
    ) -> None:
        self.carbon, self.cost = further["carbon"], further["cost"]
        self.compute_energy = _compute_energy(entries, work)
        self.communication_energy = _communication_energy(entries, network, figures)
        self.energy = self.compute_energy + self.communication_energy
        self.compute_latency = _compute_latency(entries, demand, work)
        self.communication_latency = _communication_latency(entries, network, demand, figures)
        self.latency = self.compute_latency + self.communication_latency
        for name, column in returned.figures.items():
            getattr(self, name)[returned.row] = column
        self.power = demand.rate[entries.application] * self.energy
        # a term is wrong by at most 5 units of rounding, their sum by one more per term; the rest is reserve
        margin = 2 * UNIT * (entries.terms + 16)
        limit = demand.limit[entries.application] * LIMIT_FACTOR
        self.may_be_late = self.latency * (1 + margin) > limit


def _compute_energy(entries: Entries, work: WorkColumns) -> Array:
    """Joules of computing of every row."""
    joules = work.powered[entries.cell] * work.energy_per_unit[entries.unit]
    if work.devices > 1:
        joules += work.joules[entries.cell]
    return entries.by_row(joules)


def _communication_energy(entries: Entries, network: Network, figures: StageColumns) -> Array:
    """Joules of sending of every row, results excepted."""
    hop, links = entries.hop_stage, network.link_figures
    sent = figures.reach_bits[hop] * links.energy_per_bit[entries.link]
    if links.energy_per_hop.any():
        sent += figures.reach[hop] * links.energy_per_hop[entries.link]
    return entries.by_hop_row(sent)


def _compute_latency(entries: Entries, demand: Demand, work: WorkColumns) -> Array:
    """Seconds of computing of every row."""
    mean = demand.mean[entries.application]
    weighted = np.where(mean[entries.row], work.share_work[entries.cell], work.work[entries.cell])
    return entries.by_row(weighted * work.seconds_per_unit[entries.unit])


def _communication_latency(
    entries: Entries, network: Network, demand: Demand, figures: StageColumns
) -> Array:
    """Seconds of sending of every row, results excepted."""
    mean, hop = demand.mean[entries.application], entries.hop_stage
    weight = np.where(mean[entries.hop_row], figures.reach[hop], 1.0)
    sending = figures.bits[hop] / network.bandwidth[entries.link]
    sending += network.link_figures.seconds_per_hop[entries.link]
    return entries.by_hop_row(weight * sending)


def _unmatched(instance: Instance, table: PlacementTable, application_of_row: Index) -> Iterator[Violation]:
    """Applications that are not placed exactly once, and placements of none."""
    count = np.bincount(
        application_of_row[application_of_row != UNKNOWN], minlength=len(instance.applications)
    )
    for i in np.flatnonzero(count != 1).tolist():
        yield miscounted(instance.applications[i].id, int(count[i]))
    strangers = dict.fromkeys(
        table.name(row) for row in np.flatnonzero(application_of_row == UNKNOWN).tolist()
    )
    yield from map(not_asked_for, strangers)


def _of_applications(
    instance: Instance, table: PlacementTable, application_of_row: Index, rows: Index
) -> Iterator[Violation]:
    """What the placements in some rows break, decided exactly."""
    for row in rows.tolist():
        yield from judged(instance, instance.applications[int(application_of_row[row])], table[row])[1]
