"""Graphs that are kept with a network answer what graphs built anew answer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

import finopt
from finopt import Instance, InstanceError
from finopt.graph import kept, layered
from tests.random_instances import binding_instance, random_instance
from tests.version2_instances import version2_instance

SEEDS = range(3)


def what_ifs(instance: Instance, seed: int) -> Iterator[Instance]:
    """Copies with other limits, rates, sources, nodes and links, one after the other and back again."""
    rng, (application,) = random.Random(seed), instance.applications
    node, link = rng.choice(instance.nodes), rng.choice(instance.directed_links)
    for factor in (1.0, 0.5, 2.0, 1.0):
        changes: dict[str, Any] = {"max_latency": factor * application.max_latency}
        limited = instance.with_application(application.id, **changes)
        yield limited
        yield limited.with_application(application.id, min_accuracy=0.0, latency="mean")
        yield limited.with_application(application.id, rate=3 * application.rate)
        yield limited.with_node(node.id, power=2 * node.power).with_application(application.id, **changes)
        yield limited.with_link(link.id, bandwidth=1e5).with_application(application.id, **changes)
        try:
            yield limited.with_application(application.id, source=node.id)
        except InstanceError:  # its pins are elsewhere
            continue


def answer(instance: Instance, method: str) -> list[Any]:
    result = finopt.solve(instance, method)
    return [result.status, result.objective, result.bound, result.placement, result.evaluation, result.stats]


@pytest.mark.parametrize("few", [0, layered.FEW])
@pytest.mark.parametrize("make", [random_instance, binding_instance, version2_instance])
@pytest.mark.parametrize("method", ["labels", "fin"])
def test_answers_are_those_of_graphs_built_anew(
    make: Any, method: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layered, "FEW", few)
    for seed in SEEDS:
        for instance in what_ifs(make(seed), seed):
            fresh = Instance.model_validate(instance.model_dump())
            assert str(answer(instance, method)) == str(answer(fresh, method)), seed


def counted(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    """What of `finopt.graph.kept` is built from now on."""
    built: list[str] = []
    for name in names:
        build = getattr(kept, name)

        def count(*args: Any, _name: str = name, _build: Any = build, **options: Any) -> Any:
            built.append(_name)
            return _build(*args, **options)

        monkeypatch.setattr(kept, name, count)
    return built


@pytest.mark.parametrize(("few", "form"), [(0, "layers_of"), (layered.FEW, "extended_graph")])
def test_a_network_is_built_once(few: int, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layered, "FEW", few)
    built = counted(monkeypatch, "network_pattern", "layers_of", "extended_graph", "configuration_bound")
    instance = finopt.generate(6, 4, configurations=1, topology="mesh", seed=1)
    application = instance.applications[0]
    once = ["network_pattern", "configuration_bound", form]
    for factor in (1.0, 1.1, 0.9):
        limit = factor * application.max_latency
        finopt.solve(instance.with_application(application.id, max_latency=limit), "labels")
        assert sorted(built) == sorted(once)
    finopt.solve(instance.with_application(application.id, rate=2.0), "labels")
    assert sorted(built) == sorted([*once, *once[1:]])
    node = instance.nodes[0]
    finopt.solve(instance.with_node(node.id, power=2 * node.power), "labels")
    assert sorted(built) == sorted([*once, *once[1:], *once])


def test_fields_that_were_never_checked_are_no_hindrance() -> None:
    instance = random_instance(3)
    plain = instance.applications[0].model_copy(update={"pinned": {}})
    unchecked = instance.model_copy(update={"applications": (plain,)})
    assert answer(unchecked, "labels") == answer(instance, "labels")
    assert not len(unchecked.basis.graphs) or unchecked.basis is instance.basis


def test_large_arrays_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layered, "FEW", 0)
    instance = random_instance(3)
    finopt.solve(instance, "mcp")
    assert not len(instance.basis.graphs)
