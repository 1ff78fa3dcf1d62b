"""Reads a topology, whatever the format: a name of topohub, or a file that its content and suffix tell."""

from __future__ import annotations

from pathlib import Path

from finopt.io.foreign import LOOKED_AT, binary_kind, text_kind
from finopt.io.importers.networks import (
    assembly,
    by_name,
    gml,
    graphml,
    node_link,
    sndlib_native,
    sndlib_xml,
    xml_tree,
)
from finopt.io.importers.networks.files import content, text_of
from finopt.io.importers.networks.raw import Raw, broken
from finopt.io.importers.networks.topology import Topology

READ = "node-link JSON, GraphML, GML, SNDlib native text and SNDlib XML are read"

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How XML in two bytes a letter begins."""


def read(path_or_name: str | Path, *, largest_component: bool = False) -> Topology:
    """Read a topology.

    Parameters
    ----------
    path_or_name : str or Path
        A file (node-link JSON, GraphML, GML, SNDlib native text or XML, also packed with gzip), or a name of
        topohub like ``"sndlib/germany50"``; what begins like such a name and is no file is one.
    largest_component : bool
        Of a disconnected network, take the largest part instead of refusing it.

    Returns
    -------
    Topology
        With notes on everything that was assumed, merged, dropped or interpolated.

    Raises
    ------
    InstanceError
        The file cannot be read or is wrong; lists every problem. The network is disconnected, or nothing
        says how long its links are.
    BackendError
        topohub or defusedxml is needed and not installed.

    Examples
    --------
    >>> read("instances/data/zoo/Geant2012.graphml")
    <Topology 'GEANT' of 40 nodes, 61 links>
    >>> read("topozoo/Dfn")
    <Topology 'topozoo/Dfn' of 51 nodes, 80 links>
    """
    if isinstance(path_or_name, str) and _is_name(path_or_name):
        return by_name.named(path_or_name, largest_component=largest_component)
    path = Path(path_or_name)
    return parse(content(path), str(path), largest_component=largest_component)


def parse(data: bytes, source: str, *, largest_component: bool = False) -> Topology:
    """The topology that the bytes of a file describe; see `read`."""
    return assembly.assembled(_raw(data, source), source, largest_component)


def _is_name(text: str) -> bool:
    """Whether it begins like a name of topohub and is no file."""
    return text.partition("/")[0] in by_name.GROUPS and "/" in text and not Path(text).exists()


def _raw(data: bytes, source: str) -> Raw:
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:LOOKED_AT]
    if kind := binary_kind(data):
        raise broken(source, f"is {kind}", suggestion=READ)
    if start[:1] == b"<" or data[:2] in UTF_16:
        return _of_xml(data, source)
    if start[:1] in (b"{", b"["):
        return node_link.parse(data, source)
    text, _ = text_of(start)
    if text.lower().startswith(sndlib_native.HEADER):
        return sndlib_native.parse(data, source)
    if gml.START.search(text) or source.lower().endswith(".gml"):
        return gml.parse(data, source)
    raise _unknown(text, source)


def _of_xml(data: bytes, source: str) -> Raw:
    root = xml_tree.parse(data, source)
    name = xml_tree.local_name(root)
    if name == "graphml":
        return graphml.parse(root, source)
    if name == "network":
        return sndlib_xml.parse(root, source)
    raise broken(source, f"is XML of another kind, its root is {name[:60]!a}", suggestion=READ)


def _unknown(text: str, source: str) -> Exception:
    kind = text_kind(text)
    rule = f"is no topology but looks like {kind}" if kind else "is no topology of a known format"
    return broken(source, rule if text else "is empty", suggestion=READ)
