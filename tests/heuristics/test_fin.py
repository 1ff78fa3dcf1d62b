"""FIN's options, limits and gaps; its guarantee is in tests/graph/test_feasible_graph.py."""

from __future__ import annotations

import numpy as np
import pytest

import finopt
from finopt.graph import label_setting
from finopt.graph.resource import ResourceGraph
from finopt.heuristics import fin
from finopt.problem.errors import InstanceError
from finopt.problem.status import Status, Termination
from tests.oracle import optimum
from tests.random_instances import random_instance


def random_graph(vertices: int, resources: int, seed: int) -> ResourceGraph:
    """A layered graph whose budgets bind."""
    rng = np.random.default_rng(seed)
    tail = np.repeat(np.arange(vertices - 1), 4)
    head = np.minimum(tail + rng.integers(1, 6, tail.size), vertices - 1)
    cost, use = rng.integers(1, 50, tail.size), rng.integers(1, 50, (tail.size, resources))
    ends = 0, [vertices - 1]
    free = ResourceGraph.build(vertices, tail, head, cost, use, *ends, [1e6] * resources)
    target = vertices - 1
    least = [free.forward(0.0, only).resource[target, k] for k, only in enumerate(np.eye(resources))]
    cheap = free.forward(1.0, np.zeros(resources)).resource[target]
    return ResourceGraph.build(vertices, tail, head, cost, use, *ends, (3 * cheap + np.array(least)) / 4)


@pytest.mark.parametrize("seed", range(5))
def test_two_resources_on_a_graph_too_large_for_its_levels(seed: int) -> None:
    graph = random_graph(400, 2, seed)
    result, best = finopt.solve(graph, "fin"), label_setting.find_path(graph)
    assert result.objective is not None
    assert result.objective <= graph.path_cost(best.path) * (1 + fin.GAP)
    assert result.bound <= graph.path_cost(best.path)


def test_three_resources_are_refused_with_the_methods_that_can() -> None:
    with pytest.raises(
        InstanceError, match="levels for one or two resources; use 'labels', 'milp' or 'cspp'"
    ):
        finopt.solve(random_graph(10, 3, 0), "fin")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gamma": 0}, "gamma must be between 1 and"),
        ({"gamma": 10**9}, "gamma must be between 1 and"),
        ({"max_gamma": 0}, "max_gamma must be between 1"),
        ({"lam": -0.1}, "lam must be at least 0"),
        ({"lam": float("nan")}, "lam must be at least 0"),
        ({"gap": 2.0}, "gap must be between 0 and 1"),
    ],
)
def test_options_out_of_range(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        finopt.solve(random_graph(10, 1, 0), "fin", **options)


def test_a_gamma_beyond_memory_is_refused_with_the_figure() -> None:
    graph = labelling_case()
    with pytest.raises(ValueError, match=r"gamma = 50000000 needs \d+ replicas"):
        finopt.solve(graph, "fin", gamma=50_000_000)


def labelling_case() -> ResourceGraph:
    """A graph that the bounds do not close."""
    for seed in range(100):
        graph = random_graph(200, 1, seed)
        if label_setting.find_path(graph).stats["labels"] > 0:
            return graph
    raise AssertionError("no such graph")


def test_gamma_is_taken_literally_and_counted_once() -> None:
    instance = finopt.generate(8, 12, topology="mesh", seed=54, configurations=8)
    for gamma in (1, 3, 100):
        result = finopt.solve(instance, method="fin", gamma=gamma)
        assert result.stats.get("gamma", 0) in (0, gamma)
        assert result.objective >= finopt.solve(instance, method="labels").objective * (1 - 1e-9)


def test_growth_stops_at_max_gamma() -> None:
    result = finopt.solve(labelling_case(), "fin", gap=0.0, max_gamma=4)
    assert result.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert result.stats["gamma"] <= 4
    if result.status is Status.FEASIBLE:
        assert result.termination is Termination.LIMIT


@pytest.mark.parametrize("lam", [0.0, 1e-6, 0.1, 10.0])
def test_lambda_doubles_until_something_survives(lam: float) -> None:
    graph = labelling_case()
    result = finopt.solve(graph, "fin", lam=lam, gamma=1000)
    assert result.objective is not None
    assert result.stats["lambda"] >= lam


@pytest.mark.parametrize(
    "count", [pytest.param(60, id="60"), pytest.param(300, id="300", marks=pytest.mark.slow)]
)
def test_it_is_within_one_percent_on_95_of_100(count: int) -> None:
    gaps = []
    for seed in range(count):
        instance = random_instance(seed)
        best = optimum(instance).objective
        if best is not None:
            objective = finopt.solve(instance, "fin").objective
            assert objective is not None
            gaps.append(objective / best - 1 if best else objective)
    assert len(gaps) > count / 2
    assert sum(gap <= 0.01 for gap in gaps) >= 0.95 * len(gaps)
