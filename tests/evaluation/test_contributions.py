"""What an application is made of adds up to its account, exactly, whatever it uses of the model."""

from __future__ import annotations

from fractions import Fraction

import pytest

import finopt
from finopt.evaluation.account import judged
from finopt.evaluation.contributions import contributions
from finopt.problem.instance import Instance
from tests.command_line import SMALL
from tests.random_instances import random_instance
from tests.version2_instances import version2_instance

SPLIT = finopt.ApplicationPlacement("app", 1, ("device", "edge"), ((), ("device->edge",)))


def test_blocks_and_hops_by_hand() -> None:
    instance = Instance.model_validate(SMALL)
    found = contributions(instance, instance.applications[0], SPLIT)
    assert [(one.kind, one.where, one.stage) for one in found] == [
        ("computing", "device", 0),
        ("sending", "device->edge", 1),
        ("computing", "edge", 1),
    ]
    assert [float(one.energy) for one in found] == pytest.approx([2e-3, 0.5e-3, 50e-3])
    assert [float(one.seconds) for one in found] == pytest.approx([1e-3, 1e-3, 10e-3])


@pytest.mark.parametrize("make", [random_instance, version2_instance])
def test_the_sums_are_those_of_the_account(make: object) -> None:
    seen: set[str] = set()
    for seed in range(60):
        instance = make(seed)  # type: ignore[operator]
        result = finopt.solve(instance, "fin")
        for placed in result.placement.applications if result.placement else ():
            application = instance.application_by_id[placed.application]
            own, _ = judged(instance, application, placed)
            found = contributions(instance, application, placed)
            assert own is not None
            energy = sum([*own.node_energy.values(), *own.link_energy.values()], Fraction(0))
            assert sum(one.energy for one in found) == energy
            assert sum(one.seconds for one in found) == own.latency
            seen |= {one.kind for one in found}
    assert seen >= {"computing", "sending"}
    assert "returning" in seen or make is random_instance
