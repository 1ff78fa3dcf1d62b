"""The check of a path: exact sums, every violation in words, and the same verdict as enumeration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from finopt import BackendError, ResourceGraph
from finopt.graph.drivers.single import solve_single
from finopt.graph.path import PathAnswer
from finopt.graph.path_evaluation import evaluate_arcs, evaluate_path
from finopt.solvers.clock import Clock
from tests.graph.small_graphs import TOLERANCE, cost, graphs, paths, used

# 0 -> 1 -> 2 -> 3 and 0 -> 2; two arcs 1 -> 2, the cheap one hungry.
GRAPH = ResourceGraph.build(
    4,
    [0, 1, 1, 2, 0],
    [1, 2, 2, 3, 2],
    [1, 2, 5, 1, 7],
    [[0.1, 1], [5, 1], [0.2, 1], [0.3, 1], [3, 1]],
    0,
    [3],
    [0.6, 3],
)


@pytest.mark.parametrize(
    ("path", "violations"),
    [
        ((), ("is empty",)),
        ((0,), ("ends at vertex 10, not at a target",)),
        ((0, 1, 2), ("ends at vertex 12, not at a target",)),
        ((1, 2, 3), ("begins at vertex 11, not at the source 10",)),
        ((0, 2, 3), ("resource 1: 3.3 exceeds the budget 0.6",)),
        ((0, 1, 3), ("no arc from 11 to 13",)),
        ((0, 1, 0, 1, 2, 3), ("no arc from 11 to 10",)),
        ((3,), ("begins at vertex 13, not at the source 10",)),
        (
            (7, 10**30, -1),
            (
                "begins at vertex 17, not at the source 10",
                "ends at vertex 9, not at a target",
                "no arc from 17 to 1000000000000000000000000000010",
                "no arc from 1000000000000000000000000000010 to 9",
            ),
        ),
    ],
)
def test_violations_in_words(path: tuple[int, ...], violations: tuple[str, ...]) -> None:
    evaluation = evaluate_path(GRAPH, path, first=10)
    assert evaluation.violations == violations
    assert not evaluation.feasible
    assert math.isnan(evaluation.objective) == (not path or "no arc" in violations[-1])


def test_sums_are_exact_and_decimals_are_kept() -> None:
    # 0.1 + 0.2 + 0.3 > 0.6 in doubles; the limit is met all the same.
    evaluation = evaluate_path(GRAPH, (0, 1, 2, 3))
    assert evaluation.feasible
    assert (evaluation.objective, evaluation.used) == (7.0, (0.6, 3.0))


def test_of_parallel_arcs_the_cheapest_choice_within_the_budgets_is_meant() -> None:
    # Ten hops; at each 0 for resource 1 and cost 1, or 1 for resource 1 and cost 0: at most four times free.
    hops = np.arange(10)
    graph = ResourceGraph.build(
        11, np.tile(hops, 2), np.tile(hops + 1, 2), np.repeat([1, 0], 10), np.repeat([[0], [1]], 10, axis=0),
        0, [10], [4],
    )  # fmt: skip
    evaluation = evaluate_path(graph, range(11))
    assert (evaluation.objective, evaluation.used, evaluation.feasible) == (6.0, (4.0,), True)


def test_without_a_choice_within_the_budgets_the_cheapest_arcs_are_shown() -> None:
    graph = ResourceGraph.build(2, [0, 0], [1, 1], [1, 2], [[9], [8]], 0, [1], [5])
    assert evaluate_path(graph, (0, 1)).violations == ("resource 1: 9 exceeds the budget 5",)


@given(graphs())
def test_verdict_and_sums_are_those_of_enumeration(graph: ResourceGraph) -> None:
    for path in list(paths(graph))[:20]:
        evaluation = evaluate_arcs(graph, np.array(path, np.int32))
        fits = [used(graph, path, k) <= float(b) * TOLERANCE for k, b in enumerate(graph.budget)]
        assert evaluation.feasible == all(fits)
        assert len(evaluation.violations) == fits.count(False)
        assert evaluation.objective == float(cost(graph, path))
        assert evaluation.used == tuple(float(used(graph, path, k)) for k in range(graph.resources))
        if all(fits):
            best = evaluate_path(graph, graph.path_vertices(np.array(path, np.int32)))
            assert best.feasible
            assert best.objective <= evaluation.objective * (1 + 1e-12)


@pytest.mark.parametrize(
    ("arcs", "match"),
    [
        ([0, 2, 4], "resource 1: 5.4 exceeds the budget 0.6"),
        ([0, 2], "ends at vertex 2, not at a target"),
        ([2, 4], "begins at vertex 1, not at the source 0"),
        ([], "ends at vertex 0, not at a target"),
        ([0, 4], "arc 4 begins at vertex 2, arc 0 before it ends at 1"),
    ],
)
def test_a_wrong_answer_never_reaches_the_user(arcs: list[int], match: str) -> None:
    def search(graph: ResourceGraph, cutoff: float, clock: Clock) -> PathAnswer:
        return PathAnswer(np.array(arcs, np.int32), 0.0)

    with pytest.raises(BackendError, match=f"the answer of method 'wrong' fails the check: .*{match}"):
        solve_single(GRAPH, "wrong", "", search, Clock())
