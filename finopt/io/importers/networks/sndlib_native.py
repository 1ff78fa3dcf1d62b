"""SNDlib native text: sections ``NODES ( ... )`` and ``LINKS ( ... )``.

id ( longitude latitude )
id ( source target ) capacity cost routing_cost setup_cost ( module_capacity module_cost ... )
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from finopt.io.importers.networks import sndlib
from finopt.io.importers.networks.files import words_of
from finopt.io.importers.networks.raw import MOST_LINKS, MOST_NODES, Raw, broken
from finopt.io.importers.networks.sndlib import Station, Trunk

HEADER = "?sndlib"

FIGURES = 4
"""Figures of a link before its modules; the first is the capacity that is installed."""


Item = TypeVar("Item")


class _Token(NamedTuple):
    text: str
    line: int


class _Tokens:
    """Words and brackets one after the other, with the one that comes next."""

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self._rest = _tokens(text)
        self.line = 1
        self.next = ""
        self.step()

    def step(self) -> str:
        """The token that came next; at the end of the text it is empty."""
        text = self.next
        token = next(self._rest, _Token("", self.line))
        self.next, self.line = token
        return text

    def expect(self, *texts: str) -> None:
        if self.next not in texts:
            raise self.error(f"expected {' or '.join(map(repr, texts))}")
        self.step()

    def word(self, what: str) -> str:
        if self.next in ("", "(", ")"):
            raise self.error(f"expected {what}")
        return self.step()

    def error(self, rule: str) -> Exception:
        return broken(
            self.source, rule, f"line {self.line}", ascii(self.next[:60]) if self.next else "its end"
        )


def _tokens(text: str) -> Iterator[_Token]:
    for number, line in enumerate(text.split("\n"), 1):
        content = "" if line.lstrip().startswith("?") else line.partition("#")[0]  # a header says what it is
        for match in re.finditer(r"[()]|[^\s()]+", content):
            yield _Token(match[0], number)


def parse(data: bytes, source: str) -> Raw:
    """The nodes and links of a native file.

    Raises
    ------
    InstanceError
        A section is not as it should be: says in which line; or the file has too many entries.
    """
    text, notes = words_of(data, source, "(")
    tokens = _Tokens(text, source)
    stations: list[Station] = []
    trunks: list[Trunk] = []
    while tokens.next:
        section = tokens.word("the name of a section").upper()
        tokens.expect("(")
        if section == "NODES":
            stations += _at_most(MOST_NODES, _nodes(tokens), tokens)
        elif section == "LINKS":
            trunks += _at_most(MOST_LINKS, _links(tokens), tokens)
        else:
            _skip(tokens)
    return sndlib.raw("SNDlib native text", source, stations, trunks, notes)


def _at_most(most: int, items: Iterator[Item], tokens: _Tokens) -> Iterator[Item]:
    for number, item in enumerate(items):
        if number == most:
            raise tokens.error(f"a section has more than {most} entries")
        yield item


def _nodes(tokens: _Tokens) -> Iterator[Station]:
    while tokens.next != ")":
        name = tokens.word("the id of a node or ')'")
        position = tuple(_group(tokens, "a coordinate")) if tokens.next == "(" else ()
        if len(position) not in (0, 2):
            raise tokens.error(f"node {name[:60]!a} needs two coordinates before this")
        yield Station(name, position)
    tokens.step()


def _links(tokens: _Tokens) -> Iterator[Trunk]:
    while tokens.next != ")":
        tokens.word("the id of a link or ')'")
        ends = list(_group(tokens, "the id of a node"))
        if len(ends) != 2:
            raise tokens.error(f"a link needs two ends before this, got {len(ends)}")
        figures = [tokens.word("a figure of a link") for _ in range(FIGURES)]
        modules = list(_group(tokens, "a figure of a module")) if tokens.next == "(" else []
        yield Trunk(ends[0], ends[1], figures[0], modules[::2])
    tokens.step()


def _group(tokens: _Tokens, what: str) -> Iterator[str]:
    tokens.expect("(")
    while tokens.next != ")":
        yield tokens.word(what)
    tokens.step()


def _skip(tokens: _Tokens) -> None:
    """Past a section of which nothing is needed."""
    depth = 1
    while depth:
        if not tokens.next:
            raise tokens.error("expected ')'")
        depth += {"(": 1, ")": -1}.get(tokens.step(), 0)
