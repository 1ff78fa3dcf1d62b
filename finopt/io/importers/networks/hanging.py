"""Devices that hang on sites by radio."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from finopt.io.importers.networks.catalogue import KINDS, RADIO, unknown
from finopt.io.importers.networks.plan import DeviceGroup, TierPlan
from finopt.io.importers.networks.site_choice import Chosen, name_problems, place_id
from finopt.io.importers.networks.topology import Topology
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.generators.fleet_figures import EDGE_NJ
from finopt.problem.network import Link, Node

MOST_DEVICES = 1_000_000


class Device(NamedTuple):
    """A device and its links up and down."""

    node: Node
    links: tuple[Link, Link]


def problems(topology: Topology, plan: TierPlan) -> list[Problem]:
    """Names of a plan's devices that are not in the catalogue or in the topology."""
    found: list[Problem] = []
    for i, group in enumerate(plan.devices):
        found += unknown(f"devices[{i}].kind", group.kind, KINDS)
        found += unknown(f"devices[{i}].radio", group.radio, RADIO)
        found += name_problems(topology, f"devices[{i}].at", group.at or ())
    return found


def devices(topology: Topology, plan: TierPlan, sites: Chosen, seed: int) -> list[Device]:
    """All devices of a plan, numbered by the name of their group; the seed draws where they are.

    Raises
    ------
    InstanceError
        There is no site to hang on, a device would be called like a place, or there are too many.
    """
    number: dict[str, int] = {}
    result: list[Device] = []
    draw = random.Random(seed)
    for at, group in enumerate(plan.devices):
        places = _places(topology, group, sites, f"devices[{at}]")
        if len(result) + (group.count or len(places) * (group.per_site or 0)) > MOST_DEVICES:
            raise InstanceError(
                [Problem(f"devices[{at}]", f"more than {MOST_DEVICES} devices in all")], "plan"
            )
        for site in _sites_of_devices(group, places, draw):
            number[group.name] = number.get(group.name, 0) + 1
            result.append(_device(f"{group.name}{number[group.name]}", group, site))
    _check_names(topology, result)
    return result


def _places(topology: Topology, group: DeviceGroup, sites: Chosen, path: str) -> Sequence[str]:
    if group.at:
        return [place_id(topology, name) for name in group.at]
    if not sites.edge and not sites.cloud:
        rule = "there is no site to hang on: give the plan edge sites, or the devices 'at'"
        raise InstanceError([Problem(path, rule)], "plan")
    return sites.edge or sites.cloud


def _sites_of_devices(group: DeviceGroup, places: Sequence[str], draw: random.Random) -> Iterator[str]:
    if group.per_site is not None:
        yield from (place for place in places for _ in range(group.per_site))
    else:
        yield from draw.choices(places, k=group.count or 0)


def _check_names(topology: Topology, found: Sequence[Device]) -> None:
    seen = set(topology.position)
    for device in found:
        name = device.node.id
        if name in seen:
            rule = "a device would be called like another node: give its group another name"
            raise InstanceError([Problem("devices", rule, shown(name))], "plan")
        seen.add(name)


def _device(name: str, group: DeviceGroup, site: str) -> Device:
    kind, radio = KINDS[group.kind], RADIO[group.radio]
    node = Node(
        id=name,
        tier="mobile",
        compute=_given(group.compute, kind.compute),
        power=_given(group.power, kind.power),
        memory=_given(group.memory, kind.memory),
        device=group.device or group.kind,
    )
    up = Link(
        source=name,
        target=site,
        bandwidth=_given(group.bandwidth_up, radio.bandwidth[0]),
        energy=_both_ends(_given(group.energy_up, radio.energy[0])),
        delay=_given(group.delay, radio.delay),
    )
    down = Link(
        source=site,
        target=name,
        bandwidth=_given(group.bandwidth_down, radio.bandwidth[1]),
        energy=_both_ends(_given(group.energy_down, radio.energy[1])),
        delay=_given(group.delay, radio.delay),
    )
    return Device(node, (up, down))


def _given(figure: float | None, catalogue: float) -> float:
    return catalogue if figure is None else figure


def _both_ends(energy: float) -> float:
    """With the port of the site [J/bit]."""
    return float(f"{energy + EDGE_NJ:.6g}")
