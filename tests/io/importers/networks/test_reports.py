"""The notes of a topology say what was done in reading it, and that it was done."""

from __future__ import annotations

import json
from typing import Any

import pytest

from finopt.io.importers.networks import Topology, named, read
from finopt.io.importers.networks.geometry import middle
from finopt.io.importers.networks.recognition import parse
from tests.io.importers.networks.mutations import CASES, TEXTS

Links = list[dict[str, Any]]


def of(nodes: Links, links: Links, **more: Any) -> Topology:
    """The topology of node-link data; a largest component is taken if asked for."""
    largest = more.pop("largest_component", False)
    data = json.dumps({"nodes": nodes, "edges": links, **more})
    return parse(data.encode(), "file", largest_component=largest)


def places(count: int) -> Links:
    """Places along the equator, a degree apart."""
    return [{"id": i, "lon": float(i), "lat": 0.0} for i in range(count)]


def link(a: Any, b: Any, **figures: Any) -> dict[str, Any]:
    return {"source": a, "target": b, **figures}


def test_self_loops_are_dropped() -> None:
    topology = of(places(2), [link(0, 0), link(0, 1), link(1, 1)])
    assert len(topology.links) == 1
    assert "2 self-loops dropped" in topology.notes


def test_parallel_links_add_their_capacities_and_have_the_least_delay() -> None:
    links = [
        link(0, 1, capacity=1e9, length_km=300),
        link(1, 0, capacity=2e9, length_km=100),
        link(0, 1, length_km=200),
    ]
    topology = of(places(2), links)
    (merged,) = topology.links
    assert (merged.capacity, merged.length, merged.delay) == (3e9, 1e5, 5e-4)
    assert "3 parallel links merged into 1: capacities added, least delay" in topology.notes
    assert "1 of them have a part of unknown capacity, which counts as 0" in topology.notes


def test_the_two_directions_of_a_link_are_one_of_the_lesser_capacity_and_greater_delay() -> None:
    links = [
        link(0, 1, capacity=1e9, delay_ms=1),
        link(1, 0, capacity=2e9, delay_ms=3),
        link(1, 2),
        link(2, 1),
        link(0, 2),
    ]
    topology = of(places(3), links, directed=True)
    assert [(a.source, a.target) for a in topology.links] == [("0", "1"), ("1", "2"), ("0", "2")]
    assert (topology.links[0].capacity, topology.links[0].delay) == (1e9, 3e-3)
    for note in (
        "the two directions of 2 links joined",
        "1 of them differ: the lesser capacity and the greater delay were taken",
        "1 link of one direction taken as both",
    ):
        assert note in topology.notes


def test_links_of_sndlib_have_directions_if_each_has_one_that_leads_back() -> None:
    back = TEXTS["native"].replace(
        ")\n\nDEMANDS",
        "  B1 ( Ulm Bonn ) 100 0 0 0 ( )\n  B2 ( Jena Ulm ) 100 0 0 0 ( )\n  B3 ( Kiel Jena ) 9 0 0 0 ( )\n"
        "  B4 ( Bonn Kiel ) 100 0 0 0 ( )\n)\n\nDEMANDS",
    )
    topology = parse(back.encode(), "file")
    assert [link.capacity for link in topology.links] == [100e6, 100e6, 9e6, 100e6]
    assert "the two directions of 4 links joined" in topology.notes


def test_missing_positions_are_interpolated_round_by_round() -> None:
    nodes = [*places(3)[:1], {"id": 1}, {"id": 2}, {"id": 3, "lon": 3.0, "lat": 0.0}]
    topology = of(nodes, [link(0, 1), link(1, 2), link(2, 3)])
    east = [node.longitude for node in topology.nodes]
    assert east == [0.0, 0.0, 3.0, 3.0]  # both have one neighbour with a position
    assert "positions of 2 of 4 nodes interpolated from their neighbours" in topology.notes
    between = of([nodes[0], nodes[1], nodes[3]], [link(0, 1), link(1, 3)])
    assert between.nodes[1].longitude == pytest.approx(1.5)
    chain = of([nodes[0], {"id": 1}, {"id": 2}, {"id": 3}], [link(0, 1), link(1, 2), link(2, 3)])
    assert [node.longitude for node in chain.nodes] == [0.0] * 4
    assert "3 links of length 0: no delay" in chain.notes


def test_the_middle_of_places_across_the_date_line_is_there() -> None:
    east, north = middle([(179.0, 10.0), (-179.0, 10.0)])
    assert abs(east) == pytest.approx(180) and north == pytest.approx(10, abs=0.01)
    assert middle([(0.0, 0.0), (180.0, 0.0)]) == (0.0, 0.0)


