"""The network of a page: a card per node in use with its loads, a row per link."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import groupby

import numpy as np

from finopt.evaluation.loads import Load
from finopt.evaluation.slice_rules import slices_of
from finopt.problem.formatting import counted, percent, quantity
from finopt.reporting.subject import TIERS, Subject
from finopt.reporting.words import run_of, short

CARDS, LINKS = 18, 25
"""Nodes of a tier that have a card, and links that have a row, at most."""

FEW = 6
"""Applications up to which cards say what each of them runs there."""


@dataclass(frozen=True)
class Meter:
    """A load: what of, its share of the capacity (None: no limit), and both in words."""

    kind: str
    share: float | None
    words: str

    @property
    def width(self) -> float:
        """Of its bar [%]."""
        return min(100.0, 100.0 * (self.share or 0.0))


@dataclass(frozen=True)
class Card:
    """A node in use."""

    name: str
    energy: str
    meters: Sequence[Meter]
    lines: Sequence[str]


@dataclass(frozen=True)
class Tier:
    """The nodes of a tier: those with a card, and the others in words."""

    name: str
    cards: Sequence[Card]
    others: str


def tiers(subject: Subject) -> list[Tier]:
    """From the cloud to the devices, each with its nodes in use, the fullest first."""
    used, runs = used_nodes(subject), _runs(subject)
    return [
        _tier(subject, name, used, runs)
        for name in TIERS
        if any(node.tier == name for node in subject.instance.nodes)
    ]


def used_nodes(subject: Subject) -> set[str]:
    """Where something is computed, begins or passes."""
    evaluation, instance = subject.evaluation, subject.instance
    assert evaluation is not None
    loads = [*evaluation.compute.items(), *evaluation.memory.items()]
    used = {name for name, load in loads if load.used}
    used.update(subject.demand.source_ids[k] for k in np.unique(subject.demand.source[subject.row]))
    for name, load in evaluation.bandwidth.items():
        if load.used:
            used.update((instance.link_by_id[name].source, instance.link_by_id[name].target))
    return used


def _tier(subject: Subject, tier: str, used: set[str], runs: Mapping[str, Sequence[str]]) -> Tier:
    assert subject.evaluation is not None
    own = [node.id for node in subject.instance.nodes if node.tier == tier]
    busy = [name for name in own if name in used]
    compute, power = subject.evaluation.compute, subject.powers[0]
    shown = nlargest(CARDS, busy, key=lambda name: (compute[name].utilisation, power.get(name, 0.0)))
    rest, idle = len(busy) - len(shown), len(own) - len(busy)
    words = [f"{counted(rest, 'more node')} in use"] if rest else []
    words += [f"{counted(idle, 'node')} not used"] if idle else []
    return Tier(tier, [_card(subject, name, runs.get(name, ())) for name in shown], ", ".join(words))


def _card(subject: Subject, name: str, lines: Sequence[str]) -> Card:
    assert subject.evaluation is not None
    power = subject.powers[0].get(name, 0.0)
    reserved = " reserved" if slices_of(subject.instance, "node", name) else ""
    loads = (
        ("compute", "op/s", subject.evaluation.compute[name], reserved),
        ("memory", "B", subject.evaluation.memory[name], ""),
    )
    meters = [_meter(*each) for each in loads if each[2].used]
    energy = subject.in_words(power) if power else ""
    return Card(short(name), energy, meters, lines or ["only passes data on"])


def _meter(kind: str, unit: str, load: Load, reserved: str) -> Meter:
    """A load, or what slices reserve."""
    used = quantity(load.used, unit)
    if load.capacity is None:
        return Meter(kind, None, f"{used}{reserved}, no limit")
    words = f"{percent(load.utilisation)} of {quantity(load.capacity, unit)}{reserved}"
    return Meter(kind, load.utilisation, words)


def _runs(subject: Subject) -> Mapping[str, Sequence[str]]:
    """What every node does, in words: blocks by application, of many applications their numbers."""
    placed = subject.placed
    if placed is None or not len(placed):
        return {}
    if len(placed) > FEW:
        return _counts(subject)
    found: dict[str, list[str]] = defaultdict(list)
    for i, one in enumerate(placed):
        application = subject.application(i)
        blocks = [block.id for block in subject.instance.model_of(application).blocks]
        of = "" if subject.alone else f"{short(application.id, 30)}: "
        if one.nodes[0] != application.source:
            found[application.source].append(f"{of}samples arise here")
        begin = 0
        for node, run in groupby(one.nodes):
            count = len(list(run))
            found[node].append(of + run_of(blocks[begin : begin + count]))
            begin += count
    return found


def _counts(subject: Subject) -> Mapping[str, Sequence[str]]:
    """How many blocks of how many applications every node runs."""
    placed = subject.placed
    assert placed is not None
    nodes = list(subject.instance.node_by_id)
    owner = np.repeat(np.arange(len(placed)), np.diff(placed.node_start))
    pairs = np.unique(np.stack([subject.node, owner]), axis=1)
    blocks, applications = (np.bincount(each, minlength=len(nodes)) for each in (subject.node, pairs[0]))
    begin = Counter(subject.demand.source_ids[k] for k in subject.demand.source[subject.row].tolist())
    found: dict[str, list[str]] = {}
    for v in np.flatnonzero(blocks).tolist():
        what = counted(int(blocks[v]), "block"), counted(int(applications[v]), "application")
        found[nodes[v]] = [" of ".join(what)]
    for name, count in begin.items():
        found.setdefault(name, []).append(f"samples of {counted(count, 'application')} arise here")
    return found


def link_rows(subject: Subject) -> tuple[list[tuple[str, str, Meter]], int]:
    """The links that carry most of what they can, with energy; how many carry anything."""
    assert subject.evaluation is not None
    loads = [(name, load) for name, load in subject.evaluation.bandwidth.items() if load.used]
    fullest = nlargest(LINKS, loads, key=lambda item: item[1].utilisation)
    rows = [
        (short(name), subject.in_words(subject.powers[1].get(name, 0.0)), _link_meter(subject, name, load))
        for name, load in fullest
    ]
    return rows, len(loads)


def _link_meter(subject: Subject, name: str, load: Load) -> Meter:
    reserved = " reserved" if slices_of(subject.instance, "link", name) else ""
    share = f"{percent(load.utilisation)} of {quantity(load.capacity, 'bit/s')}"
    words = f"{quantity(load.used, 'bit/s')}{reserved}, {share}"
    return Meter("", load.utilisation, words)
