"""Which rows of a placement in columns may break a rule; in words the exact functions say it."""

from __future__ import annotations

import numpy as np

from finopt.evaluation.bulk_entries import UNKNOWN, Entries, Index, Mask
from finopt.evaluation.bulk_stages import StageColumns
from finopt.evaluation.bulk_work import WorkColumns
from finopt.problem.array_types import Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.placement_table import PlacementTable


def readable(
    table: PlacementTable,
    application_of_row: Index,
    nodes: Index,
    links: Index,
    demand: Demand,
    figures: StageColumns,
) -> Mask:
    """Rows of known applications that name nothing unknown and have as many blocks as they need."""
    count = len(table)
    known = application_of_row != UNKNOWN
    model = demand.model[np.where(known, application_of_row, 0)]
    given = table.configuration
    exists = known & (given >= 0) & (given < figures.count[model])
    configuration = np.where(exists, figures.first[model] + given, 0)
    blocks = np.diff(table.node_start)
    legible: Mask = exists & (np.diff(figures.start)[configuration] == blocks)
    rows = np.arange(count)
    if (nodes == UNKNOWN).any():
        legible &= ~_any(np.repeat(rows, blocks), nodes[table.node] == UNKNOWN, count)
    if (links == UNKNOWN).any():
        hops = np.diff(table.hop_start)
        legible &= ~_any(np.repeat(rows, hops), links[table.hop_link] == UNKNOWN, count)
    return legible


def can_run(entries: Entries, work: WorkColumns) -> Mask:
    """Rows all of whose blocks can run where they are, row (12)."""
    return ~_any(entries.row, ~work.runs_on(entries.cell, entries.node), len(entries.application))


def may_break_a_rule(entries: Entries, network: Network, demand: Demand, figures: StageColumns) -> Mask:
    """Rows that break row (4), (9) or (10) of the model, and all with pins or allowed nodes: they are few."""
    application = entries.application
    broken = demand.pinned[application] | np.isin(application, list(demand.allowed))
    broken |= figures.accuracy[entries.configuration] < demand.min_accuracy[application]
    source = demand.source[application]
    for row, wrong in (
        *_disconnected(entries, network, source),
        (entries.row, _private(network, entries.node, source[entries.row])),
        (entries.hop_row, _private(network, network.head[entries.link], source[entries.hop_row])),
    ):
        broken |= _any(row, wrong, len(application))
    return broken


def _private(network: Network, node: Index | Ints, source: Ints) -> Mask:
    wrong: Mask = ~network.shared[node] & (node != source)
    return wrong


def _disconnected(entries: Entries, network: Network, source: Ints) -> list[tuple[Index, Mask]]:
    """Hops that do not begin where the data are, and blocks to which the hops before them do not lead."""
    before = np.empty_like(entries.node)  # where the data are when the stage begins
    before[1:] = entries.node[:-1]
    before[entries.first_block] = source
    at = entries.hop_block
    goes_on = np.zeros(len(at), dtype=bool)  # the hop follows another one of its stage
    goes_on[1:] = at[1:] == at[:-1]
    tail, head = network.tail[entries.link], network.head[entries.link]
    here = np.where(goes_on, np.roll(head, 1), before[at])
    arrived = before
    last = np.append(~goes_on[1:], True)[: len(at)]
    arrived[at[last]] = head[last]
    return [(entries.hop_row, tail != here), (entries.row, arrived != entries.node)]


def _any(row: Index, wrong: Mask, rows: int) -> Mask:
    """Rows with at least one entry that is wrong."""
    found: Mask = np.zeros(rows, dtype=bool)
    found[row[wrong]] = True
    return found
