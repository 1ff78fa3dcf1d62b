"""Latency by exit, and what a run of blocks takes: by hand, and against the whole account."""

from __future__ import annotations

from fractions import Fraction

import pytest

import finopt
from finopt.evaluation.steps import computing, exit_latencies
from finopt.problem.instance import Instance
from tests.command_line import SMALL

SPLIT = finopt.ApplicationPlacement("app", 1, ("device", "edge"), ((), ("device->edge",)))


def small(**application: object) -> Instance:
    """The instance of tests/command_line.py, its application changed."""
    data = {**SMALL, "version": 2, "applications": [{**SMALL["applications"][0], **application}]}
    data["links"] = [{**SMALL["links"][0], "bidirectional": True}]
    return Instance.model_validate(data)


def test_a_sample_that_leaves_early_does_not_wait_for_the_rest() -> None:
    instance = small()
    found = exit_latencies(instance, instance.applications[0], SPLIT)
    assert {name: float(seconds) for name, seconds in found.items()} == pytest.approx(
        {"early": 0.001, "out": 0.012}
    )


def test_a_result_that_is_returned_takes_its_way_back() -> None:
    data = {**SMALL, "version": 2, "applications": [{**SMALL["applications"][0], "result_to": "source"}]}
    data["links"] = [{**SMALL["links"][0], "bidirectional": True, "delay": 0.003}]
    model = {**SMALL["models"][0], "exits": [dict(e, output_bits=1e5) for e in SMALL["models"][0]["exits"]]}
    instance = Instance.model_validate({**data, "models": [model]})
    found = exit_latencies(instance, instance.applications[0], SPLIT)
    assert {name: float(seconds) for name, seconds in found.items()} == pytest.approx(
        {"early": 0.001, "out": 0.012 + 0.003 + 0.001 + 0.003}
    )


def test_the_last_exit_is_the_worst_latency() -> None:
    instance = finopt.load("instances/measured/mobilenet-v2.json")
    result = finopt.solve(instance, "labels")
    placed = result.placement.applications[0]
    found = exit_latencies(instance, instance.applications[0], placed)
    assert float(max(found.values())) == result.evaluation.applications[0].latency


def test_runs_of_blocks_add_up_to_the_whole() -> None:
    instance = small(latency="worst")
    application = instance.applications[0]
    first = computing(instance, application, SPLIT, slice(0, 1))
    second = computing(instance, application, SPLIT, slice(1, 2))
    assert first == (Fraction(1, 1000), Fraction(2, 1000))
    assert [float(figure) for figure in second] == pytest.approx([0.01, 0.1])
