"""Nodes and links of an instance from a topology and a plan of tiers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finopt.io.importers.networks import hanging
from finopt.io.importers.networks.catalogue import KINDS, unknown
from finopt.io.importers.networks.plan import Backbone, Sites, TierPlan
from finopt.io.importers.networks.site_choice import Chosen, chosen
from finopt.io.importers.networks.topology import Topology, TopologyLink
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.fields import LARGEST
from finopt.problem.formatting import counted, quantity
from finopt.problem.generators.fleet_figures import CLOUD_NJ, EDGE_NJ
from finopt.problem.network import Link, Node


class NetworkParts(NamedTuple):
    """Nodes and links for `finopt.Instance`, and what was assumed of them."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    notes: tuple[str, ...]


def tier_network(topology: Topology, plan: TierPlan, seed: int = 0) -> NetworkParts:
    """The nodes and links that a plan makes of a topology.

    Devices come first, then the places in the order of the topology: cloud and edge sites, and routers, which
    have no compute and only forward.

    Parameters
    ----------
    topology : Topology
        From `read` or `named`.
    plan : TierPlan
        What becomes of its places.
    seed : int
        Draws the sites of devices that are counted in all.

    Returns
    -------
    NetworkParts
        Nodes, links, and notes: those of the topology, and what the plan assumes.

    Raises
    ------
    InstanceError
        Lists names that are not in the catalogue or in the topology; says where more sites are asked for
        than there are places.

    Examples
    --------
    >>> from finopt.io.importers.networks import DeviceGroup, Sites, named
    >>> plan = TierPlan(edge=Sites(count=3), devices=[DeviceGroup(per_site=1, radio="LTE")])
    >>> parts = tier_network(named("sndlib/polska"), plan)
    >>> len(parts.nodes), len(parts.links), [node.id for node in parts.nodes if node.computes][-3:]
    (15, 24, ['Gdansk', 'Bydgoszcz', 'Warsaw'])
    """
    _check_cards(topology, plan)
    sites = chosen(topology, plan)
    devices = hanging.devices(topology, plan, sites, seed)
    tier = dict.fromkeys(sites.edge, "edge") | dict.fromkeys(sites.cloud, "cloud")
    nodes = (*(device.node for device in devices), *_places(topology, plan, tier))
    links = (
        *(link for device in devices for link in device.links),
        *_wires(topology, plan.backbone, set(sites.cloud)),
    )
    return NetworkParts(nodes, links, (*topology.notes, *_notes(topology, plan, sites)))


def _check_cards(topology: Topology, plan: TierPlan) -> None:
    problems = [
        problem
        for tier, sites in (("edge", plan.edge), ("cloud", plan.cloud))
        if sites
        for problem in unknown(f"{tier}.card", sites.card, KINDS)
    ]
    problems += hanging.problems(topology, plan)
    if problems:
        raise InstanceError(problems, "plan")


def _places(topology: Topology, plan: TierPlan, tier: dict[str, str]) -> Iterator[Node]:
    for place in topology.nodes:
        sites = {"edge": plan.edge, "cloud": plan.cloud}.get(tier.get(place.id, ""))
        if sites is None:
            yield Node(id=place.id, tier="edge", compute=0.0, power=0.0)
        else:
            yield _site(place.id, tier[place.id], sites)


def _site(name: str, tier: str, sites: Sites) -> Node:
    card = KINDS[sites.card]
    return Node(
        id=name,
        tier=tier,  # type: ignore[arg-type]
        compute=card.compute * sites.cards if sites.compute is None else sites.compute,
        power=card.power * sites.cards if sites.power is None else sites.power,
        memory=card.memory * sites.cards if sites.memory is None else sites.memory,
        device=sites.device or sites.card,
    )


def _wires(topology: Topology, backbone: Backbone, clouds: set[str]) -> Iterator[Link]:
    for wire in topology.links:
        yield Link(
            source=wire.source,
            target=wire.target,
            bandwidth=_bandwidth(wire, backbone),
            energy=_energy(wire, backbone, clouds),
            delay=float(f"{wire.delay * backbone.delay_factor:.4g}"),
            bidirectional=True,
        )


def _bandwidth(wire: TopologyLink, backbone: Backbone) -> float:
    if wire.capacity is None:
        return backbone.bandwidth
    bandwidth = float(f"{wire.capacity * backbone.capacity_factor:.10g}")
    if bandwidth > LARGEST:
        rule = f"makes the capacity of {wire.source} - {wire.target} larger than {LARGEST:g} bit/s"
        raise InstanceError([Problem("backbone.capacity_factor", rule, f"{bandwidth:g}")], "plan")
    return bandwidth


def _energy(wire: TopologyLink, backbone: Backbone, clouds: set[str]) -> float:
    """Sender and receiver [J/bit]; routers have ports like edge sites."""
    if backbone.energy is not None:
        return backbone.energy
    ports = (CLOUD_NJ if end in clouds else EDGE_NJ for end in (wire.source, wire.target))
    return float(f"{sum(ports):.6g}")


def _notes(topology: Topology, plan: TierPlan, sites: Chosen) -> Iterator[str]:
    routers = len(topology.nodes) - len(sites.edge) - len(sites.cloud)
    sizes = {"cloud site": len(sites.cloud), "edge site": len(sites.edge), "router": routers}
    yield ", ".join(counted(size, what) for what, size in sizes.items())
    unstated = sum(link.capacity is None for link in topology.links)
    backbone = plan.backbone
    if unstated:
        assumed = quantity(backbone.bandwidth, "bit/s")
        yield f"capacity of {unstated} of {counted(len(topology.links), 'link')} not known: {assumed} assumed"
    if backbone.energy is None:
        yield f"energy per bit of a port: {EDGE_NJ:g} J at edge sites and routers, {CLOUD_NJ:g} J at clouds"
    for what in ("capacity", "delay"):
        factor = getattr(backbone, f"{what}_factor")
        if factor != 1:
            yield f"{what} multiplied by {factor:g}"
