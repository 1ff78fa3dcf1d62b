"""Kdl of the Internet Topology Zoo as a network: a large sparse one, where routes take many hops."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import networkx as nx

import finopt
from finopt.io.importers.networks.geometry import LIGHT_IN_FIBRE, great_circle
from finopt.problem.instance import Instance
from finopt.problem.network import Link

FILE = Path(__file__).resolve().parents[2] / "instances" / "data" / "zoo" / "Kdl.graphml"

BANDWIDTH = 1e10
"""Of every link between places [bit/s]; the file has none."""

ENERGY = 2e-8
"""Of every link between places [J/bit], sender and receiver; within the range of ``finopt.generate``."""


def network(blocks: int, seed: int) -> Instance:
    """Generated nodes, model and access links of a device; the links between places are Kdl's."""
    graph = read(FILE)
    drawn = finopt.generate(len(graph) + 1, blocks, configurations=1, topology="sparse", seed=seed)
    device, *servers = drawn.nodes
    name = {place: server.id for place, server in zip(graph, servers, strict=True)}
    access = [link for link in drawn.links if device.id in (link.source, link.target)]
    return Instance(
        **{**dict(drawn), "name": f"kdl-{blocks}-seed{seed}", "links": (*access, *links(graph, name))}
    )


def read(path: Path) -> nx.Graph:
    """The network of a GraphML file, parallel edges joined.

    Raises
    ------
    ValueError
        The file declares entities, which could grow without bounds; no file of the Topology Zoo does.
    """
    text = path.read_text(encoding="utf-8")
    if "<!" in text.replace("<!--", ""):
        raise ValueError(f"{path}: declarations are not allowed in a GraphML file")
    return nx.Graph(nx.parse_graphml(text))


def links(graph: nx.Graph, name: Mapping[str, str]) -> Iterator[Link]:
    """Both ways; the delay is that of light in fibre, the mean one where a place has no coordinates."""
    distances = {(a, b): distance(graph.nodes[a], graph.nodes[b]) for a, b in graph.edges()}
    mean = statistics.mean(d for d in distances.values() if d is not None)
    for (a, b), metres in distances.items():
        yield Link(
            source=name[a],
            target=name[b],
            bandwidth=BANDWIDTH,
            energy=ENERGY,
            delay=float(f"{(mean if metres is None else metres) / LIGHT_IN_FIBRE:.4g}"),
            bidirectional=True,
        )


def distance(a: Mapping[str, Any], b: Mapping[str, Any]) -> float | None:
    """Great-circle distance [m]; None without coordinates."""
    if not ("Latitude" in a and "Latitude" in b):
        return None
    return great_circle((a["Longitude"], a["Latitude"]), (b["Longitude"], b["Latitude"]))
