"""Weights that applications share, against every pair of choices: milp is exact, others hold their word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from itertools import pairwise

import finopt
from finopt.problem.instance import Instance
from tests.conformance import check, keeps_its_word, named, seeds
from tests.oracle import Choice, Resource, Task, capacities_of, every_choice
from tests.random_instances import joint_instance

MEMORY = range(1, 10**6, 3)
"""Seeds of joint instances in which memory binds."""


def sharing(seed: int) -> Instance:
    """Two applications of one model on scarce memory, whose weights they share."""
    data = joint_instance(MEMORY[seed]).model_dump()
    data["version"] = 2
    data["models"][0]["shared_weights"] = True
    return Instance.model_validate(data)


def held(task: Task, choice: Choice) -> Iterator[tuple[str, str, Fraction]]:
    """Node, part and memory of everything that a choice keeps there."""
    for stage, node in zip(task.configurations[choice.configuration], choice.nodes, strict=True):
        for part in stage.parts:
            yield node, f"{type(part).__name__} {part.id}", Fraction(part.memory)


def fits(tasks: list[Task], choices: tuple[Choice, ...], limits: dict[Resource, Fraction]) -> bool:
    """Whether two choices have room, each part held once on a node."""
    used: dict[Resource, Fraction] = defaultdict(Fraction)
    parts = {}
    for task, choice in zip(tasks, choices, strict=True):
        for (kind, name), amount in task.loads(choice).items():
            used[kind, name] += amount if kind != "memory" else 0
        parts |= {(node, part): memory for node, part, memory in held(task, choice)}
    for (node, _), memory in parts.items():
        used["memory", node] += memory
    return all(used[name] <= limit for name, limit in limits.items())


@cache
def best(seed: int) -> tuple[Instance, float | None]:
    """The optimum, of all pairs, cheapest first."""
    instance = sharing(seed)
    tasks = [Task(instance, application) for application in instance.applications]
    menus = [
        sorted((c for c in every_choice(task) if c.took <= task.limit), key=lambda c: c.energy)
        for task in tasks
    ]
    limits, least = capacities_of(instance), None
    for first in menus[0]:
        for second in menus[1]:
            power = tasks[0].rate * first.energy + tasks[1].rate * second.energy
            if least is not None and power >= least:
                break
            if fits(tasks, (first, second), limits):
                least = power
    return instance, None if least is None else float(least)


@seeds(48, 6, quick=12)
def test_shared_weights(chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, optimum = best(seed)
        for method in named(lambda c: c.several):
            keeps_its_word(method, finopt.solve(instance, method), optimum, binds=True)


def test_sharing_saves_something_and_never_costs() -> None:
    saved = 0
    for seed in range(24):
        instance, optimum = best(seed)
        own = instance.models[0].model_copy(update={"shared_weights": False})
        each = finopt.solve(instance.model_copy(update={"models": (own,)}), "milp")
        check(finopt.solve(instance, "milp"), optimum)
        if optimum is not None and each.objective is not None:
            assert optimum <= each.objective * (1 + 1e-9)
        saved += optimum is not None and (each.objective is None or optimum < each.objective * (1 - 1e-6))
    assert saved


def test_one_application_has_nobody_to_share_with() -> None:
    instance = sharing(0)
    alone = instance.model_copy(update={"applications": instance.applications[:1]})
    own = alone.models[0].model_copy(update={"shared_weights": False})
    plain = alone.model_copy(update={"models": (own,)})
    for one, other in pairwise([finopt.solve(alone, "milp"), finopt.solve(plain, "milp")]):
        assert (one.status, one.objective) == (other.status, other.objective)
