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
    row, energy, latency : arrays, shape (rows,)
        Number of the row; joules and seconds of all that it does.
    hop_row, link, amount : arrays, shape (hops,)
        Every hop of a result: its row, link and the number of its bits in ``bits``.
    bits : list of Fraction
        Bits of a result weighted with the share of the samples, each figure once.
    """

    row: Index
    energy: Array
    latency: Array
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
    figures: list[tuple[int, float, float]] = []
    hops: list[tuple[int, int, int]] = []
    amounts: dict[Fraction, int] = {}
    for row in _returning(entries, demand):
        application, one = instance.applications[int(entries.application[row])], placed[row]
        own = account(instance, application, one)
        energy = total(own.node_energy) + total(own.link_energy)
        figures.append((row, float(energy), float(own.latency)))
        for result in returned(instance, application, one):
            amount = amounts.setdefault(result.share * Fraction(result.bits), len(amounts))
            hops += [(row, number[link], amount) for link in result.route.links]
    rows, energies, latencies = np.array(figures, float).reshape(-1, 3).T
    hop_row, link, amount_of = np.array(hops, np.int64).reshape(-1, 3).T
    return ReturnedRows(rows.astype(np.int64), energies, latencies, hop_row, link, amount_of, list(amounts))


def _returning(entries: Entries, demand: Demand) -> list[int]:
    rows: list[int] = np.flatnonzero(demand.result[entries.application] != NOBODY).tolist()
    return rows
