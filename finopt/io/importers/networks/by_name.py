"""Topologies that the package topohub ships, by name."""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path
from typing import Any

from finopt.io.importers.networks import assembly, node_link
from finopt.io.importers.networks.raw import broken
from finopt.io.importers.networks.topology import Topology
from finopt.problem.extras import extra_module
from finopt.problem.formatting import counted

GROUPS = ("backbone", "caida", "gabriel", "sndlib", "topozoo")
"""What names begin with."""

CLOSE = 0.6
"""How alike names are, as difflib counts, of which one may have been meant for the other."""

LISTED = "finopt.io.importers.networks.available() lists all"

FILES = "networks that it lacks are read from their files (GraphML, GML, SNDlib)"


def named(name: str, *, largest_component: bool = False) -> Topology:
    """A topology of topohub: Topology Zoo, SNDlib, CAIDA, backbones, and synthetic Gabriel graphs.

    Parameters
    ----------
    name : str
        For example ``"sndlib/germany50"`` or ``"topozoo/Dfn"``; `available` lists them all.
    largest_component : bool
        Of a disconnected network, take the largest part.

    Raises
    ------
    InstanceError
        There is none of that name, or it is disconnected.
    BackendError
        topohub is not installed.

    Examples
    --------
    >>> named("sndlib/germany50")
    <Topology 'sndlib/germany50' of 50 nodes, 88 links>
    """
    topohub = _topohub()
    if name not in _names():
        raise broken(name, "no topology of topohub has this name", suggestion=_hint(name))
    raw = node_link.from_data(topohub.get(name), name)
    raw.name = name
    raw.kind = f"topohub {topohub.__version__}"
    return assembly.assembled(raw, name, largest_component)


def available() -> tuple[str, ...]:
    """The names of all topologies of topohub, sorted.

    Raises
    ------
    BackendError
        topohub is not installed.
    """
    return tuple(_names())


def _hint(name: str) -> str:
    """The nearest name of the same kind; where there is none, what else there is."""
    group, own = name.partition("/")[0], name.rpartition("/")[2]
    alike = [each for each in _names() if each.partition("/")[0] == group]
    last = {each.rpartition("/")[2]: each for each in alike or _names()}
    near = difflib.get_close_matches(own, last, n=1, cutoff=CLOSE)
    if near:
        return f"did you mean {last[near[0]]!r}?"
    others = f"topohub {_topohub().__version__} has {counted(len(alike), 'other')} of {group}/"
    return "; ".join([*([others] if alike else []), LISTED, FILES])


@cache
def _names() -> dict[str, None]:
    folder = Path(_topohub().__file__).parent / "data"
    files = sorted(folder.rglob("*.json"))
    return dict.fromkeys(file.relative_to(folder).with_suffix("").as_posix() for file in files)


def _topohub() -> Any:
    return extra_module("topohub", "networks", "a topology by name", "read it from a file")
