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

from finopt.problem.instance import Application, Instance

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
    Computed with floating point numbers, so right up to their rounding. Work grows with configurations *
    blocks * links * hops.

    Examples
    --------
    >>> import finopt
    >>> from finopt.problem.generators.latency_range import latency_range
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> "{:.3f} s to {:.3f} s".format(*latency_range(instance, instance.applications[0]))
    '0.002 s to 0.008 s'
    """
    network = _network(instance, application)
    least, cheapest = [], []
    for c in instance.admissible(application):
        by_latency = list(_stages(network, instance, application, c))
        least.append(_shortest(network, by_latency)[0])
        cheapest.append(_shortest(network, [_Stage(s[1], s[0], s[3], s[2]) for s in by_latency]))
    return min(least, default=inf), min(cheapest, default=(inf, inf))[1]


class _Network(NamedTuple):
    """What an application may use, as arrays; links are sorted by their target."""

    position: dict[str, int]
    source: int
    compute: Array
    energy_per_op: Array
    tail: Indices
    head: Indices
    bandwidth: Array
    energy: Array
    delay: Array


class _Stage(NamedTuple):
    """What counts first, and what breaks ties, on every link and then for the block on every node."""

    link_first: Array
    link_second: Array
    node_first: Array
    node_second: Array


def _network(instance: Instance, application: Application) -> _Network:
    nodes = [node for node in instance.nodes if instance.may_use(application, node)]
    position = {node.id: i for i, node in enumerate(nodes)}
    links = [x for x in instance.directed_links if x.source in position and x.target in position]
    links.sort(key=lambda link: position[link.target])
    return _Network(
        position,
        position[application.source],
        np.array([node.compute for node in nodes]),
        np.array([node.energy_per_op for node in nodes]),
        np.array([position[link.source] for link in links], dtype=np.intp),
        np.array([position[link.target] for link in links], dtype=np.intp),
        np.array([link.bandwidth for link in links]),
        np.array([link.energy for link in links]),
        np.array([link.delay for link in links]),
    )


def _stages(network: _Network, instance: Instance, application: Application, c: int) -> Iterator[_Stage]:
    """Latency, then energy, of stage 0 .. F; a pinned block costs infinitely much anywhere else."""
    model = instance.model_of(application)
    configuration = model.configurations[c]
    share = dict(zip(configuration.exits[:-1], configuration.shares, strict=False))
    exits = {model.exit_by_id[name].after: model.exit_by_id[name] for name in configuration.exits}
    reach = 1.0
    for i, block in enumerate(model.blocks[: model.final_block(configuration) + 1]):
        weight = reach if application.latency == "mean" else 1.0
        ops = block.ops + (exits[block.id].ops if block.id in exits else 0.0)
        bits = model.stage_bits[i]
        barred = np.zeros(len(network.compute))
        if block.id in application.pinned:
            barred[:] = np.inf
            barred[network.position[application.pinned[block.id]]] = 0.0
        yield _Stage(
            weight * (bits / network.bandwidth + network.delay),
            reach * bits * network.energy,
            weight * ops / network.compute + barred,
            reach * ops * network.energy_per_op + barred,
        )
        if block.id in exits:
            reach -= share.get(exits[block.id].id, 0.0)


def _shortest(network: _Network, stages: Sequence[_Stage]) -> tuple[float, float]:
    """The walk that is shortest in what counts first, ties broken by the second: both its sums."""
    first = np.full(len(network.compute), np.inf)
    first[network.source] = 0.0
    second = first.copy()
    for stage in stages:
        _spread(network, stage, first, second)
        first += stage.node_first
        second += stage.node_second
    return min(zip(first.tolist(), second.tolist(), strict=True))


def _spread(network: _Network, stage: _Stage, first: Array, second: Array) -> None:
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
