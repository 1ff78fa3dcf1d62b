"""From what a file says to a topology: checked, connected, without parallel links, with delays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath

from finopt.io.importers.networks import components, delays, merging, naming, positions
from finopt.io.importers.networks.figures import FigureReader, lower_keys
from finopt.io.importers.networks.merging import Wire
from finopt.io.importers.networks.positions import Place
from finopt.io.importers.networks.raw import LONGEST_ID, MOST_LINKS, MOST_NODES, Raw, broken
from finopt.io.importers.networks.topology import Topology, TopologyLink, TopologyNode
from finopt.problem.errors import InstanceError, Problem, first, shown


def assembled(raw: Raw, source: str, largest_component: bool = False) -> Topology:
    """The topology that a file describes.

    Raises
    ------
    InstanceError
        Lists ids that are used twice or do not exist and figures that are none; or says that the network is
        empty, too large or disconnected, or that nothing says how long its links are.
    """
    _check_sizes(raw, source)
    _check_ids(raw, source)
    reader = FigureReader()
    places = _places(raw, reader)
    wires = _wires(raw, reader)
    if reader.problems:
        raise InstanceError(first(reader.problems), source)
    notes = [f"read as {raw.kind}", *raw.notes, *(_units(reader) if raw.names_units else ())]
    wires = merging.merged(wires, raw.directed, notes)
    places, wires = components.connected(places, wires, largest_component, source, notes)
    places = positions.located(places, wires, raw.degrees, source, notes)
    nodes = tuple(_node(name, place) for name, place in zip(naming.names(places, notes), places, strict=True))
    links = tuple(_link(nodes, wire) for wire in delays.with_delays(places, wires, source, notes))
    return Topology(raw.name.strip() or PurePath(source).stem, nodes, links, tuple(notes))


def _check_sizes(raw: Raw, source: str) -> None:
    if not raw.nodes:
        raise broken(source, "has no nodes")
    for what, items, most in (("nodes", raw.nodes, MOST_NODES), ("links", raw.links, MOST_LINKS)):
        if len(items) > most:
            raise broken(source, f"has {len(items)} {what}, no topologies of more than {most} are read", what)


def _check_ids(raw: Raw, source: str) -> None:
    problems = first(_id_problems(raw))
    if problems:
        raise InstanceError(problems, source)


def _id_problems(raw: Raw) -> Iterator[Problem]:
    count = Counter(name for name, _ in raw.nodes)
    for i, (name, _) in enumerate(raw.nodes):
        if not name or len(name) > LONGEST_ID:
            yield Problem(f"nodes[{i}].id", f"must have 1 to {LONGEST_ID} characters", shown(name))
        elif not name.isprintable():  # which half a surrogate pair is not, either
            yield Problem(f"nodes[{i}].id", "must consist of characters that can be printed", ascii(name))
        elif count[name] > 1:
            yield Problem(f"nodes[{i}].id", f"is the id of {count[name]} nodes", shown(name))
    for i, (a, b, _) in enumerate(raw.links):
        for end, name in (("source", a), ("target", b)):
            if name not in count:
                yield Problem(f"links[{i}].{end}", "no such node", ascii(name[:LONGEST_ID]))


def _places(raw: Raw, reader: FigureReader) -> list[Place]:
    result = []
    for i, (name, given) in enumerate(raw.nodes):
        at, attributes = f"nodes[{i}]", lower_keys(given)
        label = reader.label(attributes)
        position, population = reader.position(at, attributes), reader.population(at, attributes)
        result.append(Place(name, label or name, position, population))
    return result


def _wires(raw: Raw, reader: FigureReader) -> list[Wire]:
    index = {name: i for i, (name, _) in enumerate(raw.nodes)}
    result = []
    for i, (a, b, given) in enumerate(raw.links):
        at, attributes = f"links[{i}]", lower_keys(given)
        figures = reader.capacity(at, attributes), reader.length(at, attributes), reader.delay(at, attributes)
        result.append(Wire(index[a], index[b], *figures))
    return result


def _units(reader: FigureReader) -> Iterator[str]:
    """Which keys figures were read from, and in which unit."""
    for what, keys in reader.used.items():
        if keys:
            stated = (f"{key!r} [{reader.unit(what, key)}]" for key in sorted(keys))
            yield f"{what} read from {', '.join(stated)}"


def _node(name: str, place: Place) -> TopologyNode:
    east, north = place.position or (None, None)
    return TopologyNode(name, place.label, east, north, place.population)


def _link(nodes: tuple[TopologyNode, ...], wire: Wire) -> TopologyLink:
    delay = wire.delay or 0.0
    return TopologyLink(nodes[wire.a].id, nodes[wire.b].id, wire.capacity, wire.length, delay)
