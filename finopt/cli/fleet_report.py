"""What many applications cost together, in tables: nobody reads a line for each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.cli.version2_lines import further_of
from finopt.evaluation.account import ApplicationEvaluation, Evaluation
from finopt.evaluation.bulk import ApplicationEvaluations
from finopt.problem.application_table import ApplicationTable
from finopt.problem.formatting import amount, percent, quantity, table
from finopt.problem.instance import Instance
from finopt.problem.objective import TOTAL

Array = NDArray[np.float64]

TIERS = ("mobile", "edge", "cloud")


class Figures(NamedTuple):
    """Of every evaluated application: where it stands in the instance, and what it costs, as columns."""

    row: NDArray[np.int64]
    configuration: NDArray[np.int64]
    energy: Array
    power: Array
    latency_share: Array
    accuracy: Array


def figures(instance: Instance, applications: Sequence[ApplicationEvaluation]) -> Figures:
    """The columns of any evaluation; latencies as a share of their limit."""
    demand = ApplicationTable.of(instance.applications)
    if isinstance(applications, ApplicationEvaluations):
        columns = applications
        row, configuration = columns.row, columns.configuration.astype(np.int64)
        energy, power, latency, accuracy = columns.energy, columns.power, columns.latency, columns.accuracy
    else:
        position = {application.id: i for i, application in enumerate(instance.applications)}
        row = np.array([position[item.application] for item in applications], dtype=np.int64)
        configuration = np.array([item.configuration for item in applications], dtype=np.int64)
        energy, power, latency, accuracy = np.array(
            [(item.energy, item.power, item.latency, item.accuracy) for item in applications]
        ).T
    return Figures(row, configuration, energy, power, latency / demand.max_latency[row], accuracy)


def totals(instance: Instance, evaluation: Evaluation) -> str:
    """Energies, latencies and accuracies in short, the configurations used, and the tiers."""
    count = len(evaluation.applications)
    if not count:
        return "no application could be evaluated"
    columns = figures(instance, evaluation.applications)
    lines = [f"{count} applications"] if count == len(instance.applications) else []
    lines = lines or [f"{count} of {len(instance.applications)} applications"]
    header = ("", "least", "median", "mean", "most", "total")
    rows = [*_spreads(columns), *_further(instance, evaluation)]
    spread = table(header, rows, align="lrrrrr", indent="  ")
    return "\n\n".join(
        ["\n".join([*lines, spread]), _configurations(instance, columns), _tiers(instance, evaluation)]
    )


def _spreads(columns: Figures) -> Iterator[tuple[str, ...]]:
    for name, values, unit in (
        ("energy per inference", columns.energy, "J"),
        ("power", columns.power, "W"),
        ("latency of limit", columns.latency_share, "%"),
        ("accuracy", columns.accuracy, ""),
    ):
        four = (values.min(), np.median(values), values.mean(), values.max())
        yield (name, *(_cell(float(value), unit) for value in four), _sum(values) if unit == "W" else "")


def _further(instance: Instance, evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    """The same of carbon and cost, where there are any."""
    applications = evaluation.applications
    for figure in further_of(instance):
        in_columns = isinstance(applications, ApplicationEvaluations)
        values = getattr(applications, figure) if in_columns else [getattr(a, figure) for a in applications]
        four = np.min(values), np.median(values), np.mean(values), np.max(values)
        total = amount(getattr(evaluation, TOTAL[figure]), figure, 5, rate=True)
        yield f"{figure} per inference", *(amount(float(value), figure) for value in four), total


def _cell(value: float, unit: str) -> str:
    if unit == "%":
        return percent(value)
    return quantity(value, unit) if unit else f"{value:.4f}"


def _sum(values: Array) -> str:
    return quantity(float(values.sum()), "W", 5)


def _configurations(instance: Instance, columns: Figures) -> str:
    """How many applications use which configuration of which model."""
    demand = ApplicationTable.of(instance.applications)
    models = demand.model[columns.row]
    rows = []
    for model in instance.models:
        mine = models == (demand.model_ids.index(model.id) if model.id in demand.model_ids else -1)
        for c, count in sorted(Counter(columns.configuration[mine].tolist()).items()):
            accuracy = f"{model.configurations[c].accuracy:.4f}"
            rows.append((model.id, str(c), model.configurations[c].exits[-1], accuracy, str(count)))
    header = ("model", "configuration", "final exit", "accuracy", "applications")
    return table(header, rows, align="lrlrr")


def _tiers(instance: Instance, evaluation: Evaluation) -> str:
    """Compute in use per tier, of what may be used."""
    used: dict[str, list[float]] = {tier: [] for tier in TIERS}
    there: dict[str, list[float]] = {tier: [] for tier in TIERS}
    for node in instance.nodes:
        there[node.tier].append(node.usable_compute)
    for name, load in evaluation.compute.items():
        if load.used:
            used[instance.node(name).tier].append(load.used)
    rows = [
        (
            *(tier, f"{len(used[tier])} of {len(there[tier])}"),
            *(quantity(sum(used[tier]), "op/s"), quantity(sum(there[tier]), "op/s")),
            percent(sum(used[tier]) / sum(there[tier]) if any(there[tier]) else 0.0),
        )
        for tier in TIERS
        if there[tier]
    ]
    return table(("tier", "nodes in use", "compute in use", "of", "utilisation"), rows, align="lrrrr")


def prices(instance: Instance, rows: Iterable[Mapping[str, Any]], shown: int) -> str:
    """What more of the scarce resources would save, the most valuable resource first.

    Parameters
    ----------
    instance : Instance
        Has the capacities.
    rows : iterable of mapping
        Each with ``kind`` ("compute", "memory", "bandwidth"), ``id``, ``price`` [W per unit] and ``unit``.
    shown : int
        How many are listed at most.
    """
    lines = [(_worth(instance, row), row) for row in rows]
    lines.sort(key=lambda line: -line[0])
    cells = [
        (row["id"], row["kind"], quantity(row["price"], f"W per {row['unit']}"), quantity(worth / 100, "W"))
        for worth, row in lines[:shown]
    ]
    header = ("scarce", "what of it", "one unit more saves", "1 % more saves at most")
    more = [f"... and {len(lines) - shown} more scarce resources"] if len(lines) > shown else []
    return "\n".join([table(header, cells, align="llrr"), *more])


def _worth(instance: Instance, row: Mapping[str, Any]) -> float:
    """Price times capacity [W]: makes prices of different units comparable."""
    owners: Mapping[str, Any] = instance.link_by_id if row["kind"] == "bandwidth" else instance.node_by_id
    capacity = getattr(owners[row["id"]], row["kind"])
    return float(row["price"] * (capacity or 0.0))
