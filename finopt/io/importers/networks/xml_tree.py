"""XML without its dangers: no entities, nothing from elsewhere, no tree that is too large or too deep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError, TreeBuilder

from finopt.io.importers.networks.raw import MOST_PARTS, broken
from finopt.problem.extras import extra_module

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DEEPEST = 100
"""Elements within each other; topologies need about ten."""


class _Builder(TreeBuilder):
    """Builds a tree, but neither a large nor a deep one."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source, self.count, self.depth = source, 0, 0

    def start(self, tag: str, attrs: dict[Any, Any], /) -> Element:
        self.count += 1
        self.depth += 1
        if self.count > MOST_PARTS:
            raise broken(self.source, f"has more than {MOST_PARTS} elements")
        if self.depth > DEEPEST:
            raise broken(self.source, f"has elements nested deeper than {DEEPEST}")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self.depth -= 1
        return super().end(tag)


def parse(data: bytes, source: str) -> Element:
    """The root of an XML document.

    Raises
    ------
    InstanceError
        It is not well-formed, declares entities, refers to other documents, is too large or too deep.
    BackendError
        defusedxml is not installed.
    """
    defused = extra_module("defusedxml.ElementTree", "networks", "a topology in XML", "convert it to JSON")
    parser = defused.ElementTree.DefusedXMLParser(target=_Builder(source))
    try:
        parser.feed(data)
        return parser.close()  # type: ignore[no-any-return]
    except defused.DefusedXmlException:
        rule = "declares entities or refers to other documents, which is not read"
        raise broken(source, rule, suggestion="remove the document type declaration") from None
    except ParseError as error:
        raise broken(source, f"is not well-formed XML: {error}") from None
    except (LookupError, ValueError) as error:
        if hasattr(error, "problems"):  # of the builder
            raise
        raise broken(source, f"is in an encoding that is not read: {error}") from None


def local_name(element: Element) -> str:
    """The tag without its namespace."""
    return element.tag.rpartition("}")[2]
