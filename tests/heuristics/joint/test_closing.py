"""The gap of few applications is closed: what `fin` proves agrees with `milp`, and COMPLETED means it."""

from __future__ import annotations

import contextlib
import math
import random
from pathlib import Path

import numpy as np
import pytest

import finopt
from finopt.heuristics.joint.branching import closing, enumeration, selection
from finopt.heuristics.joint.branching.closing import Closing
from finopt.heuristics.joint.branching.selection import Selection
from finopt.heuristics.joint.joint_fin import solve_jointly
from finopt.problem.arrays import Network
from finopt.problem.instance import Instance
from finopt.problem.status import Status, Termination
from finopt.solvers.call import Call
from finopt.solvers.clock import Clock, OutOfTimeError
from tests.crowded_instances import crowded_instance

CASES = Path(__file__).parents[2] / "cases"

OPTIMA = {
    "scarce_far": 130.21563798947182,
    "few_far_48": 280.24984199185894,
    "few_far_218": 86.93285889148912,
}
"""Power of the best placements [W], by `milp`."""

GAP = 1e-4


def small_instance(seed: int) -> Instance:
    """2 to 6 applications on few nodes with little room."""
    rng = random.Random(seed)
    count = rng.randint(2, 6)
    if seed % 2:
        counts = count, rng.randint(1, count), rng.randint(2, 4), 1
        return finopt.generate_fleet(*counts, scarcity=rng.choice([0.15, 0.25, 0.4, 0.6]), seed=seed)
    return finopt.generate(nodes=rng.randint(4, 9), blocks=rng.randint(3, 6), applications=count, seed=seed)


def assert_proven_as_by_milp(instance: Instance) -> None:
    found, exact = (finopt.solve(instance, method) for method in ("fin", "milp"))
    assert found.termination is Termination.COMPLETED, found
    if exact.status is Status.INFEASIBLE:
        assert found.status is Status.INFEASIBLE
        return
    assert found.gap is not None and found.gap <= GAP * (1 + 1e-9)
    assert found.objective == pytest.approx(exact.objective, rel=GAP)
    assert found.bound <= exact.objective * (1 + 1e-9)


def some(count: int, quick: int) -> list[object]:
    """Seeds of which only the first are quick."""
    return [*range(quick), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(quick, count))]


@pytest.mark.parametrize("seed", some(100, 12))
def test_tiny_instances_are_proven(seed: int) -> None:
    assert_proven_as_by_milp(crowded_instance(seed))


@pytest.mark.parametrize("seed", some(200, 20))
def test_small_instances_are_proven(seed: int) -> None:
    assert_proven_as_by_milp(small_instance(seed))


@pytest.mark.parametrize("name", OPTIMA)
def test_few_applications_in_scarce_room_are_proven(name: str) -> None:
    result = finopt.solve(finopt.load(CASES / f"{name}.json"), "fin")
    assert result.termination is Termination.COMPLETED
    assert result.gap is not None and result.gap <= GAP * (1 + 1e-9)
    assert result.objective == pytest.approx(OPTIMA[name], rel=GAP)


@pytest.mark.parametrize("name", ["few_far_48", "few_far_218"])
def test_without_a_gap_the_optimum_is_proven(name: str) -> None:
    result = finopt.solve(finopt.load(CASES / f"{name}.json"), "fin", gap=0.0)
    assert (result.status, result.termination) == (Status.OPTIMAL, Termination.COMPLETED)
    assert result.objective == pytest.approx(OPTIMA[name], rel=1e-9)


def test_what_the_relaxation_leaves_open_is_proven_infeasible() -> None:
    result = finopt.solve(finopt.load(CASES / "scarce_40.json"), "fin")
    assert (result.status, result.termination) == (Status.INFEASIBLE, Termination.COMPLETED)
    assert "together they exceed the capacities" in result.reason


# ---------------------------------------------------------------- the search alone


def closed(
    instance: Instance, price: float = 0.0, gap: float = GAP, viewed: np.ndarray | None = None
) -> Closing:
    """The search from no answer and alike prices on all capacities, all of them in view or only some."""
    network = Network.of(instance)
    prices = np.zeros(network.capacity.size)
    limited = np.flatnonzero(np.isfinite(network.capacity) & (network.capacity > 0))
    prices[limited] = price / network.capacity[limited]
    found = Closing(instance, network, prices, gap, 0, Clock(), viewed=viewed)
    found.run(None)
    return found


