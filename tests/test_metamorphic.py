"""Changes that leave the optimum, or move it one way, do so in every method, by what it promises."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import cache

import pytest

import finopt
from finopt.api.methods import CAPABILITIES
from finopt.evaluation.result import Result
from finopt.problem.instance import Instance
from finopt.problem.status import Status
from tests.conformance import ANSWERED, PRECISION, named
from tests.crowded_instances import crowded_instance
from tests.metamorphic import PROPERTIES, Relation
from tests.oracle import capacities_can_bind
from tests.random_instances import binding_instance, random_instance
from tests.version2_instances import version2_instance

FEATURES = (127, 94, 95, 126, 32, 31, 64, 63)
"""Seeds of version 2, whose bits say which features are in: all, all but profiles and results, and so on."""

DRAWS: dict[str, Callable[[int], Instance]] = {
    "single": random_instance,
    "version 2": lambda seed: version2_instance(FEATURES[seed % len(FEATURES)] + seed // len(FEATURES) * 128),
    "binding": binding_instance,
    "crowded": crowded_instance,
}
"""Small instances of every kind; only the last has several applications."""

SEEDS = 6
QUICK = 1


@cache
def drawn(kind: str, seed: int) -> Instance:
    return DRAWS[kind](seed)


@cache
def solved(kind: str, seed: int, method: str) -> Result:
    return finopt.solve(drawn(kind, seed), method)


def changed(kind: str, seed: int, name: str) -> tuple[Instance, float] | None:
    """The instance with a property's change, and the factor of the optimum."""
    data = drawn(kind, seed).model_dump(mode="json") | {"version": 2}
    factor = PROPERTIES[name][1](data, random.Random(f"{kind} {seed} {name}"))
    return None if factor is None else (Instance.model_validate_json(json.dumps(data)), factor)


def holds(method: str, old: Result, new: Result, relation: Relation, factor: float, binds: bool) -> None:
    """Hold two answers against what the model says of their optima."""
    able = CAPABILITIES[method]
    for result in (old, new):
        assert result.status not in ANSWERED or (result.evaluation is not None and result.evaluation.feasible)
        if able.jointly_optimal or (able.optimal and not binds):
            assert result.status in (Status.OPTIMAL, Status.INFEASIBLE)
        if able.complete and not binds:
            assert result.status is not Status.NO_SOLUTION
    if relation is Relation.ONLY_WITH_ROOM and binds:
        return
    if relation is Relation.WITH_ROOM:
        relation = Relation.LOOSER if binds else Relation.SAME
    if relation is not Relation.TIGHTER:
        no_dearer(new, 1.0, old, factor)
    if relation is not Relation.LOOSER:
        no_dearer(old, factor, new, 1.0)


def no_dearer(one: Result, scale: float, other: Result, other_scale: float) -> None:
    """The optimum of one, scaled, is at most that of the other: nothing that was proven says otherwise."""
    if other.status not in ANSWERED:
        return
    assert other.objective is not None
    most = other.objective * other_scale * (1 + 2 * PRECISION)
    assert one.status is not Status.INFEASIBLE, (one.reason, other.objective)
    assert one.bound is None or one.bound * scale <= most
    if one.status is Status.OPTIMAL:
        assert one.objective is not None and one.objective * scale <= most


@pytest.mark.parametrize("name", PROPERTIES)
@pytest.mark.parametrize("method", named())
@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize(
    "chunk",
    [
        pytest.param(range(QUICK), id="quick"),
        pytest.param(range(QUICK, SEEDS), id="more", marks=pytest.mark.slow),
    ],
)
def test_property(name: str, method: str, kind: str, chunk: range) -> None:
    relation, _ = PROPERTIES[name]
    several = CAPABILITIES[method].several
    for seed in chunk:
        pair = changed(kind, seed, name)
        if pair is None:
            continue
        instance, factor = pair
        if not several and max(len(drawn(kind, seed).applications), len(instance.applications)) > 1:
            continue
        binds = capacities_can_bind(drawn(kind, seed)) or capacities_can_bind(instance)
        holds(method, solved(kind, seed, method), finopt.solve(instance, method), relation, factor, binds)


@pytest.mark.parametrize("method", named())
@pytest.mark.parametrize("kind", DRAWS)
def test_pins_to_where_it_was_placed_lose_nothing(method: str, kind: str) -> None:
    for seed in range(QUICK + 2):
        instance = drawn(kind, seed)
        if len(instance.applications) > 1 and not CAPABILITIES[method].several:
            continue
        old = solved(kind, seed, method)
        if old.placement is None:
            continue
        nodes = {placed.application: placed.nodes for placed in old.placement.applications}
        pinned = instance.model_dump() | {"version": 2}
        for one in pinned["applications"]:
            blocks = instance.model_by_id[one["model"]].blocks
            own = zip(blocks, nodes[one["id"]], strict=False)
            one["pinned"] = {**one["pinned"], **{block.id: node for block, node in own}}
        new = finopt.solve(Instance.model_validate(pinned), method)
        holds(method, old, new, Relation.TIGHTER, 1.0, capacities_can_bind(instance))
        no_dearer(new, 1.0, old, 1.0)


def test_there_are_at_least_twenty_and_each_changes_something() -> None:
    assert len(PROPERTIES) >= 20
    for name in PROPERTIES:
        pairs = [(changed(kind, seed, name), drawn(kind, seed)) for kind in DRAWS for seed in range(8)]
        assert any(pair is not None and pair[0] != old for pair, old in pairs), name
