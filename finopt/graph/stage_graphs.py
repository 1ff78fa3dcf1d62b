"""The stages of FIN as published, as NetworkX graphs that name blocks, nodes and levels.

For teaching, drawing and other people's algorithms; the methods work on arrays
(`finopt.graph.extended`, `finopt.graph.feasible_graph`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import networkx as nx

from finopt.graph.extended import ExtendedGraph, extended_graph
from finopt.graph.levels import levels
from finopt.graph.path import without_cycles
from finopt.graph.proximity import affordable, first_level, refuse_beyond_levels
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Application, Instance
from finopt.problem.options import GAMMA, WHOLE, LamRule, OptionError, Rule, checked

Vertex = tuple[Any, ...]
"""Stage and node id; on levels also the level."""

MOST_REPLICAS = 1_000_000
"""Vertices and arcs of the feasible graph up to which it is written out; more would fill the memory."""


@dataclass(frozen=True)
class Stages:
    """The graphs of one application in one configuration.

    Attributes
    ----------
    extended : networkx.DiGraph
        Vertices (i, node): i blocks are done and the data are on the node.
    feasible : networkx.DiGraph
        Vertices (i, node, level), level 0 to gamma, all of them.
    pruned : networkx.DiGraph
        Of the feasible graph what lambda leaves: replicas and arcs on paths from the source to targets.
    path : tuple of vertices or None
        The cheapest path of the pruned graph, without its cycles and on the levels that it climbs then; None
        if there is none.
    """

    extended: nx.DiGraph
    feasible: nx.DiGraph
    pruned: nx.DiGraph
    path: tuple[Vertex, ...] | None


def stages(
    instance: Instance,
    *,
    gamma: int = 10,
    lam: float | None = None,
    lam_rule: LamRule = "bound",
    application: str | None = None,
    configuration: int | None = None,
) -> Stages:
    """Build what FIN as published builds, a graph per stage.

    Parameters
    ----------
    instance : Instance
        Network, models and applications.
    gamma : int
        Latency levels, at least 1.
    lam : float, optional
        lambda. Default: nothing is left out.
    lam_rule : {"bound", "levels"}
        What lambda measures, see `finopt.heuristics.fin.solve`.
    application : str, optional
        Id of the application. Default: the first.
    configuration : int, optional
        Index into its model's configurations. Default: the first that reaches its accuracy target.

    Returns
    -------
    Stages
        Vertices have the attributes ``stage``, ``block`` (the last one done, "" before the first), ``node``
        and, on levels, ``level``; arcs ``kind`` ("compute" or "transfer"), ``name`` (of the block or link),
        ``energy`` [W], ``latency`` [s] and ``levels``. ``graph.graph`` has ``application``,
        ``configuration``, ``rate`` [1/s], ``max_latency`` [s], ``gamma``, ``source`` and ``targets``.

    Raises
    ------
    InstanceError
        An unknown application, nodes with slices, or no configuration reaches its accuracy target.
    OptionError
        A gamma, lambda or configuration out of range, another ``lam_rule``, or a feasible graph of more than
        a million vertices and arcs.
    TypeError
        One of them is of another type.

    See Also
    --------
    finopt.solve : with ``method="fin", reduce=False`` it finds this path on arrays.

    Notes
    -----
    Time and memory grow with gamma times arcs. Capacities are not looked at: where one binds, fin takes
    levels for it as well. Where the network has parallel links the extended graph is a
    `networkx.MultiDiGraph` keyed by their names; of parallel arcs between two replicas the cheapest is kept.

    A cycle gains levels and nothing else, so a path on levels has one that costs something only where it
    must end above a level, by ``lam_rule="levels"``.

    References
    ----------
    C. Singhal et al.: Resource-aware Deployment of Dynamic DNNs over Multi-tiered Interconnected Systems.
    IEEE INFOCOM 2024, arXiv:2404.08060.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> graphs = finopt.graph.stages(instance, gamma=20)
    >>> len(graphs.extended), len(graphs.feasible), len(graphs.pruned)
    (18, 378, 30)
    >>> graphs.path[-1]
    (5, 'edge', 16)
    """
    if not isinstance(instance, Instance):
        what = f"stages takes an Instance, got {type(instance).__name__}"
        raise TypeError(f"{what}; read a file with finopt.load")
    gamma = GAMMA.checked("gamma", gamma)
    lam, lam_rule = checked({"lam": lam, "lam_rule": lam_rule}).values()
    refuse_beyond_levels(lam, lam_rule, gamma)
    graph = _extended(instance, application, configuration)
    if graph.steps * (gamma + 1) > MOST_REPLICAS:
        what = f"gamma = {gamma} on {graph.vertices} vertices and {graph.arcs} arcs"
        most = f"is more than {MOST_REPLICAS} of them on levels"
        raise OptionError(f"{what} {most}; use a smaller gamma, or solve, which works on arrays")
    extended = _in_words(instance, graph, gamma)
    feasible = _on_levels(extended, gamma)
    pruned = _pruned(extended, feasible, lam, lam_rule)
    return Stages(extended, feasible, pruned, _cheapest_path(pruned))


def _extended(instance: Instance, name: str | None, configuration: int | None) -> ExtendedGraph:
    """The graph of one configuration, as arrays."""
    if instance.has_slices:
        rule = "the stages of FIN as published have no slices; solve knows them"
        raise InstanceError([Problem("nodes", rule)], "stages")
    application = _application(instance, name)
    count, admissible = len(instance.model_of(application).configurations), instance.admissible(application)
    if configuration is None and not admissible:
        rule = f"no configuration reaches the accuracy target {application.min_accuracy:g}"
        raise InstanceError([Problem(f"application {application.id!r}", rule)], "stages")
    chosen = admissible[0] if configuration is None else configuration
    return extended_graph(instance, application, Rule(WHOLE, high=count - 1).checked("configuration", chosen))


def _application(instance: Instance, name: str | None) -> Application:
    if name is None:
        return instance.applications[0]
    if name not in instance.application_by_id:
        rule = "is not an application of the instance"
        raise InstanceError([Problem("application", rule, repr(name))], "stages")
    return instance.application_by_id[name]


def _in_words(instance: Instance, graph: ExtendedGraph, gamma: int) -> nx.DiGraph:
    """Stage 1, with the levels that each arc leads up."""
    nodes = [node.id for node in graph.pattern.nodes]
    blocks = [block.id for block in instance.model_of(graph.application).blocks]
    vertices: list[Vertex] = [(stage, node) for stage in range(graph.factors.stages + 1) for node in nodes]
    parallel = len({*zip(graph.tail.tolist(), graph.head.tolist(), strict=True)}) < graph.arcs
    extended = (nx.MultiDiGraph if parallel else nx.DiGraph)(
        application=graph.application.id,
        configuration=graph.configuration,
        rate=graph.application.rate,
        max_latency=graph.application.max_latency,
        gamma=gamma,
        source=vertices[graph.source],
        targets=[vertices[target] for target in graph.targets.tolist()],
    )
    for stage, node in vertices:
        extended.add_node((stage, node), stage=stage, block=blocks[stage - 1] if stage else "", node=node)
    for tail, head, arc in _arcs(graph, blocks, gamma):
        key = {"key": arc["name"]} if parallel else {}
        extended.add_edge(vertices[tail], vertices[head], **key, **arc)
    return extended


def _arcs(graph: ExtendedGraph, blocks: list[str], gamma: int) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Ends and attributes of every arc."""
    used = graph.resource[:, 0]
    up = levels(used, float(graph.budget[0]), gamma, up=True)
    columns = (graph.tail, graph.head, graph.cost, used, up, graph.stage, graph.pattern.link[graph.arc])
    for tail, head, energy, latency, more, stage, link in zip(*(c.tolist() for c in columns), strict=True):
        named = (
            {"kind": "compute", "name": blocks[stage]}
            if link < 0
            else {"kind": "transfer", "name": graph.pattern.links[link].id}
        )
        yield tail, head, {**named, "energy": energy, "latency": latency, "levels": more}


