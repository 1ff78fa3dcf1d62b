"""A second judge of placements that shares nothing with the package: it reads parsed JSON and nothing else.

What `finopt.evaluation.evaluate` says is worth a second opinion. This module, with the one that
reads for it, follows rows (1) to (14), (16) and (17) of ``docs/model.md`` once more, in fractions, on the
keys of files. No fault of the package can reach it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heappop, heappush
from typing import NamedTuple

from finopt.evaluation.independent_reading import (
    Document,
    Stage,
    directed_links,
    entries_of,
    figure,
    hops_of,
    is_shared,
    joules_of,
    rows_of,
    stages_of,
    visits_of,
)

Rule = tuple[str, str, str]
"""Which rule, of what kind of object, and the object's id."""

ONE, LIMIT = Fraction(1), 1 + Fraction(1, 10**9)
"""Rows (5) to (8) count as met up to this factor (section 5)."""

NO_FIGURES = {"configuration", "blocks", "node", "link", "device", "result", "slice"}
"""What breaks one of these rules has no energy and no latency."""


@dataclass
class Verdict:
    """What a placement costs, exactly, and what it breaks.

    ``power`` [W] and the totals of carbon [g/s] and cost [currency/s] are None where an application is
    missing or has no figures. ``energy`` [J], ``carbon`` [g], ``cost`` [currency] and ``latency`` [s] are by
    application; ``loads`` are of "compute" [op/s], "memory" [byte] and "bandwidth" [bit/s].
    """

    power: Fraction | None = None
    total_carbon: Fraction | None = None
    total_cost: Fraction | None = None
    energy: dict[str, Fraction] = field(default_factory=dict)
    carbon: dict[str, Fraction] = field(default_factory=dict)
    cost: dict[str, Fraction] = field(default_factory=dict)
    latency: dict[str, Fraction] = field(default_factory=dict)
    loads: defaultdict[Rule, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    broken: set[Rule] = field(default_factory=set)


class Way(NamedTuple):
    """The way of a result home; ways compare as in row (11)."""

    seconds: Fraction
    energy: Fraction
    links: tuple[str, ...]


@dataclass
class _Taken:
    """What a sample takes: energy [J], carbon [g] and cost [currency]."""

    energy: Fraction = Fraction(0)
    carbon: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)

    def add(self, share: Fraction, joules: Fraction, priced: Fraction, where: Document) -> None:
        """Joules on a node or link, and the busy seconds or bits that have a price there."""
        self.energy += share * joules
        self.carbon += share * joules * figure(where, "carbon")
        self.cost += share * priced * figure(where, "price")


def judge(instance: Document, placement: Document | Sequence[Document]) -> Verdict:
    """Figures and broken rules of what stands under ``placement`` in a result file, for a valid instance."""
    return _Judge(instance).verdict(list(rows_of(placement)))


