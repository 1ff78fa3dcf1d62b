"""Standard resource-constrained shortest paths: published optima, and variants with a known answer.

The same code places networks, so figures from elsewhere check it.
"""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import finopt
from finopt import InstanceError, ResourceGraph
from finopt.graph.path_evaluation import evaluate_path

FOLDER = Path(__file__).parents[2] / "instances" / "orlib"
EXACT = [("labels", {}), ("milp", {"reduce": True}), ("cspp", {})]


def table(path: Path, key: str, value: str) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row[key]: row[value] for row in csv.DictReader(file)}


PUBLISHED = table(FOLDER / "optimal.csv", "instance", "optimal_cost")
SIZES = {name: tuple(table(FOLDER / "optimal.csv", "instance", s)[name] for s in "nmK") for name in PUBLISHED}
FILES = sorted(path.stem for path in FOLDER.glob("*.txt"))
ONE = sorted(name for name, size in SIZES.items() if size[2] == "1")
TEN = sorted(name for name, size in SIZES.items() if size[2] == "10")
OPTIMUM = {name: float(cost) for name, cost in PUBLISHED.items()} | {"zhu_wilhelm_rcsp8_0": 14.0}


def load(name: str) -> ResourceGraph:
    return finopt.load(FOLDER / f"{name}.txt")


def solve(graph: ResourceGraph, method: str, options: dict[str, object] | None = None) -> finopt.Result:
    """Solve; an answer must be what its path costs, a path within the budgets, and not below its bound."""
    result = finopt.solve(graph, method, **(options or {}))
    if result.path is not None:
        evaluation = evaluate_path(graph, result.path)
        assert evaluation.feasible
        assert result.objective == evaluation.objective >= result.bound
    return result


def with_budget(graph: ResourceGraph, budget: object) -> ResourceGraph:
    return replace(graph, budget=np.asarray(budget, float))


def first_resources(graph: ResourceGraph, count: int, budget: object) -> ResourceGraph:
    """The graph with its first resources only, and other budgets for them."""
    resource = np.ascontiguousarray(graph.resource[:, :count])
    return replace(graph, resource=resource, budget=np.asarray(budget, float))


# ---------------------------------------------------------------- the files


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_sizes_are_the_published_ones(name: str) -> None:
    graph = load(name)
    assert tuple(map(str, (graph.vertices, graph.arcs, graph.resources))) == SIZES[name]


def test_both_formats_hold_the_same_graph() -> None:
    one, other = load("rcsp8"), load("zhu_wilhelm_rcsp8_0")
    assert all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one) if name != "first"
    )


def test_the_families_have_cycles_and_zero_resources() -> None:
    graphs = {name: load(name) for name in PUBLISHED}
    cyclic = {
        name
        for name, g in graphs.items()
        if not nx.is_directed_acyclic_graph(nx.DiGraph(zip(g.tail.tolist(), g.head.tolist(), strict=True)))
    }
    assert cyclic == {"rcsp1", "rcsp2", "rcsp5", "rcsp6", "rcsp17", "rcsp18", "rcsp21"}
    assert any((g.resource == 0).any() for g in graphs.values())
    assert any((g.cost == 0).any() for g in graphs.values())


def test_best_known_lists_every_file_with_its_published_optimum() -> None:
    rows = table(FOLDER.parent / "best_known.csv", "instance", "objective")
    found = {name.removeprefix("orlib/"): cost for name, cost in rows.items() if name.startswith("orlib/")}
    assert {name: float(cost) for name, cost in found.items()} == OPTIMUM
    assert sorted(OPTIMUM) == FILES


def test_the_readme_lists_every_file() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"`(\w+)\.txt`[^|]*(?=\|)", text.replace("`, `", "` | `"))) == FILES


# ---------------------------------------------------------------- published optima


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("method", "options"), EXACT)
def test_exact_methods_find_the_published_optimum(name: str, method: str, options: dict[str, object]) -> None:
    result = solve(load(name), method, options)
    assert (result.status, result.objective) == ("OPTIMAL", OPTIMUM[name])


