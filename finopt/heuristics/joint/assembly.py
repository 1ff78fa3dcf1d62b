"""From choices to a placement in columns."""

from __future__ import annotations

import numpy as np

from finopt.heuristics.joint.assignments import Account, Choices
from finopt.problem.array_types import Ints
from finopt.problem.instance import Instance
from finopt.problem.placement_table import PlacementTable


def placement_table(instance: Instance, account: Account, choices: Choices) -> PlacementTable:
    """The placement that choices mean, one per application and sorted by application.

    Notes
    -----
    O(blocks + hops) array operations.
    """
    stages = np.array([group.stages for group in account.groups])
    node_start = np.concatenate([[0], np.cumsum(stages[choices.group])])
    hop_start, hop_stage, hop_link = _hops(account, choices)
    configuration = np.array([group.configuration for group in account.groups], np.int32)
    return PlacementTable.for_instance(
        instance,
        application=choices.application,
        configuration=configuration[choices.group],
        node_start=node_start,
        node=_nodes(account, choices, node_start),
        hop_start=hop_start,
        hop_stage=hop_stage,
        hop_link=hop_link,
    )


def _nodes(account: Account, choices: Choices, start: Ints) -> Ints:
    """Node of every block: the source until the application leaves, then those of its plan."""
    nodes = np.empty(start[-1], np.int32)
    for number in np.unique(choices.group):
        which = np.flatnonzero(choices.group == number)
        block = np.arange(account.groups[number].stages)
        planned, plan = np.unique(choices.plan[which], return_inverse=True)
        home = account.demand.source[choices.application[which]]
        table = np.array([account.plans.steps(p)[0] if p >= 0 else np.full(block.size, -1) for p in planned])
        mine = table[plan.ravel()]
        at_home = block[None, :] < choices.leave[which][:, None]
        nodes[start[which][:, None] + block] = np.where(at_home, home[:, None], mine)
    return nodes


def _hops(account: Account, choices: Choices) -> tuple[Ints, Ints, Ints]:
    """Start of each choice's hops, their stages and links: the link it leaves home by, then its plan's."""
    planned, plan = np.unique(choices.plan, return_inverse=True)
    routes = [account.plans.steps(p)[1] if p >= 0 else np.zeros((0, 2), np.int32) for p in planned]
    size = np.array([len(route) for route in routes], np.int64)
    first = np.concatenate([[0], np.cumsum(size)])[:-1]
    every = np.concatenate([np.zeros((0, 2), np.int32), *routes])
    plan = plan.ravel()
    sent = (choices.link >= 0).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(sent + size[plan])])
    stage, link = np.empty(start[-1], np.int32), np.empty(start[-1], np.int32)
    leaving = np.flatnonzero(sent)
    stage[start[leaving]], link[start[leaving]] = choices.leave[leaving], choices.link[leaving]
    count = size[plan]
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    to, source = np.repeat(start[:-1] + sent, count) + within, np.repeat(first[plan], count) + within
    stage[to], link[to] = every[source, 0], every[source, 1]
    return start, stage, link
