"""Bounds, reduction and label setting against enumeration."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import finopt
from finopt.graph.bounds import reduce
from finopt.graph.label_setting import find_path
from finopt.graph.path import simple_path
from finopt.graph.resource import ResourceGraph
from finopt.problem.errors import InstanceError
from finopt.problem.status import Status, Termination
from finopt.solvers.clock import Clock
from tests.conformance import methods
from tests.graph.small_graphs import cost, graphs, optimum

CLOSE = Fraction(1, 10**9)


@settings(max_examples=400)
@given(graphs())
def test_reduction_bounds_the_optimum_and_loses_no_better_path(graph: ResourceGraph) -> None:
    best, state = optimum(graph), reduce(graph)
    if best is None:
        assert state.path is None
        return
    assert state.lower <= best[0] * (1 + CLOSE)
    assert state.upper >= best[0] * (1 - CLOSE)
    if state.path is not None:
        assert math.isclose(graph.path_cost(state.path), state.upper, rel_tol=1e-12)
        assert (graph.path_resource(state.path) <= graph.limit).all()
    if state.upper > best[0] * (1 + CLOSE):
        assert set(best[1]) <= set(state.arcs.tolist())


@settings(max_examples=400)
@given(graphs())
def test_labels_find_the_optimum(graph: ResourceGraph) -> None:
    best, answer = optimum(graph), find_path(graph)
    if best is None:
        assert answer.path is None
        assert answer.bound == math.inf
    else:
        assert answer.path is not None
        assert abs(cost(graph, tuple(answer.path)) - best[0]) <= CLOSE * best[0]
        assert abs(Fraction(answer.bound) - best[0]) <= CLOSE * best[0]


@settings(max_examples=25, deadline=None)
@given(graphs(), st.booleans())
def test_solvers_find_the_optimum(graph: ResourceGraph, reduced: bool) -> None:
    best = optimum(graph)
    for method in ("milp", "cspp"):
        result = finopt.solve(graph, method, reduce=reduced)
        assert result.status is (Status.INFEASIBLE if best is None else Status.OPTIMAL)
        if best is not None:
            assert result.objective == pytest.approx(float(best[0]), rel=1e-9, abs=1e-300)
            assert result.path is not None
            assert result.path[0] == graph.source
            assert result.path[-1] in graph.targets


@settings(max_examples=200)
@given(graphs(), st.floats(0, 20))
def test_a_cutoff_only_hides_what_is_dearer(graph: ResourceGraph, cutoff: float) -> None:
    best = optimum(graph)
    answer = find_path(graph, cutoff)
    if best is not None and best[0] < Fraction(cutoff) * (1 - CLOSE):
        assert answer.path is not None
        assert graph.path_cost(answer.path) == pytest.approx(float(best[0]), rel=1e-9)
    else:
        assert answer.path is None or graph.path_cost(answer.path) <= cutoff
        assert answer.bound >= cutoff * (1 - 1e-9)


def grid(size: int, seed: int) -> ResourceGraph:
    """A grid with anticorrelated costs and two resources: many labels that none dominates."""
    rng = np.random.default_rng(seed)
    ends = [(r * size + c, r * size + c + 1) for r in range(size) for c in range(size - 1)]
    ends += [(r * size + c, (r + 1) * size + c) for r in range(size - 1) for c in range(size)]
    price = rng.integers(1, 100, len(ends)).astype(float)
    use = 101 - price + rng.integers(0, 40, (2, len(ends)))
    tail, head = zip(*ends, strict=True)
    return ResourceGraph.build(
        size * size, tail, head, price, use.T, 0, [size * size - 1], [130.0 * size, 130.0 * size]
    )


def test_a_label_cap_answers_with_a_gap_instead_of_running_on() -> None:
    graph = grid(20, 1)
    full = finopt.solve(graph, "labels")
    assert full.status is Status.OPTIMAL
    capped = finopt.solve(graph, "labels", max_labels=50)
    assert capped.termination is Termination.LIMIT
    assert capped.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert capped.bound <= full.objective <= capped.objective
    assert capped.stats["labels"] < full.stats["labels"]


def test_no_time_at_all_still_gives_what_the_bounds_found() -> None:
    answer = find_path(grid(20, 1), clock=Clock(0))
    assert answer.termination is Termination.TIME_LIMIT
    assert answer.path is not None
    assert answer.bound <= grid(20, 1).path_cost(answer.path)


def test_cycles_are_cut_out_of_a_walk() -> None:
    graph = ResourceGraph.build(4, [0, 1, 2, 1], [1, 2, 1, 3], [1, 0, 0, 1], [[0]] * 4, 0, [3], [1])
    walk = np.array([0, 1, 3, 2], np.int32)  # 0-1, 1-2, 2-1, 1-3: arcs are sorted by tail
    assert graph.path_vertices(walk) == (0, 1, 2, 1, 3)
    assert graph.path_vertices(simple_path(graph, walk)) == (0, 1, 3)


@methods(lambda c: c.complete)
def test_one_vertex_is_a_path(method: str) -> None:
    graph = ResourceGraph.build(1, [], [], [], np.zeros((0, 1)), 0, [0], [1])
    result = finopt.solve(graph, method)
    assert (result.status, result.objective, result.path) == (Status.OPTIMAL, 0.0, (0,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tail": [0, 9]}, "tail: must be vertices 0 to 2"),
        ({"cost": [1, -1]}, r"cost: must be 0 or from 1e-21 to 1e\+21"),
        ({"cost": [1, 1e22]}, "cost: must be 0 or from"),
        ({"resource": [[1], [np.nan]]}, "resource: must be 0 or from"),
        ({"resource": [[1], [1e-22]]}, "resource: must be 0 or from"),
        ({"budget": [np.inf]}, "budget: must be 0 or from"),
        ({"targets": [3]}, "targets: must be vertices"),
        ({"targets": []}, "targets: needs at least one target"),
        ({"budget": [], "resource": np.zeros((2, 0))}, "budget: needs at least one resource"),
        ({"budget": 2.0}, r"budget: must be a list, got shape \(\)"),
        ({"head": [1]}, "head: must have one entry per arc, 2 as in tail, got 1"),
        ({"cost": [1, 1, 1]}, "cost: must have one entry per arc, 2 as in tail, got 3"),
        ({"cost": [[1, 1]]}, r"cost: must have one entry per arc, 2 as in tail, got shape \(1, 2\)"),
        ({"resource": [1]}, r"resource: must have .* shape \(2, 1\), got shape \(1,\)"),
        ({"resource": [[1, 1]]}, r"resource: must have .* shape \(2, 1\), got shape \(1, 2\)"),
        ({"resource": [[1], [1, 2]]}, "resource: must be numbers, in rows of the same length"),
        ({"cost": ["1", "2"]}, "cost: must be numbers"),
        ({"tail": [0, 1.5]}, "tail: must be whole numbers, got float64"),
        ({"head": [1.0, 2.0]}, "head: must be whole numbers"),
        ({"targets": [1.7]}, "targets: must be whole numbers"),
        ({"source": 0.5}, "source: must be whole numbers"),
    ],
)
def test_bad_arrays_are_refused(change: dict[str, object], message: str) -> None:
    good = {"vertices": 3, "tail": [0, 1], "head": [1, 2], "cost": [1, 1], "resource": [[1], [1]]}
    good |= {"source": 0, "targets": [2], "budget": [2]}
    with pytest.raises(InstanceError, match=message):
        ResourceGraph.build(**(good | change))


def test_one_resource_may_be_a_flat_list_and_the_largest_figures_add_up() -> None:
    graph = ResourceGraph.build(3, [0, 1], [1, 2], [1e21, 1e21], [1e21, 1e-21], 0, [2], [1e21])
    assert graph.resource.shape == (2, 1)
    assert finopt.solve(graph, "labels").objective == 2e21
