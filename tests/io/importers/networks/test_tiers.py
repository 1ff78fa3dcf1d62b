"""Plans of tiers, and the nodes and links that they make of a topology."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

import finopt
from finopt import InstanceError
from finopt.io.importers.networks import (
    Backbone,
    DeviceGroup,
    NetworkParts,
    Sites,
    TierPlan,
    Topology,
    TopologyLink,
    TopologyNode,
    hanging,
    named,
    tier_network,
    tier_plan,
)
from finopt.problem.generators.fleet_figures import CLOUD, CLOUD_NJ, DEVICES, EDGE_NJ, RADIOS, SERVERS


def line() -> Topology:
    """Four places in a row: a - b - c - d."""
    nodes = tuple(TopologyNode(name, name) for name in "abcd")
    links = (
        TopologyLink("a", "b", 1e9, 2e5, 1e-3),
        TopologyLink("b", "c", None, 4e5, 2e-3),
        TopologyLink("c", "d", 1e8, 0.0, 0.0),
    )
    return Topology("line", nodes, links, ("a note",))


EDGE = Sites(by="list", nodes=("b",), card="NVIDIA L4", cards=2)
CLOUD_SITE = Sites(by="list", nodes=("d",), card="NVIDIA A100 SXM4 40GB")


def of(seed: int = 0, **plan: Any) -> NetworkParts:
    return tier_network(line(), TierPlan(**{"edge": EDGE, "cloud": CLOUD_SITE, **plan}), seed)


def test_sites_have_the_figures_of_their_cards_and_others_are_routers() -> None:
    a, b, c, d = of().nodes
    card = SERVERS[1]
    assert (b.tier, b.compute, b.power, b.memory) == (
        "edge",
        2 * card.compute,
        2 * card.power,
        2 * card.memory,
    )
    assert (d.tier, d.compute, d.power, d.memory) == ("cloud", CLOUD.compute, CLOUD.power, CLOUD.memory)
    assert (b.device, d.device) == (card.name, CLOUD.name)
    assert b.shared and d.shared
    for router in (a, c):
        assert not router.computes and router.device is None


def test_figures_of_a_plan_go_before_those_of_the_catalogue() -> None:
    edge = Sites(by="list", nodes=("b",), compute=5e9, power=7.0, memory=1e9, device="rack")
    node = of(edge=edge).nodes[1]
    assert (node.compute, node.power, node.memory, node.device) == (5e9, 7.0, 1e9, "rack")
    group = DeviceGroup(
        per_site=1,
        compute=1e9,
        power=0.0,
        memory=1e6,
        device="mine",
        bandwidth_up=1e6,
        bandwidth_down=2e6,
        energy_up=1e-9,
        energy_down=0.0,
        delay=0.25,
    )
    parts = of(devices=(group,))
    device, (up, down) = parts.nodes[0], parts.links[:2]
    assert (device.compute, device.power, device.memory, device.device) == (1e9, 0.0, 1e6, "mine")
    assert (up.bandwidth, up.energy, up.delay) == (1e6, 3.8e-8, 0.25)
    assert (down.bandwidth, down.energy, down.delay) == (2e6, EDGE_NJ, 0.25)


def test_links_have_the_capacity_the_delay_and_the_energy_of_both_ports() -> None:
    first, second, third = of().links
    assert [link.bandwidth for link in of().links] == [1e9, 1e10, 1e8]
    assert [link.delay for link in of().links] == [1e-3, 2e-3, 0.0]
    assert first.energy == second.energy == pytest.approx(2 * EDGE_NJ)
    assert third.energy == pytest.approx(EDGE_NJ + CLOUD_NJ)
    assert all(link.bidirectional for link in of().links)


def test_the_backbone_of_a_plan() -> None:
    backbone = Backbone(bandwidth=4e10, energy=1e-9, capacity_factor=1000.0, delay_factor=0.5)
    parts = of(backbone=backbone)
    assert [link.bandwidth for link in parts.links] == [1e12, 4e10, 1e11]
    assert [link.delay for link in parts.links] == [5e-4, 1e-3, 0.0]
    assert {link.energy for link in parts.links} == {1e-9}
    assert "capacity multiplied by 1000" in parts.notes
    assert "delay multiplied by 0.5" in parts.notes


def test_notes_say_what_is_assumed() -> None:
    assert of().notes == (
        "a note",
        "1 cloud site, 1 edge site, 2 routers",
        "capacity of 1 of 3 links not known: 10 Gbit/s assumed",
        "energy per bit of a port: 3.7e-08 J at edge sites and routers, 1.26e-08 J at clouds",
    )


def test_devices_at_each_site_have_the_figures_of_their_kind_and_radio() -> None:
    edge = Sites(by="list", nodes=("a", "b"))
    parts = of(edge=edge, devices=(DeviceGroup(per_site=2, kind="Apple A14", radio="LTE"),))
    devices = parts.nodes[:4]
    kind, radio = DEVICES[0], RADIOS[1]
    assert [device.id for device in devices] == ["device1", "device2", "device3", "device4"]
    for device in devices:
        assert (device.compute, device.power, device.memory) == (kind.compute, kind.power, kind.memory)
        assert (device.tier, device.shared, device.device) == ("mobile", False, "Apple A14")
    ends = [(link.source, link.target) for link in parts.links[:8]]
    assert ends[:2] == [("device1", "a"), ("a", "device1")] and ends[-1] == ("b", "device4")
    up, down = parts.links[:2]
    assert (up.bandwidth, down.bandwidth, up.delay) == (*radio.bandwidth, radio.delay)
    assert up.energy == pytest.approx(radio.energy[0] + EDGE_NJ)
    assert not up.bidirectional


def test_devices_in_all_are_drawn_with_the_seed() -> None:
    edge = Sites(by="list", nodes=("a", "b", "c"))
    plan = {"edge": edge, "devices": (DeviceGroup(count=20, name="phone"),)}
    at = [link.target for link in of(3, **plan).links[:40:2]]
    assert set(at) == {"a", "b", "c"}
    assert of(3, **plan) == of(3, **plan)
    assert of(4, **plan) != of(3, **plan)


def test_groups_of_one_name_are_numbered_on() -> None:
    groups = (
        DeviceGroup(per_site=1),
        DeviceGroup(per_site=1, at=("a", "c")),
        DeviceGroup(per_site=1, name="x"),
    )
    parts = of(devices=groups)
    assert [node.id for node in parts.nodes[:4]] == ["device1", "device2", "device3", "x1"]
    assert [link.target for link in parts.links[:8:2]] == ["b", "a", "c", "b"]


def test_without_edge_sites_devices_hang_on_clouds() -> None:
    parts = of(edge=None, devices=(DeviceGroup(per_site=1),))
    assert parts.links[0].target == "d"
    with pytest.raises(InstanceError, match=r"devices\[0\]: there is no site to hang on"):
        of(edge=None, cloud=None, devices=(DeviceGroup(per_site=1),))


def test_names_that_do_not_exist_are_all_listed() -> None:
    with pytest.raises(InstanceError) as error:
        of(
            edge=Sites(count=1, card="NVIDIA T5"),
            devices=(DeviceGroup(per_site=1, kind="Jetson", radio="5G", at=("a", "x")),),
        )
    assert [problem.path for problem in error.value.problems] == [
        "edge.card",
        "devices[0].kind",
        "devices[0].radio",
        "devices[0].at[1]",
    ]
    assert "is not in the catalogue, got 'NVIDIA T5'; did you mean 'NVIDIA T4'?" in str(error.value)


def test_a_device_is_not_called_like_a_place() -> None:
    topology = Topology("t", (TopologyNode("device1", "device1"),), ())
    plan = TierPlan(edge=Sites(count=1), devices=(DeviceGroup(per_site=1),))
    with pytest.raises(
        InstanceError, match="a device would be called like another node: give its group another"
    ):
        tier_network(topology, plan)
    twice = (DeviceGroup(per_site=1, name="a1"), DeviceGroup(count=11, name="a"))
    with pytest.raises(InstanceError, match="got 'a11'"):
        of(devices=twice)


def test_the_number_of_devices_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hanging, "MOST_DEVICES", 10)
    with pytest.raises(InstanceError, match=r"devices\[1\]: more than 10 devices in all"):
        of(devices=(DeviceGroup(count=6), DeviceGroup(count=5)))


def test_a_capacity_beyond_all_figures_is_refused() -> None:
    nodes = (TopologyNode("a", "a"), TopologyNode("b", "b"))
    topology = Topology("t", nodes, (TopologyLink("a", "b", 1e20, None, 0.0),))
    with pytest.raises(InstanceError, match="makes the capacity of a - b larger than 1e"):
        tier_network(topology, TierPlan(backbone=Backbone(capacity_factor=1e6)))


# ---------------------------------------------------------------- plans


PROBLEMS = [
    ({"edge": {"by": "list"}}, "edge: by 'list' needs 'nodes'"),
    ({"edge": {"by": "list", "nodes": ["a"], "count": 1}}, "edge: by 'list' takes all its 'nodes'"),
    ({"edge": {"nodes": ["a"]}}, "edge: 'nodes' needs by 'list', got by 'degree'"),
    ({"cloud": {"by": "k-median"}}, "cloud: by 'k-median' needs 'count'"),
    ({"edge": {"count": 0}}, "edge.count: must be at least 1, got 0"),
    ({"edge": {"count": 1.5}}, "edge.count: must be a whole number, got 1.5"),
    ({"edge": {"count": 1, "compute": -1}}, "edge.compute: must be at least 1e-21, got -1"),
    ({"devices": [{}]}, "devices[0]: needs 'per_site' or 'count', and not both"),
    ({"devices": [{"per_site": 1, "count": 1}]}, "devices[0]: needs 'per_site' or 'count', and not both"),
    ({"devices": [{"per_site": 1, "at": []}]}, "devices[0]: 'at' must not be empty"),
    ({"devices": {}}, "devices: must be a list, got an object"),
    ({"backbone": {"bandwidth": 0}}, "backbone.bandwidth: must be at least 1e-21, got 0"),
    ({"backbone": {"delay_factor": 1e9}}, "backbone.delay_factor: must be at most 1e+06"),
    ({"edges": {"count": 1}}, "edges: unknown key; did you mean 'edge'?"),
    ({"edge": {"cout": 1}}, "edge.cout: unknown key; did you mean 'count'?"),
    ([], "$: must be an object, got []"),
]


@pytest.mark.parametrize(("data", "message"), PROBLEMS)
def test_a_wrong_plan_says_where(data: Any, message: str) -> None:
    with pytest.raises(InstanceError) as error:
        tier_plan(data, "project.yaml")
    assert message in str(error.value) and str(error.value).startswith("project.yaml: ")


def test_a_plan_from_python_is_checked_too() -> None:
    with pytest.raises(ValidationError, match="needs 'count'"):
        Sites(by="k-median")


def test_a_plan_from_a_mapping_is_that_from_python() -> None:
    data = {
        "edge": {"by": "list", "nodes": ["b"]},
        "devices": [{"per_site": 3}],
        "backbone": {"energy": 1e-9},
    }
    assert tier_plan(data) == TierPlan(
        edge=Sites(by="list", nodes=("b",)),
        devices=(DeviceGroup(per_site=3),),
        backbone=Backbone(energy=1e-9),
    )


# ---------------------------------------------------------------- the whole way


def test_an_instance_on_a_topology_is_solved() -> None:
    plan = TierPlan(edge=Sites(by="k-median", count=3), cloud=Sites(count=1), devices=(DeviceGroup(count=2),))
    parts = tier_network(named("sndlib/polska"), plan, seed=1)
    drawn = finopt.generate(3, 3, seed=1)
    instance = finopt.Instance(
        nodes=parts.nodes,
        links=parts.links,
        models=drawn.models,
        applications=[drawn.applications[0].replace(source="device1", max_latency=1.0, min_accuracy=0.0)],
    )
    result = finopt.solve(instance)
    assert result.placement is not None