@pytest.mark.parametrize("price", [0.0, 1.0, 30.0])
@pytest.mark.parametrize("seed", [2, 4, 7, 8])
def test_whatever_the_prices_the_optimum_is_found(seed: int, price: float) -> None:
    instance = crowded_instance(seed)
    best = finopt.solve(instance, "milp").objective
    found = closed(instance, price)
    assert found.bound <= best * (1 + 1e-9)
    assert found.upper == pytest.approx(best, rel=GAP)
    assert found.upper - found.bound <= GAP * found.upper * (1 + 1e-9)


@pytest.mark.parametrize("few_arcs", [0, 600])
@pytest.mark.parametrize("price", [0.0, 1.0, 30.0])
@pytest.mark.parametrize("seed", some(60, 2))
def test_capacities_come_into_view_when_answers_exceed_them(
    seed: int, price: float, few_arcs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "FEW_ARCS", few_arcs)
    instance = crowded_instance(seed)
    found, exact = closed(instance, price, viewed=np.zeros(0, np.intp)), finopt.solve(instance, "milp")
    if exact.status is Status.INFEASIBLE:
        assert math.isinf(found.bound) and not found.improved
        return
    assert found.upper == pytest.approx(exact.objective, rel=GAP)
    assert found.upper * (1 - GAP * (1 + 1e-9)) <= found.bound <= exact.objective * (1 + 1e-9)
    assert found.placement is not None and finopt.evaluate(instance, found.placement).feasible


@pytest.mark.parametrize("seed", [3, 5, 6, 9])
def test_arcs_stand_for_paths_of_which_there_are_too_many(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enumeration, "MOST_PATHS", 0)
    monkeypatch.setattr(closing, "FEW_ARCS", 0)
    monkeypatch.setattr(Closing, "_seek", lambda self: None)
    instance = crowded_instance(seed)
    found = closed(instance)
    assert found.upper == pytest.approx(finopt.solve(instance, "milp").objective, rel=GAP)
    assert found.remaining.many


def test_an_answer_that_exceeds_a_capacity_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the solver could not tell a capacity from one twice as large."""
    instance = crowded_instance(2)
    exact, solved = Selection._capacities, []

    def loose(self: Selection) -> object:
        matrix, lower, upper = exact(self)
        return matrix, lower, 2 * upper

    def cover(self: Selection, values: np.ndarray, capacity: int) -> np.ndarray:
        solved.append(capacity)
        return cut(self, values, capacity)

    cut = Selection._cover
    monkeypatch.setattr(Selection, "_capacities", loose)
    monkeypatch.setattr(Selection, "_cover", cover)
    monkeypatch.setattr(selection, "COVERS", 1000)
    found = closed(instance)
    assert solved
    assert found.upper == pytest.approx(finopt.solve(instance, "milp").objective, rel=GAP)


def test_bounds_of_parts_raise_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three applications whose devices are as scarce as the servers."""
    instance = finopt.load(CASES / "scarce_far.json")
    before: list[float] = []
    lift = Closing._lift

    def noted(self: Closing) -> None:
        before.append(self.lagrangian)
        lift(self)
        before.append(self.lagrangian)

    monkeypatch.setattr(closing.Closing, "_lift", noted)
    result = finopt.solve(instance, "fin")
    assert before[1] > before[0]
    assert result.bound == pytest.approx(OPTIMA["scarce_far"], rel=GAP)


@pytest.mark.parametrize("name", OPTIMA)
def test_a_capacity_that_only_the_known_answer_exceeds_with_others_is_kept(name: str) -> None:
    """The known answer may be part of the next one though it is beyond the threshold."""
    instance = finopt.load(CASES / f"{name}.json")
    network = Network.of(instance)
    found = Closing(instance, network, np.zeros(network.capacity.size), GAP, 0, Clock())
    found._build()
    found._begin_with(finopt.solve(instance, "milp").placement)
    first, others = found.known[0], found.remaining.graphs[1:]
    kept = [(one, np.arange(one.graph.arcs, dtype=np.int32)) for own in others for one in own]
    most = [np.max([one.options.loads.sum(axis=0) for one in own], axis=0) for own in others]
    most.append(first.options.loads[first.path].sum(axis=0))
    exceeded = np.flatnonzero(np.sum(most, axis=0) > network.capacity * (1 + 1e-6))
    assert exceeded.size
    assert np.isin(exceeded, found.remaining.scarce(kept, found.known)).all()


