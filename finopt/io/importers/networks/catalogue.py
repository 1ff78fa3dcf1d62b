"""Published figures of devices, servers and radios by name."""

from __future__ import annotations

from collections.abc import Iterable

from finopt.problem.errors import Problem, shown
from finopt.problem.generators.fleet_figures import CLOUD, DEVICES, RADIOS, SERVERS
from finopt.problem.references import suggest

KINDS = {kind.name: kind for kind in (*DEVICES, *SERVERS, CLOUD)}
"""Devices and servers by name."""

RADIO = {radio.name: radio for radio in RADIOS}


def unknown(path: str, name: str, known: Iterable[str]) -> list[Problem]:
    """The problem that a name is not in the catalogue, if it is not."""
    names = list(known)
    if name in names:
        return []
    return [Problem(path, "is not in the catalogue", shown(name), "", suggest(name, names))]
