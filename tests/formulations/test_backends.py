"""The back ends themselves: known answers, both import orders, nothing loaded before it is needed."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csc_array

import finopt
from finopt.problem.errors import BackendError
from finopt.problem.status import Termination
from finopt.solvers import highs
from finopt.solvers.clock import Clock

HEAVY = ("pyomo", "highspy", "ortools", "numba", "matplotlib", "pandas", "scipy", "networkx")


def fresh(code: str) -> str:
    """What a fresh interpreter prints for this code."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_finopt_loads_no_back_end() -> None:
    loaded = fresh(f"import finopt, sys; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert loaded == "[]"


def test_fin_on_a_small_instance_loads_neither_solver_nor_compiler() -> None:
    code = (
        "import finopt, sys; finopt.solve(finopt.load('instances/paper/b-alexnet-cifar10.json'));"
        "print([m for m in ('pyomo', 'highspy', 'ortools', 'numba', 'matplotlib') if m in sys.modules])"
    )
    assert fresh(code) == "[]"


@pytest.mark.parametrize("order", [("milp", "cspp"), ("cspp", "milp")])
def test_both_solvers_live_in_one_process_in_either_order(order: tuple[str, str]) -> None:
    code = (
        "import finopt; i = finopt.load('instances/paper/b-alexnet-cifar10.json');"
        f"print([round(finopt.solve(i, m).objective, 7) for m in {order!r}])"
    )
    assert fresh(code) == "[0.1001414, 0.1001414]"


@pytest.mark.parametrize(
    "order", [("highspy", "ortools.sat.python.cp_model"), ("ortools.sat.python.cp_model", "highspy")]
)
def test_both_back_ends_import_in_either_order(order: tuple[str, str]) -> None:
    assert fresh(f"import {order[0]}; import {order[1]}; print('ok')") == "ok"


def model(
    cost: list[float], rows: list[list[float]], lower: list[float], upper: list[float]
) -> highs.LinearModel:
    """A model over binaries."""
    count = len(cost)
    return highs.LinearModel(
        cost=np.array(cost),
        matrix=csc_array(np.array(rows, float).reshape(len(rows), count)),
        row_lower=np.array(lower),
        row_upper=np.array(upper),
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.ones(count, bool),
    )


def minimise(linear: highs.LinearModel) -> highs.HighsAnswer:
    return highs.minimise(linear, Clock(30), gap=0.0, threads=1, seed=0)


def test_highs_knows_a_knapsack() -> None:
    # max 10 a + 13 b + 7 c with 5 a + 6 b + 4 c <= 10: b and c weigh 10, worth 20; a and c are worth 17.
    answer = minimise(model([-10, -13, -7], [[5, 6, 4]], [-math.inf], [10]))
    assert answer.values is not None
    assert np.round(answer.values).tolist() == [0, 1, 1]
    assert answer.bound == pytest.approx(-20)


def test_highs_knows_a_cover() -> None:
    # Cover three elements: {1,2} costs 5, {2,3} 4, {1,3} 3, {1,2,3} 9. The two cheapest pairs: 4 + 3.
    rows = [[1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 1]]
    answer = minimise(model([5, 4, 3, 9], rows, [1, 1, 1], [math.inf] * 3))
    assert answer.values is not None
    assert np.round(answer.values).tolist() == [0, 1, 1, 0]


def brute_force(linear: highs.LinearModel) -> float:
    count = linear.cost.size
    choices = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    used = choices @ linear.matrix.toarray().T
    fits = ((used >= linear.row_lower - 1e-12) & (used <= linear.row_upper + 1e-12)).all(axis=1)
    return float((choices[fits] @ linear.cost).min(initial=math.inf))


@pytest.mark.parametrize("seed", range(20))
def test_highs_agrees_with_enumeration(seed: int) -> None:
    draw = np.random.default_rng(seed)
    rows = draw.integers(0, 9, (4, 10)).astype(float)
    linear = model(
        draw.integers(-20, 5, 10).astype(float).tolist(),
        rows.tolist(),
        [-math.inf] * 3 + [2.0],
        [*(rows.sum(axis=1) // 3).tolist()[:3], math.inf],
    )
    assert minimise(linear).bound == pytest.approx(brute_force(linear), abs=1e-6)


def test_highs_proves_infeasibility() -> None:
    answer = minimise(model([1, 1], [[1, 1]], [3], [math.inf]))
    assert answer.values is None
    assert answer.bound == math.inf
    assert answer.termination is Termination.COMPLETED


@pytest.mark.parametrize("figure", [1e15, math.inf, math.nan])
def test_coefficients_that_highs_drops_without_a_word_are_refused(figure: float) -> None:
    with pytest.raises(BackendError, match="beyond what HiGHS can represent"):
        minimise(model([1, figure], [[1, 1]], [1], [2]))


def test_a_missing_back_end_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    with pytest.raises(BackendError, match=r"install highspy>=1\.12,<1\.14"):
        highs.version()


def cp_sat(weights: list[int], values: list[int], most: int) -> tuple[str, float]:
    from ortools.sat.python import cp_model

    problem = cp_model.CpModel()
    x = [problem.new_bool_var(f"x{i}") for i in range(len(weights))]
    problem.add(sum(w * v for w, v in zip(weights, x, strict=True)) <= most)
    problem.maximize(sum(w * v for w, v in zip(values, x, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    return solver.status_name(solver.solve(problem)), solver.objective_value


def test_cp_sat_knows_a_knapsack_also_in_large_integers() -> None:
    assert cp_sat([5, 6, 4], [10, 13, 7], 10) == ("OPTIMAL", 20.0)
    assert cp_sat([5 * 10**12, 6 * 10**12, 4 * 10**12], [10, 13, 7], 10**13) == ("OPTIMAL", 20.0)
    assert cp_sat([5 * 10**12, 6 * 10**12, 4 * 10**12], [10, 13, 7], 10**13 - 1) == ("OPTIMAL", 17.0)


def test_cp_sat_presolve_loses_no_path() -> None:
    """Ten resources, ordinary figures: with its default presolve CP-SAT 9.15 calls this graph infeasible."""
    graph = finopt.load(Path(__file__).with_name("cp_sat_wrong.txt"))
    for method, options in (("labels", {}), ("cspp", {"reduce": False}), ("cspp", {})):
        result = finopt.solve(graph, method, **options)
        assert (result.status, result.objective, result.path) == ("OPTIMAL", 2217.0, (0, 8, 11, 10, 18))
