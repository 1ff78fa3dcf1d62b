"""Row (13) for placements in columns: carbon and cost of every row, results excepted."""

from __future__ import annotations

import numpy as np

from finopt.evaluation.bulk_entries import Array, Entries
from finopt.evaluation.bulk_stages import StageColumns
from finopt.evaluation.bulk_work import WorkColumns
from finopt.problem.coefficients import link_figures, node_figures
from finopt.problem.instance import Instance
from finopt.problem.objective import Figure


def further_columns(
    instance: Instance, entries: Entries, figures: StageColumns, work: WorkColumns
) -> dict[str, Array]:
    """Carbon [g] and cost [currency] of an inference by row; 0 where nothing has a weight."""
    rows, used = len(entries.application), instance.basis.figures
    return {
        "carbon": _carbon(instance, entries, figures, work) if "carbon" in used else np.zeros(rows),
        "cost": _cost(instance, entries, figures, work) if "cost" in used else np.zeros(rows),
    }


def _carbon(instance: Instance, entries: Entries, figures: StageColumns, work: WorkColumns) -> Array:
    weight = np.array([node.carbon for node in instance.nodes])
    joules = work.powered[entries.cell] * work.energy_per_unit[entries.unit] + work.joules[entries.cell]
    return entries.by_row(joules * weight[entries.node]) + _sent(instance, entries, figures, "carbon")


def _cost(instance: Instance, entries: Entries, figures: StageColumns, work: WorkColumns) -> Array:
    price = np.array([node.price for node in instance.nodes])
    per_unit = np.concatenate([node_figures(instance.nodes, "cost").energy_per_op, price])
    busy = work.share_work[entries.cell] * per_unit[entries.unit]
    return entries.by_row(busy) + _sent(instance, entries, figures, "cost")


def _sent(instance: Instance, entries: Entries, figures: StageColumns, figure: Figure) -> Array:
    """What sending adds to a figure."""
    per_bit, per_transfer, *_ = link_figures(instance.directed_links, figure)
    hop, link = entries.hop_stage, entries.link
    sent = figures.reach_bits[hop] * per_bit[link]
    return entries.by_hop_row(sent + figures.reach[hop] * per_transfer[link])
