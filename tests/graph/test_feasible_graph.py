"""Levels: which sums keep the budget, which paths are lost, and what FIN guarantees."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finopt.graph.bounds import reduce
from finopt.graph.feasible_graph import cheapest
from finopt.graph.levels import levels
from finopt.graph.resource import ResourceGraph
from finopt.heuristics.fin import Options, find_path
from finopt.problem.options import LARGEST_GAMMA
from tests.graph.small_graphs import TOLERANCE, cost, graphs, optimum, used


@pytest.mark.parametrize(
    ("amount", "budget", "gamma", "up", "down"),
    [
        (0.0, 1.0, 10, 0, 0),
        (0.1, 1.0, 10, 1, 1),  # exactly on a level, though 0.1 is not a binary fraction
        (0.3, 0.9, 3, 1, 1),  # 0.3 / 0.9 * 3 is 0.9999999999999999 in double precision
        (0.7, 0.7, 7, 7, 7),
        (0.7, 0.1, 7, 8, 8),  # misses the budget on its own: gamma + 1
        (0.1000001, 1.0, 10, 2, 1),
        (0.0999999, 1.0, 10, 1, 0),
        (0.1 * (1 + 2e-10), 1.0, 10, 1, 1),  # within the tolerance of a level from above
        (0.1 * (1 - 2e-10), 1.0, 10, 1, 1),  # and from below
        (0.1 * (1 + 1e-8), 1.0, 10, 2, 1),
        (0.1 * (1 - 1e-8), 1.0, 10, 1, 0),
        (1e-12, 1.0, 1, 1, 0),
        (5.0, 0.0, 4, 5, 5),  # no budget at all
        (0.0, 0.0, 4, 0, 0),
        (1.0, 1.0, LARGEST_GAMMA, LARGEST_GAMMA, LARGEST_GAMMA),
    ],
)
def test_levels_at_the_boundary(amount: float, budget: float, gamma: int, up: int, down: int) -> None:
    assert levels(np.array([amount]), budget, gamma, up=True).tolist() == [up]
    assert levels(np.array([amount]), budget, gamma, up=False).tolist() == [down]


AMOUNTS = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=30)


@given(AMOUNTS, st.floats(1e-3, 10), st.one_of(st.integers(1, 2000), st.integers(1, LARGEST_GAMMA)))
def test_rounded_up_never_breaks_the_budget_and_rounded_down_never_loses_a_path(
    amounts: list[float], budget: float, gamma: int
) -> None:
    figures = np.array(amounts)
    exact = sum((Fraction(amount) for amount in amounts), Fraction(0))
    if int(levels(figures, budget, gamma, up=True).astype(np.int64).sum()) <= gamma:
        assert exact <= Fraction(budget) * TOLERANCE
    if exact <= Fraction(budget) * TOLERANCE:
        assert int(levels(figures, budget, gamma, up=False).astype(np.int64).sum()) <= gamma


def diamond() -> ResourceGraph:
    """Two ways from 0 to 3: cheap and slow over 1 (cost 2, 7 s), dear and fast over 2 (cost 6, 3 s)."""
    return ResourceGraph.build(4, [0, 1, 0, 2], [1, 3, 2, 3], [1, 1, 3, 3], [[3], [4], [1], [2]], 0, [3], [7])


def test_both_roundings_on_the_diamond() -> None:
    graph, order = diamond(), np.arange(4.0)
    exact = cheapest(graph, 7, up=True, order=order)  # 3 + 4 levels of 7: on time
    assert (exact.cost, exact.path.tolist()) == (2.0, [0, 2])
    # gamma 3: 3 s of 7 s climb 2 levels, 4 s climb 2: the cheap way needs 4 levels, the fast one 1 + 1.
    assert cheapest(graph, 3, up=True, order=order).cost == 6.0
    assert cheapest(graph, 3, up=False, order=order).cost == pytest.approx(2.0)
    # gamma 1: every arc climbs a level, no way is left; rounding down keeps both.
    assert cheapest(graph, 1, up=True, order=order).path is None
    assert cheapest(graph, 1, up=False, order=order).cost == pytest.approx(2.0)


def test_single_precision_bounds_from_below() -> None:
    rng = np.random.default_rng(1)
    n = 40
    tail, head = np.repeat(np.arange(n - 1), 2), np.repeat(np.arange(1, n), 2)
    graph = ResourceGraph.build(
        n, tail, head, rng.random(tail.size) * 1e-9, rng.random((tail.size, 1)), 0, [n - 1], [n / 2.5]
    )
    order = np.arange(float(n))
    double = cheapest(graph, 500, up=False, order=order)
    single = cheapest(graph, 500, up=False, order=order, single=True)
    assert single.cost <= double.cost
    assert single.cost == pytest.approx(double.cost, rel=1e-4)


@settings(max_examples=300)
@given(graphs(most_resources=1), st.integers(1, 40), st.sampled_from([None, 0.0, 0.05, 0.5, 3.0]))
def test_the_guarantee_of_fin(graph: ResourceGraph, gamma: int, lam: float | None) -> None:
    best = optimum(graph)
    answer = find_path(graph, options=Options(gamma=gamma, lam=lam))
    if best is None:
        assert answer.path is None
        assert answer.bound == np.inf
        return
    assert answer.path is not None  # a feasible graph always gets an answer, also with gamma = 1
    found = Fraction(graph.path_cost(answer.path))
    assert used(graph, tuple(answer.path)) <= Fraction(float(graph.budget[0])) * TOLERANCE
    assert best[0] * (1 - Fraction(1, 10**12)) <= found
    assert Fraction(answer.bound) <= best[0] * (1 + Fraction(1, 10**9))
    if lam is not None and found <= (1 + Fraction(lam)) * Fraction(answer.bound):
        assert found <= (1 + Fraction(lam)) * best[0] * (1 + Fraction(1, 10**9))
    if lam is None:  # nothing is lost to lambda
        tightened = tightened_optimum(graph, gamma)
        assert tightened is None or found <= tightened * (1 + Fraction(1, 10**9))


def tightened_optimum(graph: ResourceGraph, gamma: int) -> Fraction | None:
    """The optimum for the limit delta (1 - n / gamma), where n counts its own arcs with positive latency."""
    bests = []
    for n in range(graph.vertices):
        limit = Fraction(float(graph.budget[0])) * (1 - Fraction(n, gamma))
        found = optimum(graph, [limit]) if limit >= 0 else None
        if found is not None and sum(graph.resource[list(found[1]), 0] > 0) <= n:
            bests.append(found[0])
    return min(bests, default=None)


@settings(max_examples=200)
@given(graphs(most_resources=2))
def test_default_fin_is_feasible_and_certified(graph: ResourceGraph) -> None:
    best = optimum(graph)
    answer = find_path(graph, options=Options(max_gamma=2048))
    if answer.path is not None:
        assert best is not None
        assert cost(graph, tuple(answer.path)) >= best[0]
        assert all(
            used(graph, tuple(answer.path), k) <= Fraction(float(b)) * TOLERANCE
            for k, b in enumerate(graph.budget)
        )
    if best is None:
        assert answer.path is None
    else:
        assert answer.bound <= best[0] * (1 + Fraction(1, 10**9))
        assert answer.path is not None or graph.resources == 2


def test_integer_latencies_make_both_roundings_exact() -> None:
    answer = find_path(diamond())
    assert answer.bound == 2.0
    assert reduce(diamond()).infeasible is False


@given(graphs(), st.integers(1, 60), st.booleans(), st.integers(1, 20))
def test_settling_a_few_levels_at_a_time_changes_nothing(
    graph: ResourceGraph, gamma: int, up: bool, block: int
) -> None:
    whole, parts = cheapest(graph, gamma, up=up), cheapest(graph, gamma, up=up, block=block)
    assert parts.cost == whole.cost
    assert (parts.path is None) == (whole.path is None)
    assert parts.path is None or parts.path.tolist() == whole.path.tolist()


def test_what_lies_far_above_is_not_swept_again_for_what_changes_below() -> None:
    graph = ResourceGraph.build(4, [0, 0, 1, 2], [1, 2, 2, 3], [2, 3, 0, 1], [1, 50, 1, 1], 0, [3], [100.0])
    relaxed = [cheapest(graph, 100, up=True, block=block).relaxed for block in (None, 30, 10, 1)]
    assert relaxed == sorted(relaxed, reverse=True)
    assert relaxed[-1] < relaxed[0] / 10
