"""Several applications by prices: bounds of value tables, answers, and what is said when not all fit."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import finopt
from finopt.heuristics.joint import joint_fin, primal_heuristic
from finopt.heuristics.joint.assignments import AssignmentFigures
from finopt.heuristics.joint.groups import group
from finopt.heuristics.joint.pricing import Pricer, parts_of
from finopt.heuristics.joint.primal_heuristic import PrimalHeuristic
from finopt.heuristics.joint.region_paths import RegionPaths
from finopt.heuristics.joint.tuning import MOST_LEVELS
from finopt.problem.application_table import ApplicationTable
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance
from finopt.problem.status import Status, Termination
from finopt.solvers import clock as clocks
from finopt.solvers.clock import Clock, OutOfTimeError
from finopt.solvers.incremental_lp import IncrementalLp
from tests.crowded_instances import crowded_instance
from tests.fake_time import FakeTime


def pricer(instance: Instance, *, own_group: bool, gamma: int = MOST_LEVELS) -> Pricer:
    """The pricer of an instance, with groups or an application each."""
    network, demand = Network.of(instance), Demand.of(instance)
    groups = group(instance, network, demand, np.full(demand.size, own_group))
    figures = AssignmentFigures(network, demand, groups, RegionPaths(network, groups))
    return Pricer(network, demand, parts_of(groups, network, demand), figures, Clock(), gamma)


def alone(instance: Instance, h: int) -> Instance:
    """The instance with only one of its applications."""
    return instance.model_copy(update={"applications": (instance.applications[h],)})


def with_rates(instance: Instance, seed: int) -> Instance:
    """The instance with different rates and some memory to pay for."""
    rng = np.random.default_rng(seed)
    applications = tuple(
        application.model_copy(update={"rate": float(f"{rng.uniform(0.1, 5):.3g}")})
        for application in instance.applications
    )
    blocks = tuple(
        block.model_copy(update={"memory": float(rng.integers(1, 9)) * 1e6})
        for block in instance.models[0].blocks
    )
    model = instance.models[0].model_copy(update={"blocks": blocks})
    return instance.model_copy(update={"applications": applications, "models": (model,)})


def random_prices(instance: Instance, seed: int) -> np.ndarray:
    """Prices on about half of all capacities, of the size of energies."""
    rng = np.random.default_rng(seed)
    network = Network.of(instance)
    price = np.concatenate(
        [
            rng.exponential(network.node_figures.energy_per_op.mean(), network.nodes),
            rng.exponential(1e-9, network.nodes),
            rng.exponential(network.link_figures.energy_per_bit.mean(), network.tail.size),
        ]
    )
    return price * (rng.random(price.size) < 0.5)


# ---------------------------------------------------------------- value tables


@pytest.mark.parametrize("seed", range(6))
def test_without_prices_tables_agree_with_the_labels(seed: int) -> None:
    kind = "mean" if seed % 2 else "worst"
    instance = finopt.generate(nodes=14, blocks=5, applications=8, seed=seed, latency=kind)
    best = [finopt.solve(alone(instance, h), "labels").objective for h in range(8)]
    one = pricer(instance, own_group=True)
    answer = one.answer(np.zeros(one.network.capacity.size))
    np.testing.assert_allclose(answer.value, best, rtol=1e-6)
    assert answer.assignments.application.tolist() == list(range(8))
    np.testing.assert_allclose(one.figures.power(answer.assignments), best, rtol=1e-9)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("gamma", [64, MOST_LEVELS])
def test_bounds_of_groups_hold_at_any_prices(seed: int, gamma: int) -> None:
    """With devices that links lead back to, different rates and memory that has a price."""
    instance = with_rates(finopt.generate(nodes=14, blocks=5, applications=40, devices=6, seed=seed), seed)
    exact, grouped = pricer(instance, own_group=True), pricer(instance, own_group=False, gamma=gamma)
    price = random_prices(instance, seed)
    bound = grouped.certified(price)
    assert bound <= exact.certified(price) * (1 + 1e-9) if bound > 0 else True
    least = exact.answer(price).value
    assignments = grouped.answer(price).assignments
    used = grouped.figures.loads(assignments) @ price
    paid = grouped.figures.power(assignments) + used
    assert (paid >= least[assignments.application] * (1 - 1e-6)).all()


def test_finer_levels_bring_the_bound_of_groups_close() -> None:
    instance = finopt.generate(nodes=20, blocks=5, applications=60, devices=8, seed=3)
    exact, grouped = pricer(instance, own_group=True), pricer(instance, own_group=False)
    price = np.zeros(exact.network.capacity.size)
    assert grouped.certified(price) == pytest.approx(exact.certified(price), rel=1e-3)


class Ended(Clock):
    """Is over whenever somebody looks, and stops nobody."""

    @property
    def expired(self) -> bool:
        return True

    def check(self) -> None:
        return None


@pytest.mark.parametrize("enough", [1e-3, 1e-2, 1.0, None])
def test_a_bound_loses_no_more_than_it_may(enough: float | None) -> None:
    """None: time is up, and it may lose what it must."""
    instance = finopt.generate(nodes=60, blocks=5, applications=200, devices=40, seed=3)
    grouped, price = pricer(instance, own_group=False), random_prices(instance, 3)
    price[np.isinf(grouped.network.capacity)] = 0.0
    whole, total = grouped.certified(price), float(grouped.answer(price).value.sum())
    if enough is None:
        less = replace(grouped, clock=Ended()).certified(price)
    else:
        less = grouped.certified(price, enough)
        assert less >= whole - (enough + 1e-9) * total
    assert less <= whole + 1e-9 * total
    assert less > whole - total
    assert (less < whole) == (enough in (1.0, None))


def test_all_choices_are_on_time() -> None:
    instance = finopt.generate_fleet(300, 30, 5, 2, seed=1)
    grouped = pricer(instance, own_group=False, gamma=200)
    assignments = grouped.answer(np.zeros(grouped.network.capacity.size)).assignments
    assert (grouped.figures.seconds(assignments) <= grouped.demand.limit[assignments.application]).all()


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize("seed", range(3))
def test_a_small_fleet_is_close_to_its_joint_optimum(seed: int) -> None:
    instance = finopt.generate_fleet(10, 4, 4, 2, seed=seed)
    best, found = finopt.solve(instance, "milp"), finopt.solve(instance, "fin")
    assert best.status is Status.OPTIMAL
    assert found.bound <= best.objective * (1 + 1e-9)
    assert best.objective * (1 - 1e-9) <= found.objective <= best.objective * 1.005


def test_many_applications_keep_capacities_and_certify_the_gap() -> None:
    instance = finopt.generate_fleet(1500, 150, 10, 2, seed=2)
    result = finopt.solve(instance, "fin")
    assert result.status is Status.FEASIBLE
    assert result.gap < 0.002
    evaluation = finopt.evaluate(instance, result.placement)
    assert evaluation.feasible
    assert evaluation.objective == result.objective
    assert all(row["price"] > 0 for row in result.stats["prices"])


def test_the_same_seed_gives_the_same_answer_whatever_the_threads() -> None:
    instance = finopt.generate_fleet(400, 40, 5, 2, seed=3)
    first, second = (finopt.solve(instance, "fin", seed=5, threads=threads) for threads in (1, 2))
    assert first.objective == second.objective
    assert first.placement == second.placement


def test_the_same_seed_gives_the_same_answer_in_every_process() -> None:
    """Hash seeds differ between processes: nothing may depend on the order of a set."""
    code = (
        "import finopt; from tests.crowded_instances import crowded_instance;"
        "print(*(finopt.solve(crowded_instance(s), admit='best').placement for s in (0, 30, 60)))"
    )
    answers = set()
    for hash_seed in ("0", "1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        answers.add(done.stdout)
    assert len(answers) == 1


def test_a_table_and_objects_give_the_same_answer() -> None:
    table = finopt.generate_fleet(60, 10, 4, 2, seed=4)
    assert isinstance(table.applications, ApplicationTable)
    objects = table.model_copy(update={"applications": tuple(table.applications)})
    one, other = finopt.solve(table), finopt.solve(objects)
    assert one.objective == other.objective
    assert isinstance(other.placement.applications, tuple)


def test_what_is_scarce_is_worth_its_price() -> None:
    """One more per cent of the dearest compute saves about what its price says."""
    instance = finopt.generate_fleet(600, 60, 4, 2, seed=6)
    result = finopt.solve(instance)
    dearest = next(row for row in result.stats["prices"] if row["kind"] == "compute")
    node = instance.node(dearest["id"])
    assert dearest["unit"] == "op/s"
    assert 0 < dearest["price"] * node.compute < result.objective


# ---------------------------------------------------------------- not all fit


def test_too_many_for_the_capacities_are_proven_infeasible() -> None:
    proven = [finopt.solve(crowded_instance(seed)) for seed in (0, 10, 20)]
    assert {result.status for result in proven} <= {Status.INFEASIBLE, Status.NO_SOLUTION}
    assert any(result.status is Status.INFEASIBLE for result in proven)
    for result in proven:
        told = ("not together", "no room was found", "no route to a node with room")
        assert any(words in result.reason for words in told)


def test_the_best_are_admitted_and_the_others_named() -> None:
    instance = crowded_instance(0)
    result = finopt.solve(instance, "fin", admit="best")
    assert result.status is Status.FEASIBLE
    placed = {placement.application for placement in result.placement.applications}
    assert placed.isdisjoint(result.stats["unplaced"])
    assert placed | set(result.stats["unplaced"]) == {a.id for a in instance.applications}
    kept = tuple(a for a in instance.applications if a.id in placed)
    assert finopt.evaluate(instance.model_copy(update={"applications": kept}), result.placement).feasible


@pytest.mark.parametrize("seed", [60, 80])
def test_weights_decide_who_is_admitted(seed: int) -> None:
    instance = crowded_instance(seed)
    left_out = finopt.solve(instance, admit="best").stats["unplaced"]
    again = finopt.solve(instance, admit="best", weights=dict.fromkeys(left_out, 100.0))
    assert len(left_out) == len(again.stats["unplaced"]) == 1
    assert left_out != again.stats["unplaced"]


@pytest.mark.parametrize(
    ("weights", "message"),
    [({"nobody": 1.0}, "names application 'nobody'"), ({"app0": 0.0}, "'app0' must be above 0")],
)
def test_weights_that_mean_nothing_are_refused(weights: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        finopt.solve(crowded_instance(0), admit="best", weights=weights)


def test_an_application_that_fits_nowhere_is_named() -> None:
    instance = finopt.generate(nodes=8, blocks=4, applications=3, seed=1)
    late = instance.applications[1].model_copy(update={"max_latency": 1e-9})
    individually_infeasible = (instance.applications[0], late, instance.applications[2])
    result = finopt.solve(instance.model_copy(update={"applications": individually_infeasible}))
    assert result.status is Status.INFEASIBLE
    assert "app2" in result.reason or late.id in result.reason
    assert "latency limit" in result.reason


def test_no_time_at_all_is_said() -> None:
    result = finopt.solve(finopt.generate_fleet(300, 30, 5, 2, seed=1), time_limit=0.0)
    assert result.termination is Termination.TIME_LIMIT
    assert result.bound is not None


def test_an_unknown_way_to_admit_is_refused() -> None:
    with pytest.raises(ValueError, match="admit must be 'all' or 'best'"):
        finopt.solve(crowded_instance(0), admit="some")


@pytest.mark.parametrize("step", ["certified", "answer"])
def test_ctrl_c_keeps_what_the_rounds_found(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pressed while the bound is computed, or while answers are collected after the rounds."""
    calls, original = [0], getattr(Pricer, step)

    def interrupted(self: Pricer, *args: object) -> object:
        calls[0] += 1
        if step == "certified" or (calls[0] > 4 and len(args) == 2):
            raise KeyboardInterrupt
        return original(self, *args)

    monkeypatch.setattr(Pricer, step, interrupted)
    result = finopt.solve(finopt.generate_fleet(400, 40, 5, 2, seed=3), on_interrupt="return")
    assert result.termination is Termination.INTERRUPTED
    assert result.placement is not None or "no room was found" in result.reason
    assert result.bound is not None


