"""What the second judge of placements reads in files; like it, it shares nothing with the package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any, NamedTuple

Document = Mapping[str, Any]
"""A JSON object."""


class Stage(NamedTuple):
    """A block with the enabled exits behind it, what is sent to it, and share and bits of every result."""

    reach: Fraction
    bits: Fraction
    block: str
    parts: Sequence[tuple[str, Document]]  # "block" or "exit", and the object
    leaving: Sequence[tuple[Fraction, Fraction]]


def rows_of(placement: Document | Sequence[Document]) -> Iterator[Document]:
    """The placements of a result file, which may stand in columns."""
    if not isinstance(placement, Mapping):
        yield from placement
        return
    names, numbers = placement["applications"], placement.get("application")
    node, hop = iter(placement["node"]), iter(zip(placement["stage"], placement["link"], strict=True))
    for row, configuration in enumerate(placement["configuration"]):
        number = row if numbers is None else numbers[row]
        nodes = [placement["nodes"][i] for i in islice(node, placement["blocks"][row])]
        routes: list[list[str]] = [[] for _ in nodes]
        for stage, link in islice(hop, placement["hops"][row]):
            routes[stage].append(placement["links"][link])
        name = f"app{number}" if names is None else names[number]
        yield {"application": name, "configuration": configuration, "nodes": nodes, "routes": routes}


def hops_of(placed: Document, stage: int) -> list[tuple[str, Any]]:
    """The links of a route with what is reserved of each."""
    route, sizes = placed["routes"][stage], placed.get("route_slices")
    return list(zip(route, sizes[stage] if sizes else [None] * len(route), strict=True))


def visits_of(placed: Document) -> list[list[int]]:
    """Consecutive blocks on a node between which nothing is sent."""
    found: list[list[int]] = []
    for i, node in enumerate(placed["nodes"]):
        if i and node == placed["nodes"][i - 1] and not placed["routes"][i]:
            found[-1].append(i)
        else:
            found.append([i])
    return found


def figure(one: Document, key: str, default: int = 0) -> Fraction:
    """A field of an object."""
    return Fraction(one.get(key, default))


def is_shared(node: Document) -> bool:
    """Whether a node serves every application."""
    return bool(node.get("shared", node["tier"] != "mobile"))


def joules_of(entry: Document, power: Fraction) -> Fraction:
    """What one sample takes by a measurement on a node of some power."""
    return figure(entry, "time") * power if entry.get("energy") is None else figure(entry, "energy")


def entries_of(profile: Document) -> dict[tuple[str, str], Document]:
    """What was measured, by "block" or "exit" and its id."""
    kinds = (("block", "blocks"), ("exit", "exits"))
    return {(kind, entry[kind]): entry for kind, key in kinds for entry in profile.get(key, ())}


def directed_links(links: Iterable[Document]) -> Iterator[tuple[str, Document]]:
    """Each direction by its name: ``a->b``, the next from a to b ``a->b#2``."""
    taken: set[str] = set()
    for link in links:
        back = {**link, "source": link["target"], "target": link["source"]}
        for own in (link, back) if link.get("bidirectional", False) else (link,):
            plain = name = f"{own['source']}->{own['target']}"
            count = 1
            while name in taken:
                count, name = count + 1, f"{plain}#{count + 1}"
            taken.add(name)
            yield name, own


def stages_of(model: Document, chosen: Document) -> Iterator[Stage]:
    """The blocks that a configuration computes."""
    exits = {one["id"]: one for one in model["exits"]}
    last, left, bits = chosen["exits"][-1], Fraction(1), figure(model, "input_bits")
    for block in model["blocks"]:
        reach, leaving, parts = left, [], [("block", block)]
        for name, share in zip(chosen["exits"], chosen["shares"], strict=True):
            if exits[name]["after"] == block["id"]:
                gone = left if name == last else min(left, Fraction(share))
                left -= gone
                parts.append(("exit", exits[name]))
                leaving.append((gone, figure(exits[name], "output_bits")))
        yield Stage(reach, bits, block["id"], parts, leaving)
        if exits[last]["after"] == block["id"]:
            return
        bits = figure(block, "output_bits")
