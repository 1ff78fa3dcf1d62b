"""What is no topology is refused with the true reason; what could run away is bounded."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from finopt import InstanceError
from finopt.io.importers.networks import files, node_link, raw, read, recognition, xml_tree
from finopt.io.importers.networks.recognition import parse
from tests.io.importers.networks.mutations import TEXTS


def refused(data: bytes | str, source: str = "file") -> InstanceError:
    with pytest.raises(InstanceError) as error:
        parse(data.encode() if isinstance(data, str) else data, source)
    return error.value


def graph(nodes: list[Any], links: list[Any]) -> str:
    return json.dumps({"nodes": nodes, "links": links})


PLACES = [{"id": "a", "lon": 0, "lat": 0}, {"id": "b", "lon": 1, "lat": 1}]
LINK = {"source": "a", "target": "b"}
OTHERS = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]

REFUSALS = {
    "$: is empty": "",
    "$: is no topology of a known format; node-link JSON, GraphML": "hello",
    "$: is no topology but looks like CSV": "id,model,source\ncamera,net,phone\n",
    "$: is a zip archive; node-link": b"PK\x03\x04abc",
    "$: is XML of another kind, its root is 'gexf'": "<gexf/>",
    "$: is not well-formed XML: mismatched tag": "<graphml></graph>",
    "$: is in an encoding that is not read": '<?xml version="1.0" encoding="big5"?><graphml/>',
    "$: has 0 graphs, needs one": "<graphml/>",
    "$: has 2 graphs, needs one": "<graphml><graph/><graph/></graphml>",
    "$: has a node without id": "<graphml><graph><node/></graph></graphml>",
    "$: is not valid GraphML: GraphML reader doesn't support hyperedges": (
        "<graphml><graph><node id='a'/><hyperedge/></graph></graphml>"
    ),
    "$: is not valid GraphML: Bad GraphML data: no key k": (
        "<graphml><graph><node id='a'><data key='k'>1</data></node></graph></graphml>"
    ),
    "nodes[1].id: is the id of 2 nodes, got 'a'": (
        "<graphml><graph><node id='a'/><node id='a'/></graph></graphml>"
    ),
    "links[0].target: no such node, got 'x'": (
        "<graphml><graph><node id='a'/><edge source='a' target='x'/></graph></graphml>"
    ),
    "$: is not valid GML: node id 1 is duplicated": TEXTS["gml"].replace("id 2", "id 1"),
    "$: is not valid GML: edge #1 has undefined target 7": TEXTS["gml"].replace("target 2", "target 7", 1),
    "$: is not valid GML: input contains more than one graph": TEXTS["gml"] * 2,
    "line 9: expected a coordinate, got '('": TEXTS["native"].replace("( 7.10", "( ( 7.10"),
    "line 10: node 'Bonn' needs two coordinates before this": TEXTS["native"].replace("7.10 ", ""),
    "line 16: a link needs two ends before this, got 3": TEXTS["native"].replace("Bonn Ulm", "Bonn Ulm Jena"),
    "line 16: expected a figure of a link, got '('": TEXTS["native"].replace("0.00 ( 155.00", "( 155.00", 1),
    "expected ')', got its end": TEXTS["native"].rstrip().removesuffix(")"),
    "networkStructure: has no element 'links'": TEXTS["xml"].replace("links>", "lines>"),
    "link 'L2': has no element 'target'": TEXTS["xml"].replace("<target>Jena</target>", ""),
    "$: is no node-link data: needs an object with lists 'nodes'": "[1]",
    "$: is no node-link data: has no list 'links' or 'edges'": '{"nodes": []}',
    "nodes[0]: must be an object, got 1": graph([1], []),
    "nodes[0].id: must be text or a whole number": graph([{}], []),
    "links[0].target: must be text or a whole number, got null": graph(
        PLACES, [{"source": "a", "target": None}]
    ),
    "links[0].source: no such node, got 'c'": graph(PLACES, [{"source": "c", "target": "b"}]),
    "graph.name: duplicate key": '{"nodes": [], "edges": [], "graph": {"name": 1, "name": 2}}',
    "$: has no nodes": graph([], []),
    "nodes[0].id: must have 1 to 200 characters": graph([{"id": "x" * 201}], []),
    "nodes[0].id: must consist of characters that can be printed, got '\\ud800'": graph(
        [{"id": "\ud800"}], []
    ),
    "nodes[0].longitude: must be a finite number, got NaN": (
        '{"nodes": [{"id": 1, "lon": NaN, "lat": 0}], "edges": []}'
    ),
    "nodes[0].latitude: must be a finite number, got Infinity": (
        '{"nodes": [{"id": 1, "pos": [0, 1e999]}], "edges": []}'
    ),
    "nodes[0].latitude: must be a finite number, got 'north'": graph(
        [{"id": 1, "lon": 0, "lat": "north"}], []
    ),
    "nodes[0].population: must be between 0 and 1e+12, got -1": graph([{"id": 1, "population": -1}], []),
    "links[0].capacity: must be between 0 and 1e+15, got 1e+20": graph(PLACES, [{**LINK, "capacity": 1e20}]),
    "links[0].length_km: must be between 0 and 1e+09, got -3": graph(PLACES, [{**LINK, "length_km": -3}]),
    "links[0].delay_ms: must be a finite number, got 'soon'": graph(PLACES, [{**LINK, "delay_ms": "soon"}]),
    "links[0].dist: must be a finite number, got true": graph(PLACES, [{**LINK, "dist": True}]),
    "links[0].linkspeed: must be a finite number, got 'fast'": graph(PLACES, [{**LINK, "LinkSpeed": "fast"}]),
    "$: is disconnected: 2 parts, of 1, 1 nodes; largest_component=True takes": graph(PLACES, []),
    "$: is disconnected: 9 parts, of 1, 1, 1, 1, 1, 1, 1, 1 ... nodes": graph(
        [{"id": i} for i in OTHERS], []
    ),
    "$: no node has a position, and 1 of 1 link state neither length nor delay": (
        graph([{"id": "a"}, {"id": "b"}], [LINK])
    ),
    "$: the positions are not degrees, and 1 of 1 link state neither": (
        graph([{"id": "a", "pos": [0, 91]}, {"id": "b", "pos": [1, 1]}], [LINK])
    ),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_refused_with_the_true_reason(message: str) -> None:
    assert message in str(refused(REFUSALS[message]))


def test_every_problem_is_listed() -> None:
    error = refused(graph([{"id": 1, "lon": "x", "lat": "y"}], [{"source": 1, "target": 1, "capacity": -1}]))
    assert [problem.path for problem in error.problems] == [
        "nodes[0].longitude",
        "nodes[0].latitude",
        "links[0].capacity",
    ]


def test_a_missing_file_and_a_name_that_does_not_exist() -> None:
    with pytest.raises(InstanceError, match=r"nowhere.gml: 1 problem\n  \$: cannot be read: No such file"):
        read("nowhere.gml")
    with pytest.raises(
        InstanceError, match=r"no topology of topohub has this name; did you mean 'topozoo/Dfn'"
    ):
        read("topozoo/Dfm")
    with pytest.raises(InstanceError, match="no topology of topohub has this name"):
        read("sndlib/../../../topohub/__init__")


# ---------------------------------------------------------------- what is no file, and what is too much


def test_a_folder_a_pipe_and_a_device_are_no_files(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, Path(os.devnull)):
        with pytest.raises(InstanceError, match="is not a regular file"):
            read(path)
    with pytest.raises(InstanceError, match="cannot be read"):
        read("nul\0.gml")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.gml"
    with path.open("wb") as file:
        file.truncate(files.MOST_BYTES + 1)  # a hole that takes no room
    with pytest.raises(InstanceError, match="has more than 64 MiB"):
        read(path)
    path.write_bytes(gzip.compress(b" " * 2**21))
    monkeypatch.setattr(files, "MOST_BYTES", 2**20)
    with pytest.raises(InstanceError, match="has more than 1 MiB"):
        read(path)


@pytest.mark.parametrize("kind", ["gml", "native"])
def test_a_text_read_word_by_word_is_shorter(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_TEXT", 100)
    assert "has more than 0 MiB, no longer texts of this format" in str(refused(TEXTS[kind]))
    monkeypatch.undo()
    monkeypatch.setattr(files, "MOST_PARTS", 3)
    assert "has more than 3 brackets" in str(refused(TEXTS[kind]))


def test_nodes_links_and_parts_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    from finopt.io.importers.networks import assembly, sndlib_native

    monkeypatch.setattr(assembly, "MOST_NODES", 2)
    for text in TEXTS.values():
        assert "nodes, no topologies of more than 2 are read" in str(refused(text))
    monkeypatch.setattr(assembly, "MOST_NODES", raw.MOST_NODES)
    monkeypatch.setattr(assembly, "MOST_LINKS", 1)
    assert "links: has 2 links, no topologies of more than 1" in str(refused(TEXTS["json"]))
    monkeypatch.setattr(sndlib_native, "MOST_NODES", 2)
    assert "line 12: a section has more than 2 entries" in str(refused(TEXTS["native"]))
    monkeypatch.setattr(xml_tree, "MOST_PARTS", 5)
    assert "has more than 5 elements" in str(refused(TEXTS["xml"]))
    monkeypatch.setattr(node_link, "MOST_PARTS", 5)
    assert "has more than 5 objects and lists" in str(refused(TEXTS["json"]))


BOMB = '<!DOCTYPE g [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><graphml>&b;</graphml>'
OUTSIDE = '<!DOCTYPE g [<!ENTITY a SYSTEM "file:///etc/hostname">]><graphml>&a;</graphml>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE])
def test_entities_are_refused(text: str) -> None:
    assert "declares entities or refers to other documents, which is not read" in str(refused(text))


def test_a_harmless_document_type_is_no_hindrance() -> None:
    text = "<!DOCTYPE graphml><graphml><graph><node id='a'/></graph></graphml>"
    assert len(parse(text.encode(), "file").nodes) == 1


DEEP = 200_000
NESTED = {
    "nested deeper than 100": "<graphml>" + "<a>" * DEEP,
    "is not valid GML: nested too deeply": "graph [ " + "a [ " * DEEP,
    "is not valid JSON: nested too deeply": '{"nodes": ' + "[" * DEEP,
    "expected ')'": "?SNDlib\nMETA " + "( " * DEEP,
}


@pytest.mark.parametrize("message", NESTED)
def test_deep_nesting_is_refused(message: str) -> None:
    assert message in str(refused(NESTED[message]))


def test_huge_numbers_are_refused() -> None:
    digits = "9" * 100_000
    texts = (
        TEXTS["gml"].replace("7.1", digits),
        TEXTS["native"].replace("7.10", digits),
        TEXTS["xml"].replace("7.10", digits),
        TEXTS["json"].replace("7.1", digits),
    )
    assert all(len(str(refused(text))) < 1000 for text in texts)


def test_the_formats_that_are_read_are_named() -> None:
    assert recognition.READ in str(refused("hello"))
