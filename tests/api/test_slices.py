"""Fronts, sensitivities, batches and refusals of instances with slices."""

from __future__ import annotations

from pathlib import Path

import pytest

import finopt
from finopt import Instance, InstanceError
from finopt.evaluation.sensitivity import JointSensitivity, Sensitivity
from finopt.problem.status import Status
from finopt.simulation import simulate
from tests.api.test_sensitivity import below, changed
from tests.command_line import run
from tests.heuristics.joint.distributed.executors import AtOnce
from tests.joint_oracle import joint_optimum
from tests.version2_instances import sliced_instance, sliced_pair

STEP = 1e-6


def exact(instance: Instance, max_latency: float) -> float | None:
    """The least energy by the joint model; None: there is none."""
    given = instance.applications[0].replace(max_latency=max_latency, min_accuracy=0.0)
    result = finopt.solve(instance.replace(applications=(given,)), "milp")
    return None if result.evaluation is None else result.evaluation.applications[0].energy


def least(instance: Instance, **change: float) -> float:
    """The least energy per inference with another limit, by enumeration."""
    best = joint_optimum(changed(instance, **change)).objective
    assert best is not None
    return best / instance.applications[0].rate


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_a_front_is_right_on_both_sides_of_every_point(seed: int) -> None:
    instance = sliced_instance(seed)
    (front,) = finopt.pareto(instance, accuracies=[0.0])
    for point in front.points:
        assert exact(instance, point.latency) == pytest.approx(point.energy, rel=1e-9)
        if point.latency > 0:
            faster = exact(instance, point.latency * (1 - STEP))
            assert faster is None or faster > point.energy * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_savings_are_those_of_enumeration(seed: int) -> None:
    instance = sliced_instance(seed)
    result = finopt.solve(instance, "labels")
    if result.placement is None:
        return
    found, application = result.sensitivity, instance.applications[0]
    assert isinstance(found, Sensitivity)
    now = least(instance)
    longer = least(instance, max_latency=application.max_latency + 1e-3)
    less = least(instance, min_accuracy=below(application.min_accuracy))
    assert found.energy == pytest.approx(now, rel=1e-9)
    assert found.millisecond == pytest.approx(now - longer, abs=2e-9 * now)
    assert found.point == pytest.approx(now - less, abs=2e-9 * now)


def test_reserving_more_than_is_needed_binds_nothing() -> None:
    """All of the edge is reserved, and nothing would cost less if more could be."""
    instance = finopt.load("instances/paper/b-alexnet-cifar10.json").with_node("edge", slices=(1.0,))
    found = finopt.solve(instance, "labels").sensitivity
    assert isinstance(found, Sensitivity)
    assert [limit.binds for limit in found.limits if (limit.kind, limit.id) == ("compute", "edge")] == [False]


def test_several_applications_have_no_prices() -> None:
    instance = next(one for one in map(sliced_pair, range(40)) if finopt.solve(one).status is Status.OPTIMAL)
    assert finopt.solve(instance).sensitivity == JointSensitivity((), None)


def test_many_instances_are_solved_like_each() -> None:
    drawn = [sliced_instance(seed) for seed in range(12)]
    for instance, result in zip(drawn, sorted(finopt.solve_many(drawn), key=lambda r: r.index), strict=True):
        alone = finopt.solve(instance)
        assert (result.status, result.objective) == (alone.status, alone.objective)


def test_copies_with_other_limits_are_solved_anew() -> None:
    instance = sliced_instance(1)
    for latency in (1e9, 1e-3, 1e-9):
        other = changed(instance, max_latency=latency)
        fresh = Instance.model_validate(other.model_dump())
        assert finopt.solve(other, "labels").objective == finopt.solve(fresh, "labels").objective


def test_workers_and_simulations_refuse_slices() -> None:
    with pytest.raises(InstanceError, match="nodes: slices have no price that partitions could share"):
        finopt.solve(sliced_pair(0), "fin", executor=AtOnce())
    instance = finopt.load("instances/paper/b-alexnet-cifar10.json").with_node("edge", slices=(1.0,))
    with pytest.raises(InstanceError, match="slices are not simulated; take them out"):
        simulate(instance, finopt.solve(instance))


def test_what_is_not_simulated_is_of_the_instance_file(tmp_path: Path) -> None:
    given = finopt.load("instances/paper/b-alexnet-cifar10.json")
    instance = given.with_node("edge", slices=(1.0,)).with_link("device->edge", bandwidth_slices=(0.5,))
    finopt.save(instance, tmp_path / "sliced.json")
    finopt.solve(instance).save(tmp_path / "plan.json", instance)
    done = run("simulate", tmp_path / "sliced.json", tmp_path / "plan.json")
    assert done.exit_code == 2
    assert f"{tmp_path / 'sliced.json'}: 2 problems" in done.output
    assert "nodes[1].slices: node 'edge': slices are not simulated" in done.output
    assert "links[0].bandwidth_slices: link 'device' -> 'edge': slices are not simulated" in done.output


@pytest.mark.parametrize("objective", ["carbon", "cost"])
def test_a_front_is_of_energy_whatever_is_minimised(objective: str) -> None:
    instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    nodes = [node.replace(carbon=k, price=k) for node, k in zip(instance.nodes, (3.0, 1.0, 2.0), strict=True)]
    given = instance.replace(nodes=nodes)
    fronts = finopt.pareto(given.minimising(objective))
    assert [front.points for front in fronts] == [front.points for front in finopt.pareto(given)]
