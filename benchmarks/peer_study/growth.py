"""How the time of FIN grows with arcs and with levels, and how many levels its kernel relaxes per second.

A pass (``pass-single``, ``pass-double``) is the cheapest path on the feasible graph of a full mesh that was
not reduced: what FIN costs where the reduction removes nothing, with setting up and walking back. ``fin`` is
the whole method at a fixed gamma, where the reduction does remove most.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import finopt
from finopt.graph.bounds import reduce
from finopt.graph.feasible_graph import cheapest
from peer_study.instances import graph_of, mesh

REPEATS = 5
"""Times every point is measured, one after the other; the instance is the same."""

GAMMA = 512
"""Levels while the arcs grow."""

POINTS = {
    "arcs": [(size, GAMMA) for size in ((10, 10), (20, 10), (30, 20), (60, 20), (100, 20), (150, 20))],
    "gamma": [((30, 20), 2**k) for k in range(7, 15)],
    "smoke": [((4, 3), 64), ((6, 4), 64), ((6, 4), 256)],
}
"""Nodes x blocks and levels of each series."""


def warm_up(method: str) -> None:
    """Compile what the series needs."""
    for _ in _measured(method, (4, 3), 64, seed=0, repeats=1):
        pass


def series(name: str, method: str, seed: int) -> list[dict[str, Any]]:
    """All points of a series: arcs, gamma, seconds, levels relaxed."""
    return [
        point
        for size, gamma in POINTS[name]
        for point in _measured(method, size, gamma, seed=seed, repeats=REPEATS)
    ]


def _measured(
    method: str, size: tuple[int, int], gamma: int, *, seed: int, repeats: int
) -> Iterator[dict[str, Any]]:
    instance = mesh(*size, seed)
    graph = graph_of(instance)
    run: Callable[[], int]
    if method == "fin":

        def run() -> int:
            return int(finopt.solve(instance, "fin", gamma=gamma).stats["relaxed"])

    else:
        order = graph.forward(1.0, reduce(graph).multiplier).distance

        def run() -> int:
            return cheapest(graph, gamma, up=True, order=order, single=method == "pass-single").relaxed

    for _ in range(repeats):
        began = time.perf_counter()
        relaxed = run()
        seconds = time.perf_counter() - began
        yield {
            "vertices": graph.vertices,
            "arcs": graph.arcs,
            "gamma": gamma,
            "total_s": seconds,
            "relaxed": relaxed,
        }
