"""Several applications one after the other: what is left, turns, repair, exchange, and what is said."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

import finopt
from finopt.evaluation.result import Result
from finopt.graph.drivers import alone
from finopt.graph.drivers.residual import Residual, loads_of
from finopt.graph.drivers.sequential import solve_sequential
from finopt.graph.extended import Capacity, network_pattern
from finopt.graph.label_setting import find_path
from finopt.graph.path import PathAnswer
from finopt.problem.instance import Instance
from finopt.problem.status import Status, Termination
from finopt.solvers.clock import Clock
from tests.conformance import check
from tests.heuristics.joint.test_joint import answered, crowded

EDGE = Capacity("compute", "edge")


def network(applications: list[dict[str, Any]], edge: float = 3e8, memory: float | None = None) -> Instance:
    """A phone that can do next to nothing, an edge node of 1 nJ/op, a cloud of 5 nJ/op with dear links.

    Every sample takes 1e6 op and 1 byte of memory; "wide" has a large input, "empty" needs nothing.
    """
    models = [
        {
            "id": name,
            "input_bits": bits,
            "blocks": [{"id": "b", "ops": ops, "output_bits": 0.0, "memory": size}],
            "exits": [{"id": "x", "after": "b"}],
            "configurations": [{"exits": ["x"], "shares": [1.0], "accuracy": 0.9}],
        }
        for name, bits, ops, size in (
            ("thin", 1e2, 1e6, 1.0),
            ("wide", 1e6, 1e6, 1.0),
            ("empty", 0.0, 0.0, 0.0),
        )
    ]
    nodes = [
        {"id": "phone", "tier": "mobile", "compute": 10.0, "power": 1.0},
        {"id": "edge", "tier": "edge", "compute": edge, "power": 1e-9 * edge, "memory": memory},
        {"id": "cloud", "tier": "cloud", "compute": 1e12, "power": 5e3},
    ]
    links = [
        {"source": "phone", "target": "edge", "bandwidth": 1e10, "energy": 0.0},
        {"source": "phone", "target": "cloud", "bandwidth": 1e10, "energy": 1e-9},
    ]
    common = {"source": "phone", "model": "thin", "rate": 200.0, "max_latency": 1.0, "min_accuracy": 0.5}
    data = {
        "nodes": nodes,
        "links": links,
        "models": models,
        "applications": [common | a for a in applications],
    }
    return Instance.model_validate(data)


def nodes(result: Result) -> dict[str, str]:
    """Who runs where."""
    assert result.placement is not None
    return {placed.application: placed.nodes[0] for placed in result.placement.applications}


def labels(graph: Any, cutoff: float, clock: Clock) -> PathAnswer:
    return find_path(graph, cutoff, clock)


# ---------------------------------------------------------------- what is left


def test_what_is_taken_out_leaves_no_trace() -> None:
    instance = network([{"id": "a", "rate": 0.1}, {"id": "b", "rate": 1 / 3}])
    residual = Residual(instance)
    placed = finopt.solve(instance, "milp").placement
    assert placed is not None
    one, two = (
        loads_of(instance, a, p) for a, p in zip(instance.applications, placed.applications, strict=True)
    )
    residual.add(one)
    residual.add(two)
    assert residual.used[EDGE] == (Fraction(0.1) + Fraction(1 / 3)) * 10**6
    residual.remove(one)
    residual.remove(two)
    assert not any(residual.used.values())


def test_loads_are_those_of_the_cost_model() -> None:
    for seed in range(10):
        instance, best = crowded(seed)
        result = answered("milp", seed)
        if best is None or result.placement is None or result.evaluation is None:
            continue
        residual = Residual(instance)
        for application, placed in zip(instance.applications, result.placement.applications, strict=True):
            residual.add(loads_of(instance, application, placed))
        for kind in ("compute", "memory", "bandwidth"):
            used = {c.id: float(amount) for c, amount in residual.used.items() if c.kind == kind and amount}
            loads = getattr(result.evaluation, kind)
            assert used == {name: load.used for name, load in loads.items() if load.used}


def test_speed_and_energy_stay_when_capacity_goes() -> None:
    instance = network([{"id": "a"}, {"id": "b"}])
    full = network_pattern(instance, instance.applications[0])
    residual = Residual(instance)
    residual.add({EDGE: Fraction(10**8), Capacity("bandwidth", "phone->edge"): Fraction(4 * 10**9)})
    left = residual.pattern(full)
    edge, link = full.position[EDGE], full.position[Capacity("bandwidth", "phone->edge")]
    assert left.capacity["compute"][edge] == pytest.approx(2e8)
    assert left.capacity["bandwidth"][link] == pytest.approx(6e9)
    assert (left.nodes, left.links) == (full.nodes, full.links)
    for name in ("node_figures", "link_figures"):
        for figure, whole in zip(getattr(left, name), getattr(full, name), strict=True):
            assert (figure == whole).all()
    assert full.capacity["compute"][edge] == 3e8


def test_a_node_can_be_filled_to_the_brim() -> None:
    # In fractions 0.1 + 0.2 exceeds 0.3: what is met exactly in decimals is met.
    instance = network([{"id": "a", "rate": 0.1e-6}, {"id": "b", "rate": 0.2e-6}], edge=0.3)
    data = instance.model_dump()
    for application in data["applications"]:
        application["max_latency"] = 1e8
    result = finopt.solve(Instance.model_validate(data), "cspp")
    assert nodes(result) == {"a": "edge", "b": "edge"}
    assert result.status is Status.OPTIMAL


@pytest.mark.parametrize("memory", [None, 1.0])
def test_what_needs_nothing_runs_where_nothing_is_left(memory: float | None) -> None:
    full = {"id": "full", "rate": 300.0, "pinned": {"b": "edge"}}
    empty = {"id": "empty", "model": "empty", "pinned": {"b": "edge"}}
    other = {"id": "other", "rate": 1e-3, "max_latency": 2.0}
    result = finopt.solve(network([empty, other, full], memory=memory), "cspp")
    assert nodes(result) == {"full": "edge", "empty": "edge", "other": "cloud"}


# ---------------------------------------------------------------- turns


def test_optima_that_fit_together_are_the_optimum() -> None:
    result = finopt.solve(network([{"id": "a", "rate": 100.0}, {"id": "b"}]), "cspp")
    assert result.status is Status.OPTIMAL
    assert nodes(result) == {"a": "edge", "b": "edge"}
    assert (result.stats["searches"], result.stats["dearer_than_alone"]) == (2, 0)


def test_the_tightest_goes_first() -> None:
    patient, tight = {"id": "patient"}, {"id": "tight", "max_latency": 0.01}
    result = finopt.solve(network([patient, tight]), "cspp")
    assert nodes(result) == {"patient": "cloud", "tight": "edge"}
    assert result.status is Status.FEASIBLE
    # Both on the edge node: 2 * 200/s * 1e6 op * 1 nJ/op.
    assert result.bound == pytest.approx(0.4)
    assert result.objective == finopt.solve(network([patient, tight]), "milp").objective


def test_who_finds_no_room_goes_to_the_front() -> None:
    bound_to_it = {"id": "bound", "pinned": {"b": "edge"}, "max_latency": 1e3}
    result = finopt.solve(network([bound_to_it, {"id": "tight", "max_latency": 0.01}]), "cspp")
    assert nodes(result) == {"bound": "edge", "tight": "cloud"}
    assert result.stats["rounds"] == 2


def test_who_loses_most_is_exchanged() -> None:
    instance = network([{"id": "wide", "model": "wide"}, {"id": "tight", "max_latency": 0.004}])
    result = finopt.solve(instance, "cspp")
    assert nodes(result) == {"wide": "edge", "tight": "cloud"}
    assert result.stats["exchanges"] == 1
    assert result.objective == finopt.solve(instance, "milp").objective


# ---------------------------------------------------------------- no answer


def test_without_room_the_applications_and_the_scarce_resource_are_named() -> None:
    stuck = [{"id": name, "pinned": {"b": "edge"}} for name in ("a", "b", "c")]
    result = finopt.solve(network([*stuck, {"id": "free", "rate": 1.0}]), "cspp")
    assert (result.status, result.termination) == (Status.NO_SOLUTION, Termination.COMPLETED)
    assert "no room was found for 2 of 4 applications: 'b', 'c'" in result.reason
    assert "scarce: compute of node 'edge' (2.01e+08 of 3e+08 op/s used, 67%)" in result.reason
    assert result.bound == pytest.approx(3 * 0.2 + 0.001)
    assert finopt.solve(network([*stuck, {"id": "free", "rate": 1.0}]), "milp").status is Status.INFEASIBLE


def test_long_lists_are_cut() -> None:
    stuck = [{"id": f"a{i}", "rate": 300.0, "pinned": {"b": "edge"}} for i in range(12)]
    reason = finopt.solve(network(stuck), "cspp").reason
    assert "for 11 of 12 applications: 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8' and 3 more" in reason
    hopeless = [{"id": f"a{i}", "min_accuracy": 0.95} for i in range(12)]
    assert finopt.solve(network(hopeless), "cspp").reason.endswith("and 4 more applications")


def test_infeasible_is_who_has_no_place_even_alone() -> None:
    hopeless = {"id": "hopeless", "max_latency": 1e-9}
    result = finopt.solve(network([{"id": "a"}, hopeless, {"id": "b"}]), "cspp")
    assert result.status is Status.INFEASIBLE
    assert result.reason.startswith("application 'hopeless': the latency limit 1e-09 s cannot be met")
    assert "'a'" not in result.reason


def test_without_time_there_is_a_bound_and_no_claim() -> None:
    result = finopt.solve(network([{"id": "a"}, {"id": "b"}]), "cspp", time_limit=0)
    assert (result.status, result.termination) == (Status.NO_SOLUTION, Termination.TIME_LIMIT)
    assert result.reason == "stopped without an answer: time limit"
    assert result.bound is not None
    assert 0 <= result.bound <= 0.4


def test_the_clock_is_looked_at_while_the_tightest_is_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def late(instance: Instance, application: Any, **_: Any) -> float:
        looks.append(application.id)
        clock.interrupt()
        return 1.0

    monkeypatch.setattr(alone, "least_latency", late)
    clock = Clock()
    result = solve_sequential(crowded(2)[0], "test", "labels", labels, clock)
    assert result.termination is Termination.INTERRUPTED
    assert len(looks) == 1


@pytest.mark.parametrize("seed", [2, 12, 33])
@pytest.mark.parametrize("how", ["time limit", "interrupt"])
def test_what_is_known_when_it_is_cut_short_is_true(how: str, seed: int) -> None:
    instance, best = crowded(seed)
    assert best is not None
    whole = answered("cspp", seed)
    found: list[Result] = []
    for calls in range(1000):
        left = iter(range(calls))

        def cut(graph: Any, cutoff: float, clock: Clock, left: Any = left) -> PathAnswer:
            if next(left, None) is not None:
                return find_path(graph, cutoff, clock)
            if how == "interrupt":
                raise KeyboardInterrupt
            return PathAnswer(None, 0.0, Termination.TIME_LIMIT)

        found.append(solve_sequential(instance, "test", "labels", cut, Clock()))
        check(found[-1], best)
        if found[-1].termination is Termination.COMPLETED:
            break
        assert found[-1].termination.value == ("INTERRUPTED" if how == "interrupt" else "TIME_LIMIT")
    objectives = [r.objective for r in found if r.objective is not None]
    assert objectives == sorted(objectives, reverse=True)
    assert objectives[-1] == pytest.approx(whole.objective)
    assert found[0].objective is None
    bounds = [r.bound or 0.0 for r in found]
    assert bounds == sorted(bounds)


# ---------------------------------------------------------------- crowded instances


@pytest.mark.parametrize("seed", range(0, 30, 3))
def test_any_search_gives_the_same(seed: int) -> None:
    instance, _ = crowded(seed)
    result = answered("cspp", seed)
    bare = finopt.solve(instance, "cspp", reduce=False)
    other = solve_sequential(instance, "test", "labels", labels, Clock())
    for again in (bare, other):
        assert again.status is result.status
        assert (again.objective or 0.0) == pytest.approx(result.objective or 0.0, rel=1e-9)
    again = finopt.solve(instance, "cspp")
    assert (again.placement, again.bound, again.reason) == (result.placement, result.bound, result.reason)
    assert math.isfinite(result.bound or 0.0)
