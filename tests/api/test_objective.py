"""Carbon and cost as objectives: what is asked, what stays apart, and figures that follow from others."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt import ApplicationTable, Instance, InstanceError, Moving
from finopt.graph import layered
from finopt.problem.objective import FIGURES, Figure
from finopt.problem.options import OptionError
from finopt.problem.status import Status
from tests.command_line import SMALL
from tests.conformance import methods
from tests.heuristics.joint.distributed.executors import AtOnce
from tests.objective_instances import weighted
from tests.random_instances import random_instance

PER_JOULE = 0.5
"""Carbon of every joule in `alike`, in powers of two: no figure is rounded."""


def alike(instance: Instance) -> Instance:
    """With the same carbon everywhere, and prices that make cost the energy."""
    data = instance.model_dump()
    for node in data["nodes"]:
        node |= {"carbon": PER_JOULE, "price": node["power"]}
    for link in data["links"]:
        link |= {"carbon": PER_JOULE, "price": link["energy"]}
    return Instance.model_validate(data)


@pytest.fixture
def small() -> Instance:
    """Computing on the device is clean, on the edge server cheap."""
    data = Instance.model_validate(SMALL).model_dump()
    (device, edge), (link,) = data["nodes"], data["links"]
    device |= {"carbon": 1e-4, "price": 1.0}
    edge |= {"carbon": 5e-3, "price": 0.01}
    link |= {"carbon": 1e-3, "price": 1e-9}
    data["applications"][0].update(max_latency=1.0, rate=2.0)
    return Instance.model_validate(data)


def test_figures_by_hand(small: Instance) -> None:
    """Energy as in tests/command_line.py; half of the samples go on to block b2."""
    figures: dict[Figure, tuple[float, ...]] = {
        "energy": (0.0525, 2e-3 * 1e-4 + 0.5e-3 * 1e-3 + 0.05 * 5e-3, 1e-3 + 5e4 * 1e-9 + 5e-3 * 0.01),
        "carbon": (0.102, 0.102 * 1e-4, 0.051),
        "cost": (0.059, 8e-3 * 1e-3 + 0.051 * 5e-3, 8e5 * 1e-9 + 5.1e-3 * 0.01),
    }
    for objective, (energy, carbon, cost) in figures.items():
        result = finopt.solve(small, "labels", objective=objective)
        found = result.evaluation
        assert found is not None
        (own,) = found.applications
        assert (own.energy, own.carbon, own.cost) == pytest.approx((energy, carbon, cost), rel=1e-12)
        assert (found.power, found.carbon, found.cost) == pytest.approx(
            (2 * energy, 2 * carbon, 2 * cost), rel=1e-12
        )
        totals = {"energy": found.power, "carbon": found.carbon, "cost": found.cost}
        assert result.objective == found.objective == totals[objective]
        assert result.minimised == objective
        whose = "" if objective == "energy" else f" for {objective}"
        assert repr(result).startswith(f"<Result OPTIMAL (COMPLETED) of labels{whose}: objective")
        (row,) = found.to_frame().to_dict("records")
        assert (row["carbon"], row["cost"]) == (own.carbon, own.cost)


@methods()
def test_the_same_weights_everywhere_change_no_answer(method: str) -> None:
    for seed in range(6):
        instance = alike(random_instance(seed))
        results = {objective: finopt.solve(instance, method, objective=objective) for objective in FIGURES}
        statuses = {result.status for result in results.values()}
        assert len(statuses) == 1
        if results["energy"].objective is not None:
            power = results["energy"].objective
            assert results["carbon"].objective == pytest.approx(PER_JOULE * power, rel=1e-9)
            assert results["cost"].objective == pytest.approx(power, rel=1e-9)


@pytest.mark.parametrize("objective", ["carbon", "cost"])
def test_the_same_weights_change_no_answer_for_many(objective: Figure) -> None:
    instance = alike(finopt.generate_fleet(320, 30, 4, 1, seed=3))
    energy = finopt.solve(instance)
    other = finopt.solve(instance, objective=objective)
    over_workers = finopt.solve(instance, executor=AtOnce(), objective=objective)
    factor = PER_JOULE if objective == "carbon" else 1.0
    for result in (other, over_workers):
        assert result.objective is not None and result.bound is not None
        assert energy.objective is not None and energy.bound is not None
        assert result.bound <= factor * energy.objective * (1 + 1e-9)
        assert result.objective >= factor * energy.bound * (1 - 1e-9)
        assert result.minimised == objective


def test_one_question_never_answers_another(small: Instance) -> None:
    """Graphs and bounds are kept with the instance: those of one objective are not taken for another."""
    alone = {objective: finopt.solve(small, objective=objective).objective for objective in FIGURES}
    assert len(set(alone.values())) == 3
    for objective in (*FIGURES, *reversed(FIGURES)):
        assert finopt.solve(small, objective=objective).objective == alone[objective]
    asked = small.minimising("carbon")
    assert finopt.solve(asked, objective="energy").objective == alone["energy"]
    assert asked.with_application("app", rate=2.0).objective == "carbon"
    assert pickle.loads(pickle.dumps(asked)).objective == "carbon"
    assert asked.minimising("energy") == small != asked


def test_solve_many_takes_the_objective(small: Instance) -> None:
    alone = finopt.solve(small, objective="cost").objective
    found = list(finopt.solve_many([small, small], objective="cost", executor=AtOnce()))
    assert [result.objective for result in found] == [alone, alone]


def test_sensitivity_is_that_of_what_is_minimised(small: Instance) -> None:
    tight = small.with_application("app", max_cost=0.06, max_energy=0.1)
    result = finopt.solve(tight, "labels", objective="carbon")
    found = finopt.sensitivity(tight, result)
    assert isinstance(found, finopt.Sensitivity)
    assert result.evaluation is not None
    assert found.energy == result.evaluation.applications[0].carbon
    binding = {limit.kind for limit in found.limits if limit.binds}
    assert binding == {"energy"}
    assert found == result.sensitivity
    assert repr(found).startswith("<Sensitivity: energy (100 mJ) binds; 1 ms more saves 0 g")


def test_what_is_free_everywhere_is_no_objective() -> None:
    instance = Instance.model_validate(SMALL)
    with pytest.raises(OptionError, match=r"'carbon' is 0 everywhere: no node or link .* 'carbon'"):
        finopt.solve(instance, objective="carbon")
    with pytest.raises(OptionError, match="objective must be 'energy' or 'carbon' or 'cost', got 'money'"):
        finopt.solve(instance, objective="money")  # type: ignore[arg-type]
    graph = finopt.load(Path(__file__).parents[2] / "instances/orlib/rcsp1.txt")
    with pytest.raises(OptionError, match="'cost' is for an instance; a graph has one cost per arc"):
        finopt.solve(graph, objective="cost")  # type: ignore[arg-type]


@methods()
def test_a_limit_out_of_reach_is_named(method: str, small: Instance) -> None:
    """By name, with the least there is; the baselines do not prove it of every limit."""
    for figure, least in (("energy", 0.0525), ("carbon", 1.02e-5), ("cost", 8.51e-4)):
        name = f"max_{figure}"
        result = finopt.solve(small.with_application("app", **{name: 0.5 * least}), method)
        assert result.placement is None
        if result.status is Status.INFEASIBLE:
            assert f"the limit {name} {0.5 * least:g}" in result.reason
            assert f"the least {figure} of any admissible configuration is {least:.9g}" in result.reason


def test_two_limits_that_cannot_be_kept_together_are_named(small: Instance) -> None:
    tight = small.with_application("app", max_carbon=1.5e-5, max_cost=9e-4)
    result = finopt.solve(tight, "labels")
    assert result.status is Status.INFEASIBLE
    assert (
        "no placement keeps the latency limit 1 s, max_carbon 1.5e-05 g, max_cost 0.0009 and" in result.reason
    )


def test_a_broken_limit_is_a_violation(small: Instance) -> None:
    result = finopt.solve(small)
    assert result.placement is not None
    tight = small.with_application("app", max_cost=1e-3)
    (found,) = finopt.evaluate(tight, result.placement).violations
    assert (found.rule, found.kind, found.object_id, found.limit) == ("cost", "application", "app", 1e-3)
    assert found.text == "cost 0.0011 per inference exceeds the limit 0.001 (max_cost) by 0.1 of it"


def test_many_applications_with_limits_need_one_solve() -> None:
    fleet = finopt.generate_fleet(40, 6, 2, 1, seed=1)
    one = fleet.applications[3].id
    limited = fleet.with_application(one, max_energy=1e3)
    with pytest.raises(InstanceError, match=rf"max_energy, max_carbon, max_cost need one solve.*{one}"):
        finopt.solve(limited, executor=AtOnce())
    with pytest.raises(OptionError, match="needs applications without max_energy, max_carbon, max_cost"):
        finopt.solve(limited, admit="best")


def test_limits_stand_in_tables_too(small: Instance) -> None:
    limited = small.with_application("app", max_cost=0.06, max_energy=0.1)
    table = limited.replace(applications=ApplicationTable.of(limited.applications))
    assert table.applications[0] == limited.applications[0]
    for objective in FIGURES:
        one, other = (finopt.solve(each, objective=objective).objective for each in (limited, table))
        assert one == other


@pytest.mark.parametrize("objective", FIGURES)
def test_large_graphs_without_arrays_say_the_same(objective: Figure, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layered graphs, also with what moving costs."""
    drawn = finopt.generate(12, 5, seed=3)
    blocks = [block.replace(memory=1e6 * (1 + i)) for i, block in enumerate(drawn.models[0].blocks)]
    instance = weighted(drawn.replace(models=[drawn.models[0].replace(blocks=blocks)]), 3)
    previous = finopt.solve(instance.with_node("edge1", power=1e-3), "labels").placement
    moves: dict[str, Any] = {"previous": previous, "moving": Moving(10.0)}
    monkeypatch.setattr(layered, "FEW", 0)
    for method in ("labels", "fin"):
        for more in ({}, moves):
            found = finopt.solve(instance.replace(), method, objective=objective, **more)
            known = finopt.solve(instance, "milp", objective=objective, **more)
            assert known.status is Status.OPTIMAL
            assert found.objective == pytest.approx(known.objective, rel=1e-9)