@pytest.mark.parametrize(
    ("coarse", "unplaced", "power", "enough"),
    [(True, 0, 100.1, True), (True, 0, 100.3, False), (True, 1, 100.1, False), (False, 0, 100.1, False)],
)
def test_of_very_many_a_rounded_mix_hardly_above_it_is_enough(
    coarse: bool, unplaced: int, power: float, enough: bool
) -> None:
    """The bound is far below, as where paths back to devices loosen it."""
    mixed = SimpleNamespace(mix=SimpleNamespace(power=100.0))
    rank = unplaced, power
    found = SimpleNamespace(coarse=coarse, gap=1e-4, bound=90.0, rank=rank, column_generation=mixed)
    assert PrimalHeuristic._close(found) is enough  # type: ignore[arg-type]


def test_ctrl_c_between_rounds_still_places_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joint_fin, "RESPITE", {"bound": 1e3, "assignments": 1e3})
    calls, original = [0], IncrementalLp.solve

    def interrupted(self: IncrementalLp, clock: Clock) -> object:
        calls[0] += 1
        if calls[0] > 12:
            raise KeyboardInterrupt
        return original(self, clock)

    monkeypatch.setattr(IncrementalLp, "solve", interrupted)
    instance = finopt.generate_fleet(5000, 500, 100, 5, scarcity=0.3, seed=1)
    result = finopt.solve(instance, on_interrupt="return")
    assert result.termination is Termination.INTERRUPTED
    assert result.status is Status.FEASIBLE
    assert finopt.evaluate(instance, result.placement).feasible
    assert result.gap < 0.2


