"""What a picture of a placement shows, as a graph with texts; where it stands is for :mod:`.layout`.

Graph: ``title`` and ``legend``, lines of text; ``notes``, by tier. Node: ``tier``, ``used``, and ``rows``,
the lines in its box, each with the number of an application or None; without any it is a dot. Edge: a link,
or with ``application``, ``link`` and ``label`` one hop of a route, with ``result`` that of a result.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from networkx import MultiDiGraph

from finopt.evaluation.account import ApplicationEvaluation, Evaluation
from finopt.evaluation.powers import powers
from finopt.evaluation.steps import returned
from finopt.plotting.style import SMALL, short, wrap
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.formatting import percent, quantity
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Model
from finopt.problem.network import Node
from finopt.problem.visits import Visit, visits

TIERS = ("cloud", "edge", "mobile")
"""From top to bottom: data start below."""

DRAWN, NAMED, FEW = 40, 6, 8
"""A tier of more nodes shows those in use; more unused ones are dots; more hops come without their data."""

ROW = 190.0
"""Width of a line of blocks [pt]."""


Hop = tuple[str, float | None]
"""A link, and the slice that is reserved of it."""


class Item(NamedTuple):
    """An application that is drawn: what it asks for, where it runs, what that costs."""

    application: Application
    placed: ApplicationPlacement
    figures: ApplicationEvaluation


@dataclass(frozen=True)
class Shown:
    """Some applications of a placement, out of so many."""

    instance: Instance
    evaluation: Evaluation
    items: Sequence[Item]
    total: int

    @cached_property
    def powers(self) -> tuple[Mapping[str, float], Mapping[str, float]]:
        """Power of every node and link [W]."""
        return powers(self.instance, self.evaluation)


def scene(shown: Shown) -> MultiDiGraph:
    """The picture of a placement of not too many applications."""
    instance, items, total = shown.instance, shown.items, shown.total
    hops = list(_hops(shown))
    used = {end for source, target, _ in hops for end in (source, target)}
    used.update(*([item.application.source, *item.placed.nodes] for item in items))
    legend = [_legend(instance, item) for item in items if total > 1]
    picture = MultiDiGraph(title=title(shown), legend=legend, notes={})
    for tier in TIERS:
        nodes = [node for node in instance.nodes if node.tier == tier]
        idle, few = sum(node.id not in used for node in nodes), len(nodes) <= DRAWN
        named = idle <= NAMED if few else not idle
        for node in nodes:
            if few or node.id in used:
                rows = list(_rows(shown, node)) if named or node.id in used else []
                picture.add_node(node.id, tier=tier, used=node.id in used, rows=rows)
        if not named:
            kind = f"{'unused' if len(items) == total else 'more'} node{'s' if idle > 1 else ''}"
            picture.graph["notes"][tier] = f"{'dots' if few else 'not drawn'}: {idle} {kind}"
    links = ((link.source, link.target) for link in instance.links)
    picture.add_edges_from((*link, {}) for link in links if link[0] in picture and link[1] in picture)
    picture.add_edges_from(hops)
    return picture


def _hops(shown: Shown) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every link of every route, with what it consumes and while there are few what it carries."""
    instance, items = shown.instance, shown.items
    few = sum(len(route) for item in items for route in item.placed.routes) <= FEW
    for k, item in enumerate(items):
        stages = instance.model_of(item.application).stage_bits
        back = returned(instance, item.application, item.placed)
        ways = [(one.bits, _hops_of(one.route.links, ()), True) for one in back]
        ways += _sent(stages, item.placed)  # last: data have the label of a link
        for bits, hops, result in ways:
            for name, size in hops:
                link, power = instance.link_by_id[name], quantity(shown.powers[1][name], "W")
                figure = quantity(item.figures.link_energy[name], "J") if shown.total == 1 else power
                sent = quantity(bits, "bit") + ("" if size is None else f", slice {size:g}")
                label = f"{sent}\n{figure}" if few else figure
                hop = {"application": k, "link": link.id, "label": label, "result": result}
                yield link.source, link.target, hop


