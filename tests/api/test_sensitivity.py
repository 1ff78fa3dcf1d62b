"""What binds and what more would save: against enumeration of every placement."""

from __future__ import annotations

import copy
import gc
import pickle
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

import finopt
from finopt import Application, ApplicationTable, Instance, JointSensitivity, Sensitivity, Status
from finopt.api import sensitivity as module
from finopt.io import result_file
from tests.oracle import capacities_of, optimum
from tests.random_instances import binding_instance, joint_instance, random_instance

PAPER = "instances/paper/b-alexnet-cifar10.json"


def paper() -> Instance:
    instance = finopt.load(PAPER)
    assert isinstance(instance, Instance)
    return instance


def changed(instance: Instance, **change: Any) -> Instance:
    return instance.with_application(instance.applications[0].id, **change)


def least(instance: Instance, **change: Any) -> float:
    """The least energy per inference with another limit, by enumeration."""
    best = optimum(changed(instance, **change)).objective
    assert best is not None
    return best / instance.applications[0].rate


def analysed(instance: Instance, method: str = "labels") -> Sensitivity | None:
    result = finopt.solve(instance, method)
    if result.placement is None:
        return None
    found = finopt.sensitivity(instance, result)
    assert isinstance(found, Sensitivity)
    return found


def drawn(seed: int) -> Instance:
    """A small instance; of every second one a point less of accuracy allows one more configuration."""
    instance = finopt.generate(4, 3, seed=seed, latency=("worst", "mean")[seed // 2 % 2])
    if seed % 2:
        worst, *better = sorted({c.accuracy for c in instance.models[0].configurations})
        target = float(Decimal(str(worst)) + Decimal("0.01"))
        if better and target <= better[-1]:
            return changed(instance, min_accuracy=target)
    return instance


def below(target: float) -> float:
    return max(float(Decimal(str(target)) - Decimal("0.01")), 0.0)


def without_capacities(instance: Instance) -> Instance:
    nodes = [node.replace(memory=None) for node in instance.nodes]
    return changed(instance, rate=1e-6 * instance.applications[0].rate).replace(nodes=nodes)


def compared(instance: Instance, found: Sensitivity) -> None:
    application = instance.applications[0]
    now = least(instance)
    near = pytest.approx(now, rel=1e-9)
    assert found.energy == near
    longer = least(instance, max_latency=application.max_latency + 1e-3)
    less = least(instance, min_accuracy=below(application.min_accuracy))
    assert found.millisecond == pytest.approx(now - longer, abs=2e-9 * now)
    assert found.point == pytest.approx(now - less, abs=2e-9 * now)
    latency, accuracy, *capacities = found.limits
    assert latency.binds == (least(instance, max_latency=1e9) != near)
    assert accuracy.binds == (least(instance, min_accuracy=0.0) != near)
    free = least(without_capacities(instance))
    full = any(limit.used >= limit.limit * (1 - 1e-9) for limit in capacities)
    assert any(limit.binds for limit in capacities) == (full or free != near)


@pytest.mark.parametrize("seed", range(30))
def test_savings_are_those_of_enumeration(seed: int) -> None:
    instance = drawn(seed)
    found = analysed(instance)
    if found is not None:
        compared(instance, found)


@pytest.mark.parametrize("seed", range(12))
def test_savings_are_those_of_enumeration_where_capacities_bind(seed: int) -> None:
    instance = binding_instance(seed)
    found = analysed(instance)
    if found is not None:
        compared(instance, found)
        names = {(limit.kind, limit.id) for limit in found.limits[2:]}
        assert names <= set(capacities_of(instance))


def test_the_instances_drawn_have_all_kinds_of_binding_limits() -> None:
    kinds: set[str] = set()
    millisecond = point = 0
    for seed in range(12):
        for instance in (drawn(seed), binding_instance(seed)):
            found = analysed(instance)
            if found is not None:
                kinds |= {limit.kind for limit in found.binding} or {"none"}
                millisecond += bool(found.millisecond)
                point += bool(found.point)
    assert kinds == {"latency", "accuracy", "compute", "memory", "bandwidth"}
    assert millisecond > 2 and point > 2


def test_slack_is_of_the_answer_and_savings_are_of_the_optimum() -> None:
    instance = paper()
    slow, fast = finopt.solve(instance), finopt.solve(instance, "mcp")
    one, other = slow.sensitivity, fast.sensitivity
    assert isinstance(one, Sensitivity) and isinstance(other, Sensitivity)
    assert (other.energy, other.millisecond, other.point) == pytest.approx(
        (one.energy, one.millisecond, one.point)
    )
    assert one.limits[0].slack == pytest.approx(0.005 - 0.0046907, abs=1e-6)
    assert other.limits[0].slack > one.limits[0].slack
    assert one.limits[1].slack == pytest.approx(0.8595 - 0.8)


def test_one_point_less_is_counted_in_decimals() -> None:
    assert module._lower(0.81) == 0.8
    assert module._lower(0.007) == 0.0
    points = [k / 1000 for k in range(1001)]
    assert [module._lower(target) for target in points[10:]] == points[:-10]
    assert any(target - 0.01 > lower for target, lower in zip(points[10:], points, strict=False))


def test_nothing_binds_is_said() -> None:
    instance = changed(paper(), max_latency=10.0, min_accuracy=0.0)
    found = analysed(instance)
    assert found is not None
    assert not found.binding
    assert repr(found) == "<Sensitivity: no limit binds; 1 ms more saves 0 J, 0.01 accuracy 0 J>"


def test_without_time_nothing_is_claimed() -> None:
    instance = paper()
    found = finopt.sensitivity(
        instance, replace(finopt.solve(instance), status=Status.FEASIBLE), time_limit=0
    )
    assert isinstance(found, Sensitivity)
    assert found.energy is found.millisecond is found.point is None
    assert [limit.binds for limit in found.limits] == [None] * len(found.limits)
    assert "an unknown amount" in repr(found)
    several = joint_instance(1)
    joint = finopt.sensitivity(several, finopt.solve(several), time_limit=0)
    assert isinstance(joint, JointSensitivity) and joint.latency is None


# ------------------------------------------------------------------ several applications


@pytest.mark.parametrize("as_table", [False, True])
@pytest.mark.parametrize("seed", [2, 3, 4, 5, 6, 9, 10, 12])
def test_latency_that_binds_is_that_of_each_application_alone_where_nothing_is_scarce(
    seed: int, as_table: bool
) -> None:
    instance = random_instance(seed)
    asked = [
        application.replace(id=f"a{i}", max_latency=application.max_latency * scale)
        for i, scale in enumerate((1.0, 1.3, 3.0, 100.0))
        for application in instance.applications
    ]
    best = [optimum(instance.replace(applications=[one])).objective for one in asked]
    asked = [one for one, objective in zip(asked, best, strict=True) if objective is not None]
    if len(asked) < 2:
        return
    expected = tuple(one.id for one in asked if _costs_less_without_limit(instance, one))
    given = ApplicationTable.of(asked) if as_table else asked
    roomy = instance.replace(applications=given)
    result = finopt.solve(roomy)
    if result.placement is not None and not result.stats.get("prices"):
        found = finopt.sensitivity(roomy, result)
        assert isinstance(found, JointSensitivity)
        assert (found.prices, found.latency) == ((), expected)


def _costs_less_without_limit(instance: Instance, application: Application) -> bool:
    one = instance.replace(applications=[application])
    now, free = (optimum(each).objective for each in (one, changed(one, max_latency=1e9)))
    assert now is not None and free is not None
    return free < now * (1 - 1e-9)


def test_prices_are_those_of_the_result() -> None:
    instance = finopt.generate_fleet(350, 20, 4, 1, seed=1)
    result = finopt.solve(instance, gap=1.0)
    found = result.sensitivity
    assert isinstance(found, JointSensitivity)
    assert found.prices == tuple(result.stats["prices"])
    assert found.latency is not None
    assert set(found.latency) <= {application.id for application in instance.applications}


# ------------------------------------------------------------------ as an attribute


def test_the_attribute_is_computed_once_and_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    compute = module.sensitivity
    monkeypatch.setattr(module, "sensitivity", lambda *given: made.append(given) or compute(*given))
    instance = paper()
    result = finopt.solve(instance)
    assert not made
    assert result.sensitivity is result.sensitivity
    assert len(made) == 1


def test_a_result_keeps_no_instance_and_looks_as_before() -> None:
    instance = paper()
    result = finopt.solve(instance)
    plain = replace(result)
    assert result == plain and repr(result) == repr(plain)
    assert {item.name for item in fields(result)} == {item.name for item in fields(finopt.Result)}
    assert result.sensitivity
    assert result_file.write(result) == result_file.write(plain)
    for other in (pickle.loads(pickle.dumps(result)), copy.copy(result), copy.deepcopy(result), plain):
        assert other == result
        assert not hasattr(other, "sensitivity")
        with pytest.raises(AttributeError, match=r"call finopt\.sensitivity"):
            _ = other.sensitivity
        assert finopt.sensitivity(instance, other) == result.sensitivity
    result = finopt.solve(instance)
    del instance
    gc.collect()
    with pytest.raises(AttributeError, match="instance is gone"):
        _ = result.sensitivity


def test_what_has_no_placement_has_no_sensitivity() -> None:
    instance = changed(paper(), max_latency=1e-9)
    result = finopt.solve(instance)
    with pytest.raises(ValueError, match="holds no placement that a limit could bind, it is INFEASIBLE"):
        finopt.sensitivity(instance, result)
    assert not hasattr(result, "sensitivity")
    other = random_instance(1)
    with pytest.raises(ValueError, match="is not one of this instance"):
        finopt.sensitivity(other, finopt.solve(paper()))
    assert not hasattr(finopt.solve(finopt.load("instances/orlib/rcsp1.txt")), "sensitivity")
