"""The joint optimum of a few applications on tiny networks, with menus short enough to combine.

Like `tests.oracle` it is written from the mathematical model alone, in fractions. Each application's choices
are enumerated stage by stage (every admissible configuration, every assignment, every simple route), and a
choice is dropped only where another one, at the same node after the same block of the same configuration, is
no worse in energy, latency and every load that can bind. The rest is combined cheapest first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from finopt.problem.instance import Instance
from tests.oracle import (
    Choice,
    Optimum,
    Resource,
    Route,
    Stage,
    State,
    Task,
    answer,
    capacities_of,
    goes_on,
    most_bits,
    most_ops,
    state,
    ways_from,
)

Loads = tuple[Fraction, ...]


class Dish(NamedTuple):
    """A choice with its power and its loads on what can bind."""

    power: Fraction
    loads: Loads
    choice: Choice


class _Partial(NamedTuple):
    """A choice that may not be complete, with what counts when it is compared."""

    figures: tuple[Fraction, ...]  # what is minimised, latency, when results are back, limited figures, loads
    choice: Choice


def joint_optimum(instance: Instance) -> Optimum:
    """The least objective of an instance, None where the applications do not fit together."""
    tasks = [Task(instance, application) for application in instance.applications]
    capacities = _scarce(instance, tasks)
    menus = [menu(task, capacities) for task in tasks]
    order = sorted(range(len(tasks)), key=lambda i: len(menus[i]))
    found = _cheapest([menus[i] for i in order], tuple(capacities.values()))
    if found is None:
        return Optimum(None, None)
    chosen = dict(zip(order, found, strict=True))
    power = sum((dish.power for dish in found), Fraction(0))
    return answer(power, tasks, tuple(chosen[i].choice for i in range(len(tasks))))


def menu(task: Task, capacities: Mapping[Resource, Fraction]) -> list[Dish]:
    """What nothing else beats of the choices of one application that are in time, cheapest first."""
    position = {name: i for i, name in enumerate(capacities)}
    limits = (*task.further.values(), *capacities.values())
    first = 3 + len(task.further)
    done: list[_Partial] = []
    for configuration, stages in task.configurations.items():
        start = _Partial((Fraction(0),) * (first + len(position)), task.start(configuration))
        fronts: dict[State, list[_Partial]] = {(task.application.source,): [start]}
        for stage in stages:
            arriving: dict[State, list[_Partial]] = defaultdict(list)
            for (here, *_), partials in fronts.items():
                for node, route in _routes(task, stage, here):
                    for partial in partials:
                        for longer in _extended(task, partial, stage, node, route, position):
                            arriving[state(longer.choice)].append(longer)
            fronts = {at: _unbeaten(_allowed(task, some, limits)) for at, some in arriving.items()}
        done += (partial for some in fronts.values() for partial in some)
    dishes = [Dish(p.figures[0], p.figures[first:], p.choice) for p in _unbeaten(done)]
    return sorted(dishes, key=lambda dish: dish.power)


def _routes(task: Task, stage: Stage, here: str) -> Iterator[tuple[str, Route]]:
    for node, route in ways_from(task, stage, here):
        if node in stage.nodes:
            yield node, route


def _extended(
    task: Task, partial: _Partial, stage: Stage, node: str, route: Route, position: Mapping[Resource, int]
) -> Iterator[_Partial]:
    """The choice gone on, once for every slice that it may reserve."""
    same, first = goes_on(partial.choice, node, route), 3 + len(task.further)
    for choice in task.runs(partial.choice, stage, node, route):
        limited = [getattr(choice, name) for name in task.further]
        loads = partial.figures[first:]
        figures = [task.value(choice), choice.latency, choice.returned, *limited, *loads]
        reserves = 0 if same else choice.slices[-1]
        for name, amount in task.stage_loads(stage, node, route, reserves):
            if name in position:
                figures[first + position[name]] += amount
        yield _Partial(tuple(figures), choice)


def _allowed(task: Task, partials: list[_Partial], limits: Loads) -> Iterator[_Partial]:
    """Those that are in time and alone overload nothing so far."""
    for partial in partials:
        if max(partial.figures[1:3]) <= task.limit and _fits(partial.figures[3:], limits):
            yield partial


def _unbeaten(partials: Iterator[_Partial] | list[_Partial]) -> list[_Partial]:
    kept: list[_Partial] = []
    for partial in sorted(partials, key=lambda p: p.figures):
        if not any(_fits(other.figures, partial.figures) for other in kept):
            kept.append(partial)
    return kept


def _fits(loads: Loads, limits: Loads) -> bool:
    return all(load <= limit for load, limit in zip(loads, limits, strict=True))


def _scarce(instance: Instance, tasks: list[Task]) -> dict[Resource, Fraction]:
    """The capacities that would be exceeded if every application put all of its work there."""
    most: dict[str, Fraction] = defaultdict(Fraction)
    for task in tasks:
        ways = task.configurations.values()
        most["compute"] += task.rate * max((sum(most_ops(task, s) for s in way) for way in ways), default=0)
        most["bandwidth"] += task.rate * max((sum(map(most_bits, way)) for way in ways), default=0)
        most["memory"] += max((sum(s.memory for s in way) for way in ways), default=Fraction(0))
    reserved = {("compute", node.id) for node in instance.nodes if node.slices}
    reserved |= {("bandwidth", link.id) for link in instance.directed_links if link.bandwidth_slices}
    rooms = capacities_of(instance).items()
    return {name: room for name, room in rooms if most[name[0]] > room or name in reserved}


def _cheapest(menus: list[list[Dish]], limits: Loads) -> list[Dish] | None:
    """The cheapest combination, depth first; menus are sorted, so too much power ends a loop."""
    rest = [sum((m[0].power for m in menus[i:] if m), Fraction(0)) for i in range(len(menus) + 1)]
    best: list[Dish] | None = None
    ceiling: Fraction | None = None

    def descend(chosen: list[Dish], power: Fraction, used: Loads) -> None:
        nonlocal best, ceiling
        depth = len(chosen)
        if depth == len(menus):
            best, ceiling = list(chosen), power
            return
        for dish in menus[depth]:
            total = power + dish.power
            if ceiling is not None and total + rest[depth + 1] >= ceiling:
                return
            loads = tuple(a + b for a, b in zip(used, dish.loads, strict=True))
            if _fits(loads, limits):
                descend([*chosen, dish], total, loads)

    descend([], Fraction(0), (Fraction(0),) * len(limits))
    return best
