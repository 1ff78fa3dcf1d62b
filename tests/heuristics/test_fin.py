"""FIN's options and limits; its guarantee is in tests/graph/test_feasible_graph.py."""

from __future__ import annotations

import numpy as np
import pytest

import finopt
from finopt.graph import label_setting
from finopt.graph.resource import ResourceGraph
from finopt.heuristics import fin
from finopt.problem.errors import InstanceError
from finopt.problem.status import Status, Termination


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
    result, best = fin.solve(graph), label_setting.find_path(graph)
    assert result.objective is not None
    assert result.objective <= graph.path_cost(best.path) * (1 + fin.GAP)
    assert result.bound <= graph.path_cost(best.path)


def test_three_resources_are_refused_with_the_methods_that_can() -> None:
    with pytest.raises(
        InstanceError, match="levels for one or two resources; use 'labels', 'milp' or 'cspp'"
    ):
        fin.solve(random_graph(10, 3, 0))


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
        fin.solve(random_graph(10, 1, 0), **options)


def test_a_gamma_beyond_memory_is_refused_with_the_figure() -> None:
    graph = labelling_case()
    with pytest.raises(ValueError, match=r"gamma = 50000000 needs \d+ replicas"):
        fin.solve(graph, gamma=50_000_000)


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
    result = fin.solve(labelling_case(), gap=0.0, max_gamma=4)
    assert result.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert result.stats["gamma"] <= 4
    if result.status is Status.FEASIBLE:
        assert result.termination is Termination.LIMIT


@pytest.mark.parametrize("lam", [0.0, 1e-6, 0.1, 10.0])
def test_lambda_doubles_until_something_survives(lam: float) -> None:
    graph = labelling_case()
    result = fin.solve(graph, lam=lam, gamma=1000)
    assert result.objective is not None
    assert result.stats["lambda"] >= lam