@pytest.mark.parametrize("name", [name for name in FILES if name not in ("rcsp8", "zhu_wilhelm_rcsp8_0")])
def test_the_bare_milp_finds_the_published_optimum(name: str) -> None:
    result = solve(load(name), "milp")
    assert (result.status, result.objective) == ("OPTIMAL", OPTIMUM[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rcsp8", "zhu_wilhelm_rcsp8_0"])
def test_the_bare_milp_finds_the_hardest_optimum(name: str) -> None:
    result = solve(load(name), "milp")
    assert (result.status, result.objective) == ("OPTIMAL", 14.0)


@pytest.mark.parametrize("name", ["rcsp1", "rcsp4", "rcsp5", "rcsp7"])
def test_bare_cspp_finds_the_published_optimum(name: str) -> None:
    assert solve(load(name), "cspp", {"reduce": False}).objective == OPTIMUM[name]


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("options", [{}, {"gamma": 7}, {"gamma": 50, "lam": 0.01}])
def test_fin_is_optimal_or_within_its_certified_gap(name: str, options: dict[str, object]) -> None:
    result = solve(load(name), "fin", options)
    assert result.status in ("OPTIMAL", "FEASIBLE")
    assert result.bound <= OPTIMUM[name] <= result.objective
    assert result.objective == OPTIMUM[name] or result.gap > 0
    assert options or result.gap <= 1e-4


@pytest.mark.parametrize("name", FILES)
def test_mcp_answers_or_claims_nothing(name: str) -> None:
    result = solve(load(name), "mcp")
    assert result.status in ("FEASIBLE", "NO_SOLUTION")
    assert result.path is None or result.objective >= OPTIMUM[name]


@pytest.mark.parametrize("name", TEN)
def test_fin_names_the_methods_that_take_many_resources(name: str) -> None:
    with pytest.raises(
        InstanceError, match=r"resources: .* one or two resources; use 'labels', 'milp' or 'cspp', got 10"
    ):
        finopt.solve(load(name), "fin")


# ---------------------------------------------------------------- two resources


@pytest.mark.parametrize("name", ["rcsp6", "rcsp8", "rcsp21", "rcsp24"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.4])
def test_two_resources(name: str, share: float, tmp_path: Path) -> None:
    """The first two resources, budgets between the least use and the cheapest path's; through a file."""
    full = first_resources(load(name), 2, [1, 1])
    end = int(full.targets[0])
    least = np.array([full.forward(0.0, only).distance[end] for only in np.eye(2)])
    cheapest = full.forward(1.0, np.zeros(2)).resource[end]
    low = np.minimum(least, cheapest)
    finopt.save(with_budget(full, np.floor(low + share * (cheapest - low))), tmp_path / "two.txt")
    graph = finopt.load(tmp_path / "two.txt")
    assert graph.resources == 2
    results = {method: solve(graph, method, options) for method, options in EXACT}
    optimum = results["labels"].objective
    for result in results.values():
        assert (result.status, result.objective) == (results["labels"].status, optimum)
    fin = solve(graph, "fin")
    if optimum is None:
        assert fin.status in ("INFEASIBLE", "NO_SOLUTION")
    else:
        assert fin.bound <= optimum <= fin.objective
        assert fin.gap <= 1e-4 or fin.termination == "LIMIT"


# ---------------------------------------------------------------- infeasible


@pytest.mark.parametrize("name", ONE + TEN)
@pytest.mark.parametrize(("method", "options"), [*EXACT, ("fin", {})])
def test_a_limit_below_the_least_use_is_infeasible(
    name: str, method: str, options: dict[str, object]
) -> None:
    graph = load(name)
    if method == "fin" and graph.resources > 2:
        graph = first_resources(graph, 2, graph.budget[:2])
    last = graph.resources - 1
    least = graph.forward(0.0, np.eye(graph.resources)[last]).distance[graph.targets[0]]
    budget = graph.budget.copy()
    budget[last] = least - 1
    result = solve(with_budget(graph, budget), method, options)
    assert (result.status, result.path) == ("INFEASIBLE", None)
    expected = f"resource {last + 1}: the least use of any path, {least:g}, exceeds the budget {least - 1:g}"
    assert result.reason == expected
    budget[last] = least
    if graph.resources == 1:
        assert solve(with_budget(graph, budget), method, options).status == "OPTIMAL"


@pytest.mark.parametrize("name", TEN)
@pytest.mark.parametrize(("method", "options"), EXACT)
def test_limits_that_can_be_kept_one_by_one_only_are_infeasible(
    name: str, method: str, options: dict[str, object]
) -> None:
    """Every budget is the least use of its resource; no path has the least of all ten at once."""
    graph = load(name)
    end = graph.targets[0]
    least = [graph.forward(0.0, only).distance[end] for only in np.eye(graph.resources)]
    result = solve(with_budget(graph, least), method, options)
    assert (result.status, result.path) == ("INFEASIBLE", None)
    assert result.reason == "each budget alone can be kept, but no path keeps all of them"


@pytest.mark.parametrize(
    ("method", "options"), [*EXACT, ("milp", {}), ("cspp", {"reduce": False}), ("fin", {})]
)
def test_two_limits_against_each_other_are_infeasible(method: str, options: dict[str, object]) -> None:
    """Two paths, (1, 3) and (3, 1): each limit of 2 is kept by one of them."""
    graph = ResourceGraph.build(
        4, [0, 0, 1, 2], [1, 2, 3, 3], [1, 1, 1, 1], [[1, 3], [3, 1], [0, 0], [0, 0]], 0, [3], [2, 2]
    )
    result = solve(graph, method, options)
    if method == "fin":  # says INFEASIBLE only when one limit alone shows it
        assert result.path is None
        assert result.status in ("INFEASIBLE", "NO_SOLUTION")
    else:
        assert result.status == "INFEASIBLE"
        assert result.reason == "each budget alone can be kept, but no path keeps all of them"


# ---------------------------------------------------------------- without an incumbent


@pytest.mark.parametrize("seed", range(8))
def test_labels_find_what_the_bounds_do_not(seed: int) -> None:
    """Ten tight budgets on a graph with cycles and free arcs: often nothing is known before the labels."""
    rng = np.random.default_rng(seed)
    n, m = 60, 500
    tail, head = rng.integers(0, n, m), rng.integers(0, n, m)
    resource = rng.integers(0, 6, (m, 10))
    cost = rng.integers(0, 6, m)
    graph = ResourceGraph.build(n, tail, head, cost, resource, 0, [n - 1], [1] * 10)
    fastest = graph.forward(0.0, np.ones(10)).resource[n - 1]
    for share in (0.8, 0.9, 1.0):
        tight = with_budget(graph, np.ceil(share * fastest))
        answers = {(r.status, r.objective) for r in (solve(tight, m, options) for m, options in EXACT)}
        assert len(answers) == 1, answers
        assert share < 1 or answers.pop()[0] == "OPTIMAL"
