"""finopt.solve_many: one result per instance, whatever happens to the instance or to its worker."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt.problem.status import Status, Termination
from tests.many_workers import (
    Buggy,
    Ended,
    Killed,
    Slow,
    Unsendable,
    alive,
    misbehaving,
    small,
    wait_for,
)

FILE = "instances/paper/b-alexnet-cifar10.json"


def by_index(results: Iterator[finopt.Result]) -> dict[int | None, finopt.Result]:
    """The results by the place of their instance; each has one."""
    found = list(results)
    indices = {result.index: result for result in found}
    assert len(indices) == len(found)
    return indices


def figures(result: finopt.Result) -> Any:
    """What must not depend on who solved it."""
    return result.status, result.placement, result.objective, result.bound, result.stats


class Immediately(ThreadPoolExecutor):
    """Works while one waits, and notes what it was given."""

    def __init__(self) -> None:
        super().__init__(max_workers=1)
        self.given = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.given += 1
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize("method", ["labels", "fin"])
def test_processes_give_the_answers_of_solve(method: str) -> None:
    instances = [small(seed) for seed in range(6)]
    results = by_index(finopt.solve_many(instances, method, workers=2))
    assert sorted(results) == list(range(6))
    for index, instance in enumerate(instances):
        assert figures(results[index]) == figures(finopt.solve(instance, method))


def test_any_executor_will_do_and_stays_open() -> None:
    with ThreadPoolExecutor(2) as pool:
        results = by_index(finopt.solve_many([small(0), small(1)], executor=pool))
        assert pool.submit(sum, [1, 2]).result() == 3
    for seed in range(2):
        assert figures(results[seed]) == figures(finopt.solve(small(seed)))


def test_options_reach_the_method() -> None:
    (result,) = finopt.solve_many([small()], "milp", executor=Immediately(), time_limit=0.0)
    assert result.termination is Termination.TIME_LIMIT


def test_files_and_graphs_are_solved_too() -> None:
    graph = finopt.load("instances/orlib/rcsp1.txt")
    results = by_index(finopt.solve_many([FILE, Path(FILE), graph], executor=Immediately()))
    assert results[0].objective == results[1].objective == finopt.solve(finopt.load(FILE)).objective
    assert results[2].objective == 131.0


def test_results_come_in_order_of_completion(tmp_path: Path) -> None:
    note, go = tmp_path / "note", tmp_path / "go"
    slow = misbehaving(Slow, source=str(note), description=str(go))
    results = finopt.solve_many([slow, small(1), small(2)], workers=2)
    assert {next(results).index, next(results).index} == {1, 2}
    go.touch()
    last = next(results)
    assert (last.index, last.objective) == (0, finopt.solve(small()).objective)


def test_a_result_with_an_index_is_pickled_and_compared() -> None:
    (result,) = finopt.solve_many([small()], executor=Immediately())
    assert pickle.loads(pickle.dumps(result)) == result
    assert result.index == 0
    assert finopt.solve(small()).index is None


# ---------------------------------------------------------------- how many are taken


def test_instances_are_taken_as_they_are_needed() -> None:
    taken = []

    def endless() -> Iterator[finopt.Instance]:
        while True:
            taken.append(len(taken))
            yield small()

    results = finopt.solve_many(endless(), "labels", executor=Immediately(), ahead=3)
    assert taken == []
    for count in range(1, 6):
        next(results)
        assert len(taken) == count + 2
    results.close()  # type: ignore[attr-defined]


def test_no_instances_give_no_results() -> None:
    assert list(finopt.solve_many([])) == []


def test_an_error_of_the_generator_reaches_the_caller() -> None:
    def broken() -> Iterator[finopt.Instance]:
        yield small()
        raise LookupError("no more")

    results = finopt.solve_many(broken(), "labels", workers=1)
    with pytest.raises(LookupError, match="no more"):
        list(results)
    assert active_children() == []


# ---------------------------------------------------------------- what goes wrong


def test_what_fails_costs_only_its_own_instance(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"format": "finopt-instance"}', encoding="utf-8")
    given = [small(0), broken, misbehaving(Buggy), misbehaving(Unsendable), small(1)]
    results = by_index(finopt.solve_many(given, "labels", workers=2))
    assert [results[i].status for i in (0, 4)] == [Status.OPTIMAL] * 2
    for i, reason in (
        (1, "InstanceError: .*broken.json"),
        (2, "ZeroDivisionError: a bug"),
        (3, "this one stays"),
    ):
        assert results[i].termination is Termination.ERROR
        assert results[i].status is Status.NO_SOLUTION
        assert results[i].placement is None
        with pytest.raises(AssertionError, match=reason):
            raise AssertionError(results[i].reason)
    assert "in admissible" in results[2].stats["traceback"]


def test_a_killed_worker_costs_only_its_own_instance() -> None:
    given = [small(0), misbehaving(Killed), small(1), misbehaving(Ended, source="7"), small(2), small(3)]
    results = by_index(finopt.solve_many(given, "labels", workers=2))
    assert sorted(results) == list(range(6))
    for index, seed in ((0, 0), (2, 1), (4, 2), (5, 3)):
        assert figures(results[index]) == figures(finopt.solve(small(seed), "labels"))
    assert "WorkerDiedError" in results[1].reason
    assert "was killed by SIGKILL" in results[1].reason
    assert "ended with exit code 7" in results[3].reason
    for index in (1, 3):
        assert (results[index].status, results[index].termination) == (Status.NO_SOLUTION, Termination.ERROR)


def test_a_worker_that_is_killed_from_outside_is_replaced(tmp_path: Path) -> None:
    notes = [tmp_path / "note0", tmp_path / "note1"]
    go = tmp_path / "go"
    slow = [misbehaving(Slow, source=str(note), description=str(go)) for note in notes]
    results = finopt.solve_many([*slow, small(1), small(2)], "labels", workers=1, ahead=4)

    def kill(call: Any) -> None:
        pid = wait_for(lambda: notes[0].exists() and notes[0].read_text(encoding="utf-8"))
        os.kill(int(pid), signal.SIGKILL)
        wait_for(notes[1].exists)
        go.touch()

    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(kill, None)
        found = by_index(results)
        killed.result()
    assert [found[i].status.value for i in range(4)] == ["NO_SOLUTION", "OPTIMAL", "OPTIMAL", "OPTIMAL"]
    assert notes[0].read_text(encoding="utf-8") != notes[1].read_text(encoding="utf-8")


def test_a_broken_pool_that_was_given_loses_no_instance() -> None:
    given = [misbehaving(Killed), *(small(seed) for seed in range(5))]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        results = by_index(finopt.solve_many(given, "labels", executor=pool, ahead=3))
    assert sorted(results) == list(range(6))
    for result in results.values():
        assert result.termination is Termination.ERROR
        assert "BrokenProcessPool" in result.reason


# ---------------------------------------------------------------- the end before the end


def test_who_stops_early_leaves_no_process(tmp_path: Path) -> None:
    slow = misbehaving(Slow, source=str(tmp_path / "note"), description=str(tmp_path / "never"))
    results = finopt.solve_many([slow, small(1), slow, slow], "labels", workers=2)
    assert next(results).index == 1
    wait_for((tmp_path / "note").exists)
    results.close()  # type: ignore[attr-defined]
    assert active_children() == []


SCRIPT = """
from pathlib import Path
import finopt
from tests.many_workers import Slow, misbehaving, small