def _sent(stages: Sequence[float], placed: ApplicationPlacement) -> Iterator[tuple[float, list[Hop], bool]]:
    """Size and hops of every stage's data; no result."""
    for i, (bits, route) in enumerate(zip(stages, placed.routes, strict=False)):
        yield bits, _hops_of(route, placed.route_slices[i] if placed.route_slices else ()), False


def _hops_of(route: Sequence[str], slices: Sequence[float | None]) -> list[Hop]:
    return list(zip(route, slices or (None,) * len(route), strict=True))


def _rows(shown: Shown, node: Node) -> Iterator[tuple[str, int | None]]:
    """Id and consumption, per inference or with several applications per second; what each does there."""
    instance, items, total = shown.instance, shown.items, shown.total
    used = shown.evaluation.compute[node.id].used
    figure = quantity(shown.powers[0][node.id], "W") if used else ""
    if total == 1 and figure:
        figure = quantity(items[0].figures.node_energy[node.id], "J")
    yield short(node.id) + f"   {figure}" * bool(figure), None
    for k, (application, placed, _) in enumerate(items):
        here = [visit for visit in visits(placed) if visit.node == node.id]
        what = [name for visit in here for name in _blocks(instance.model_of(application), placed, visit)]
        if application.source == node.id and placed.nodes[:1] != (node.id,):
            what.insert(0, "source")
        if what:
            text = f"{short(application.id)}: " * (total > 1) + ", ".join(what)
            yield from ((line, k) for line in wrap(text, SMALL, ROW))


def _blocks(model: Model, placed: ApplicationPlacement, visit: Visit) -> list[str]:
    """The blocks of a visit, the last one with the slice that it reserves."""
    names = [short(block.id) for block in model.blocks[visit.blocks]]
    size = placed.slices[visit.first] if placed.slices else None
    return names if size is None else [*names[:-1], f"{names[-1]} (slice {size:g})"]


def title(shown: Shown) -> list[str]:
    """What the placement is worth; lines of any length."""
    instance, evaluation, items, total = shown.instance, shown.evaluation, shown.items, shown.total
    lines = [instance.name] if instance.name else []
    if total == 1:
        lines += _of_one(instance, items[0])
    else:
        power = math.fsum(power for each in shown.powers for power in each.values())
        lines.append(f"{total} applications, power {quantity(power, 'W')}")
    if 0 < len(items) < total:
        lines.append(f"drawn are the {len(items)} with the most power; figures are of all {total}")
    if evaluation.violations:
        more = len(evaluation.violations) - 1
        lines.append(f"NOT FEASIBLE: {evaluation.violations[0]}" + (f", and {more} more" if more else ""))
    return lines


def _of_one(instance: Instance, item: Item) -> list[str]:
    application, _, figures = item
    power = f" ({quantity(figures.power, 'W')})" if application.rate != 1 else ""
    configuration = instance.model_of(application).configurations[figures.configuration]
    *early, final = map(short, configuration.exits)
    leave = [f"{name} ({percent(s)} leave)" for name, s in zip(early, configuration.shares, strict=False)]
    exits = f"exit{'s' if early else ''} {', '.join([*leave, final])}"
    return [
        f"energy {quantity(figures.energy, 'J')} per inference{power}, latency {_latency(item, 4)}",
        f"accuracy {figures.accuracy:g} (target {application.min_accuracy:g}), {exits}",
    ]


def _latency(item: Item, digits: int) -> str:
    latency, limit = item.figures.latency, item.application.max_latency
    mean = " (mean)" if item.application.latency == "mean" else ""
    return f"{quantity(latency, 's', digits)} of {quantity(limit, 's', digits)}{mean}"


def _legend(instance: Instance, item: Item) -> str:
    """An application in a line."""
    exits = instance.model_of(item.application).configurations[item.figures.configuration].exits
    name, energy = short(item.application.id), quantity(item.figures.energy, "J", 3)
    return f"{name}: {energy}, {_latency(item, 3)}, {' '.join(map(short, exits))}"
