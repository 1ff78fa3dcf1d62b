"""The two lines of a plan on what binds: only for one application, and only where they cost little."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import finopt
from finopt import Instance, Status, Termination
from finopt.cli import report, sensitivity_lines
from tests.random_instances import joint_instance


def paper(**change: Any) -> Instance:
    instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    assert isinstance(instance, Instance)
    return instance.with_application("b-alexnet", **change)


def lines(instance: Instance, method: str = "fin", **change: Any) -> list[str]:
    plan = report.plan(instance, replace(finopt.solve(instance, method), **change))
    return [line.strip() for line in plan.splitlines() if line.startswith(("  binding", "  savings"))]


def test_what_binds_and_what_would_be_saved() -> None:
    assert lines(paper()) == [
        "binding   latency (5 ms), accuracy (0.8); left: compute of 'device' 10.95 Gop/s",
        "savings   one more ms 16.56 mJ (16.5 %), one less point of accuracy nothing",
    ]


def test_what_binds_not_is_said_with_what_is_left() -> None:
    left = "latency 9.998 s, accuracy 0.0637, compute of 'device' 10.98 Gop/s"
    assert lines(paper(max_latency=10.0, min_accuracy=0.5)) == [
        f"binding   no limit by itself; left: {left}",
        "savings   one more ms nothing, one less point of accuracy nothing",
    ]


def test_an_answer_that_is_not_optimal_says_what_savings_are_counted_from() -> None:
    assert lines(paper(), "mcp")[1].endswith("; counted from the optimum, 100.14 mJ")


def test_a_capacity_that_binds_is_named() -> None:
    instance = paper().with_node("edge", memory=1.0)
    blocks = [block.replace(memory=1e6) for block in instance.models[0].blocks]
    instance = instance.replace(models=[instance.models[0].replace(blocks=blocks)])
    assert "memory of 'edge' (1 B)" in lines(instance)[0]


def test_without_time_what_is_unknown_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensitivity_lines, "TIME_LIMIT", 0.0)
    assert lines(paper()) == [
        "binding   unknown of latency, accuracy, capacities",
        "savings   one more ms an unknown amount, one less point of accuracy an unknown amount",
    ]


def test_large_networks_and_answers_cut_short_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr(sensitivity_lines, "sensitivity", never)
    for termination in set(Termination) - {Termination.COMPLETED, Termination.ERROR}:
        assert lines(paper(), termination=termination, status=Status.FEASIBLE) == []
    assert lines(joint_instance(1)) == []
    assert lines(paper(max_latency=1e-9)) == []
    monkeypatch.setattr(sensitivity_lines, "LARGEST", 1)
    assert lines(paper()) == ["binding   not computed for so large a network; finopt.sensitivity tells"]
