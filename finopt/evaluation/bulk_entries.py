"""A placement in columns against its instance: whose row is whose, and what every index stands for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finopt.evaluation.sums import by_group
from finopt.problem.application_table import ApplicationTable
from finopt.problem.columns import default_name, ragged
from finopt.problem.instance import Instance
from finopt.problem.placement_table import PlacementTable
from finopt.problem.stages import Stages

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


class Network:
    """Nodes and directed links of an instance as arrays, in its order."""

    def __init__(self, instance: Instance) -> None:
        nodes, links = instance.nodes, instance.directed_links
        position = {node.id: i for i, node in enumerate(nodes)}
        self.compute = np.array([node.compute for node in nodes])
        self.energy_per_op = np.array([node.power for node in nodes]) / self.compute
        self.memory = np.array([np.inf if node.memory is None else node.memory for node in nodes])
        self.shared = np.array([node.shared for node in nodes], dtype=bool)
        self.tail = np.array([position[link.source] for link in links], dtype=np.int64)
        self.head = np.array([position[link.target] for link in links], dtype=np.int64)
        self.bandwidth = np.array([link.bandwidth for link in links])
        self.energy = np.array([link.energy for link in links])
        self.delay = np.array([link.delay for link in links])
        self.position = position


class Demand:
    """The applications of an instance as arrays, in its order."""

    def __init__(self, instance: Instance, network: Network) -> None:
        table = ApplicationTable.of(instance.applications)
        models = {model.id: i for i, model in enumerate(instance.models)}
        self.table = table
        self.model = np.array([models.get(name, UNKNOWN) for name in table.model_ids])[table.model]
        self.source = np.array([network.position.get(name, UNKNOWN) for name in table.source_ids])[
            table.source
        ]
        self.pinned = np.zeros(len(table), dtype=bool)
        self.pinned[list(table.pins)] = True


class Entries:
    """What the rows of a placement compute and send: an entry per block and one per hop, row after row.

    Every row is of a known application, has a configuration that exists and as many blocks as that needs,
    and names nodes and links that exist.

    Attributes
    ----------
    application, configuration, terms : arrays, shape (rows,)
        Index of the application, number of its configuration among those of all models, blocks and hops.
    row, node, stage : arrays, shape (blocks,)
        Row, node and entry of `Stages` of every block.
    hop_row, hop_block, hop_stage, link : arrays, shape (hops,)
        Row, block (its position in the arrays above), entry of `Stages` and link of every hop.
    """

    def __init__(
        self,
        placed: PlacementTable,
        application: Index,
        node: Index,
        link: Index,
        demand: Demand,
        figures: Stages,
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
