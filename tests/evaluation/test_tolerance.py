"""Limits that are met exactly, met within a billionth, and missed by a hair."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from finopt import ApplicationPlacement, Evaluation, ResourceGraph, solve
from finopt.api.methods import CAPABILITIES
from finopt.graph.path_evaluation import evaluate_path
from finopt.problem.instance import Instance
from tests.conformance import methods
from tests.toy import SPREAD, TOY, account, toy


def tight(limit: float, **node: Any) -> Evaluation:
    """Two blocks of 0.1 s and 0.2 s at rate 0.1; 0.1 + 0.2 is more than 0.3 in floating point."""
    data = {
        "nodes": [{"id": "n", "tier": "edge", "compute": 10.0, "power": 1.0, **node}],
        "models": [
            {
                "id": "m",
                "input_bits": 0,
                "blocks": [
                    {"id": "b1", "ops": 1, "output_bits": 0, "memory": 0.1},
                    {"id": "b2", "ops": 2, "output_bits": 0, "memory": 0.2},
                ],
                "exits": [{"id": "x", "after": "b2"}],
                "configurations": [{"exits": ["x"], "shares": [1.0], "accuracy": 0.3}],
            }
        ],
        "applications": [{"id": "a", "model": "m", "source": "n", "max_latency": limit, "min_accuracy": 0.3}],
    }
    return account(Instance.model_validate(data), ApplicationPlacement("a", 0, ("n", "n"), ((), ())))


def test_limits_met_exactly_in_decimals_are_met() -> None:
    assert 0.1 + 0.2 > 0.3
    assert tight(0.3, memory=0.3).feasible


def test_limits_are_met_up_to_a_billionth() -> None:
    assert tight(0.3 * (1 - 0.9e-9)).feasible
    assert tight(0.3, memory=0.3 * (1 - 0.9e-9)).feasible
    assert not tight(0.3 * (1 - 1.1e-9)).feasible
    assert not tight(0.3, memory=0.3 * (1 - 1.1e-9)).feasible


def test_a_hair_over_the_limit_is_told_with_enough_digits() -> None:
    (late,) = tight(0.3 * (1 - 1e-8)).violations
    assert str(late) == "application 'a': latency 0.3 s exceeds the limit 0.299999997 s by 1e-08 of it"


def test_loads_are_met_up_to_a_billionth() -> None:
    instance = toy(rate=1e9 / 1.1e6, max_latency=1.0)  # b1 and x1 fill the phone
    assert account(instance, SPREAD).feasible
    fuller = toy(rate=1e9 / 1.1e6 * (1 + 2e-9), max_latency=1.0)
    assert [v.rule for v in account(fuller, SPREAD).violations] == ["compute"]


def test_accuracy_is_compared_as_given() -> None:
    assert not account(toy(min_accuracy=0.9 + 1e-12), SPREAD).feasible
    assert account(toy(min_accuracy=0.9), SPREAD).feasible


def test_the_boundary_is_exact() -> None:
    # 1 000 000 001 op on 1 Gop/s take 1 + 1e-9 s: the last latency that meets a limit of 1 s.
    # 1e-9 op more are 1e-18 s, too little for a double to tell, and too much.
    assert 1.000000001 + 1e-18 == 1.000000001
    for extra, rules in ((0.0, []), (1e-9, ["latency"])):
        data = copy.deepcopy(TOY)
        data["models"][0]["blocks"][0]["ops"] = 1_000_000_001
        data["models"][0]["exits"] = [{"id": "x", "after": "b1", "ops": extra}]
        data["models"][0]["configurations"] = [{"exits": ["x"], "shares": [1.0], "accuracy": 0.9}]
        data["applications"][0] |= {"max_latency": 1.0, "rate": 0.5}
        result = account(Instance.model_validate(data), ApplicationPlacement("app", 0, ("phone",), ((),)))
        assert [v.rule for v in result.violations] == rules
        assert result.applications[0].latency == 1.000000001


@methods()
@pytest.mark.parametrize(("inside", "found"), [(5e-12, False), (2e-11, True)])
def test_the_methods_stay_a_hair_inside_the_tolerance(method: str, inside: float, found: bool) -> None:
    graph = ResourceGraph.build(2, [0], [1], [1], [[(1 + 1e-9) * (1 - inside)]], 0, [1], [1])
    assert evaluate_path(graph, (0, 1)).feasible
    able = CAPABILITIES[method]
    rounds = not (able.complete or able.bounded)  # what is near the limit can be lost on levels
    assert solve(graph, method).path in ([(0, 1), None] if found and rounds else [(0, 1) if found else None])
