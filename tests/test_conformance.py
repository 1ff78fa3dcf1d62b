"""The conformance suite: a method passes every test that its capabilities name, by being registered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import pytest
from hypothesis import given

import finopt
from finopt.api.methods import CAPABILITIES, FOR_MORE_RESOURCES, FOR_SEVERAL, METHODS, options_of
from finopt.graph.path_evaluation import evaluate_path
from finopt.graph.resource import ResourceGraph
from finopt.problem.errors import InstanceError
from finopt.problem.instance import Instance
from finopt.problem.status import Status, Termination
from tests.conformance import ANSWERED, check, check_figures, expected, keeps_its_word, methods, named, seeds
from tests.graph.small_graphs import graphs
from tests.graph.small_graphs import optimum as cheapest_path
from tests.joint_oracle import joint_optimum
from tests.oracle import optimum
from tests.random_instances import binding_instance, joint_instance, random_instance
from tests.strategies import instances


@cache
def single(seed: int) -> tuple[Instance, float | None]:
    """One application, no capacity binds; with its optimum."""
    instance = random_instance(seed)
    return instance, optimum(instance).objective


@cache
def binding(seed: int) -> tuple[Instance, float | None]:
    """One application and a capacity that binds; with its optimum."""
    instance = binding_instance(seed)
    return instance, optimum(instance).objective


@cache
def joint(seed: int) -> tuple[Instance, float | None]:
    """Two applications on a capacity that binds; with their joint optimum."""
    instance = joint_instance(seed)
    return instance, joint_optimum(instance).objective


# ---------------------------------------------------------------- the register


def test_every_method_states_its_capabilities() -> None:
    assert list(CAPABILITIES) == list(METHODS)


def test_there_is_an_exact_method_for_everything() -> None:
    assert named(lambda c: c.optimal and c.resources is None)
    assert named(lambda c: c.jointly_optimal and c.several)


def test_refusals_recommend_the_methods_that_can() -> None:
    several = re.findall("'(.*?)'", FOR_SEVERAL)
    assert sorted(several) == sorted(named(lambda c: c.several))
    resources = re.findall("'(.*?)'", FOR_MORE_RESOURCES)
    assert sorted(resources) == sorted(named(lambda c: c.complete and c.resources is None))


# ---------------------------------------------------------------- one application


@methods()
@seeds(300, 20, quick=60)
def test_one_application(method: str, chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, best = single(seed)
        keeps_its_word(method, finopt.solve(instance, method), best)


@pytest.mark.parametrize(
    "method", [method for method in named(lambda c: c.optimal) if "reduce" in options_of(method)]
)
@seeds(60, 10, quick=20)
@pytest.mark.parametrize("reduce", [False, True])
def test_bare_and_reduced_models_agree(method: str, reduce: bool, chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, best = single(seed)
        keeps_its_word(method, finopt.solve(instance, method, reduce=reduce), best)


@given(instances())
def test_drawn_instances(instance: Instance) -> None:
    best = optimum(instance).objective
    for method in METHODS:
        keeps_its_word(method, finopt.solve(instance, method), best)


@methods()
def test_the_same_call_gives_the_same_answer(method: str) -> None:
    for seed in range(8):
        first, second = (finopt.solve(random_instance(seed), method) for _ in range(2))
        assert first.placement == second.placement
        assert (first.objective, first.bound, first.status) == (second.objective, second.bound, second.status)


@methods()
def test_without_time_nothing_is_claimed_that_is_not_so(method: str) -> None:
    for seed in range(20):
        instance, best = single(seed)
        result = finopt.solve(instance, method, time_limit=0)
        check(result, best)
        if result.status is Status.NO_SOLUTION:
            assert result.termination is Termination.TIME_LIMIT


# ---------------------------------------------------------------- capacities that bind


@methods()
@seeds(90, 10, quick=30)
def test_a_capacity_that_binds(method: str, chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, best = binding(seed)
        keeps_its_word(method, finopt.solve(instance, method), best, binds=True)


# ---------------------------------------------------------------- several applications


@methods(lambda c: c.several)
@seeds(40, 10, quick=10)
def test_two_applications_share_capacities(method: str, chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, best = joint(seed)
        keeps_its_word(method, finopt.solve(instance, method), best, binds=True)


@methods(lambda c: not c.several)
def test_several_applications_are_refused(method: str) -> None:
    said = f"applications: method '{method}' places one application; {FOR_SEVERAL}, got 2"
    with pytest.raises(InstanceError, match=said):
        finopt.solve(joint_instance(0), method)


# ---------------------------------------------------------------- resource graphs


@methods()
@given(graph=graphs(most_resources=4))
def test_the_cheapest_path_that_fits(method: str, graph: ResourceGraph) -> None:
    able = CAPABILITIES[method]
    if able.resources is not None and graph.resources > able.resources:
        with pytest.raises(InstanceError, match=f"method '{method}' has levels for .* {FOR_MORE_RESOURCES}"):
            finopt.solve(graph, method)
        return
    best, result = cheapest_path(graph), finopt.solve(graph, method)
    cost = None if best is None else float(best[0])
    check_figures(result, cost)
    assert result.status in expected(able, cost)
    if result.status in ANSWERED:
        assert result.path is not None
        assert evaluate_path(graph, result.path, arcs=result.arcs).feasible


@methods(lambda c: c.resources is not None)
def test_more_resources_than_a_method_takes_are_refused(method: str) -> None:
    most = CAPABILITIES[method].resources
    assert most is not None
    fits, more = (
        ResourceGraph.build(2, [0], [1], [1], [[1] * count], 0, [1], [1] * count)
        for count in (most, most + 1)
    )
    assert finopt.solve(fits, method).path == (0, 1)
    with pytest.raises(InstanceError, match=f"resources: method '{method}' .*, got {most + 1}"):
        finopt.solve(more, method)
