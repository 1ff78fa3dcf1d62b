"""What both formats of SNDlib say of nodes and links.

The capacity that is installed is often 0: then the largest module that can be is taken. The files do not name
the unit of capacities: it is Mbit/s in most of them, bit/s where the figures are too large for that. They do
not say either whether links have a direction: they have, if every link has one that leads back.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from finopt.io.importers.networks.figures import as_number
from finopt.io.importers.networks.raw import Raw

UNLIMITED = "UNLIMITED"

LARGEST_IN_MBPS = 1e8
"""Larger figures are bit/s, as in the network brain: 100 Tbit/s is more than a link carries."""


class Station(NamedTuple):
    """A node: its id, and its two coordinates or none."""

    id: str
    position: tuple[str, ...]


class Trunk(NamedTuple):
    """A link: ids of its ends, capacity that is installed, capacities of its modules."""

    source: str
    target: str
    installed: str
    modules: Sequence[str]


def raw(
    kind: str,
    source: str,
    stations: list[Station],
    trunks: list[Trunk],
    notes: list[str],
    degrees: bool = True,
) -> Raw:
    """Nodes and links as attributes in the units of `finopt.io.importers.networks.figures`."""
    modules = sum(_uses_module(trunk) for trunk in trunks)
    capacities = [_capacity(trunk) for trunk in trunks]
    unit = "bps" if max(map(_size, capacities), default=0) > LARGEST_IN_MBPS else "mbps"
    if trunks:
        name = {"bps": "bit/s", "mbps": "Mbit/s"}[unit]
        notes.append(f"SNDlib names no unit of capacities: {name} assumed, change it with capacity_factor")
    if modules:
        notes.append(
            f"no capacity is installed on {modules} of {len(trunks)} links: their largest module taken"
        )
    return Raw(
        kind=kind,
        name=PurePath(source).stem,
        nodes=[(station.id, {"pos": station.position}) for station in stations],
        links=[
            (trunk.source, trunk.target, {f"capacity_{unit}": capacity})
            for trunk, capacity in zip(trunks, capacities, strict=True)
        ],
        directed=_have_directions(trunks),
        degrees=degrees,
        names_units=False,
        notes=notes,
    )


def _uses_module(trunk: Trunk) -> bool:
    return as_number(trunk.installed) == 0 and bool(trunk.modules)


def _capacity(trunk: Trunk) -> str:
    """As installed, or of the largest module; empty where nothing is known or there is no limit."""
    capacity = max(trunk.modules, key=_size) if _uses_module(trunk) else trunk.installed
    return "" if capacity == UNLIMITED else capacity


def _size(capacity: str) -> float:
    """What is no number is the largest module, so that it is found and refused."""
    number = as_number(capacity or "0")
    return math.inf if number is None or math.isnan(number) else number


def _have_directions(trunks: Sequence[Trunk]) -> bool:
    count = Counter((trunk.source, trunk.target) for trunk in trunks)
    return bool(count) and all(count[b, a] == number for (a, b), number in count.items())
