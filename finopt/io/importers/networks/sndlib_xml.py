"""SNDlib XML: ``network / networkStructure / nodes, links``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from finopt.io.importers.networks import sndlib
from finopt.io.importers.networks.raw import Raw, broken
from finopt.io.importers.networks.sndlib import Station, Trunk
from finopt.io.importers.networks.xml_tree import local_name

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def parse(root: Element, source: str) -> Raw:
    """The nodes and links of a document.

    Raises
    ------
    InstanceError
        An element that is needed is missing: says which.
    """
    structure = _child(root, "networkStructure", source)
    nodes, links = _child(structure, "nodes", source), _child(structure, "links", source)
    stations = [_station(element, source) for element in _children(nodes, "node")]
    trunks = [_trunk(element, source) for element in _children(links, "link")]
    degrees = nodes.get("coordinatesType", "geographical") == "geographical"
    return sndlib.raw("SNDlib XML", source, stations, trunks, [], degrees)


def _station(element: Element, source: str) -> Station:
    place = next(_children(element, "coordinates"), None)
    position = () if place is None else (_text(place, "x", source), _text(place, "y", source))
    return Station(element.get("id") or "", position)


def _trunk(element: Element, source: str) -> Trunk:
    installed = next(_children(element, "preInstalledModule"), None)
    modules = [
        _text(module, "capacity", source)
        for group in _children(element, "additionalModules")
        for module in _children(group, "addModule")
    ]
    return Trunk(
        _text(element, "source", source),
        _text(element, "target", source),
        "0" if installed is None else _text(installed, "capacity", source),
        modules,
    )


def _children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if local_name(child) == name)


def _child(element: Element, name: str, source: str) -> Element:
    child = next(_children(element, name), None)
    if child is None:
        whose = element.get("id")
        place = local_name(element) + (f" {whose!a}" if whose else "")
        raise broken(source, f"has no element {name!r}", place)
    return child


def _text(element: Element, name: str, source: str) -> str:
    return (_child(element, name, source).text or "").strip()
