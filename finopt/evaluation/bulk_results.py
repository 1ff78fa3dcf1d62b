"""Row (11) for placements in columns: the rows whose results return.

The way back depends on where it begins and leads, and fractions decide it, so each of these rows is added up
by itself, exactly.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from finopt.evaluation.bulk_entries import Array, Entries, Index, Mask
from finopt.evaluation.exact_sums import total
from finopt.evaluation.frames import COSTS, FURTHER
from finopt.evaluation.further_figures import taken
from finopt.evaluation.steps import account, returned
from finopt.evaluation.violations import cannot_return
from finopt.problem.application_table import NOBODY
from finopt.problem.arrays import Demand
from finopt.problem.instance import Instance
from finopt.problem.placement_table import PlacementTable


class ReturnedRows(NamedTuple):
    """What rows take whose results return.

    Attributes
    ----------
    row : array, shape (rows,)
        Number of the row.
    figures : mapping of str to array, shape (rows,)
        Joules, seconds, carbon and cost of all that it does, by the names of `ApplicationEvaluation`.
    hop_row, link, amount : arrays, shape (hops,)
        Every hop of a result: its row, link and the number of its bits in ``bits``.
    bits : list of Fraction
        Bits of a result weighted with the share of the samples, each figure once.
    """

    row: Index
    figures: dict[str, Array]
    hop_row: Index
    link: Index
    amount: Index
    bits: list[Fraction]


def can_return(instance: Instance, placed: PlacementTable, entries: Entries, demand: Demand) -> Mask:
    """Rows whose results all have a way to go, and rows without results."""
    possible = np.ones(len(placed), dtype=bool)
    for row in _returning(entries, demand):
        application = instance.applications[int(entries.application[row])]
        possible[row] = not any(cannot_return(instance, application, placed[row]))
    return possible


def returned_rows(
    instance: Instance, placed: PlacementTable, entries: Entries, demand: Demand
) -> ReturnedRows:
    """The figures of the rows whose results return; all of them can."""
    number = (
        {name: e for e, name in enumerate(instance.link_by_id)} if (demand.result != NOBODY).any() else {}
    )
    rows = _returning(entries, demand)
    figures: list[tuple[Fraction, ...]] = []
    hops: list[tuple[int, int, int]] = []
    amounts: dict[Fraction, int] = {}
    for row in rows:
        application, one = instance.applications[int(entries.application[row])], placed[row]
        own = account(instance, application, one)
        energies = total(own.node_energy), total(own.link_energy)
        latencies = own.compute_latency, own.communication_latency
        further = taken(instance, own, "carbon"), taken(instance, own, "cost")
        figures.append((sum(energies, Fraction()), *energies, own.latency, *latencies, *further))
        for result in returned(instance, application, one):
            amount = amounts.setdefault(result.share * Fraction(result.bits), len(amounts))
            hops += [(row, number[link], amount) for link in result.route.links]
    names = (*COSTS, *FURTHER)
    columns = dict(zip(names, np.array(figures, float).reshape(-1, len(names)).T, strict=True))
    hop_row, link, amount_of = np.array(hops, np.int64).reshape(-1, 3).T
    row_of = np.array(rows, np.int64)
    return ReturnedRows(row_of, columns, hop_row, link, amount_of, list(amounts))


def _returning(entries: Entries, demand: Demand) -> list[int]:
    rows: list[int] = np.flatnonzero(demand.result[entries.application] != NOBODY).tolist()
    return rows
