"""What goes to another process comes back: instances, answers, graphs and errors."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields

import numpy as np
import pytest

import finopt
from finopt.evaluation.loads import Loads
from finopt.problem.errors import InstanceError, Problem

FILE = "instances/paper/b-alexnet-cifar10.json"


@pytest.fixture(scope="module")
def instance() -> finopt.Instance:
    loaded = finopt.load(FILE)
    assert isinstance(loaded, finopt.Instance)
    return loaded


def test_an_instance_error_keeps_its_problems() -> None:
    error = InstanceError(
        [Problem("nodes", "is required"), Problem("links", "must be a list", "5")], "x.json"
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is InstanceError
    assert (again.problems, again.source, str(again)) == (error.problems, "x.json", str(error))


def test_an_error_and_a_result_come_back_from_another_process(instance: finopt.Instance) -> None:
    fresh = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks of other tests
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as pool:
        failed = pool.submit(finopt.load, "no-such-file.json")
        solved = pool.submit(finopt.solve, instance)
        with pytest.raises(InstanceError, match="No such file") as caught:
            failed.result(timeout=60)
        result = solved.result(timeout=60)
    assert caught.value.source == "no-such-file.json"
    assert result.placement == finopt.solve(instance).placement


def test_an_instance_comes_back_equal(instance: finopt.Instance) -> None:
    assert instance.node("device")  # what was computed on the way does no harm
    again = pickle.loads(pickle.dumps(instance))
    assert again == instance
    assert finopt.solve(again).objective == finopt.solve(instance).objective


def test_a_result_comes_back_equal_with_its_loads(instance: finopt.Instance) -> None:
    result = finopt.solve(instance)
    again = pickle.loads(pickle.dumps(result))
    assert again == result
    assert pickle.loads(pickle.dumps(result.placement)) == result.placement
    evaluation = finopt.evaluate(instance, result.placement)
    same = pickle.loads(pickle.dumps(evaluation))
    assert same == evaluation
    names = [field.name for field in fields(evaluation)]
    loads = [name for name in names if isinstance(getattr(evaluation, name), Loads)]
    assert loads
    for name in loads:
        assert dict(getattr(same, name)) == dict(getattr(evaluation, name))


def test_a_graph_comes_back_usable() -> None:
    graph = finopt.load("instances/orlib/rcsp1.txt")
    assert isinstance(graph, finopt.ResourceGraph)
    answer = finopt.solve(graph)
    again = pickle.loads(pickle.dumps(graph))
    assert type(again) is type(graph)
    for field in fields(graph):
        assert np.array_equal(getattr(again, field.name), getattr(graph, field.name))
    assert finopt.solve(again).path == answer.path
