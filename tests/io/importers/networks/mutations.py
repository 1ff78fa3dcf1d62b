"""Small topologies of every format, and seeded ways to break them."""

from __future__ import annotations

import random
import re
from pathlib import Path

CASES = Path(__file__).parents[3] / "cases" / "networks"

NATIVE = """\
?SNDlib native format; type: network; version: 1.0
# network square

META (
  unit = MBITPERSEC
)

NODES (
  Bonn ( 7.10 50.73 )
  Ulm ( 9.99 48.40 )
  Jena ( 11.59 50.93 )
  Kiel ( 10.12 54.32 )
)

LINKS (
  L1 ( Bonn Ulm ) 0.00 0.00 0.00 0.00 ( 155.00 9.00 622.00 30.00 )
  L2 ( Ulm Jena ) 2488.00 0.00 0.00 0.00 ( 155.00 9.00 )
  L3 ( Jena Kiel ) 0.00 0.00 0.00 0.00 ( )
  L4 ( Kiel Bonn ) 0.00 0.00 0.00 0.00 ( UNLIMITED 1.00 )
)

DEMANDS (
  D1 ( Bonn Kiel ) 1 5.00 UNLIMITED
)
"""

XML = """\
<?xml version="1.0" encoding="ISO-8859-1"?>
<network xmlns="http://sndlib.zib.de/network" version="1.0">
 <networkStructure>
  <nodes coordinatesType="geographical">
   <node id="Bonn"><coordinates><x>7.10</x><y>50.73</y></coordinates></node>
   <node id="Ulm"><coordinates><x>9.99</x><y>48.40</y></coordinates></node>
   <node id="Jena"/>
  </nodes>
  <links>
   <link id="L1">
    <source>Bonn</source><target>Ulm</target>
    <preInstalledModule><capacity>2488.0</capacity><cost>0.0</cost></preInstalledModule>
   </link>
   <link id="L2">
    <source>Ulm</source><target>Jena</target>
    <additionalModules>
     <addModule><capacity>155.0</capacity><cost>9.0</cost></addModule>
     <addModule><capacity>622.0</capacity><cost>30.0</cost></addModule>
    </additionalModules>
   </link>
  </links>
 </networkStructure>
 <demands/>
</network>
"""

GML = """\
graph [
  label "Square"
  node [
    id 0
    label "Bonn"
    Longitude 7.1
    Latitude 50.73
  ]
  node [
    id 1
    label "Ulm"
    Longitude 9.99
    Latitude 48.4
  ]
  node [
    id 2
    label "Ulm"
  ]
  edge [
    source 0
    target 1
    LinkSpeed "10"
    LinkSpeedUnits "G"
  ]
  edge [
    source 1
    target 2
    length_km 12.5
  ]
  edge [
    source 1
    target 2
  ]
]
"""

JSON = """\
{"directed": false, "multigraph": false, "graph": {"name": "square"},
 "nodes": [{"id": 0, "name": "Bonn", "pos": [7.1, 50.73]}, {"id": 1, "name": "Ulm", "lon": 9.99, "lat": 48.4},
           {"id": "x", "population": 100000}],
 "edges": [{"source": 0, "target": 1, "dist": 331.5, "capacity_gbps": 10},
           {"source": 1, "target": "x", "delay_ms": 0.5}]}
"""

TEXTS = {
    "graphml": (CASES / "Arpanet196912.graphml").read_text(encoding="utf-8"),
    "gml": GML,
    "native": NATIVE,
    "xml": XML,
    "json": JSON,
}
"""A small topology of every format that is read."""

TOKENS = (
    *("NaN", "-inf", "INF", "1e999", "-1", "0", "9" * 400, "1e-320", "1_0", "0x1", "\u0661"),
    *("", " ", "\n", "\x00", "\ufeff", "\U0001f600", "é", "#", "(", ")", "[", "]", "{", "}", '"'),
    *("<", ">", "/>", "<a>", "&lt;", "&bomb;", "&#0;", "<!DOCTYPE a [<!ENTITY b 'c'>]>"),
    *(
        "id",
        "node",
        "source",
        "None",
        "null",
        "true",
        "UNLIMITED",
        "directed",
        "multigraph",
        "int",
        "boolean",
    ),
)
"""What takes the place of a word."""


WORD, SIGN = re.compile(rb"[\w.-]+"), re.compile(rb"[^\w\s.-]")
VALUE = re.compile(rb"""(?<=[>"])[^<>"\n]+(?=[<"])""")


def mutated(text: str, draw: random.Random) -> bytes:
    """The text with one to three changes of bytes, words, signs or lines; most often of words."""
    data = text.encode()
    for _ in range(draw.choice((1, 1, 2, 3))):
        data = draw.choice((_bytes, _sign, _word, _word, _value, _value, _lines))(data, draw)
    return data


def _bytes(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data) + 1)
    change = draw.randrange(4)
    if change == 0:
        return data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
    if change == 1:
        return data[:at] + data[at + draw.randint(1, 20) :]
    if change == 2:
        return data[:at] + data[at : at + 20] * draw.randint(1, 5) + data[at:]
    return data[:at]


def _word(data: bytes, draw: random.Random) -> bytes:
    """Another word in the place of one, or what is no word."""
    return _replaced(data, draw, [(match.start(), match.end()) for match in WORD.finditer(data)])


def _value(data: bytes, draw: random.Random) -> bytes:
    """What stands between tags or quotation marks."""
    return _replaced(data, draw, [(match.start(), match.end()) for match in VALUE.finditer(data)])


def _sign(data: bytes, draw: random.Random) -> bytes:
    return _replaced(data, draw, [(match.start(), match.end()) for match in SIGN.finditer(data)])


def _replaced(data: bytes, draw: random.Random, places: list[tuple[int, int]]) -> bytes:
    if not places:
        return data
    (start, end), other = draw.choice(places), draw.choice(places)
    new = draw.choice(TOKENS).encode() if draw.random() < 0.5 else data[slice(*other)]
    return data[:start] + new + data[end:]


def _lines(data: bytes, draw: random.Random) -> bytes:
    lines = data.split(b"\n")
    a, b = draw.randrange(len(lines)), draw.randrange(len(lines))
    change = draw.randrange(3)
    if change == 0:
        del lines[a]
    elif change == 1:
        lines.insert(a, lines[b])
    else:
        lines[a], lines[b] = lines[b], lines[a]
    return b"\n".join(lines)