@pytest.mark.parametrize("solves", range(1, 5))
def test_a_limit_that_ends_the_master_keeps_the_mix_before(
    solves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The master then has the columns of one round more than its last mix."""
    calls, original = [0], IncrementalLp.solve

    def limited(self: IncrementalLp, clock: Clock) -> object:
        calls[0] += 1
        return original(self, clock) if calls[0] <= solves else None

    monkeypatch.setattr(IncrementalLp, "solve", limited)
    result = finopt.solve(finopt.generate_fleet(60, 12, 4, 1, seed=1))
    assert calls[0] == solves + 1
    assert result.termination is Termination.TIME_LIMIT
    assert result.placement is not None or "time limit" in result.reason
    assert result.bound is not None


def test_a_limit_in_the_middle_of_a_turn_keeps_the_turns_before(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [0]

    def late(self: primal_heuristic.PrimalHeuristic, *args: object) -> object:
        calls[0] += 1
        raise OutOfTimeError

    monkeypatch.setattr(primal_heuristic.PrimalHeuristic, "_adjusted", late)
    instance = finopt.generate_fleet(600, 60, 20, 2, scarcity=0.3, seed=1)
    result = finopt.solve(instance, "fin", admit="best")
    assert calls[0] > 0
    assert result.placement is not None
    missing = set(result.stats.get("unplaced", ()))
    assert len(result.placement.applications) == 600 - len(missing)
    assert len(missing) < 30


def test_a_selection_that_time_ended_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    time, selections = FakeTime(monkeypatch, clocks), [0]

    def endless(found: object, weight: object, gap: float, clock: Clock, seed: int) -> bool:
        selections[0] += 1
        time.advance(clock.limit)
        return False

    monkeypatch.setattr(primal_heuristic, "select", endless)
    result = finopt.solve(finopt.generate_fleet(20, 10, 4, 1, seed=1), admit="best", time_limit=2.0)
    assert selections[0] > 0
    assert result.termination is Termination.TIME_LIMIT
