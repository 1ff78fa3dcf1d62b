"""GraphML, read by networkx from a tree that is safe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from finopt.io.importers.networks.foreign_parser import errors_of_the_file
from finopt.io.importers.networks.raw import Raw, broken
from finopt.io.importers.networks.xml_tree import local_name
from finopt.problem.formatting import counted

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAMESPACE = "{http://graphml.graphdrawing.org/xmlns}"


def parse(root: Element, source: str) -> Raw:
    """The nodes and links of the only graph of a document.

    Raises
    ------
    InstanceError
        It is no valid GraphML, or has no graph or several.
    """
    _put_into_namespace(root)
    graphs = root.findall(f"{NAMESPACE}graph")
    if len(graphs) != 1:
        raise broken(source, f"has {counted(len(graphs), 'graph')}, needs one")
    with errors_of_the_file(source, "GraphML"):
        graph = _graph(root)
    nodes = list(_ids(graphs[0], source))
    known = [(name, graph.graph["node_default"] | graph.nodes[name]) for name in nodes if name in graph]
    links = [(a, b, graph.graph["edge_default"] | data) for a, b, data in graph.edges(data=True)]
    raw = Raw("GraphML", _name(graph), known, links, graph.is_directed())
    if len(known) < len(nodes):
        raw.notes.append(f"{counted(len(nodes) - len(known), 'node')} of nested graphs left out")
    return raw


def _put_into_namespace(root: Element) -> None:
    """Old files have no namespace; edges get an id of their own, for those of one id would be lost."""
    for i, element in enumerate(root.iter()):
        if not element.tag.startswith("{"):
            element.tag = NAMESPACE + element.tag
        if local_name(element) == "edge":
            element.set("id", str(i))


def _graph(root: Element) -> Any:
    import networkx as nx

    reader = nx.readwrite.graphml.GraphMLReader(force_multigraph=True)
    keys, defaults = reader.find_graphml_keys(root)
    return reader.make_graph(root.find(f"{NAMESPACE}graph"), keys, defaults)


def _ids(graph: Element, source: str) -> Iterator[str]:
    """The ids of all nodes, of nested graphs as well, also if they come twice."""
    for element in graph.iter(f"{NAMESPACE}node"):
        name = element.get("id")
        if name is None:
            raise broken(source, "has a node without id")
        yield name


def _name(graph: Any) -> str:
    """What the graph is called: ``Network`` in the Topology Zoo."""
    names = (graph.graph.get(key) for key in ("Network", "label", "name"))
    return next((name for name in names if isinstance(name, str) and name.strip()), "")
