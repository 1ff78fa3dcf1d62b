"""What every format says arrives: places, positions, lengths, capacities, delays."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from finopt.io.importers.networks import Topology, TopologyLink, TopologyNode, named, read
from finopt.io.importers.networks.recognition import parse
from tests.io.importers.networks.mutations import CASES, TEXTS

ZOO = Path(__file__).parents[4] / "instances" / "data" / "zoo"


def of(text: str, source: str = "file", **options: bool) -> Topology:
    return parse(text.encode(), source, **options)


def test_node_link_json() -> None:
    topology = of(TEXTS["json"])
    assert topology.name == "square"
    bonn, ulm, x = topology.nodes
    assert (bonn.id, bonn.longitude, bonn.latitude, bonn.population) == ("Bonn", 7.1, 50.73, None)
    assert (x.id, x.label, x.population, x.longitude) == ("x", "x", 1e5, ulm.longitude)
    assert topology.links == (
        TopologyLink("Bonn", "Ulm", 1e10, 331.5e3, 1.657e-3),
        TopologyLink("Ulm", "x", None, None, 5e-4),
    )


def test_node_link_json_with_links_instead_of_edges() -> None:
    assert of(TEXTS["json"].replace('"edges"', '"links"')).links == of(TEXTS["json"]).links


def test_graphml_of_the_topology_zoo() -> None:
    topology = read(CASES / "Abilene.graphml")
    assert (topology.name, len(topology.nodes), len(topology.links)) == ("Abilene", 11, 14)
    assert topology.nodes[0] == TopologyNode("New York", "New York", -74.00597, 40.71427)
    chicago = next(link for link in topology.links if link.target == "Chicago")
    assert chicago.length == pytest.approx(1.145e6, rel=0.01)
    assert chicago.delay == pytest.approx(1.145e6 / 2e8, rel=0.01)


def test_graphml_without_namespace_and_with_defaults() -> None:
    text = """<graphml><key id="c" for="edge" attr.name="capacity_mbps" attr.type="double">
    <default>100</default></key><key id="l" for="edge" attr.name="Length_km" attr.type="int"/>
    <graph edgedefault="undirected"><node id="a"/><node id="b"/>
    <edge source="a" target="b"><data key="l">2</data></edge></graph></graphml>"""
    assert of(text).links == (TopologyLink("a", "b", 1e8, 2000.0, 1e-5),)


def test_link_speeds_of_the_topology_zoo() -> None:
    capacities = {link.capacity for link in read(ZOO / "Geant2012.graphml").links}
    assert {1e10, 1e9, None} <= capacities
    assert of(TEXTS["gml"]).links[0].capacity == 1e10


def test_gml_whose_labels_come_twice_and_whose_links_are_parallel() -> None:
    topology = of(TEXTS["gml"])
    assert topology.name == "Square"
    assert [node.id for node in topology.nodes] == ["Bonn", "Ulm (1)", "Ulm (2)"]
    assert [node.label for node in topology.nodes] == ["Bonn", "Ulm", "Ulm"]
    assert topology.links[1] == TopologyLink("Ulm (1)", "Ulm (2)", None, 12500.0, 6.25e-5)


def test_gml_and_graphml_of_the_topology_zoo_agree() -> None:
    gml = read(CASES / "AttMpls.gml")
    assert (len(gml.nodes), len(gml.links)) == (25, 56)
    assert (len(read(CASES / "Nsfnet.gml").nodes), len(read(CASES / "Nsfnet.gml").links)) == (13, 15)


def test_gml_with_keys_of_parallel_links() -> None:
    keys = TEXTS["gml"].replace("    target 2\n", "    target 2\n    key 0\n")
    assert of(keys) == of(TEXTS["gml"])
    announced = TEXTS["gml"].replace("graph [", "graph [\n  multigraph 1")
    assert of(announced).links == of(TEXTS["gml"]).links


def test_sndlib_native_text() -> None:
    topology = of(TEXTS["native"], "square.txt")
    assert topology.name == "square"
    assert topology.nodes[3] == TopologyNode("Kiel", "Kiel", 10.12, 54.32)
    assert [link.capacity for link in topology.links] == [622e6, 2488e6, None, None]
    assert topology.links[0].length == pytest.approx(332e3, rel=0.01)


def test_sndlib_xml() -> None:
    topology = of(TEXTS["xml"], "square.xml")
    assert [link.capacity for link in topology.links] == [2488e6, 622e6]
    assert topology.nodes[2].longitude == pytest.approx(9.99)


def test_large_capacities_of_sndlib_are_in_bits() -> None:
    topology = of(TEXTS["native"].replace("622.00", "10000000000.00"))
    assert topology.links[0].capacity == 1e10
    assert any("bit/s assumed" in note for note in topology.notes)


def test_the_suffix_and_packing_do_not_matter(tmp_path: Path) -> None:
    for kind, text in TEXTS.items():
        path = tmp_path / f"{kind}.dat.gz"
        path.write_bytes(gzip.compress(text.encode()))
        assert read(path).links == of(text).links


def test_a_text_that_is_not_utf8_is_read_as_latin1() -> None:
    data = TEXTS["gml"].replace("Bonn", "Köln").encode("latin-1")
    topology = parse(data, "file")
    assert topology.nodes[0].id == "Köln"
    assert "the file is not UTF-8 text; it was read as Latin-1" in topology.notes
    xml = TEXTS["xml"].replace("Jena", "Köln").encode("latin-1")
    assert parse(xml, "file").nodes[2].id == "Köln"


def test_read_takes_names_of_topohub_and_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read("sndlib/polska") == named("sndlib/polska")
    (tmp_path / "sndlib").mkdir()
    (tmp_path / "sndlib" / "polska").write_text(TEXTS["json"])
    monkeypatch.chdir(tmp_path)
    assert read("sndlib/polska").name == "square"  # a file of that name comes first
