"""Which form computing takes for an application: what was measured where there is a profile, else operations.

Nodes of the same device, compute, charge and waiting are one class of the table; a node that nothing was
measured on is a class of its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.problem.array_types import Bools, Floats
from finopt.problem.charges import Charge, charge_of
from finopt.problem.coefficients import (
    ComputeTable,
    NodeFigures,
    StageFactors,
    enabled_parts,
    factored_table,
    node_figures,
)
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Model
from finopt.problem.network import Node
from finopt.problem.objective import Figure
from finopt.problem.profile import Profile
from finopt.problem.results import Results


class Measured(NamedTuple):
    """One sample through every stage on a class of devices, shape (F+1,).

    Seconds, inf where the block has no entry; the part of them that takes the power of the node; joules that
    were measured.
    """

    seconds: Floats
    powered: Floats
    joules: Floats


def measured_stages(model: Model, configuration: int, profile: Profile) -> Measured:
    """The stages of one configuration as they were measured."""
    rows = []
    for parts in enabled_parts(model, configuration):
        if parts[0].id not in profile.block:
            rows.append((np.inf, 0.0, 0.0))
            continue
        entries = [profile.entry(part) for part in parts]
        powered = sum(entry.time for entry in entries if entry.energy is None)
        joules = sum(entry.energy for entry in entries if entry.energy is not None)
        rows.append((sum(entry.time for entry in entries), powered, joules))
    return Measured(*np.array(rows, float).T)


class Weighted(NamedTuple):
    """The stages as they were measured, weighted like `StageFactors`; 0 where they do not run, shape (F+1,).

    Energy; seconds of latency; busy seconds; where they run.
    """

    energy: Floats
    seconds: Floats
    busy: Floats
    runs: Bools


def weighted_stages(
    model: Model,
    configuration: int,
    profile: Profile,
    factors: StageFactors,
    *,
    charge: Charge,
    slowdown: float,
) -> Weighted:
    """What a class of nodes takes: same device, charge and waiting."""
    taken = measured_stages(model, configuration, profile)
    runs = np.isfinite(taken.seconds)
    seconds = np.where(runs, taken.seconds, 0.0)
    spent = taken.joules * charge.per_joule + taken.powered * charge.per_powered_second
    energy = factors.share * (spent + seconds * charge.per_second)
    return Weighted(energy, factors.time_share * seconds * slowdown, factors.share * seconds, runs)


def may_run(
    instance: Instance, application: Application, nodes: Sequence[Node], computing: ComputeTable
) -> Bools:
    """Rows (10) and (12): on which nodes each stage may be computed, shape (F+1, V)."""
    model = instance.model_of(application)
    runs: Bools = computing.per_node(computing.runs)
    for block in {**application.pinned, **application.allowed}:
        i = model.block_index[block]
        if i < len(runs):
            runs[i] &= [application.may_run(block, node.id) for node in nodes]
    return runs


def compute_table(
    instance: Instance,
    application: Application,
    configuration: int,
    factors: StageFactors,
    nodes: Sequence[Node],
    results: Results | None = None,
    figures: NodeFigures | None = None,
    figure: Figure | None = None,
) -> ComputeTable:
    """What computing takes on some nodes, the way back of results included.

    Parameters
    ----------
    instance : Instance
    application : Application
    configuration : int
        Of its model.
    factors : StageFactors
        Of its stages.
    nodes : sequence of Node
        The V nodes of the table.
    results : Results, optional
        What returning results adds.
    figures : NodeFigures, optional
        Of the nodes, where they are known already.
    figure : {"energy", "carbon", "cost"}, optional
        What stands where energy does. Default: what the instance minimises.
    """
    model, figure = instance.model_of(application), figure or instance.objective
    table = factored_table(factors, figures or node_figures(nodes, figure))
    if instance.profiles:
        profiles = [instance.measured(model, node) for node in nodes]
        if any(profile is not None for profile in profiles):
            charges = [charge_of(node, figure) for node in nodes]
            table = _with_profiles(table, factors, model, configuration, nodes, charges, profiles)
    computes = np.array([node.computes for node in nodes], bool)
    if not computes.all():
        table = _per_node(table)._replace(runs=table.per_node(table.runs) & computes)
    return table if results is None else _with_results(table, results)


def _with_profiles(
    table: ComputeTable,
    factors: StageFactors,
    model: Model,
    configuration: int,
    nodes: Sequence[Node],
    charges: Sequence[Charge],
    profiles: Sequence[Profile | None],
) -> ComputeTable:
    """The table with a class for every kind of node that was measured."""
    every = enumerate(zip(nodes, charges, profiles, strict=True))
    kinds = [_kind(v, *one) for v, one in every]
    first = {kind: v for v, kind in reversed(list(enumerate(kinds)))}
    number = {kind: k for k, kind in enumerate(first)}
    columns = [
        _column(table, factors, model, configuration, v, nodes[v], charges[v], profiles[v])
        for v in first.values()
    ]
    energy, seconds, runs, load = (np.column_stack(figure) for figure in zip(*columns, strict=True))
    return ComputeTable(
        np.array([number[kind] for kind in kinds], np.int32), energy, seconds, runs.astype(bool), load
    )


def _kind(v: int, node: Node, charge: Charge, profile: Profile | None) -> Hashable:
    """Equal for nodes that compute alike."""
    return v if profile is None else (profile.device, node.compute, charge, node.slowdown)


def _column(
    table: ComputeTable,
    factors: StageFactors,
    model: Model,
    configuration: int,
    v: int,
    node: Node,
    charge: Charge,
    profile: Profile | None,
) -> tuple[NDArray[Any], ...]:
    """Energy, seconds, whether it runs, and load of every stage on one kind of node."""
    if profile is None:
        return table.energy[:, v], table.seconds[:, v], table.runs[:, v], table.load[:, v]
    taken = weighted_stages(model, configuration, profile, factors, charge=charge, slowdown=node.slowdown)
    return taken.energy, taken.seconds, taken.runs, taken.busy * node.compute


def _with_results(table: ComputeTable, results: Results) -> ComputeTable:
    """The table with what results add, by node, for each has a way of its own."""
    whole = _per_node(table)
    return whole._replace(
        energy=whole.energy + results.energy,
        seconds=whole.seconds + results.seconds,
        runs=whole.runs & results.runs,
    )


def _per_node(table: ComputeTable) -> ComputeTable:
    """The table with a class for every node."""
    every = np.arange(table.device_class.size, dtype=np.int32)
    return ComputeTable(every, *(table.per_node(figure) for figure in table[1:]))