# ---------------------------------------------------------------- one application

CHAIN = "memory_chain_16_5.json"
"""16 blocks that fill the memory of five alike nodes; the best placement takes 0.54 J."""


def test_a_chain_that_fills_the_memory_of_all_nodes_is_proven() -> None:
    result = finopt.solve(finopt.load(CASES / CHAIN), "fin")
    assert result.termination is Termination.COMPLETED
    assert result.gap is not None and result.gap <= GAP * (1 + 1e-9)
    assert result.objective == pytest.approx(0.54, rel=GAP)


def test_a_first_answer_comes_before_the_selection(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(self: Closing, threshold: float, last: bool) -> None:
        raise OutOfTimeError

    monkeypatch.setattr(Closing, "_try", none)
    instance = finopt.load(CASES / CHAIN)
    result = finopt.solve(instance, "fin", time_limit=1000)
    assert result.status is Status.FEASIBLE
    assert result.placement is not None and finopt.evaluate(instance, result.placement).feasible
    assert result.bound is not None and result.bound <= 0.54


def test_applications_in_turn_find_a_first_answer() -> None:
    instance = finopt.generate_fleet(12, 6, 3, 1, seed=4)
    network = Network.of(instance)
    found = Closing(instance, network, np.zeros(network.capacity.size), GAP, 0, Clock())
    found._build()
    found._seek()
    assert found.placement is not None
    assert finopt.evaluate(instance, found.placement).feasible


# ---------------------------------------------------------------- how it ends


def test_a_gap_that_is_not_reached_is_not_completed() -> None:
    result = finopt.solve(finopt.generate_fleet(300, 60, 8, 2, seed=1), "fin", gap=0.0)
    assert (result.status, result.termination) == (Status.FEASIBLE, Termination.LIMIT)
    assert result.reason.startswith("the gap of")


def test_a_gap_that_is_reached_is_completed() -> None:
    result = finopt.solve(finopt.generate_fleet(300, 60, 8, 2, seed=1), "fin", gap=0.05)
    assert (result.termination, result.reason) == (Termination.COMPLETED, "")


class Brief(Clock):
    """Is over from the given look at it on."""

    looks = math.inf

    @property
    def expired(self) -> bool:
        self.looks -= 1
        return self.looks < 0

    def check(self) -> None:
        if self.expired:
            raise OutOfTimeError


@pytest.mark.parametrize("looks", [1, 3, 10, 30, 100])
def test_what_is_cut_short_keeps_a_valid_bound(looks: int) -> None:
    instance = finopt.load(CASES / "few_far_48.json")
    network = Network.of(instance)
    clock = Brief()
    clock.looks = looks
    found = Closing(instance, network, np.zeros(network.capacity.size), GAP, 0, clock)
    with contextlib.suppress(OutOfTimeError):
        found.run(None)
    assert found.bound <= OPTIMA["few_far_48"] * (1 + 1e-9)
    assert found.upper >= OPTIMA["few_far_48"] * (1 - 1e-9)


@pytest.mark.parametrize("seconds", [1.0, 5.0])
def test_a_limit_that_rounds_exceed_still_brings_an_answer(seconds: float) -> None:
    """As if all time had gone by before the first round."""
    instance = finopt.generate_fleet(600, 60, 8, 2, seed=2)
    clock = Clock(seconds)
    clock._start -= 2 * seconds
    result = solve_jointly(instance, Call(clock), gap=GAP, gamma=None, admit="all", weights={})
    assert (result.status, result.termination) == (Status.FEASIBLE, Termination.TIME_LIMIT)
    assert result.bound is not None and 0 < result.bound <= result.objective
    assert "time limit" in result.reason
