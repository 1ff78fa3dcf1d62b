"""Topologies that the package topohub ships, by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from finopt.io.importers.networks import assembly, node_link
from finopt.io.importers.networks.raw import broken
from finopt.io.importers.networks.topology import Topology
from finopt.problem.extras import extra_module
from finopt.problem.references import suggest

GROUPS = ("backbone", "caida", "gabriel", "sndlib", "topozoo")
"""What names begin with."""


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
        near = suggest(name.rpartition("/")[2], [each.rpartition("/")[2] for each in _names()])
        names = [each for each in _names() if near == f"did you mean {each.rpartition('/')[2]!r}?"]
        hint = (
            f"did you mean {names[0]!r}?" if names else "finopt.io.importers.networks.available() lists them"
        )
        raise broken(name, "no topology of topohub has this name", suggestion=hint)
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


@cache
def _names() -> dict[str, None]:
    folder = Path(_topohub().__file__).parent / "data"
    files = sorted(folder.rglob("*.json"))
    return dict.fromkeys(file.relative_to(folder).with_suffix("").as_posix() for file in files)


def _topohub() -> Any:
    return extra_module("topohub", "networks", "a topology by name", "read it from a file")