if __name__ == "__main__":
    slow = [misbehaving(Slow, source=f"note{i}", description="never") for i in range(4)]
    try:
        for result in finopt.solve_many([small(), *slow], "labels", workers=2):
            print("answer", result.index, flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_its_script(how: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    script = subprocess.Popen(
        [sys.executable, "script.py"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        notes = [tmp_path / "note0", tmp_path / "note1"]
        pids = [
            int(wait_for(lambda note=note: note.exists() and note.read_text(encoding="utf-8")))
            for note in notes
        ]
        assert script.stdout is not None
        assert script.stdout.readline() == "answer 0\n"
        script.send_signal(how)
        told, _ = script.communicate(timeout=60)
    finally:
        script.kill()
    assert told == ("interrupted\n" if how is signal.SIGINT else "")
    for pid in pids:
        wait_for(lambda pid=pid: not alive(pid))


def test_a_script_without_a_main_guard_is_told(tmp_path: Path) -> None:
    text = "import finopt\nprint(list(finopt.solve_many([finopt.generate(3, 2)], workers=1)))\n"
    (tmp_path / "script.py").write_text(text, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert 'call this under `if __name__ == "__main__":`' in ended.stderr
    assert ended.stderr.count("An attempt has been made to start a new process") == 1


# ---------------------------------------------------------------- the rest


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "unknown method 'magic'"),
        ({"gama": 3}, "'fin' has no option 'gama'"),
        ({"ahead": 0}, "ahead must be at least 1, got 0"),
        ({"workers": 0}, "workers must be at least 1, got 0"),
        ({"workers": 2, "executor": Immediately()}, "workers is for the default executor"),
    ],
)
def test_wrong_options_are_refused_before_anything_runs(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        finopt.solve_many([small()], **options)


@pytest.mark.parametrize("given", [FILE, Path(FILE), small()])
def test_one_instance_is_not_many(given: Any) -> None:
    with pytest.raises(TypeError, match="takes a list or iterator of instances"):
        finopt.solve_many(given)


def test_the_bar_counts_instances_and_failures(capsys: pytest.CaptureFixture[str]) -> None:
    given = [small(), "no-such-file.json"]
    list(finopt.solve_many(given, executor=Immediately(), progress=True))
    shown = capsys.readouterr().err
    assert "2/2" in shown
    assert "failed=1" in shown
    list(finopt.solve_many(given, executor=Immediately()))
    assert capsys.readouterr().err == ""
