"""Figures that are possible but look as if they were in another unit: what ``finopt check`` hints at.

The unit of a field stands in its description, so fields that are new have their rule already.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from heapq import nlargest
from math import inf
from typing import NamedTuple

from pydantic import BaseModel

from finopt.problem.application import Application
from finopt.problem.application_table import ApplicationTable
from finopt.problem.errors import Problem, shown
from finopt.problem.formatting import quantity
from finopt.problem.instance import Instance

LISTED = 3
"""Hints of one kind; the others are counted."""

EXAMINED = 10
"""Applications whose latency limit is looked at: those with the longest."""

LOOSE = 100
"""A latency limit so many times above what is of any use looks like milliseconds."""

NO_LIMIT = 1e5
"""Who writes a latency limit of so many seconds means that there is none."""

FEW_OPS = 1e3
"""A whole model of fewer operations looks like one in Mop or Gop."""


class Usual(NamedTuple):
    """Between which figures a field is no surprise, why, and how to write what may have been meant."""

    low: float
    high: float
    because: str
    writing: str


USUAL = {
    "op/s": Usual(1e6, inf, "no processor does fewer than 1 Mop/s", "10 Gop/s are written 10e9"),
    "bit/s": Usual(1e4, inf, "hardly a link is slower than 10 kbit/s", "100 Mbit/s are written 100e6"),
    "J/bit": Usual(0, 1e-4, "hardly a link takes more than 100 uJ per bit", "50 nJ/bit are written 50e-9"),
    "g/J": Usual(0, 1e-2, "no grid emits more than 10 g per J", "400 g/kWh are written 1.11e-4"),
    "W": Usual(0, 1e5, "no node takes more than 100 kW", "500 mW are written 0.5"),
    "J": Usual(0, 1e3, "no step takes more than 1 kJ per sample", "5 mJ are written 5e-3"),
    "s": Usual(0, 10, "no step takes longer than 10 s", "5 ms are written 5e-3"),
    "bit": Usual(1, inf, "there is no part of a bit", "1.5 Mbit are written 1.5e6"),
    "op": Usual(1, inf, "there is no part of an operation", "20 Mop are written 20e6"),
    "byte": Usual(1, inf, "there is no part of a byte", "4 GB are written 4e9"),
}
"""By unit; a figure of 0 is none."""

OF_FIELD = {
    ("Node", "memory"): Usual(1024, inf, "hardly a node has less than 1 KB", "4 GB are written 4e9"),
    ("Link", "delay"): Usual(0, 1, "no link delays by more than 1 s", "5 ms are written 5e-3"),
    ("Application", "max_latency"): Usual(0, inf, "", ""),  # see _latency_limits
}
"""Of fields that have a narrower range than their unit."""

MOBILE_POWER = Usual(0, 500, "no mobile device takes more than 500 W", "500 mW are written 0.5")


def unit_hints(instance: Instance) -> list[Problem]:
    """What may be in the wrong unit, a few of each kind, and what else may not be meant.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> unit_hints(instance)
    []
    >>> (hint,) = unit_hints(instance.with_node("edge", compute=150.0))
    >>> hint.path, hint.rule, hint.value, hint.suggestion
    ('nodes[1].compute', 'no processor does fewer than 1 Mop/s', '150 op/s', '10 Gop/s are written 10e9')
    """
    found = [*_no_links(instance), *_few(_figures(instance)), *_small_models(instance)]
    return [*found, *_few(_latency_limits(instance))]


def _no_links(instance: Instance) -> Iterator[Problem]:
    """That the key is missing is warned of where a file is read."""
    if len(instance.nodes) > 1 and not instance.links and "links" in instance.model_fields_set:
        yield Problem("links", "empty, so no node can send to another")


# ------------------------------------------------------------------ figures

Found = tuple[tuple[str, str], Problem]
"""Class and field, and what looks wrong."""


def _figures(instance: Instance) -> Iterator[Found]:
    for path, subject, item in _objects(instance):
        for name, unit, usual in _fields(type(item)):
            value = getattr(item, name)
            if name == "power" and getattr(item, "tier", "") == "mobile":
                usual = MOBILE_POWER
            if value and not usual.low <= value <= usual.high:
                shown_value = f"{value:.9g} {unit}"
                problem = Problem(f"{path}.{name}", usual.because, shown_value, subject, usual.writing)
                yield (type(item).__name__, name), problem


@cache
def _fields(kind: type[BaseModel]) -> list[tuple[str, str, Usual]]:
    """The fields of a class that have a unit, and what is usual for them."""
    found = []
    for name, info in kind.model_fields.items():
        unit = re.search(r"\[([^]]+)\]", info.description or "")
        if unit and unit[1] in USUAL:
            found.append((name, unit[1], OF_FIELD.get((kind.__name__, name), USUAL[unit[1]])))
    return found


def _objects(item: BaseModel, path: str = "", subject: str = "") -> Iterator[tuple[str, str, BaseModel]]:
    """The object and those within it, where they stand and what they are called; no row of a table."""
    if path:
        yield path, subject, item
    for name in type(item).model_fields:
        parts = getattr(item, name)
        if isinstance(parts, tuple) and parts and isinstance(parts[0], BaseModel):
            for i, part in enumerate(parts):
                names = [subject, _called(name.removesuffix("s"), part)]
                yield from _objects(part, f"{path}.{name}[{i}]".lstrip("."), ", ".join(filter(None, names)))


def _called(kind: str, item: BaseModel) -> str:
    if kind == "link":
        return f"link {shown(getattr(item, 'source', ''))} -> {shown(getattr(item, 'target', ''))}"
    return f"{kind} {shown(item.id)}" if hasattr(item, "id") else ""


def _few(found: Iterable[Found]) -> Iterator[Problem]:
    """The first of each kind; the last of them says how many more there are."""
    kinds: defaultdict[tuple[str, str], list[Problem]] = defaultdict(list)
    more: defaultdict[tuple[str, str], int] = defaultdict(int)
    for kind, problem in found:
        if len(kinds[kind]) < LISTED:
            kinds[kind].append(problem)
        else:
            more[kind] += 1
    for kind, problems in kinds.items():
        if more[kind]:
            hint = f"{problems[-1].suggestion}; {more[kind]} more like this"
            problems[-1] = replace(problems[-1], suggestion=hint)
        yield from problems


# ------------------------------------------------------------------ what only the whole shows


def _small_models(instance: Instance) -> Iterator[Problem]:
    for i, model in enumerate(instance.models):
        ops = [block.ops for block in model.blocks]
        if min(ops, default=0) >= 1 and sum(ops) < FEW_OPS:
            rule = f"all blocks together have less than {FEW_OPS:g} op"
            value, subject = f"{sum(ops):.9g} op", f"model {shown(model.id)}"
            yield Problem(f"models[{i}].blocks", rule, value, subject, USUAL["op"].writing)


def _latency_limits(instance: Instance) -> Iterator[Found]:
    """Limits far above the latency of the placement of least energy, which decide nothing."""
    from finopt.problem.generators.latency_range import latency_range  # loads numpy

    for row, application in _longest(instance.applications):
        useful = latency_range(instance, application)[1]
        if 0 < LOOSE * useful < application.max_latency < NO_LIMIT:
            rule = f"decides nothing: the placement of least energy takes {quantity(useful, 's')}"
            value, subject = f"{application.max_latency:.9g} s", f"application {shown(application.id)}"
            place = f"applications[{row}].max_latency"
            yield ("Application", "max_latency"), Problem(place, rule, value, subject, USUAL["s"].writing)


def _longest(applications: tuple[Application, ...] | ApplicationTable) -> list[tuple[int, Application]]:
    """The applications with the longest limits, and their rows."""
    if isinstance(applications, ApplicationTable):
        limits: Iterable[float] = applications.max_latency.tolist()
    else:
        limits = [application.max_latency for application in applications]
    longest = nlargest(EXAMINED, enumerate(limits), key=lambda pair: pair[1])
    return [(row, applications[row]) for row, _ in sorted(longest)]
