"""What a reader of a format hands on: ids, ends and attributes, not yet understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from finopt.problem.errors import InstanceError, Problem

MOST_NODES = 100_000
"""Larger topologies are not read."""

MOST_LINKS = 1_000_000

MOST_PARTS = 2_000_000
"""Elements, lists or brackets in a file; more would take gigabytes, whatever they hold."""

LONGEST_ID = 200
"""Characters of an id."""

Attributes = Mapping[str, Any]


@dataclass
class Raw:
    """The nodes and links of a file.

    Attributes
    ----------
    kind : str
        The format.
    name : str
        What the file calls the network; may be empty.
    nodes : list of (id, attributes)
    links : list of (id of the source, id of the target, attributes)
    directed : bool
        A link leads in one direction only.
    degrees : bool
        Positions may be longitude and latitude; False: the file says that they are something else.
    names_units : bool
        The keys of its attributes are the file's own, and say in which unit figures are.
    notes : list of str
        What was done in reading.
    """

    kind: str
    name: str
    nodes: list[tuple[str, Attributes]]
    links: list[tuple[str, str, Attributes]]
    directed: bool = False
    degrees: bool = True
    names_units: bool = True
    notes: list[str] = field(default_factory=list)


def broken(source: str, rule: str, place: str = "", value: str = "", suggestion: str = "") -> InstanceError:
    """The error of a file with one problem."""
    return InstanceError([Problem(place, rule, value, "", suggestion)], source)
