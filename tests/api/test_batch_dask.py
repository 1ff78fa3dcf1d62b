"""finopt.solve_many on a real Dask cluster of two worker processes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

import finopt
from finopt.problem.status import Status, Termination
from finopt.solvers.executors import answering
from tests.dask_cluster import two_workers
from tests.many_workers import Killed, Slow, misbehaving, small, wait_for


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Connected to the cluster."""
    with two_workers() as client:
        yield client


def test_a_cluster_gives_the_answers_of_solve(client: Client) -> None:
    given: list[Any] = [small(seed) for seed in range(5)] + ["instances/orlib/rcsp1.txt", "no-such-file.json"]
    results = {r.index: r for r in finopt.solve_many(given, "labels", executor=client.get_executor())}
    assert sorted(results) == list(range(7))
    for seed in range(5):
        alone = finopt.solve(small(seed), "labels")
        assert results[seed].placement == alone.placement
        assert (results[seed].objective, results[seed].bound) == (alone.objective, alone.bound)
    assert results[5].objective == 131.0
    assert "No such file" in results[6].reason


def test_the_plain_executor_is_known(client: Client) -> None:
    assert answering(client.get_executor()) is client
    impure = client.get_executor(pure=False)
    assert answering(impure) is impure


def test_both_workers_work_and_who_is_done_first_comes_first(client: Client, tmp_path: Path) -> None:
    notes, go = [tmp_path / "note0", tmp_path / "note1"], [tmp_path / "go0", tmp_path / "go1"]
    slow = [misbehaving(Slow, source=str(n), description=str(g)) for n, g in zip(notes, go, strict=True)]
    results = finopt.solve_many([*slow, small()], "labels", executor=client.get_executor(), ahead=2)

    def let_the_second_go_first() -> set[str]:
        pids = {
            wait_for(lambda note=note: note.exists() and note.read_text(encoding="utf-8")) for note in notes
        }
        go[1].touch()
        return pids

    with ThreadPoolExecutor(1) as thread:
        pids = thread.submit(let_the_second_go_first)
        assert next(results).index == 1
        go[0].touch()
        assert {result.index for result in results} == {0, 2}
        assert len(pids.result()) == 2


def test_a_killed_worker_costs_only_its_own_instance(client: Client) -> None:
    given = [small(0), misbehaving(Killed), small(1), small(2), small(3), small(4)]
    results = {r.index: r for r in finopt.solve_many(given, "labels", executor=client.get_executor())}
    assert sorted(results) == list(range(6))
    assert (results[1].status, results[1].termination) == (Status.NO_SOLUTION, Termination.ERROR)
    assert "KilledWorker" in results[1].reason
    assert [results[i].status for i in (0, 2, 3, 4, 5)] == [Status.OPTIMAL] * 5


def test_who_stops_early_cancels_what_waits(client: Client, tmp_path: Path) -> None:
    go = tmp_path / "go"
    slow = [misbehaving(Slow, source=str(tmp_path / f"note{i}"), description=str(go)) for i in range(4)]
    results = finopt.solve_many([small(), *slow], "labels", executor=client.get_executor())
    assert next(results).index == 0
    results.close()  # type: ignore[attr-defined]
    wait_for(lambda: not any(client.processing().values()))
    go.touch()  # what had begun ends by itself