def test_positions_that_are_no_degrees_are_dropped_where_lengths_are_stated() -> None:
    nodes = [{"id": 0, "pos": [461.0, 3.0]}, {"id": 1, "pos": [0.0, 0.0]}]
    topology = of(nodes, [link(0, 1, length_km=5)])
    assert [node.longitude for node in topology.nodes] == [None, None]
    assert topology.links[0].delay == 2.5e-5
    assert "positions dropped: they are not degrees (the largest is 461)" in topology.notes
    assert not any("no true distances" in note for note in topology.notes)


def test_lengths_computed_from_pixels_are_said_to_be_none() -> None:
    notes = named("sndlib/atlanta").notes
    assert any("great circles of these positions, as if they were degrees" in note for note in notes)
    assert not any("great circles of these" in note for note in named("gabriel/25/0").notes)


def test_pixels_of_sndlib_xml_are_no_degrees_even_if_they_could_be() -> None:
    text = TEXTS["xml"].replace('"geographical"', '"pixel"')
    with pytest.raises(ValueError, match="positions are not degrees, and 2 of 2 links state neither"):
        parse(text.encode(), "file")


def test_labels_of_several_places() -> None:
    nodes = [{"id": i, "name": name, "lon": 0, "lat": i} for i, name in enumerate(["A", "B", "A", "A (0)"])]
    topology = of(nodes, [link(0, 1), link(1, 2), link(2, 3)])
    assert [node.id for node in topology.nodes] == ["A (0)*", "B", "A (2)", "A (0)"]
    assert "1 label is that of several nodes: they are called label (id)" in topology.notes


def test_labels_on_several_lines_or_that_nobody_can_read() -> None:
    nodes = [
        {"id": 0, "label": " New\nYork\u00a0City "},
        {"id": 1, "label": "x" * 1000},
        {"id": 2, "label": "\u0000"},
        {"id": 3, "label": {"a": 1}},
        {"id": 4, "label": 7},
    ]
    topology = of(nodes, [link(i, i + 1, length=1) for i in range(4)])
    assert [node.id for node in topology.nodes] == ["New York City", "1", "2", "3", "7"]


def test_the_largest_component_is_taken_on_demand() -> None:
    links = [link(0, 1), link(2, 3), link(3, 4)]
    topology = of(places(6), links, largest_component=True)
    assert [node.id for node in topology.nodes] == ["2", "3", "4"]
    assert [(a.source, a.target) for a in topology.links] == [("2", "3"), ("3", "4")]
    assert "disconnected, 3 parts, of 3, 2, 1 nodes: only the largest was taken" in topology.notes
    tie = of(places(4), [link(0, 1), link(2, 3)], largest_component=True)
    assert [node.id for node in tie.nodes] == ["0", "1"]


def test_keys_and_units_that_were_used() -> None:
    links = [link(0, 1, bandwidth_mbps=5, dist=2.0), link(1, 2, capacity=7, latency_ms="0.25")]
    topology = of(places(3), links)
    assert [a.capacity for a in topology.links] == [5e6, 7.0]
    assert [a.delay for a in topology.links] == [1e-5, 2.5e-4]
    assert "capacity read from 'bandwidth_mbps' [Mbit/s], 'capacity' [bit/s]" in topology.notes
    assert "length read from 'dist' [km]" in topology.notes
    assert "delay read from 'latency_ms' [ms]" in topology.notes


def test_a_capacity_of_0_is_not_known() -> None:
    assert of(places(2), [link(0, 1, capacity=0)]).links[0].capacity is None


def test_lengths_that_are_great_circles_and_links_of_length_0() -> None:
    nodes = [*places(2), {"id": 2, "lon": 1.0, "lat": 0.0}]
    topology = of(nodes, [link(0, 1), link(1, 2)])
    assert topology.links[0].length == pytest.approx(111.2e3, rel=1e-3)
    assert topology.links[1].delay == 0
    assert "length of 2 of 2 links: great circle between positions" in topology.notes
    assert "1 link of length 0: no delay" in topology.notes


def test_nodes_of_nested_graphs_are_left_out() -> None:
    inner = '<node id="x"><graph id="g" edgedefault="undirected"><node id="y"/></graph></node></graph>'
    text = (CASES / "Arpanet196912.graphml").read_text(encoding="utf-8").replace("</graph>", inner)
    topology = parse(text.encode(), "file", largest_component=True)
    assert len(topology.nodes) == 4
    assert "1 node of nested graphs left out" in topology.notes


def test_a_single_place_is_a_network() -> None:
    topology = of(places(1), [])
    assert len(topology.nodes) == 1 and not topology.links


def test_reading_again_gives_the_same() -> None:
    assert read(CASES / "AttMpls.gml") == read(CASES / "AttMpls.gml")
    assert repr(read(CASES / "AttMpls.gml")) == "<Topology 'ATT North America' of 25 nodes, 56 links>"
