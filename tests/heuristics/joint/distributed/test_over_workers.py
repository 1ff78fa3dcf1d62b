"""One joint solve over workers: certified, checked, and the same whoever works and whoever dies."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import finopt
from finopt.api.processes import Processes
from finopt.heuristics.joint import price_rounds, primal_heuristic, tuning
from finopt.heuristics.joint.distributed import division, holder, partition, rounds
from finopt.heuristics.joint.distributed.allotments import allotted, everything_left, with_room_for
from finopt.heuristics.joint.distributed.crew import TRIES
from finopt.heuristics.joint.distributed.partition import Partition
from finopt.heuristics.joint.distributed.rounds import DistributedRounds
from finopt.heuristics.joint.restricted_master import Master
from finopt.problem.errors import BackendError, InstanceError
from finopt.problem.instance import Instance
from finopt.problem.status import Status, Termination
from tests.conformance import check, seeds
from tests.crowded_instances import crowded_instance
from tests.heuristics.joint.distributed.executors import AtOnce, dying, forgetful, losing_answers
from tests.heuristics.joint.test_degenerate import degenerate
from tests.joint_oracle import joint_optimum


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several partitions of few applications, and short annealings."""
    monkeypatch.setattr(division, "SMALLEST", 24)
    monkeypatch.setattr(primal_heuristic, "MOST_MOVES", 100_000)


def fleet(seed: int = 0, applications: int = 120, **options: Any) -> Instance:
    return finopt.generate_fleet(applications, devices=30, sites=5, clouds=2, seed=seed, **options)


def answer(instance: Instance, executor: Executor, **options: Any) -> tuple[Any, ...]:
    """All of a result that does not depend on time."""
    result = finopt.solve(instance, "fin", executor=executor, **options)
    prices = result.stats["prices"]
    return result.status, result.objective, result.bound, prices, result.placement, result.stats["rounds"]


# ---------------------------------------------------------------- quality and proofs


@pytest.mark.parametrize("seed", range(3))
def test_answers_are_certified_and_about_as_good_as_without_workers(seed: int) -> None:
    instance = fleet(seed, profiles=seed == 2)
    alone = finopt.solve(instance, "fin")
    result = finopt.solve(instance, "fin", executor=AtOnce())
    assert result.status is Status.FEASIBLE and result.stats["partitions"] == 5
    assert finopt.evaluate(instance, result.placement).feasible
    assert result.objective == finopt.evaluate(instance, result.placement).objective
    assert max(alone.bound, result.bound) <= min(alone.objective, result.objective)
    assert result.bound == pytest.approx(alone.bound, rel=0.02)  # of so few, alone the gap is closed
    assert result.objective == pytest.approx(alone.objective, rel=0.03)


