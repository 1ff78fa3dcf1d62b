"""The network of a fleet: what is drawn of devices and sites, and the nodes and links that follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from finopt.problem.generators.fleet_demand import Array, Indices
from finopt.problem.generators.fleet_figures import CLOUD, CLOUD_NJ, DEVICES, EDGE_NJ, RADIOS, SERVERS
from finopt.problem.network import Link, Node

LIGHT_IN_FIBRE = 2e8
"""[m/s]"""


class Sites(NamedTuple):
    """Number of clouds; per site: card, nearest sites and clouds, nearest first, with their distances [m]."""

    all_clouds: int
    card: Indices
    sites: Indices
    site_distance: Array
    clouds: Indices
    cloud_distance: Array


class Devices(NamedTuple):
    """Per device: kind, radio, bandwidth up and down [bit/s], site, and the site next to it (-1: no link)."""

    kind: Indices
    radio: Indices
    up: Array
    down: Array
    site: Indices
    second: Indices


class Sizes(NamedTuple):
    """Compute [op/s] and memory [byte] per site, compute per cloud, wired bandwidth [bit/s] per site."""

    edge: Array
    memory: Array
    cloud: Array
    backhaul: Array
    neighbour: Array


def rounded(values: Array, digits: int = 4, *, up: bool = False) -> Array:
    """Positive figures rounded to significant digits: the doubles nearest to those decimals."""
    shift = digits - 1 - np.floor(np.log10(values)).astype(np.intp)
    large, small = 10.0 ** np.maximum(shift, 0), 10.0 ** np.maximum(-shift, 0)
    scaled = values * large / small
    whole = np.ceil(scaled) if up else np.round(scaled)
    return np.asarray(whole * small / large)


def delay_of(distance: Array) -> Array:
    """Delay of light in fibre, over a kilometre at least [s]."""
    return rounded(np.maximum(distance, 1e3) / LIGHT_IN_FIBRE)


def nodes(
    devices: Devices, sites: Sites, sizes: Sizes, classes: bool = False, which: Indices | None = None
) -> Iterator[Node]:
    """Devices, edge servers and clouds; `classes`: of the class that their kind or card is called.

    ``which`` devices: all of them if nothing is said.
    """
    which = np.arange(len(devices.kind)) if which is None else which
    for i, kind in zip(which.tolist(), devices.kind[which].tolist(), strict=True):
        figures = DEVICES[kind]
        yield Node(
            id=f"device{i + 1}",
            tier="mobile",
            compute=figures.compute,
            power=figures.power,
            memory=figures.memory,
            shared=False,
            device=figures.name if classes else None,
        )
    edge = zip(sites.card.tolist(), sizes.edge.tolist(), sizes.memory.tolist(), strict=True)
    for i, (card, compute, memory) in enumerate(edge):
        power = float(f"{compute * SERVERS[card].energy_per_op:.4g}")
        yield Node(
            id=f"edge{i + 1}",
            tier="edge",
            compute=compute,
            power=power,
            memory=memory,
            shared=True,
            device=SERVERS[card].name if classes else None,
        )
    for i, compute in enumerate(sizes.cloud.tolist()):
        power = CLOUD.power * round(compute / CLOUD.compute)
        yield Node(
            id=f"cloud{i + 1}",
            tier="cloud",
            compute=compute,
            power=power,
            shared=True,
            device=CLOUD.name if classes else None,
        )


def links(devices: Devices, sites: Sites, sizes: Sizes, which: Indices | None = None) -> Iterator[Link]:
    """Radio links of the devices, wires between sites, and from sites to clouds.

    ``which`` devices: all of them if nothing is said.
    """
    which = np.arange(len(devices.kind)) if which is None else which
    columns = (devices.radio, devices.up, devices.down, devices.site, devices.second)
    figures = (column[which].tolist() for column in columns)
    for i, radio, up, down, site, second in zip(which.tolist(), *figures, strict=True):
        for edge in (site, second) if second >= 0 else (site,):
            yield from _radio_links(f"device{i + 1}", f"edge{edge + 1}", radio, up, down)
    for a, b, distance in _neighbours(sites):
        bandwidth = float((sizes.neighbour[a] + sizes.neighbour[b]) / 2)
        yield _wire(f"edge{a + 1}", f"edge{b + 1}", bandwidth, 2 * EDGE_NJ, distance)
    for a, (clouds, distances) in enumerate(zip(sites.clouds, sites.cloud_distance, strict=True)):
        for b, distance in zip(clouds.tolist(), distances, strict=True):
            bandwidth = float(sizes.backhaul[a])
            yield _wire(f"edge{a + 1}", f"cloud{b + 1}", bandwidth, EDGE_NJ + CLOUD_NJ, distance)


def _radio_links(device: str, edge: str, radio: int, up: float, down: float) -> Iterator[Link]:
    figures = RADIOS[radio]
    energies = [float(f"{energy + EDGE_NJ:.6g}") for energy in figures.energy]
    yield Link(source=device, target=edge, bandwidth=up, energy=energies[0], delay=figures.delay)
    yield Link(source=edge, target=device, bandwidth=down, energy=energies[1], delay=figures.delay)


def _neighbours(sites: Sites) -> Iterator[tuple[int, int, float]]:
    """Pairs of sites with a link, each once, and their distance."""
    seen = set()
    for a, (others, distances) in enumerate(zip(sites.sites.tolist(), sites.site_distance, strict=True)):
        for b, distance in zip(others, distances, strict=True):
            if (min(a, b), max(a, b)) not in seen:
                seen.add((min(a, b), max(a, b)))
                yield a, b, distance


def _wire(a: str, b: str, bandwidth: float, energy: float, distance: float) -> Link:
    return Link(
        source=a,
        target=b,
        bandwidth=bandwidth,
        energy=float(f"{energy:.6g}"),
        delay=float(delay_of(np.array([distance]))[0]),
        bidirectional=True,
    )
