"""The auxiliary weight: its K-approximation against every path, and which configuration it chooses."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest

import finopt
from finopt.graph.drivers.single import Run
from finopt.graph.resource import ResourceGraph
from finopt.heuristics import mcp
from finopt.heuristics.mcp import by_weight, find_path, least_weight
from finopt.problem.instance import Instance
from finopt.problem.status import Status, Termination
from finopt.solvers.clock import Clock
from tests.oracle import Task, every_choice

PAPER = finopt.load("instances/paper/b-alexnet-cifar10.json")


def small_graph(resources: int, seed: int) -> ResourceGraph:
    """Seven vertices, two thirds of all arcs, no parallel ones; some weights are 0."""
    rng = np.random.default_rng(seed)
    tail, head = np.nonzero((rng.random((7, 7)) < 0.66) & ~np.eye(7, dtype=bool))
    use = rng.integers(0, 9, (tail.size, resources)).astype(float)
    budget = rng.integers(4, 20, resources).astype(float)
    return ResourceGraph.build(7, tail, head, rng.integers(0, 9, tail.size), use, 0, [6], budget)


def largest_share(graph: ResourceGraph, arcs: np.ndarray) -> float:
    return float((graph.path_resource(arcs) / graph.budget).max())


@pytest.mark.parametrize("resources", [1, 2, 3])
@pytest.mark.parametrize("seed", range(20))
def test_no_path_has_a_largest_share_k_times_smaller(resources: int, seed: int) -> None:
    graph = small_graph(resources, seed)
    number = {(int(u), int(v)): a for a, (u, v) in enumerate(zip(graph.tail, graph.head, strict=True))}
    paths = nx.all_simple_paths(nx.DiGraph(list(number)), 0, 6)
    shares = [largest_share(graph, np.array([number[hop] for hop in pairwise(path)])) for path in paths]
    weight, path = least_weight(graph)
    assert path is not None
    own = largest_share(graph, path)
    assert own <= weight * (1 + 1e-8)  # weights refer to limits with their tolerance
    assert min(shares) * (1 - 1e-12) <= own <= resources * min(shares) * (1 + 1e-8)


def scenario(max_latency: float, min_accuracy: float) -> Instance:
    change = {"max_latency": max_latency, "min_accuracy": min_accuracy}
    return PAPER.model_copy(update={"applications": (PAPER.applications[0].model_copy(update=change),)})


@pytest.mark.parametrize("max_latency", [0.0025, 0.005, 0.015])
@pytest.mark.parametrize("min_accuracy", [0.1, 0.5, 0.75, 0.85])
def test_latency_and_accuracy_are_two_constraints(max_latency: float, min_accuracy: float) -> None:
    instance = scenario(max_latency, min_accuracy)
    task = Task(instance, instance.applications[0])
    accuracy = [c.accuracy for c in instance.models[0].configurations]
    least = min(
        max(float(choice.latency) / max_latency, min_accuracy / accuracy[choice.configuration])
        for choice in every_choice(task)
    )
    account = finopt.solve(instance, "mcp").evaluation.applications[0]
    assert max(account.latency / max_latency, min_accuracy / account.accuracy) <= 2 * least * (1 + 1e-9)


def test_more_blocks_than_asked_for_when_they_cost_little_time() -> None:
    """At 5 ms: 2.06 / 5 + 0.5 / 0.5637 > 2.28 / 5 + 0.5 / 0.8595, whatever the energy."""
    result = finopt.solve(scenario(0.005, 0.5), "mcp")
    assert result.placement.applications[0].configuration == 2
    assert result.objective > 10 * finopt.solve(scenario(0.005, 0.5), "fin").objective


def test_without_a_target_the_fastest_configuration_is_first() -> None:
    instance = scenario(0.005, 0.0)
    assert by_weight(instance, instance.applications[0]) == [0, 1, 2]


def test_a_configuration_that_is_late_gives_way_to_the_next() -> None:
    """Within 2.1 ms only exit 1 is possible, although exits 2 and 3 have less weight."""
    instance = scenario(0.0021, 0.5)
    assert by_weight(instance, instance.applications[0])[-1] == 0
    result = finopt.solve(instance, "mcp")
    assert result.placement.applications[0].configuration == 0


# ---------------------------------------------------------------- limits


class Looks(Clock):
    """Is over at the look that follows so many."""

    def __init__(self, looks: float) -> None:
        super().__init__()
        self.left = looks

    @property
    def expired(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The configurations whose graphs were built to be weighed."""
    found: list[int] = []
    build = mcp.arc_graph

    def counted(instance: Instance, application: Any, configuration: int, **options: Any) -> Any:
        found.append(configuration)
        return build(instance, application, configuration, **options)

    monkeypatch.setattr(mcp, "arc_graph", counted)
    return found


def test_without_time_nothing_is_weighed(weighed: list[int]) -> None:
    result = finopt.solve(scenario(0.005, 0.0), "mcp", time_limit=0)
    assert weighed == []
    assert (result.status, result.termination) == (Status.NO_SOLUTION, Termination.TIME_LIMIT)
    assert "time limit" in result.reason
    assert result.bound is not None
    assert result.bound <= finopt.solve(scenario(0.005, 0.0), "labels").objective


@pytest.mark.parametrize("looks", range(5))
def test_the_clock_is_looked_at_before_every_configuration(looks: int, weighed: list[int]) -> None:
    """The first look is before all of them, the fifth before the first search."""
    instance = scenario(0.005, 0.0)
    run = Run(instance, instance.applications[0], find_path, Looks(looks), by_weight)
    run.try_configurations()
    assert len(weighed) == max(0, looks - 1)
    assert run.termination is Termination.TIME_LIMIT
    assert run.best is None


def test_a_path_that_is_missed_is_no_proof_and_says_so() -> None:
    """Over vertex 1: 0.6 + 0.6 of the first budget, weight 1.2; over 2: 0.7 of each, weight 1.4."""
    use = np.array([[6.0, 0.0], [6.0, 0.0], [7.0, 0.0], [0.0, 7.0]])
    budget = np.array([10.0, 10.0])
    graph = ResourceGraph.build(4, [0, 1, 0, 2], [1, 3, 2, 3], np.ones(4), use, 0, [3], budget)
    assert finopt.solve(graph, "labels").status is Status.OPTIMAL
    result = finopt.solve(graph, "mcp")
    assert (result.status, result.termination) == (Status.NO_SOLUTION, Termination.COMPLETED)
    assert result.reason.startswith("the graph: no path that method 'mcp' tried keeps every limit")
