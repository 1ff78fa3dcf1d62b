"""lambda of FIN as published: both readings against brute force, and what each can lose."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import finopt
from finopt.evaluation.result import Result
from finopt.graph.resource import ResourceGraph
from finopt.io import result_file
from finopt.problem.instance import Instance
from finopt.problem.status import Status
from tests.conformance import PRECISION, advice_does, check, seeds
from tests.graph.small_graphs import graphs
from tests.level_oracle import Chart, Walk, chart_of, charts, steps_that_take_time
from tests.oracle import Task, frontier, optimum
from tests.random_instances import random_instance

METHOD = "fin-published"

LAMBDAS = (0.0, 1e-9, 0.1, 0.5, 3.0, 1e300, math.inf)

WITHIN = 1 + Fraction(1, 10**12)
"""What is closer is not told apart."""


def near(chart: Chart, gamma: int, lam: float) -> Walk | None:
    """The cheapest walk on the replicas and arcs through which a walk costs at most (1 + lambda) times the
    cheapest path, by filtering them one by one."""
    least = chart.plain_cheapest()
    if least is None or lam == math.inf:
        return chart.cheapest(gamma)
    return chart.cheapest(gamma, most=(1 + Fraction(lam)) * least * WITHIN)


def same_figure(result: Result, walks: Iterable[Walk | None]) -> None:
    """The answer costs what the cheapest of some walks costs without its cycles."""
    best = min((walk for walk in walks if walk is not None), default=None, key=lambda walk: walk.cost)
    if best is None:
        assert result.objective is None
    else:
        assert result.objective is not None
        assert result.objective <= float(best.cost) * (1 + PRECISION)
        if best.cost == best.simple_cost:
            assert result.objective == pytest.approx(float(best.cost), rel=PRECISION, abs=0)


@seeds(200, 10, quick=10)
def test_by_the_bound_it_is_what_filtering_leaves(chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance = random_instance(seed)
        task, best = Task(instance, instance.applications[0]), optimum(instance).objective
        gamma = (4, 10, 20)[seed % 3]
        for lam in LAMBDAS:
            result = finopt.solve(instance, METHOD, gamma=gamma, lam=lam)
            check(result, best)
            same_figure(result, [near(chart, gamma, lam) for chart in charts(task).values()])
            advice_does(result, instance, gamma=gamma, lam=lam)
            assert result_file.write(result, instance)


@seeds(200, 10, quick=10)
def test_by_the_bound_it_is_near_the_cheapest_path_or_nothing(chunk: Iterable[int]) -> None:
    """Of each configuration: what is found without lambda, if it is within (1 + lambda); else nothing."""
    for seed in chunk:
        instance = random_instance(seed)
        task, gamma = Task(instance, instance.applications[0]), (5, 20, 100)[seed % 3]
        for configuration, chart in charts(task).items():
            alone = only(instance, configuration)
            without, least = finopt.solve(alone, METHOD, gamma=gamma), chart.plain_cheapest()
            for lam in LAMBDAS:
                result = finopt.solve(alone, METHOD, gamma=gamma, lam=lam)
                within = without.objective is not None and (
                    lam == math.inf or Fraction(without.objective) <= (1 + Fraction(lam)) * least * WITHIN
                )
                assert result.objective == (without.objective if within else None)


def only(instance: Instance, configuration: int) -> Instance:
    """The instance with one configuration."""
    (model,) = instance.models
    one = model.model_copy(update={"configurations": (model.configurations[configuration],)})
    return Instance.model_validate({**instance.model_dump(), "models": [one.model_dump()]})


@seeds(200, 10, quick=10)
def test_by_levels_it_is_the_cheapest_walk_that_ends_high_enough(chunk: Iterable[int]) -> None:
    """And it is no dearer than any path of latency above (lambda - 2) delta / gamma, up to
    delta (1 - n / gamma)."""
    for seed in chunk:
        instance = random_instance(seed)
        task, best = Task(instance, instance.applications[0]), optimum(instance).objective
        gamma, limit = (4, 10, 20)[seed % 3], Fraction(instance.applications[0].max_latency)
        choices = [(steps_that_take_time(task, choice), choice) for choice in frontier(task)]
        for lam in (0, 1, 2, 2.5, gamma / 2, gamma, gamma + 1):
            result = finopt.solve(instance, METHOD, gamma=gamma, lam=lam, lam_rule="levels")
            check(result, best)
            first = max(math.ceil(lam) - 1, 0)
            same_figure(result, [chart.cheapest(gamma, least=first) for chart in charts(task).values()])
            advice_does(result, instance, gamma=gamma, lam=lam, lam_rule="levels")
            for n, choice in choices:
                low, high = limit * (first - 1) / gamma, limit * (1 - Fraction(n, gamma))
                if low * (1 + Fraction(1, 10**9)) < choice.latency <= high:
                    assert result.objective is not None
                    assert result.objective <= float(task.rate * choice.energy) * (1 + PRECISION)


@settings(max_examples=200)
@given(graphs(most_resources=2), st.integers(1, 8), st.integers(0, 9), st.sampled_from(LAMBDAS))
def test_on_any_graph(graph: ResourceGraph, gamma: int, level: int, lam: float) -> None:
    chart, numbered = chart_of(graph), min(level, gamma) + 1
    by_levels = finopt.solve(graph, METHOD, gamma=gamma, lam=numbered, lam_rule="levels")
    same_figure(by_levels, [chart.cheapest(gamma, least=numbered - 1)])
    advice_does(by_levels, graph, gamma=gamma, lam=numbered, lam_rule="levels")
    by_bound = finopt.solve(graph, METHOD, gamma=gamma, lam=lam)
    same_figure(by_bound, [near(chart, gamma, lam)])
    advice_does(by_bound, graph, gamma=gamma, lam=lam)


# ---------------------------------------------------------------- by hand


def one_block(hub_power: float, max_latency: float, back: bool = False) -> Instance:
    """One block of 1 Mop: 1 ms and 1 mJ on the phone; 0.1 ms on the hub, which is 0.1 ms away.

    With 30 W the hub takes 3 mJ, with 5 W 0.5 mJ. Sending costs nothing.
    """
    link = {"source": "phone", "target": "hub", "bandwidth": 1e9, "energy": 0.0, "delay": 1e-4}
    return Instance.model_validate(
        {
            "nodes": [
                {"id": "phone", "tier": "mobile", "compute": 1e9, "power": 1.0},
                {"id": "hub", "tier": "edge", "compute": 1e10, "power": hub_power},
            ],
            "links": [{**link, "bidirectional": back}],
            "models": [
                {
                    "id": "net",
                    "input_bits": 0,
                    "blocks": [{"id": "b", "ops": 1e6, "output_bits": 0}],
                    "exits": [{"id": "x", "after": "b"}],
                    "configurations": [{"exits": ["x"], "shares": [1.0], "accuracy": 0.9}],
                }
            ],
            "applications": [
                {
                    "id": "app",
                    "model": "net",
                    "source": "phone",
                    "max_latency": max_latency,
                    "min_accuracy": 0.5,
                }
            ],
        }
    )


def answer(result: Result) -> tuple[str, float] | None:
    """Where the block runs, and the energy in mJ."""
    if result.placement is None:
        return None
    return result.placement.applications[0].nodes[0], round(result.objective * 1e3, 9)


def test_by_the_bound_the_only_path_on_time_can_be_lost() -> None:
    """Limit 0.5 ms: the phone (1 mJ, the bound) takes 1 ms; the hub (3 mJ) 0.2 ms, 2 + 2 levels of 10.

    lambda = 1 allows 2 mJ, lambda = 2 allows the 3 mJ that are needed.
    """
    instance = one_block(hub_power=30.0, max_latency=5e-4)
    assert answer(finopt.solve(instance, METHOD)) == ("hub", 3.0)
    assert answer(finopt.solve(instance, METHOD, lam=2)) == ("hub", 3.0)
    lost = finopt.solve(instance, METHOD, lam=1)
    assert lost.status is Status.NO_SOLUTION
    assert lost.reason == (
        "application 'app': lambda = 1 leaves out every path within 10 levels; lam = 2.02 would do"
    )
    assert finopt.solve(instance, "fin").status is Status.OPTIMAL


def test_by_levels_the_cheap_and_fast_path_is_lost_for_a_dearer_and_slower_one_or_for_none() -> None:
    """Limit 2 ms, gamma 10, so 0.2 ms a level. The hub (0.5 mJ) takes 0.1 ms + 0.1 ms, levels 1 + 1, and the
    phone (1 mJ) 1 ms, level 5. Numbered from 1 they end on levels 3 and 6."""
    instance = one_block(hub_power=5.0, max_latency=2e-3)
    found = [
        answer(finopt.solve(instance, METHOD, lam=lam, lam_rule="levels"))
        for lam in (0, 1, 3, 3.5, 4, 6, 7, 11)
    ]
    cheap, dear = ("hub", 0.5), ("phone", 1.0)
    assert found == [cheap, cheap, cheap, dear, dear, dear, None, None]
    lost = finopt.solve(instance, METHOD, lam=7, lam_rule="levels")
    assert lost.reason.endswith("lambda = 7 leaves out every path within 10 levels; lam = 6 would do")
    with pytest.raises(ValueError, match=r"lam must be at most gamma \+ 1 = 11 with .* 'levels', got 11.5"):
        finopt.solve(instance, METHOD, lam=11.5, lam_rule="levels")
    with pytest.raises(ValueError, match="got inf"):
        finopt.solve(instance, METHOD, lam=math.inf, lam_rule="levels")


def test_by_levels_a_walk_that_gains_levels_by_a_cycle_loses_the_cycle() -> None:
    """To the hub, back and to the hub again takes two levels more than once, and costs nothing: the block
    then ends on level 4, number 5. Without the cycle it is as cheap, and earlier: level 2."""
    instance = one_block(hub_power=5.0, max_latency=2e-3, back=True)
    for lam in (4, 5, 11):
        result = finopt.solve(instance, METHOD, lam=lam, lam_rule="levels")
        assert answer(result) == ("hub", 0.5)
        assert result.placement.applications[0].routes == (("phone->hub",),)


def test_by_the_bound_each_configuration_has_its_own() -> None:
    """Limit 0.9 ms: only the hub is on time, 30 W or 3 nJ/op. Without the second block 3 mJ, where the phone
    would take 1 mJ; with it, pinned to the hub, 3 + 12 mJ, where the phone and the hub would take 1 + 12 mJ.

    lambda = 1 allows 2 and 26 mJ: the dearer answer is left.
    """
    data = one_block(hub_power=30.0, max_latency=9e-4).model_dump(exclude_unset=True)
    (model,), (application,) = data["models"], data["applications"]
    model["blocks"] += ({"id": "b2", "ops": 4e6, "output_bits": 0},)
    model["exits"] += ({"id": "y", "after": "b2"},)
    model["configurations"] += ({"exits": ("y",), "shares": (1.0,), "accuracy": 0.95},)
    application["pinned"] = {"b2": "hub"}
    instance = Instance.model_validate(data)
    assert answer(finopt.solve(instance, METHOD)) == ("hub", 3.0)
    assert answer(finopt.solve(instance, METHOD, lam=2)) == ("hub", 3.0)
    assert answer(finopt.solve(instance, METHOD, lam=1)) == ("hub", 15.0)
    assert answer(finopt.solve(instance, METHOD, lam=0.1)) is None  # allows 1.1 and 14.3 mJ


def test_a_bound_of_nothing_and_no_end_to_lambda() -> None:
    """The cheapest path costs nothing and is late: an infinite lambda keeps the dear one, no other does."""
    graph = ResourceGraph.build(2, [0, 0], [1, 1], [0, 7], [2, 1], 0, [1], [1])
    assert finopt.solve(graph, METHOD, lam=math.inf).objective == 7
    lost = finopt.solve(graph, METHOD, lam=1e9)
    assert lost.reason.endswith("within 10 levels; no lam would do")
    assert finopt.solve(graph, METHOD).objective == 7


def test_too_few_levels_and_too_small_a_lambda() -> None:
    """Two arcs of 0.45 of the limit climb 2 levels of 1, and of 2; they cost 6, the late arc 1."""
    graph = ResourceGraph.build(3, [0, 1, 0], [1, 2, 2], [3, 3, 1], [0.45, 0.45, 2], 0, [2], [1])
    assert finopt.solve(graph, METHOD, gamma=1).reason.endswith("; gamma = 2 would do")
    both = finopt.solve(graph, METHOD, gamma=1, lam=1)
    assert both.reason.endswith("; gamma = 2 and no lam would do")


def test_a_lambda_that_leaves_few_enough_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is lost to lambda cannot always be looked at without it."""
    graph = ResourceGraph.build(3, [0, 1, 0], [1, 2, 2], [3, 3, 1], [0.45, 0.45, 2], 0, [2], [1])
    monkeypatch.setattr("finopt.graph.feasible_graph.MAX_REPLICAS", 2)
    lost = finopt.solve(graph, METHOD, gamma=10, lam=1)
    assert lost.status is Status.NO_SOLUTION
    assert "lambda = 1 leaves out every path; without it gamma = 10 needs" in lost.reason
