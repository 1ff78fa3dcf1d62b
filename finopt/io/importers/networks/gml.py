"""GML, read by networkx; labels need not be unique, parallel links need not be announced."""

from __future__ import annotations

import re
from typing import Any

from finopt.io.importers.networks.files import words_of
from finopt.io.importers.networks.foreign_parser import errors_of_the_file
from finopt.io.importers.networks.raw import Raw

START = re.compile(r"^[ \t]*graph\s*\[", re.MULTILINE)

_KEY = re.compile(r"^[ \t]*key[ \t]+\S+[ \t]*$", re.MULTILINE)
"""The number of one of several parallel links, which need not be unique in files of others."""


def parse(data: bytes, source: str) -> Raw:
    """The nodes and links of a GML text.

    Raises
    ------
    InstanceError
        It is no valid GML, or has too many parts.
    """
    text, notes = words_of(data, source, "[")
    with errors_of_the_file(source, "GML"):
        graph = _graph(text)
    nodes = [(str(name), attributes) for name, attributes in graph.nodes(data=True)]
    links = [(str(a), str(b), attributes) for a, b, attributes in graph.edges(data=True)]
    return Raw("GML", _name(graph), nodes, links, graph.is_directed(), notes=notes)


def _graph(text: str) -> Any:
    """A graph of networkx: nodes by id, every link of several kept."""
    import networkx as nx

    several = START.sub(lambda match: f"{match[0]} multigraph 1 ", _KEY.sub("", text), count=1)
    return nx.parse_gml(several, label="id")


def _name(graph: Any) -> str:
    names = (graph.graph.get(key) for key in ("Network", "label", "name"))
    return next((name for name in names if isinstance(name, str) and name.strip()), "")