def _on_levels(extended: nx.DiGraph, gamma: int) -> nx.DiGraph:
    """Stage 2: every vertex on every level; arcs that would lead beyond gamma are not there."""
    feasible = nx.DiGraph(**extended.graph)
    feasible.graph["source"] = (*extended.graph["source"], 0)
    feasible.graph["targets"] = [(*t, level) for t in extended.graph["targets"] for level in range(gamma + 1)]
    for vertex, named in extended.nodes(data=True):
        feasible.add_nodes_from(((*vertex, level), {**named, "level": level}) for level in range(gamma + 1))
    dearest_first = sorted(extended.edges(data=True), key=lambda arc: -arc[2]["energy"])
    for tail, head, arc in dearest_first:  # the cheapest of parallel arcs comes last and stays
        up = arc["levels"]
        feasible.add_edges_from(((*tail, level), (*head, level + up), arc) for level in range(gamma + 1 - up))
    return feasible


def _pruned(extended: nx.DiGraph, feasible: nx.DiGraph, lam: float | None, lam_rule: LamRule) -> nx.DiGraph:
    """Stage 2 after lambda: the arcs through which a path that counts is near enough."""
    most, targets = math.inf, feasible.graph["targets"]
    if lam is not None and lam_rule == "levels":
        targets = [target for target in targets if target[-1] >= first_level(lam)]
    elif lam is not None:
        cost = nx.single_source_dijkstra_path_length(extended, extended.graph["source"], weight="energy")
        most = affordable(min(cost.get(t, math.inf) for t in extended.graph["targets"]), lam)
    there = nx.single_source_dijkstra_path_length(feasible, feasible.graph["source"], weight="energy")
    on = nx.multi_source_dijkstra_path_length(feasible.reverse(copy=False), set(targets), weight="energy")
    near = [
        (u, v)
        for u, v, energy in feasible.edges(data="energy")
        if u in there and v in on and there[u] + energy + on[v] <= most
    ]
    pruned = nx.DiGraph(feasible.edge_subgraph(near))
    pruned.graph["targets"] = [target for target in targets if target in pruned]
    return pruned


def _cheapest_path(pruned: nx.DiGraph) -> tuple[Vertex, ...] | None:
    """Stage 3: the cheapest path from the source to any target replica."""
    targets = pruned.graph["targets"]
    if not targets:
        return None
    cost, paths = nx.single_source_dijkstra(pruned, pruned.graph["source"], weight="energy")
    return _without_cycles(pruned, paths[min(filter(cost.__contains__, targets), key=cost.__getitem__)])


def _without_cycles(pruned: nx.DiGraph, walk: list[Vertex]) -> tuple[Vertex, ...]:
    """The walk without its cycles; behind each it is on lower levels."""
    places = [vertex[:-1] for vertex in walk]
    path = [walk[0]]
    for step in without_cycles(places[0], places[1:]):
        level = path[-1][-1] + pruned.edges[walk[step], walk[step + 1]]["levels"]
        path.append((*places[step + 1], level))
    return tuple(path)
