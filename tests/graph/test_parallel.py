"""Of parallel arcs those are meant that give the stated cost within the budgets, whatever the method took."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

import finopt
from finopt.graph import parallel
from finopt.graph.path_evaluation import evaluate_arcs, evaluate_path
from finopt.graph.resource import ResourceGraph
from finopt.io import result_file
from tests.command_line import run, tamper
from tests.conformance import methods
from tests.graph.small_graphs import graphs, paths

FILE = str(Path(__file__).parents[1] / "cases" / "parallel_arcs.txt")


def hops_of(costs: list[list[float]], uses: list[list[float]], budget: float) -> ResourceGraph:
    """A hop after the other, of parallel arcs with these costs and uses."""
    tail = [hop for hop, arcs in enumerate(costs) for _ in arcs]
    head = [vertex + 1 for vertex in tail]
    cost, use = list(chain.from_iterable(costs)), list(chain.from_iterable(uses))
    return ResourceGraph.build(len(costs) + 1, tail, head, cost, use, 0, [len(costs)], [budget])


@pytest.mark.parametrize("limit", [None, 0])
@methods()
def test_check_accepts_the_path_of_every_method(method: str, limit: int | None, tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    options = [] if limit is None else ["--time-limit", limit]
    if run("solve", FILE, "--method", method, "-o", answer, *options).exit_code == 1:
        pytest.skip("nothing found within no time")
    assert run("check", FILE, answer).exit_code == 0
    tamper(answer, lambda data: data.pop("arcs"))
    assert run("check", FILE, answer).exit_code == 0, "files without arcs are read as well as can be"


def test_arcs_are_in_the_result_and_its_file() -> None:
    graph = finopt.load(FILE)
    result = finopt.solve(graph, "mcp")
    assert (result.path, result.arcs, result.objective) == ((0, 1), (0,), 5.0)
    text = result_file.write(result)
    assert json.loads(text)["arcs"] == [0]
    assert result_file.read(text, "answer.json").arcs == (0,)
    one = finopt.load("instances/paper/b-lenet-mnist.json")
    assert "arcs" not in json.loads(result_file.write(finopt.solve(one), one))


@pytest.mark.parametrize(
    ("arcs", "words"),
    [
        ([1], "the file states cost 5, it is 1"),
        ([2], "arc 2 does not exist, arcs are counted from 0 to 1"),
        ([-1], "arc -1 does not exist"),
        ([10**30], "does not exist, arcs are counted from 0 to 1"),
        ([], "has 0 arcs, 2 vertices need 1"),
        ([0, 0], "has 2 arcs, 2 vertices need 1"),
    ],
)
def test_check_names_wrong_arcs(arcs: list[int], words: str, tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    assert run("solve", FILE, "--method", "mcp", "-o", answer).exit_code == 0
    tamper(answer, lambda data: data.update(arcs=arcs))
    result = run("check", FILE, answer)
    assert result.exit_code == 1
    assert words in result.stdout


def test_arcs_of_another_way_are_named_in_the_numbers_of_the_file() -> None:
    graph = ResourceGraph.build(3, [0, 0, 1], [1, 2, 2], [1, 5, 1], [[2], [1], [2]], 0, [2], [9])
    evaluation = evaluate_path(graph, (0, 1, 2), first=1, arcs=(0, 1))
    assert evaluation.violations == ("arc 1 leads from 1 to 3, the path there from 2 to 3",)
    assert evaluate_path(graph, (0, 1, 2), arcs=(0, 2)).feasible


def test_a_feasible_choice_with_the_stated_cost_is_found_among_many() -> None:
    # 40 hops of 3 arcs each: 3^40 choices. Cost 67 is neither the cheapest nor the dearest.
    hops = 40
    graph = hops_of([[0, 1, 3]] * hops, [[2, 1, 0]] * hops, budget=70)
    evaluation = evaluate_path(graph, range(hops + 1), stated=67)
    assert (evaluation.objective, evaluation.feasible) == (67.0, True)
    cheapest = evaluate_path(graph, range(hops + 1))
    assert (cheapest.objective, cheapest.feasible) == (10.0, True)


def test_where_there_is_no_such_cost_the_cheapest_is_shown() -> None:
    graph = hops_of([[1, 4]], [[1, 1]], budget=1)
    assert evaluate_path(graph, (0, 1), stated=3).objective == 1.0
    assert evaluate_path(graph, (0, 1), stated=4).objective == 4.0
    assert evaluate_path(graph, (0, 1), stated=-7).objective == 1.0


def test_too_many_choices_fall_back_to_the_cheapest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "MOST_CHOICES", 3)
    graph = hops_of([[1, 2, 4, 8]] * 3, [[1, 1, 1, 1]] * 3, budget=3)
    assert evaluate_path(graph, range(4), stated=11).objective == 3.0


@given(graphs())
def test_no_feasible_path_is_refused_for_its_arcs(graph: ResourceGraph) -> None:
    doubled = ResourceGraph.build(
        graph.vertices,
        np.tile(graph.tail, 2),
        np.tile(graph.head, 2),
        np.concatenate([graph.cost, graph.cost[::-1]]),
        np.concatenate([graph.resource, graph.resource[::-1]]),
        graph.source,
        graph.targets.tolist(),
        graph.budget,
    )
    for arcs in list(paths(doubled))[:10]:
        exact = evaluate_arcs(doubled, np.array(arcs, np.int32))
        vertices = doubled.path_vertices(np.array(arcs, np.int32))
        assert evaluate_path(doubled, vertices, arcs=arcs).objective == exact.objective
        if exact.feasible:
            found = evaluate_path(doubled, vertices, stated=exact.objective)
            assert found.feasible
            assert found.objective == pytest.approx(exact.objective, rel=1e-9)
