"""Which applications their latency limit costs something, at given prices of what is scarce."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from finopt.heuristics.joint.groups import group
from finopt.heuristics.joint.preparation import with_own_group
from finopt.heuristics.joint.prices import Prices
from finopt.heuristics.joint.pricing import parts_of
from finopt.heuristics.joint.tuning import MOST_LEVELS
from finopt.heuristics.joint.value_tables import Table
from finopt.problem.array_types import Bools, Floats
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance
from finopt.problem.tolerances import PROVEN
from finopt.solvers.clock import Clock

NO_LIMIT = 1e15
"""Latency limit that leaves out none [s]."""


def bound_by_latency(instance: Instance, prices: Iterable[Mapping[str, Any]], clock: Clock) -> list[int]:
    """Rows of the applications whose cheapest assignment at these prices would cost less without a limit.

    Parameters
    ----------
    instance : Instance
    prices : iterable of mapping
        Rows with ``kind``, ``id`` and ``price`` [W per unit]; what is not named costs nothing.
    clock : Clock

    Raises
    ------
    OutOfTimeError
    """
    network, demand = Network.of(instance), Demand.of(instance)
    price = Prices(network, price_vector(instance, network, prices))
    own_group = with_own_group(instance, network, demand)
    limited = _least_power(instance, network, demand, price, own_group, clock)
    if not np.isfinite(limited).all():  # perhaps there is a path that returns to the device
        own_group |= ~np.isfinite(limited)
        limited = _least_power(instance, network, demand, price, own_group, clock)
    patient = replace(demand, limit=np.full(demand.size, NO_LIMIT))
    unlimited = _least_power(instance, network, patient, price, own_group, clock)
    rows: list[int] = np.flatnonzero(unlimited < limited * (1 - PROVEN)).tolist()
    return rows


def price_vector(instance: Instance, network: Network, prices: Iterable[Mapping[str, Any]]) -> Floats:
    """The price of every capacity, in the order of the network's; 0 of what the instance does not have."""
    node = {item.id: v for v, item in enumerate(instance.nodes)}
    link = {item.id: e for e, item in enumerate(instance.directed_links)}
    price = np.zeros(network.capacity.size)
    for row in prices:
        kind, name = row["kind"], row["id"]
        if name not in (link if kind == "bandwidth" else node):
            continue
        place = 2 * network.nodes + link[name] if kind == "bandwidth" else node[name]
        price[place + network.nodes * (kind == "memory")] = row["price"]
    return price


def _least_power(
    instance: Instance, network: Network, demand: Demand, prices: Prices, own_group: Bools, clock: Clock
) -> Floats:
    """Least priced power of each application, shape (N,)."""
    power = np.full(demand.size, np.inf)
    for part in parts_of(group(instance, network, demand, own_group), network, demand):
        clock.check()
        members = part.group.members
        rate = demand.rate[members]
        table = Table.of(part.group, part.timing, part.longest, prices, rate, MOST_LEVELS, up=False)
        value = table.starts(prices, demand, members).value
        power[members] = np.minimum(power[members], rate * value)
    return power
