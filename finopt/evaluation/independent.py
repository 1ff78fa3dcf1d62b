"""A second judge of placements that shares nothing with the package: it reads parsed JSON and nothing else.

What `finopt.evaluation.evaluate` says is worth a second opinion. This module follows rows (1) to (13) of
``docs/model.md`` once more, in fractions, on the keys of files. No fault of the package can reach it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heappop, heappush
from itertools import islice
from typing import Any, NamedTuple

Document = Mapping[str, Any]
"""A JSON object."""

Rule = tuple[str, str, str]
"""Which rule, of what kind of object, and the object's id."""

LIMIT = 1 + Fraction(1, 10**9)
"""Rows (5) to (8) count as met up to this factor (section 5)."""

NO_FIGURES = {"configuration", "blocks", "node", "link", "device", "result", "slice"}
"""What breaks one of these rules has no energy and no latency."""


@dataclass
class Verdict:
    """What a placement costs, exactly, and what it breaks.

    ``power`` [W] is None where an application is missing or has no figures. ``energy`` [J] and ``latency``
    [s] are by application; ``loads`` are of "compute" [op/s], "memory" [byte] and "bandwidth" [bit/s].
    """

    power: Fraction | None = None
    energy: dict[str, Fraction] = field(default_factory=dict)
    latency: dict[str, Fraction] = field(default_factory=dict)
    loads: defaultdict[Rule, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    broken: set[Rule] = field(default_factory=set)


class Stage(NamedTuple):
    """A block with the enabled exits behind it, what is sent to it, and share and bits of every result."""

    reach: Fraction
    bits: Fraction
    block: str
    parts: Sequence[tuple[str, Document]]  # "block" or "exit", and the object
    leaving: Sequence[tuple[Fraction, Fraction]]


class Way(NamedTuple):
    """The way of a result home; ways compare as in row (11)."""

    seconds: Fraction
    energy: Fraction
    links: tuple[str, ...]


def judge(instance: Document, placement: Document | Sequence[Document]) -> Verdict:
    """Figures and broken rules of what stands under ``placement`` in a result file, for a valid instance."""
    return _Judge(instance).verdict(list(_rows(placement)))


def _rows(placement: Document | Sequence[Document]) -> Iterator[Document]:
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


class _Judge:
    """An instance, and what was looked up in it before."""

    def __init__(self, instance: Document) -> None:
        self.nodes = {node["id"]: node for node in instance["nodes"]}
        self.links = dict(_directed_links(instance.get("links", ())))
        self.models = {model["id"]: model for model in instance["models"]}
        self.applications = {one["id"]: one for one in instance["applications"]}
        self.profiles = {(p["model"], p["device"]): _entries(p) for p in instance.get("profiles", ())}
        choices = [(m, c, chosen) for m in instance["models"] for c, chosen in enumerate(m["configurations"])]
        self.stages = {(model["id"], c): list(_stages(model, chosen)) for model, c, chosen in choices}
        self._ways: dict[tuple[Fraction, str, str | None], dict[str, Way]] = {}
        self._work: dict[tuple[str, int, int, str], tuple[Fraction, Fraction, Fraction]] = {}

    def verdict(self, placement: Sequence[Document]) -> Verdict:
        """Every application by itself, then what they load together."""
        found, power = Verdict(), Fraction(0)
        count = Counter(placed["application"] for placed in placement)
        unknown = count.keys() - self.applications.keys()
        wrong = unknown.union(name for name in self.applications if count[name] != 1)
        found.broken |= {("placed", "application", name) for name in wrong}
        held: dict[tuple[str, ...], Fraction] = {}  # by node, model and part: weights that are shared
        for placed in placement:
            rules = set(() if placed["application"] in unknown else self._broken(placed))
            found.broken |= {(rule, "application", placed["application"]) for rule in rules}
            if placed["application"] not in unknown and not rules & NO_FIGURES:
                power += self._account(placed, found, held)
        for (node, *_), memory in held.items():
            found.loads["memory", "node", node] += memory
        found.power = power if len(found.energy) == len(self.applications) else None
        found.broken.update(self._overloads(found))
        return found

    def _account(self, placed: Document, found: Verdict, held: dict[tuple[str, ...], Fraction]) -> Fraction:
        """Rows (1), (2) and (5) of one application; adds to the loads and returns its power."""
        one = self.applications[placed["application"]]
        rate, worst = Fraction(one.get("rate", 1)), one.get("latency", "worst") == "worst"
        energy, elapsed, returned = Fraction(0), Fraction(0), Fraction(0)
        slices = [Fraction(size or 1) for size in placed.get("slices") or [1] * len(placed["nodes"])]
        for i, stage in enumerate(self.stages[one["model"], placed["configuration"]]):
            weight, node = Fraction(1) if worst else stage.reach, placed["nodes"][i]
            for link in placed["routes"][i]:
                seconds, joules = self._hop(link, stage.bits)
                energy, elapsed = energy + stage.reach * joules, elapsed + weight * seconds
                found.loads["bandwidth", "link", link] += rate * stage.reach * stage.bits
            seconds, joules, ops = self._computing(one["model"], placed["configuration"], i, node)
            seconds /= slices[i]
            energy, elapsed = energy + stage.reach * joules, elapsed + weight * seconds
            if not self.nodes[node].get("slices"):
                found.loads["compute", "node", node] += rate * stage.reach * ops
            for kind, part in stage.parts:  # row (7)
                if self.models[one["model"]].get("shared_weights", False):
                    held[node, one["model"], kind, part["id"]] = _figure(part, "memory")
                else:
                    found.loads["memory", "node", node] += _figure(part, "memory")
            for share, bits in stage.leaving if one.get("result_to") is not None else ():
                way = self._ways_home(one, bits)[node]
                energy += share * way.energy
                returned = max(returned, elapsed + way.seconds) if worst else returned + share * way.seconds
                for link in way.links:
                    found.loads["bandwidth", "link", link] += rate * share * bits
        latency = max(elapsed, returned) if worst else elapsed + returned
        found.energy[placed["application"]], found.latency[placed["application"]] = energy, latency
        self._reserve(placed, one, found)
        if latency > LIMIT * _figure(one, "max_latency"):
            found.broken.add(("latency", "application", placed["application"]))
        return rate * energy

    def _reserve(self, placed: Document, one: Document, found: Verdict) -> None:
        """Row (13): every visit takes its slice of the node, and does not fill more than that."""
        stages = self.stages[one["model"], placed["configuration"]]
        for blocks in _visits(placed):
            node = placed["nodes"][blocks[0]]
            if self.nodes[node].get("slices"):
                size, compute = Fraction(placed["slices"][blocks[0]]), _figure(self.nodes[node], "compute")
                works = [self._computing(one["model"], placed["configuration"], i, node)[2] for i in blocks]
                busy = sum((stages[i].reach * w for i, w in zip(blocks, works, strict=True)), Fraction(0))
                found.loads["compute", "node", node] += size * compute
                if Fraction(one.get("rate", 1)) * busy > LIMIT * size * compute:
                    found.broken.add(("visit", "application", placed["application"]))

    def _hop(self, link: str, bits: Fraction) -> tuple[Fraction, Fraction]:
        """Seconds and joules of so many bits on a link."""
        own = self.links[link]
        seconds = bits / _figure(own, "bandwidth") + _figure(own, "delay")
        return seconds, bits * _figure(own, "energy") + _figure(own, "energy_per_transfer")

    def _computing(self, model: str, configuration: int, i: int, node: str) -> tuple[Fraction, ...]:
        """Row (12): seconds with waiting, joules, and busy seconds times compute, of one sample."""
        key = model, configuration, i, node
        if key not in self._work:
            parts, own = self.stages[model, configuration][i].parts, self.nodes[node]
            compute, power = _figure(own, "compute"), _figure(own, "power")
            profile = self._profile(model, node)
            if profile is None:
                busy = sum((_figure(part, "ops") for _, part in parts), Fraction(0)) / compute
                joules = busy * power
            else:
                entries = [profile[kind, part["id"]] for kind, part in parts]
                busy = sum((_figure(entry, "time") for entry in entries), Fraction(0))
                joules = sum((_joules(entry, power) for entry in entries), Fraction(0))
            waits = own.get("waiting", "none") == "processor-sharing"
            stretch = 1 / (1 - _figure(own, "max_utilisation", 1)) if waits else 1
            self._work[key] = busy * stretch, joules, busy * compute
        return self._work[key]

    def _overloads(self, found: Verdict) -> Iterator[Rule]:
        """Rows (6) to (8)."""
        for key, load in found.loads.items():
            rule, kind, name = key
            own = self.links[name] if kind == "link" else self.nodes[name]
            usable = _figure(own, "max_utilisation", 1) if rule == "compute" else 1
            if own.get(rule) is not None and load > LIMIT * usable * _figure(own, rule):
                yield key

    def _ways_home(self, one: Document, bits: Fraction) -> dict[str, Way]:
        """Row (11): the way home of so many bits from every node that has one."""
        source = one["source"]
        home = source if one["result_to"] == "source" else one["result_to"]
        key = bits, home, None if _is_shared(self.nodes[source]) else source
        if key in self._ways:
            return self._ways[key]
        entering, ways = defaultdict(list), self._ways.setdefault(key, {})
        for name, own in self.links.items():
            if self._may_use(one, own["source"]) and self._may_use(one, own["target"]):
                entering[own["target"]].append((name, own["source"]))
        heap = [(Way(Fraction(0), Fraction(0), ()), home)]
        while heap:
            way, node = heappop(heap)
            if node not in ways:
                ways[node] = way
                for name, before in entering[node]:
                    seconds, joules = self._hop(name, bits)
                    longer = Way(way.seconds + seconds, way.energy + joules, (name, *way.links))
                    heappush(heap, (longer, before))
        return ways

    def _broken(self, placed: Document) -> Iterator[str]:
        """Rows (4) and (9) to (12): the rules that one application breaks by itself."""
        one = self.applications[placed["application"]]
        configurations = self.models[one["model"]]["configurations"]
        if not 0 <= placed["configuration"] < len(configurations):
            yield "configuration"
            return
        stages = self.stages[one["model"], placed["configuration"]]
        unknown = ["blocks"] if {len(placed["nodes"]), len(placed["routes"])} != {len(stages)} else []
        unknown += ["node"] if {*placed["nodes"]} - self.nodes.keys() else []
        unknown += ["link"] if {*()}.union(*placed["routes"]) - self.links.keys() else []
        yield from unknown
        if unknown:
            return
        if configurations[placed["configuration"]]["accuracy"] < one["min_accuracy"]:
            yield "accuracy"
        here = one["source"]
        for stage, node, route in zip(stages, placed["nodes"], placed["routes"], strict=True):
            for link in (self.links[name] for name in route):
                if link["source"] != here:
                    yield "route"
                here = link["target"]
                if not self._may_use(one, here):
                    yield "private"
            if here != node:
                yield "route"
            here = node
            yield from self._cannot_run(one, stage, node)
        slices = placed.get("slices") or [None] * len(stages)
        for blocks in _visits(placed):
            known = self.nodes[placed["nodes"][blocks[0]]].get("slices") or [None]
            given = {*slices[blocks[0] : blocks[-1] + 1]}
            if len(slices) != len(stages) or len(given) > 1 or given - {*known}:
                yield "slice"

    def _cannot_run(self, one: Document, stage: Stage, node: str) -> Iterator[str]:
        block, profile = stage.block, self._profile(one["model"], node)
        if not self._may_use(one, node):
            yield "private"
        if one.get("pinned", {}).get(block, node) != node:
            yield "pin"
        if node not in one.get("allowed", {}).get(block, (node,)):
            yield "allowed"
        if not self.nodes[node]["compute"] > 0 or (profile is not None and ("block", block) not in profile):
            yield "device"
        bits = {bits for _, bits in stage.leaving} if one.get("result_to") is not None else ()
        if any(node not in self._ways_home(one, size) for size in bits):
            yield "result"

    def _may_use(self, one: Document, node: str) -> bool:
        return _is_shared(self.nodes[node]) or node == one["source"]

    def _profile(self, model: str, node: str) -> dict[tuple[str, str], Document] | None:
        return self.profiles.get((model, self.nodes[node].get("device")))


def _visits(placed: Document) -> list[list[int]]:
    """Consecutive blocks on a node between which nothing is sent."""
    found: list[list[int]] = []
    for i, node in enumerate(placed["nodes"]):
        if i and node == placed["nodes"][i - 1] and not placed["routes"][i]:
            found[-1].append(i)
        else:
            found.append([i])
    return found


def _figure(one: Document, key: str, default: int = 0) -> Fraction:
    return Fraction(one.get(key, default))


def _is_shared(node: Document) -> bool:
    return bool(node.get("shared", node["tier"] != "mobile"))


def _joules(entry: Document, power: Fraction) -> Fraction:
    return _figure(entry, "time") * power if entry.get("energy") is None else _figure(entry, "energy")


def _entries(profile: Document) -> dict[tuple[str, str], Document]:
    """What was measured, by "block" or "exit" and its id."""
    kinds = (("block", "blocks"), ("exit", "exits"))
    return {(kind, entry[kind]): entry for kind, key in kinds for entry in profile.get(key, ())}


def _directed_links(links: Iterable[Document]) -> Iterator[tuple[str, Document]]:
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


def _stages(model: Document, chosen: Document) -> Iterator[Stage]:
    exits = {one["id"]: one for one in model["exits"]}
    last, left, bits = chosen["exits"][-1], Fraction(1), _figure(model, "input_bits")
    for block in model["blocks"]:
        reach, leaving, parts = left, [], [("block", block)]
        for name, share in zip(chosen["exits"], chosen["shares"], strict=True):
            if exits[name]["after"] == block["id"]:
                gone = left if name == last else min(left, Fraction(share))
                left -= gone
                parts.append(("exit", exits[name]))
                leaving.append((gone, _figure(exits[name], "output_bits")))
        yield Stage(reach, bits, block["id"], parts, leaving)
        if exits[last]["after"] == block["id"]:
            return
        bits = _figure(block, "output_bits")
