"""The way back of results, row (11): over the route of least latency, then least energy, then link ids.

A route is chosen in exact arithmetic, for routes of the same latency may cost different energy. Ties are
rare: distances in double precision first leave the links that can be on a fastest route, and among these few
fractions decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from typing import Any

from finopt.problem.instance import Application, Instance
from finopt.problem.network import DirectedLink
from finopt.problem.tolerances import ROUNDING


@dataclass(frozen=True)
class ReturnRoute:
    """The way of a result of so many bits from a node to its destination; seconds and joules of one."""

    links: tuple[str, ...]
    seconds: Fraction
    energy: Fraction


Arcs = dict[str, list[DirectedLink]]
"""Links by the node that they enter."""


def return_routes(instance: Instance, application: Application, bits: float) -> dict[str, ReturnRoute]:
    """The routes to the destination of an application's results, by the node where they arise.

    Parameters
    ----------
    instance : Instance
    application : Application
        With a destination; its routes use shared nodes and its source.
    bits : float
        Size of the result.

    Returns
    -------
    dict of str to ReturnRoute
        Nodes without a way to the destination are missing.

    Notes
    -----
    O(E log V); found once per size, destination and private source of an instance.
    """
    destination, source = application.destination, instance.node(application.source)
    assert destination is not None
    key = bits, destination, None if source.shared else source.id
    known = instance.basis.routes_of_results
    if key not in known:
        entering = _entering(instance, application)
        fast = _on_fast_routes(entering, destination, bits)
        known[key] = _routes(fast, destination, Fraction(bits))
    found: dict[str, ReturnRoute] = known[key]
    return found


def _entering(instance: Instance, application: Application) -> Arcs:
    usable = {node.id for node in instance.nodes if instance.may_use(application, node)}
    entering: Arcs = defaultdict(list)
    for link in instance.directed_links:
        if link.source in usable and link.target in usable:
            entering[link.target].append(link)
    return entering


def _on_fast_routes(entering: Arcs, destination: str, bits: float) -> Arcs:
    """The links that are on a route of least latency, as far as double precision can tell."""

    def seconds(link: DirectedLink) -> float:
        return bits / link.bandwidth + link.delay

    left = _settled(entering, destination, 0.0, lambda link, after: seconds(link) + after)
    fast: Arcs = defaultdict(list)
    for node, links in entering.items():
        for link in links if node in left else ():
            if seconds(link) + left[node] <= left[link.source] * (1 + ROUNDING):
                fast[node].append(link)
    return fast


def _routes(entering: Arcs, destination: str, bits: Fraction) -> dict[str, ReturnRoute]:
    """The first routes by latency, energy and link ids, in fractions."""

    def longer(link: DirectedLink, after: tuple[Fraction, Fraction, tuple[str, ...]]) -> Any:
        seconds, energy, links = after
        own = bits * Fraction(link.energy) + Fraction(link.energy_per_transfer)
        took = bits / Fraction(link.bandwidth) + Fraction(link.delay)
        return seconds + took, energy + own, (link.id, *links)

    found = _settled(entering, destination, (Fraction(0), Fraction(0), ()), longer)
    return {node: ReturnRoute(links, seconds, energy) for node, (seconds, energy, links) in found.items()}


def _settled(
    entering: Arcs, destination: str, nothing: Any, longer: Callable[[DirectedLink, Any], Any]
) -> dict[str, Any]:
    """Least length to the destination from every node that has a way (Dijkstra 1959)."""
    settled: dict[str, Any] = {}
    heap: list[tuple[Any, str]] = [(nothing, destination)]
    while heap:
        length, node = heappop(heap)
        if node in settled:
            continue
        settled[node] = length
        for link in entering.get(node, ()):
            if link.source not in settled:
                heappush(heap, (longer(link, length), link.source))
    return settled
