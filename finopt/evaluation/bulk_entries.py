"""A placement in columns against its instance: the application of each row, and what indices stand for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finopt.evaluation.bulk_stages import StageColumns
from finopt.evaluation.bulk_work import WorkColumns
from finopt.evaluation.sums import by_group
from finopt.problem.application_table import ApplicationTable
from finopt.problem.arrays import Demand
from finopt.problem.columns import default_name, ragged
from finopt.problem.instance import Instance
from finopt.problem.placement_table import PlacementTable

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

UNKNOWN = -1


def application_index(instance: Instance, table: PlacementTable) -> Index:
    """Row of the instance's applications for each row of the placement; -1 for those it does not have."""
    given = instance.applications
    used = table.application.astype(np.int64)
    if isinstance(given, ApplicationTable) and given.ids is None and table.application_ids is None:
        return np.where(used < len(given), used, UNKNOWN)
    own = given.names() if isinstance(given, ApplicationTable) else [item.id for item in given]
    if table.application_ids is None:
        distinct, used = np.unique(used, return_inverse=True)
        return translation([default_name(i) for i in distinct.tolist()], own)[used]
    return translation(table.application_ids.tolist(), own)[used]


def translation(names: Sequence[str], known: Sequence[str]) -> Index:
    """Index of each name among those known, -1 where it is not."""
    if list(names) == list(known):
        return np.arange(len(known))
    position = {name: i for i, name in enumerate(known)}
    return np.array([position.get(name, UNKNOWN) for name in names], dtype=np.int64)


class Entries:
    """What the rows of a placement compute and send: an entry per block and one per hop, row after row.

    Every row is of a known application, has a configuration that exists and as many blocks as that needs,
    and names nodes and links that exist.

    Attributes
    ----------
    application, configuration, terms : arrays, shape (rows,)
        Index of the application, number of its configuration among those of all models, blocks and hops.
    row, node, stage, cell, unit : arrays, shape (blocks,)
        Row, node, entry of `StageColumns`, and cell and unit of `WorkColumns` of every block.
    hop_row, hop_block, hop_stage, link : arrays, shape (hops,)
        Row, block (its position in the arrays above), entry of `StageColumns` and link of every hop.
    """

    def __init__(
        self,
        placed: PlacementTable,
        application: Index,
        node: Index,
        link: Index,
        demand: Demand,
        figures: StageColumns,
        work: WorkColumns,
    ) -> None:
        rows = np.arange(len(placed))
        blocks, hops = np.diff(placed.node_start), np.diff(placed.hop_start)
        self.application = application
        self.configuration = figures.first[demand.model[application]] + placed.configuration
        self.terms = blocks + hops
        self.first_block = placed.node_start[:-1]
        self.row = np.repeat(rows, blocks)
        self.node = node
        self.stage = ragged(figures.start, self.configuration)[0]
        self.cell = work.cell(self.stage, node)
        self.unit = work.unit(self.cell, node)
        self.hop_row = np.repeat(rows, hops)
        self.hop_block = self.first_block[self.hop_row] + placed.hop_stage
        self.hop_stage = self.stage[self.hop_block]
        self.link = link

    def by_row(self, values: Array) -> Array:
        """Sum of one value per block for every row."""
        return by_group(self.row, values, len(self.application))

    def by_hop_row(self, values: Array) -> Array:
        """Sum of one value per hop for every row."""
        return by_group(self.hop_row, values, len(self.application))
