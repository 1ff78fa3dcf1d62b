"""Reads a topology, whatever the format: a name of topohub, or a file that its content and suffix tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from finopt.io.importers.networks import assembly, by_name, node_link
from finopt.io.importers.networks.files import content
from finopt.io.importers.networks.raw import Raw, broken
from finopt.io.importers.networks.topology import Topology

READ = "node-link JSON, GraphML, GML, SNDlib native text and SNDlib XML are read"


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
    <Topology 'European NREN' of 40 nodes, 61 links>
    >>> read("topozoo/Dfn")
    <Topology 'topozoo/Dfn' of 51 nodes, 80 links>
    """
    if isinstance(path_or_name, str) and _is_name(path_or_name):
        return by_name.named(path_or_name, largest_component=largest_component)
    path = Path(path_or_name)
    return assembly.assembled(_raw(path), str(path), largest_component)


def _is_name(text: str) -> bool:
    """Whether it begins like a name of topohub and is no file."""
    return text.partition("/")[0] in by_name.GROUPS and "/" in text and not Path(text).exists()


def _raw(path: Path) -> Raw:
    data, source = content(path), str(path)
    return _reader(data, path)(data, source)


def _reader(data: bytes, path: Path) -> Callable[[bytes, str], Raw]:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return node_link.parse
    raise broken(str(path), "is not a topology", suggestion=READ)
