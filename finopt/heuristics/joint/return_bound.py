"""Lower bounds that allow for coming back: the paths that value tables of shared nodes leave out.

A value table lets an application leave its device once. To allow for paths that come back to the device, a
stand-in for it joins the shared nodes: with as little energy and time as the best of a class of devices, and
with the best of their links. The values of that table are lower bounds for the whole class, whatever the
path. Classes are divided as long as that may help.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.heuristics.joint.computing import Computing
from finopt.heuristics.joint.groups import Group, Region
from finopt.heuristics.joint.prices import Prices
from finopt.heuristics.joint.timing import Timing
from finopt.heuristics.joint.value_tables import Table
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.coefficients import ALL_STAGES, LinkFigures, NodeFigures
from finopt.problem.tolerances import SAME_BOUND
from finopt.solvers.clock import Clock
from finopt.solvers.workers import in_order

CLASSES = (8, 64, 512)
"""Most classes of devices, one refinement after the other."""

ONE_CLASS = (1,)
"""For a quick bound."""

WIDTHS = 1e-6 * 1.5 ** np.arange(70)
"""Devices are alike if the logarithms of their figures are, rounded to one of these."""


def with_returns(
    groups: list[Group],
    network: Network,
    demand: Demand,
    prices: Prices,
    gamma: int,
    values: list[Floats],
    enough: float,
    clock: Clock,
    threads: int = 1,
    most_classes: tuple[int, ...] = CLASSES,
) -> list[Floats]:
    """Least cost per sample of the members of each group, paths that return to the device included.

    Parameters
    ----------
    groups : list of Group
        With a region of shared nodes.
    network, demand, prices : Network, Demand, Prices
    gamma : int
        Levels of slack.
    values : list of ndarray
        Least cost per sample without returns, per group of shape (members,).
    enough : float
        Share of the power of all that the bounds may lose; then classes are not divided further.
    clock : Clock
        When time is up, they are not divided further either.
    threads : int
        That work on tables.
    most_classes : tuple of int
        Most classes of devices, one refinement after the other.

    Returns
    -------
    list of ndarray
        Lower bounds, at most ``values``.

    Notes
    -----
    A table per class and group: up to 584 times the work of the tables without returns.
    """
    bounds = [
        np.where(_may_return(group, network, demand), 0.0, value)
        for group, value in zip(groups, values, strict=True)
    ]
    for number, most in enumerate(most_classes):
        if number and (clock.expired or _lost(groups, demand, values, bounds) <= enough):
            break
        open_members = [np.flatnonzero(b < v * (1 - SAME_BOUND)) for b, v in zip(bounds, values, strict=True)]
        homes = [demand.source[g.members[o]] for g, o in zip(groups, open_members, strict=True)]
        devices = np.unique(np.concatenate([np.zeros(0, np.int32), *homes]))
        if not devices.size:
            break
        kind = classes(network, devices, most)
        kinds = [kind[np.searchsorted(devices, home)] for home in homes]

        own = _Classes(groups, demand, gamma, devices, kind, open_members, kinds, values, bounds)
        raise_bounds = partial(own.raise_bounds, network, prices, None if number == 0 else clock)
        for _ in in_order(raise_bounds, range(kind.max() + 1), threads):
            pass
    return bounds


@dataclass(frozen=True, eq=False)
class _Classes:
    """Devices by class, and the members of each group whose bounds may rise with theirs."""

    groups: list[Group]
    demand: Demand
    gamma: int
    devices: Ints
    kind: NDArray[np.intp]
    open_members: list[NDArray[np.intp]]
    kinds: list[NDArray[np.intp]]
    values: list[Floats]
    bounds: list[Floats]

    def raise_bounds(self, network: Network, prices: Prices, clock: Clock | None, k: int) -> None:
        """Those of members whose device is of class k; none when the time of a clock is up."""
        if clock is not None and clock.expired:
            return
        stand_in = _StandIn.of(network, prices, self.devices[self.kind == k])
        members = zip(self.groups, self.open_members, self.kinds, self.values, self.bounds, strict=True)
        for group, which, own, value, bound in members:
            mine = which[own == k]
            if mine.size:
                found = stand_in.values(group, group.members[mine], self.demand, self.gamma)
                bound[mine] = np.minimum(value[mine], np.maximum(bound[mine], found))


def _lost(groups: list[Group], demand: Demand, values: list[Floats], bounds: list[Floats]) -> float:
    """Share of the power of all that bounds are below values; each application counts with its cheapest."""
    value, bound = np.full(demand.size, np.inf), np.full(demand.size, np.inf)
    for group, mine, low in zip(groups, values, bounds, strict=True):
        value[group.members] = np.minimum(value[group.members], mine)
        bound[group.members] = np.minimum(bound[group.members], low)
    some = np.isfinite(value)
    total = float(demand.rate[some] @ value[some])
    return float(demand.rate[some] @ (value[some] - bound[some])) / total if total > 0 else 0.0


def classes(network: Network, devices: Ints, most: int) -> NDArray[np.intp]:
    """Number of the class of each device: alike in figures of node and links, at most ``most`` classes."""
    energy, device = network.node_figures.energy_per_op[devices], network.device_class[devices]
    figures: list[Any] = [energy, network.speed[devices], device + 1.0]
    for end, (_, links) in ((network.tail, network.uplinks), (network.head, network.downlinks)):
        for per_link in network.link_figures:
            best = np.full(network.nodes, np.inf)
            np.minimum.at(best, end[links], per_link[links])
            figures.append(np.minimum(best[devices], 1e30))
    logs = np.log(np.maximum(np.column_stack(figures), 1e-30))
    fine, coarse = -1, WIDTHS.size - 1  # at the coarsest width there is one class
    kinds = np.zeros(devices.size, np.intp)
    while coarse - fine > 1:
        middle = (fine + coarse) // 2
        _, kind = np.unique(np.floor(logs / WIDTHS[middle]), axis=0, return_inverse=True)
        if kind.max() < most:
            coarse, kinds = middle, kind.ravel()
        else:
            fine = middle
    return kinds


def _may_return(group: Group, network: Network, demand: Demand) -> NDArray[np.bool_]:
    start, _ = network.downlinks
    home = demand.source[group.members]
    return (group.region.position[home] < 0) & (start[home + 1] > start[home])


class _StandIn:
    """A network with one more shared node, the best of some devices in every respect."""

    def __init__(self, network: Network, prices: Prices, known: Prices, devices: Ints) -> None:
        self.network = network
        self.prices = prices
        self.known = known
        self.devices = devices
        self.region = Region.of(network)

    @classmethod
    def of(cls, network: Network, prices: Prices, devices: Ints) -> _StandIn:
        """Join the stand-in of some devices to a network whose energies include the prices."""
        nodes, member = network.nodes, np.zeros(network.nodes, bool)
        member[devices] = True
        up = np.flatnonzero(member[network.tail] & network.shared[network.head])
        down = np.flatnonzero(member[network.head] & network.shared[network.tail])
        gates_up, best_up = _best_links(prices, up, network.head[up])
        gates_down, best_down = _best_links(prices, down, network.tail[down])
        here_up, here_down = np.full(gates_up.size, nodes), np.full(gates_down.size, nodes)
        best = (figure[devices].min() for figure in prices.computing)
        computing = zip(network.node_figures, best, strict=True)
        sending = zip(network.link_figures, best_up, best_down, strict=True)
        extended = replace(
            network,
            node_figures=NodeFigures(*(np.append(figure, least) for figure, least in computing)),
            device_class=np.append(network.device_class, len(network.classes)).astype(np.int32),
            speed=np.append(network.speed, 0.0),
            link_figures=LinkFigures(*(np.concatenate(parts) for parts in sending)),
            shared=np.append(network.shared, True),
            tail=np.concatenate([network.tail, here_up, gates_down]).astype(np.int32),
            head=np.concatenate([network.head, gates_up, here_down]).astype(np.int32),
            capacity=_with_one_more(network, here_up.size + here_down.size),
        )
        price = np.zeros(extended.capacity.size)
        price[:nodes] = prices.per_op
        price[nodes + 1 : 2 * nodes + 1] = prices.per_byte
        price[2 * nodes + 1] = prices.per_byte[devices].min()
        price[2 * nodes + 2 :][: network.tail.size] = prices.price[2 * nodes :]
        return cls(extended, Prices(extended, price), prices, devices)

    def values(self, group: Group, members: Ints, demand: Demand, gamma: int) -> Floats:
        """Least cost per sample of some members of a group, from below."""
        last = self.region.nodes.size - 1  # the stand-in: the last node of all
        allowed = np.column_stack([group.allowed, group.at_home])
        assert allowed.shape[1] == last + 1
        computing = self._with_best(group.computing)
        own = replace(group, members=members, region=self.region, computing=computing, allowed=allowed)
        timing = Timing.of(own, self.network)
        longest = timing.longest(own, self.network, demand)
        table = Table.of(own, timing, longest, self.prices, demand.rate[members], gamma, up=False)
        return table.starts(self.prices, demand, members).value

    def _with_best(self, computing: Computing) -> Computing:
        """The stand-in computes a stage like the best of its devices, prices included."""
        network, last = self.known.network, self.network.nodes - 1
        if computing.by_operations:
            unknown = np.zeros(computing.factors.stages)
            joined = computing.with_class(unknown, unknown)
            joined.tables.measured[:, -1] = False
            return joined
        costs = computing.energy(network, ALL_STAGES, self.devices, self.known.per_op)
        seconds = computing.seconds(network, ALL_STAGES, self.devices)
        runs = computing.runs(network, self.devices)
        assert self.network.device_class[last] == len(network.classes)
        return computing.with_class(_least(costs, runs), _least(seconds, runs))


def _least(figures: Floats, runs: NDArray[np.bool_]) -> Floats:
    """Of those that run a stage the least; 0 where none does, which bounds from below."""
    least: Floats = np.where(runs, figures, np.inf).min(axis=1)
    return np.where(np.isfinite(least), least, 0.0)


def _best_links(prices: Prices, links: NDArray[np.intp], gate: Ints) -> tuple[Ints, LinkFigures]:
    """Gates, and the best figures of the links at each, prices included."""
    gates, which = np.unique(gate, return_inverse=True)
    best = LinkFigures(*(np.full(gates.size, np.inf) for _ in LinkFigures._fields))
    for least, figure in zip(best, prices.sending.take(links), strict=True):
        np.minimum.at(least, which, figure)
    return gates.astype(np.int32), best


def _with_one_more(network: Network, links: int) -> Floats:
    """The capacities of a network with one more node and more links, which have no limits."""
    nodes = network.nodes
    no_limit = [np.inf]
    compute, memory, bandwidth = np.split(network.capacity, [nodes, 2 * nodes])
    return np.concatenate([compute, no_limit, memory, no_limit, bandwidth, np.full(links, np.inf)])