@seeds(480, 20, quick=40)
def test_degenerate_instances_are_solved_honestly(chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, best = degenerate(seed)
        check(finopt.solve(instance, "fin", executor=AtOnce()), best)


@seeds(120, 10, quick=10)
def test_crowded_instances_are_solved_honestly(chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance = crowded_instance(seed)
        check(finopt.solve(instance, "fin", executor=AtOnce()), joint_optimum(instance).objective)


@seeds(120, 10, quick=10)
def test_clusters_and_annealing_are_honest_too(chunk: Iterable[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (rounds, "ROWS_EACH", 1),
        (price_rounds, "ROWS_EACH", 1),
        (rounds, "COARSE_FROM", 0),
        (primal_heuristic, "EXACT_UP_TO", 0),
    ):
        monkeypatch.setattr(module, name, value)
    for seed in chunk:
        instance = crowded_instance(seed)
        check(finopt.solve(instance, "fin", executor=AtOnce()), joint_optimum(instance).objective)


def test_an_application_without_a_path_is_named() -> None:
    instance = fleet(applications=50)
    first = instance.applications[7]
    hopeless = instance.with_application(first.id, max_latency=1e-9)
    result = finopt.solve(hopeless, "fin", executor=AtOnce())
    assert result.status is Status.INFEASIBLE
    assert f"application {first.id!r}: the latency limit 1e-09 s cannot be met" in result.reason


def test_too_little_for_all_is_proven() -> None:
    instance = fleet(applications=50)
    nodes = tuple(
        node if node.tier == "mobile" else node.model_copy(update={"compute": 1e3}) for node in instance.nodes
    )
    result = finopt.solve(instance.replace(nodes=nodes), "fin", executor=AtOnce())
    assert result.status is not Status.FEASIBLE and result.placement is None


def with_small_devices(instance: Instance) -> Instance:
    """Every device may compute a little more than the largest of its applications takes."""
    needed: dict[str, float] = {}
    for one in instance.applications:
        model = instance.model_of(one)
        ops = one.rate * sum(part.ops for part in (*model.blocks, *model.exits))
        needed[one.source] = max(needed.get(one.source, 0.0), ops)
    nodes = (
        node.replace(max_utilisation=min(1.0, 1.05 * needed.get(node.id, node.compute) / node.compute))
        if node.tier == "mobile"
        else node
        for node in instance.nodes
    )
    return instance.replace(nodes=tuple(nodes))


@pytest.mark.parametrize("late", [False, True], ids=["at once", "in a later round"])
def test_private_capacities_that_are_exceeded_become_rows(
    late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = with_small_devices(fleet(seed=5))
    newly_exceeded, add_rows, widen = Partition._newly_exceeded, DistributedRounds._add_rows, Master.widen
    added, widened = [], []

    def hidden_at_first(self: Partition, loads: Any) -> Any:
        found = newly_exceeded(self, loads)
        return found if self.answers or not late else found[:0]

    def counted(self: DistributedRounds, answers: Any) -> None:
        add_rows(self, answers)
        added.append(sum(one.private.size for one in answers))

    def noted(self: Master, capacity: Any, loads: Any) -> None:
        widen(self, capacity, loads)
        assert self.loads.shape == (self.cluster.size, self.capacity.size)
        first = np.asarray(loads[self.round == 0].sum(axis=0)).ravel()
        widened.append((first > capacity).any())

    monkeypatch.setattr(Partition, "_newly_exceeded", hidden_at_first)
    monkeypatch.setattr(DistributedRounds, "_add_rows", counted)
    monkeypatch.setattr(Master, "widen", noted)
    result = finopt.solve(instance, "fin", executor=AtOnce())
    alone = finopt.solve(instance, "fin")
    assert sum(added) > 0 and (added[0] == 0) == late
    assert any(widened) or not late, "what the first answers use of the new rows is known"
    assert result.objective == pytest.approx(alone.objective, rel=0.05)
    assert max(alone.bound, result.bound) <= min(alone.objective, result.objective)


# ---------------------------------------------------------------- whoever works


def test_the_answer_does_not_depend_on_who_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primal_heuristic, "MOST_MOVES", tuning.MOST_MOVES)  # as in other processes
    instance = fleet(1)
    expected = answer(instance, AtOnce())
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(4) as four:
        assert answer(instance, one) == expected
        assert answer(instance, four) == expected
    with Processes(2) as processes:
        assert answer(instance, processes) == expected


@pytest.mark.parametrize(
    "executor",
    [forgetful(7), forgetful(1), dying(2, 9, 31), losing_answers(3, 12, 40)],
    ids=["forgets", "forgets everything", "dies", "is not heard"],
)
def test_what_a_worker_loses_is_done_again(executor: AtOnce) -> None:
    instance = fleet(2, applications=50)
    assert answer(instance, executor) == answer(instance, AtOnce())


def test_only_the_partitions_that_were_lost_are_made_again() -> None:
    sent = AtOnce()
    finopt.solve(fleet(2), "fin", executor=sent)
    tasks = [task for (task,) in sent.sent if isinstance(task, holder.Task)]
    with_source = [task.number for task in tasks if task.source is not None]
    assert set(with_source) == {0, 1, 2, 3, 4}
    assert len(with_source) == 10, "to describe it, and to divide it"
    assert not any(task.missed for task in tasks)


def test_workers_forget_a_call_that_has_ended() -> None:
    holder._held.clear()
    finopt.solve(fleet(applications=50), "fin", executor=AtOnce())
    assert not holder._held


def test_a_worker_holds_the_partitions_of_few_calls() -> None:
    holder._held.clear()
    for call in "abcd":
        holder._of_call(call)
    assert [*holder._held] == ["c", "d"]
    holder._held.clear()


# ---------------------------------------------------------------- what goes wrong


def test_a_partition_that_is_given_up_again_and_again_is_named() -> None:
    def die(number: int) -> None:
        if number > 6:
            raise CancelledError("out of memory")

    with pytest.raises(
        BackendError, match=rf"partition \d was given up by the executor {TRIES} times.*out of m"
    ):
        finopt.solve(fleet(), "fin", executor=AtOnce(die))


def test_an_executor_that_takes_nothing_is_told_apart() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(BackendError, match="the executor takes no more work: RuntimeError"):
        finopt.solve(fleet(applications=50), "fin", executor=executor)


def test_what_a_worker_raises_is_raised_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, prices: object) -> None:
        raise BackendError("HiGHS is not in the mood")

    monkeypatch.setattr(partition.Partition, "answer", broken)
    with pytest.raises(BackendError, match="not in the mood"):
        finopt.solve(fleet(applications=50), "fin", executor=AtOnce())


def test_an_answer_that_fails_the_check_reaches_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allotments of everything to everybody overload what is scarce, and the exact check says so."""
    from finopt.heuristics.joint.distributed import assigning

    def everything(limit: Any, used: Any, size: Any) -> Any:
        return np.broadcast_to(limit, used.shape)

    monkeypatch.setattr(assigning, "allotted", everything)
    with pytest.raises(BackendError, match=r"fails the check: .*edge"):
        finopt.solve(fleet(1), "fin", executor=AtOnce())


def test_options_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="an executor needs admit='all'"):
        finopt.solve(fleet(applications=50), "fin", executor=AtOnce(), admit="best")
    with pytest.raises(TypeError, match=r"executor must be a concurrent\.futures\.Executor or None, got 2"):
        finopt.solve(fleet(applications=50), "fin", executor=2)


def test_shared_weights_are_no_sum_over_partitions() -> None:
    instance = fleet(applications=50)
    models = tuple(model.model_copy(update={"shared_weights": True}) for model in instance.models)
    with pytest.raises(InstanceError, match="memory of shared weights is no sum over partitions"):
        finopt.solve(instance.replace(models=models), "fin", executor=AtOnce())


# ---------------------------------------------------------------- time


def test_without_time_there_is_a_bound_or_nothing() -> None:
    result = finopt.solve(fleet(), "fin", executor=AtOnce(), time_limit=0)
    assert result.termination is Termination.TIME_LIMIT
    assert result.status in (Status.NO_SOLUTION, Status.FEASIBLE)


def test_after_ctrl_c_what_is_known_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the fourth round a worker is so slow that the caller interrupts; nobody waits for it."""
    released = threading.Event()
    answered = Partition.answer

    def slow(self: Partition, prices: Any) -> Any:
        if len(self.answers) == 3:
            released.wait(60)
        return answered(self, prices)

    def press(progress: finopt.Progress) -> None:
        if progress.phase == "prices" and progress.round == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Partition, "answer", slow)
    with ThreadPoolExecutor(8) as executor:
        result = finopt.solve(fleet(1), "fin", executor=executor, progress=press, on_interrupt="return")
        released.set()
    assert result.termination is Termination.INTERRUPTED
    assert result.bound is not None and result.bound > 0
    assert result.placement is None or finopt.evaluate(fleet(1), result.placement).feasible


# ---------------------------------------------------------------- allotments


@pytest.mark.parametrize("seed", range(20))
def test_allotments_never_sum_to_more_than_there_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    used = rng.exponential(1.0, (5, 9)) * (rng.random((5, 9)) < 0.6)
    limit = used.sum(axis=0) * rng.choice([1 - 4e-10, 1.0, 1.7], 9)
    limit[0] = np.inf
    size = rng.random(5)
    shares = allotted(limit, used, size)
    assert (shares.sum(axis=0) <= limit * (1 + 1e-15)).all()
    assert (shares >= used * (1 - 5e-10)).all()
    assert np.isinf(shares[:, 0]).all()
    rest = used.copy()
    rest[3] = everything_left(limit, used, 3)
    assert (rest.sum(axis=0) <= limit * (1 + 4.1e-10)).all()
    smaller = with_room_for(limit, used, 2, rng.random(9))
    assert (smaller <= used).all() and (smaller >= 0).all() and (smaller[2] == used[2]).all()