class _Judge:
    """An instance, and what was looked up in it before."""

    def __init__(self, instance: Document) -> None:
        self.nodes = {node["id"]: node for node in instance["nodes"]}
        self.links = dict(directed_links(instance.get("links", ())))
        self.models = {model["id"]: model for model in instance["models"]}
        self.applications = {one["id"]: one for one in instance["applications"]}
        self.profiles = {(p["model"], p["device"]): entries_of(p) for p in instance.get("profiles", ())}
        choices = [(m, c, chosen) for m in instance["models"] for c, chosen in enumerate(m["configurations"])]
        self.stages = {(model["id"], c): list(stages_of(model, chosen)) for model, c, chosen in choices}
        self._ways: dict[tuple[Fraction, str, str | None], dict[str, Way]] = {}
        self._work: dict[tuple[str, int, int, str], tuple[Fraction, ...]] = {}

    def verdict(self, placement: Sequence[Document]) -> Verdict:
        """Every application by itself, then what they load together."""
        found, total = Verdict(), _Taken()
        count = Counter(placed["application"] for placed in placement)
        unknown = count.keys() - self.applications.keys()
        wrong = unknown.union(name for name in self.applications if count[name] != 1)
        found.broken |= {("placed", "application", name) for name in wrong}
        held: dict[tuple[str, ...], Fraction] = {}  # by node, model and part: weights that are shared
        for placed in placement:
            rules = set(() if placed["application"] in unknown else self._broken(placed))
            found.broken |= {(rule, "application", placed["application"]) for rule in rules}
            if placed["application"] not in unknown and not rules & NO_FIGURES:
                self._account(placed, found, held, total)
        for (node, *_), memory in held.items():
            found.loads["memory", "node", node] += memory
        if len(found.energy) == len(self.applications):
            found.power, found.total_carbon, found.total_cost = total.energy, total.carbon, total.cost
        found.broken.update(self._overloads(found))
        return found

    def _account(
        self, placed: Document, found: Verdict, held: dict[tuple[str, ...], Fraction], total: _Taken
    ) -> None:
        """Rows (1), (2), (5), (13) and (14) of one application; adds to the loads and the total."""
        one = self.applications[placed["application"]]
        rate, worst = Fraction(one.get("rate", 1)), one.get("latency", "worst") == "worst"
        taken, elapsed, returned = _Taken(), Fraction(0), Fraction(0)
        slices = [Fraction(size or 1) for size in placed.get("slices") or [1] * len(placed["nodes"])]
        for i, stage in enumerate(self.stages[one["model"], placed["configuration"]]):
            weight, node = Fraction(1) if worst else stage.reach, placed["nodes"][i]
            for link, size in hops_of(placed, i):
                seconds, joules = self._hop(link, stage.bits, Fraction(size or 1))
                taken.add(stage.reach, joules, stage.bits, self.links[link])
                elapsed += weight * seconds
                load, room = rate * stage.reach * stage.bits, Fraction(size or 0) * self._bandwidth(link)
                found.loads["bandwidth", "link", link] += room or load
                if size and load > LIMIT * room:
                    found.broken.add(("hop", "application", placed["application"]))
            seconds, joules, busy, ops = self._computing(one["model"], placed["configuration"], i, node)
            taken.add(stage.reach, joules, busy, self.nodes[node])
            elapsed += weight * seconds / slices[i]
            if not self.nodes[node].get("slices"):
                found.loads["compute", "node", node] += rate * stage.reach * ops
            for kind, part in stage.parts:  # row (7)
                if self.models[one["model"]].get("shared_weights", False):
                    held[node, one["model"], kind, part["id"]] = figure(part, "memory")
                else:
                    found.loads["memory", "node", node] += figure(part, "memory")
            for share, bits in stage.leaving if one.get("result_to") is not None else ():
                way = self._ways_home(one, bits)[node]
                returned = max(returned, elapsed + way.seconds) if worst else returned + share * way.seconds
                for link in way.links:
                    taken.add(share, self._hop(link, bits)[1], bits, self.links[link])
                    found.loads["bandwidth", "link", link] += rate * share * bits
        latency = max(elapsed, returned) if worst else elapsed + returned
        name = placed["application"]
        found.latency[name] = latency
        found.energy[name], found.carbon[name], found.cost[name] = taken.energy, taken.carbon, taken.cost
        total.energy += rate * taken.energy
        total.carbon += rate * taken.carbon
        total.cost += rate * taken.cost
        self._reserve(placed, one, found)
        limited = {"latency": latency, "energy": taken.energy, "carbon": taken.carbon, "cost": taken.cost}
        for rule, amount in limited.items():
            if one.get(f"max_{rule}") is not None and amount > LIMIT * figure(one, f"max_{rule}"):
                found.broken.add((rule, "application", name))

    def _reserve(self, placed: Document, one: Document, found: Verdict) -> None:
        """Row (16): every visit takes its slice of the node, and does not fill more than that."""
        model, c = one["model"], placed["configuration"]
        for blocks in visits_of(placed):
            node = placed["nodes"][blocks[0]]
            if self.nodes[node].get("slices"):
                room = Fraction(placed["slices"][blocks[0]]) * figure(self.nodes[node], "compute")
                work = [
                    self.stages[model, c][i].reach * self._computing(model, c, i, node)[3] for i in blocks
                ]
                found.loads["compute", "node", node] += room
                if figure(one, "rate", 1) * sum(work) > LIMIT * room:
                    found.broken.add(("visit", "application", placed["application"]))

    def _bandwidth(self, link: str) -> Fraction:
        return figure(self.links[link], "bandwidth")

    def _hop(self, link: str, bits: Fraction, size: Fraction = ONE) -> tuple[Fraction, Fraction]:
        """Seconds and joules of so many bits on a link or in a slice of it."""
        own = self.links[link]
        seconds = bits / size / self._bandwidth(link) + figure(own, "delay")
        return seconds, bits * figure(own, "energy") + figure(own, "energy_per_transfer")

    def _computing(self, model: str, configuration: int, i: int, node: str) -> tuple[Fraction, ...]:
        """Row (12): seconds with waiting, joules, busy seconds, and these times compute, of one sample."""
        key = model, configuration, i, node
        if key not in self._work:
            parts, own = self.stages[model, configuration][i].parts, self.nodes[node]
            compute, power = figure(own, "compute"), figure(own, "power")
            profile = self._profile(model, node)
            if profile is None:
                busy = sum((figure(part, "ops") for _, part in parts), Fraction(0)) / compute
                joules = busy * power
            else:
                entries = [profile[kind, part["id"]] for kind, part in parts]
                busy = sum((figure(entry, "time") for entry in entries), Fraction(0))
                joules = sum((joules_of(entry, power) for entry in entries), Fraction(0))
            waits = own.get("waiting", "none") == "processor-sharing"
            stretch = 1 / (1 - figure(own, "max_utilisation", 1)) if waits else 1
            self._work[key] = busy * stretch, joules, busy, busy * compute
        return self._work[key]

    def _overloads(self, found: Verdict) -> Iterator[Rule]:
        """Rows (6) to (8)."""
        for key, load in found.loads.items():
            rule, kind, name = key
            own = self.links[name] if kind == "link" else self.nodes[name]
            usable = figure(own, "max_utilisation", 1) if rule == "compute" else 1
            if own.get(rule) is not None and load > LIMIT * usable * figure(own, rule):
                yield key

    def _ways_home(self, one: Document, bits: Fraction) -> dict[str, Way]:
        """Row (11): the way home of so many bits from every node that has one."""
        source = one["source"]
        home = source if one["result_to"] == "source" else one["result_to"]
        key = bits, home, None if is_shared(self.nodes[source]) else source
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
        if self._wrong_slices(placed):
            yield "slice"

    def _wrong_slices(self, placed: Document) -> bool:
        """Rows (16) and (17): whether a visit or hop lacks a slice, or has another one."""
        nodes, routes = placed["nodes"], placed["routes"]
        sizes = placed.get("slices") or [None] * len(nodes)
        hops = placed.get("route_slices") or [[None] * len(route) for route in routes]
        if [len(nodes), *map(len, routes)] != [len(sizes), *map(len, hops)]:
            return True
        all_hops = (hop for pair in zip(routes, hops, strict=True) for hop in zip(*pair, strict=True))
        given = [
            ({*sizes[b[0] : b[-1] + 1]}, self.nodes[nodes[b[0]]].get("slices")) for b in visits_of(placed)
        ]
        given += [({size}, self.links[link].get("bandwidth_slices")) for link, size in all_hops]
        return any(len(own) > 1 or own - {*(known or [None])} for own, known in given)

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
        return is_shared(self.nodes[node]) or node == one["source"]

    def _profile(self, model: str, node: str) -> dict[tuple[str, str], Document] | None:
        return self.profiles.get((model, self.nodes[node].get("device")))
