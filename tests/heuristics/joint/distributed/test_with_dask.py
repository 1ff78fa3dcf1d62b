"""One joint solve on a real Dask cluster of two worker processes, of which one is killed in the middle."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

import finopt
from finopt.heuristics.joint.distributed import crew
from tests.dask_cluster import two_workers
from tests.heuristics.joint.distributed.executors import AtOnce


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Connected to the cluster."""
    with two_workers() as client:
        yield client


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fleet in four partitions, their applications in Parquet."""
    folder = tmp_path_factory.mktemp("fleet")
    for i, part in enumerate(finopt.generate_fleet_partitions(80, 16, 4, 1, partitions=4, seed=3)):
        finopt.save(part, folder / f"part{i}.json", table="parquet")
    return folder


@pytest.fixture
def expected(files: Path) -> tuple[Any, ...]:
    """The answer, and how many calls it takes."""
    executor = AtOnce()
    return *said(finopt.solve_partitions(files, executor=executor)), executor.calls


def said(result: finopt.Result) -> tuple[Any, ...]:
    return result.status, result.objective, result.bound, result.stats["prices"], result.stats["rounds"]


def test_workers_of_dask_keep_their_partitions(
    client: Client, files: Path, expected: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[int, set[str | None]] = {}
    submit = crew.submit_to

    def noted(executor: Any, worker: str | None, function: Any, task: Any) -> Any:
        if not isinstance(task, str):
            asked.setdefault(task.number, set()).add(worker)
        return submit(executor, worker, function, task)

    monkeypatch.setattr(crew, "submit_to", noted)
    result = finopt.solve_partitions(files, executor=client.get_executor())
    assert said(result) == expected[:-1]
    assert result.stats["made_again"] == 0
    assert {len(workers) for workers in asked.values()} == {1}
    assert {worker for workers in asked.values() for worker in workers} == set(client.nthreads())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_worker_that_is_killed_in_the_middle_costs_time_only(
    share: float, client: Client, files: Path, expected: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = client.run(os.getpid)
    call = int(share * expected[-1])
    calls, killed = 0, []
    submit = crew.submit_to

    def deadly(executor: Any, worker: str | None, function: Any, task: Any) -> Any:
        nonlocal calls
        calls += 1
        future = submit(executor, worker, function, task)
        if calls == call and worker in pids:
            os.kill(pids[worker], signal.SIGKILL)
            killed.append(worker)
        return future

    monkeypatch.setattr(crew, "submit_to", deadly)
    result = finopt.solve_partitions(files, executor=client)
    assert killed
    assert said(result) == expected[:-1]
    assert result.stats["made_again"] > 0
    client.wait_for_workers(2)


def test_workers_write_the_placements(client: Client, files: Path, tmp_path: Path) -> None:
    result = finopt.solve_partitions(files, executor=client, results=tmp_path / "new" / "answers")
    written = sorted((tmp_path / "new" / "answers").iterdir())
    assert [path.name for path in written] == [f"part{i}.json" for i in range(4)]
    power = 0.0
    for path in written:
        instance, own = finopt.load(files / path.name), finopt.load(path)
        evaluation = finopt.evaluate(instance, own.placement)  # type: ignore[union-attr,arg-type]
        assert evaluation.feasible
        power += evaluation.objective
    assert power == pytest.approx(result.objective, rel=1e-12)
