"""The placements of all partitions as one table of the whole instance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finopt.heuristics.joint.distributed.division import Division
from finopt.heuristics.joint.distributed.ending import Rows
from finopt.problem.columns import starts
from finopt.problem.placement_table import PlacementTable


def gathered(division: Division, parts: Sequence[Rows]) -> PlacementTable:
    """The table, sorted by application.

    Parameters
    ----------
    division : Division
        Whose partitions have placed all of their applications.
    parts : sequence of Rows
        The columns of each, in the numbers of its own instance.
    """
    application, node, link = [], [], []
    for p, own in enumerate(parts):
        application.append(division.rows(p)[own.application])
        node.append(division.nodes(p)[own.node])
        link.append(division.directed_links(p)[own.hop_link])
    order = np.argsort(np.concatenate(application), kind="stable")
    table = PlacementTable.for_instance(
        division.instance,
        application=np.concatenate(application),
        configuration=np.concatenate([own.configuration for own in parts]),
        node_start=starts(np.concatenate([own.blocks for own in parts])),
        node=np.concatenate(node),
        hop_start=starts(np.concatenate([own.hops for own in parts])),
        hop_stage=np.concatenate([own.hop_stage for own in parts]),
        hop_link=np.concatenate(link),
    )
    return table.take(order)
