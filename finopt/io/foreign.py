"""Files of other kinds: what a file is that finopt does not read, so that the error can say it."""

from __future__ import annotations

import re

READ = (
    "finopt reads its own JSON (finopt-instance, finopt-result), also packed with gzip, and OR-Library or"
    " Zhu-Wilhelm text; finopt build makes an instance of networks, ONNX models and measured times"
)

LOOKED_AT = 20_000
"""Characters from the start of a text that say what it is."""

_STARTS = {
    b"PAR1": "a Parquet table",
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\x00": "an xz file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x89HDF\r\n": "an HDF5 file",
    b"\x93NUMPY": "a numpy file",
    b"SQLite format 3\x00": "an SQLite database",
    b"\x89PNG": "a PNG picture",
    b"%PDF": "a PDF document",
    **{bytes([0x80, version]): "a Python pickle" for version in range(2, 6)},
}

_ONNX = re.compile(rb"\x08[\x01-\x20][\x12\x1a\x22\x2a\x32\x3a\x42]")
"""The version of the format, then the next field of the model."""

_TEXTS = {
    "GraphML": r"<(?=[\s\S]*<graphml\b)",
    "SNDlib XML": r"<(?=[\s\S]*sndlib)",
    "GEXF": r"<(?=[\s\S]*<gexf\b)",
    "HTML": r"<(!doctype )?html",
    "XML": r"<[?!a-z]",
    "SNDlib native text": r"\?sndlib",
    "a Python pickle": r"(\((dp|lp)0$|c?copy_?reg)",
    "DIMACS": r"(c( .*)?\n\s*)*p +\w+ +\d+|c( .*)?\n",
    "TSPLIB": r"(?-i:(?=[\s\S]*^(DIMENSION|CAPACITY) *:)NAME *:)",
    "PathWyse": r"(?-i:(?=[\s\S]*^(SIZE|ORIGIN|DESTINATION|RESOURCES) *:)(#.*\n\s*)*[A-Z_]+ *:)",
    "Graphviz DOT": r"(strict +)?(di)?graph\b[^\n\[]*\{",
    "GML": r"(?=[\s\S]*^[ \t]*graph\s*\[)[a-z#]",
    "YAML": r"(---|%yaml)|(#.*\n\s*)*(- +)?[\w\"'.-]+:(\s|$)",
    "TOML or INI": r"(#.*\n\s*)*(\[+[a-z_][\w.\"-]*\]+\s*$|[\w.-]+ *= *\S)",
    "CSV": r"[^\n{\[,;\t]*([,;\t])[^\n{\[]*\n[^\n{\[]*\1|[\w. +-]+([,;][\w. +-]+)+$",
}
_PATTERNS = {kind: re.compile(pattern, re.IGNORECASE | re.MULTILINE) for kind, pattern in _TEXTS.items()}


def binary_kind(content: bytes) -> str:
    """What a file is whose bytes are not text; empty when that is unknown."""
    if _ONNX.match(content):
        return "an ONNX model"
    return next((kind for start, kind in _STARTS.items() if content.startswith(start)), "")


def text_kind(text: str) -> str:
    """The format of a text that is not JSON; empty when it is unknown."""
    start = text[:LOOKED_AT].lstrip()
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.match(start)), "")
