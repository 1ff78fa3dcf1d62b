"""cspy (https://github.com/torressa/cspy): labelling in C++ on a networkx graph.

- Resource 0 has to grow on every arc, or cspy silently returns paths that are not optimal. So it is a
  counter of arcs, limited by the number of vertices, which no path worth having exceeds.
- The search goes backward only: the fastest setting that is exact, against the other directions with each
  of their rules, bound pruning and preprocessing on or off.
- After its time limit cspy returns what it has without a flag, so the clock decides.
"""

from __future__ import annotations

import time
from typing import Any

import networkx as nx
import numpy as np

from finopt.graph.resource import ResourceGraph
from peer_study.outcome import Answer, Peer

SOURCE, SINK = "Source", "Sink"
"""Names that cspy demands."""


def build(graph: ResourceGraph) -> Any:
    """The networkx graph and cspy's own copy of it; the sink follows every target."""
    from cspy import BiDirectional

    limits = [float(graph.vertices), float(graph.limit[0])]
    return graph, BiDirectional(digraph(graph), limits, [0.0, 0.0], direction="backward")


def digraph(graph: ResourceGraph) -> nx.DiGraph:
    """The graph as cspy takes it.

    Raises
    ------
    ValueError
        Parallel arcs, which a DiGraph cannot hold.
    """
    name: list[Any] = list(range(graph.vertices))
    name[graph.source] = SOURCE
    made = nx.DiGraph(directed=True, n_res=2)
    columns = (graph.tail, graph.head, graph.cost, graph.resource[:, 0])
    made.add_edges_from(
        (name[tail], name[head], {"weight": cost, "res_cost": [1.0, use]})
        for tail, head, cost, use in zip(*(column.tolist() for column in columns), strict=True)
    )
    if made.number_of_edges() != graph.arcs:
        raise ValueError("a networkx DiGraph holds no parallel arcs")
    made.add_edges_from(
        (name[target], SINK, {"weight": 0.0, "res_cost": [1.0, 0.0]}) for target in graph.targets.tolist()
    )
    return made


def search(model: Any, seconds: float) -> Answer:
    """Let cspy search; an answer that took all the time counts as unfinished."""
    graph, algorithm = model
    algorithm.bidirectional_cpp.setTimeLimit(seconds)
    began = time.perf_counter()
    algorithm.run()
    finished = time.perf_counter() - began < 0.98 * seconds
    found = algorithm.path
    if found is None:
        return Answer(None, finished)
    vertices = [graph.source if v == SOURCE else v for v in found[:-1]]
    return Answer(_arcs(graph, vertices), finished)


def _arcs(graph: ResourceGraph, vertices: list[int]) -> list[int]:
    """The arcs between the vertices of a path."""
    first, last = (np.searchsorted(graph.tail, vertices, side) for side in ("left", "right"))
    return [
        low + graph.head[low:high].tolist().index(v)
        for low, high, v in zip(first.tolist(), last.tolist(), vertices[1:], strict=False)
    ]


PEER = Peer("cspy", build, search)
