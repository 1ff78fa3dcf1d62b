"""A topology: places and links of a network, whatever file they come from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class TopologyNode:
    """A place of a network.

    Attributes
    ----------
    id : str
        What it is called: its label where no other place has it, otherwise ``label (id in the file)``.
    label : str
        Its label in the file; its id in the file where it has none.
    longitude, latitude : float or None
        Degrees. Interpolated where the file has none; None where no place has a position.
    population : float or None
        Inhabitants, or whatever else the file counts under that name.
    """

    id: str
    label: str
    longitude: float | None = None
    latitude: float | None = None
    population: float | None = None


@dataclass(frozen=True)
class TopologyLink:
    """A link between two places, the same in both directions.

    Attributes
    ----------
    source, target : str
        Ids of the places.
    capacity : float or None
        In each direction [bit/s]; None where nothing is known.
    length : float or None
        As stated, or the great circle [m]; None where the file states a delay and no length.
    delay : float
        One way [s].
    """

    source: str
    target: str
    capacity: float | None
    length: float | None
    delay: float


@dataclass(frozen=True)
class Topology:
    """A connected network without self-loops and parallel links.

    Attributes
    ----------
    name : str
        Of the network, or of its file.
    nodes : tuple of TopologyNode
        In the order of the file.
    links : tuple of TopologyLink
        In the order of the file.
    notes : tuple of str
        What was done in reading: what was assumed, merged, dropped or interpolated.
    """

    name: str
    nodes: tuple[TopologyNode, ...]
    links: tuple[TopologyLink, ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Its size on one line."""
        return f"<Topology {self.name!r} of {len(self.nodes)} nodes, {len(self.links)} links>"

    @cached_property
    def position(self) -> dict[str, int]:
        """Where a place stands in `nodes`, by id."""
        return {node.id: i for i, node in enumerate(self.nodes)}

    def degrees(self) -> dict[str, int]:
        """The number of links of every place."""
        count = dict.fromkeys((node.id for node in self.nodes), 0)
        for link in self.links:
            count[link.source] += 1
            count[link.target] += 1
        return count
