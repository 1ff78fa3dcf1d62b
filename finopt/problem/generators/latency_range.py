"""Between which latencies a limit binds: the least that can be reached, and that of the least energy.

Two shortest walks per configuration, computed without the graphs of the methods: generated and shipped
instances get their limits from here, and those are what the methods are tested on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.problem.coefficients import (
    LinkFigures,
    link_figures,
    sending_energy,
    sending_seconds,
    stage_factors,
)
from finopt.problem.compute_tables import compute_table, may_run
from finopt.problem.instance import Application, Instance
from finopt.problem.network import Node
from finopt.problem.results import results_of

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


def latency_range(instance: Instance, application: Application) -> tuple[float, float]:
    """The latencies between which a limit of the application decides anything.

    Parameters
    ----------
    instance : Instance
        Its capacities do not enter.
    application : Application
        One of the instance; its latency limit does not enter.

    Returns
    -------
    least : float
        The least latency [s] of any placement that meets the accuracy target; infinite if there is none.
    loosest : float
        The least latency [s] among the placements of least energy: a larger limit does not bind.

    Notes
    -----
    Computed with floating point numbers, so right up to their rounding. Where the result of an early exit may
    be the last to arrive (it is larger than what is sent on), ``least`` is a lower bound. Work grows with
    configurations * blocks * links * hops.

    Examples
    --------
    >>> import finopt
    >>> from finopt.problem.generators.latency_range import latency_range
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> "{:.3f} s to {:.3f} s".format(*latency_range(instance, instance.applications[0]))
    '0.002 s to 0.008 s'
    """
    network = _usable(instance, application)
    least, cheapest = [], []
    for c in instance.admissible(application):
        by_latency = list(_steps(network, instance, application, c))
        least.append(_shortest(network, by_latency)[0])
        cheapest.append(_shortest(network, [_Step(s[1], s[0], s[3], s[2]) for s in by_latency]))
    return min(least, default=inf), min(cheapest, default=(inf, inf))[1]


def least_latency(instance: Instance, application: Application) -> float:
    """The least latency [s] of any placement that meets the accuracy target; infinite if there is none.

    What `latency_range` gives first, in less time: worst latencies do not depend on the shares, so of several
    configurations with the same exits one is looked at.
    """
    network = _usable(instance, application)
    configurations = instance.model_of(application).configurations
    distinct = {
        (configurations[c].exits, c if application.latency == "mean" else 0): c
        for c in instance.admissible(application)
    }
    walks = (_steps(network, instance, application, c) for c in distinct.values())
    return min((_shortest(network, list(steps))[0] for steps in walks), default=inf)


class _Usable(NamedTuple):
    """What an application may use, as arrays; links are sorted by their target."""

    position: dict[str, int]
    source: int
    nodes: list[Node]
    tail: Indices
    head: Indices
    links: LinkFigures


class _Step(NamedTuple):
    """What counts first, and what breaks ties, on every link and then for the block on every node."""

    link_first: Array
    link_second: Array
    node_first: Array
    node_second: Array


def _usable(instance: Instance, application: Application) -> _Usable:
    nodes = [node for node in instance.nodes if instance.may_use(application, node)]
    position = {node.id: i for i, node in enumerate(nodes)}
    links = [x for x in instance.directed_links if x.source in position and x.target in position]
    links.sort(key=lambda link: position[link.target])
    return _Usable(
        position,
        position[application.source],
        nodes,
        np.array([position[link.source] for link in links], dtype=np.intp),
        np.array([position[link.target] for link in links], dtype=np.intp),
        link_figures(links),
    )


def _steps(network: _Usable, instance: Instance, application: Application, c: int) -> Iterator[_Step]:
    """Latency, then energy, of stage 0 .. F; a block costs infinitely much where it may not or cannot run."""
    every = slice(None)
    factors = stage_factors(
        instance.model_of(application), c, mean=application.latency == "mean", rate=application.rate
    )
    results = results_of(instance, application, c, network.nodes)
    table = compute_table(instance, application, c, factors, network.nodes, results)
    seconds, energy = table.per_node(table.seconds), table.per_node(table.energy)
    barred = np.where(may_run(instance, application, network.nodes, table), 0.0, np.inf)
    for i in range(factors.stages):
        yield _Step(
            sending_seconds(factors, i, network.links, every),
            sending_energy(factors, i, network.links, every),
            seconds[i] + barred[i],
            energy[i] + barred[i],
        )


def _shortest(network: _Usable, stages: Sequence[_Step]) -> tuple[float, float]:
    """The walk that is shortest in what counts first, ties broken by the second: both its sums."""
    first = np.full(len(network.position), np.inf)
    first[network.source] = 0.0
    second = first.copy()
    for stage in stages:
        _spread(network, stage, first, second)
        first += stage.node_first
        second += stage.node_second
    return min(zip(first.tolist(), second.tolist(), strict=True))


def _spread(network: _Usable, stage: _Step, first: Array, second: Array) -> None:
    """Carry the data over links, in place, until no node is reached on a shorter way (Bellman-Ford)."""
    heads, starts, group = np.unique(network.head, return_index=True, return_inverse=True)
    while len(heads):
        arriving = first[network.tail] + stage.link_first
        best = np.minimum.reduceat(arriving, starts)
        ties = np.where(arriving == best[group], second[network.tail] + stage.link_second, np.inf)
        best_second = np.minimum.reduceat(ties, starts)
        better = (best < first[heads]) | ((best == first[heads]) & (best_second < second[heads]))
        if not better.any():
            return
        first[heads[better]] = best[better]
        second[heads[better]] = best_second[better]
