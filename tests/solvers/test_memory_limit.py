"""A limit of memory ends a call as one of time does: the best answer so far, nothing claimed too much."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import finopt
from finopt.formulations import model_size
from finopt.graph.resource import ResourceGraph
from finopt.problem.errors import BackendError
from finopt.problem.status import Status, Termination
from finopt.solvers import memory_limit, progress
from finopt.solvers.clock import Clock, OutOfTimeError
from finopt.solvers.memory_limit import MemoryLimit, address_space, resident
from tests.command_line import Write, run
from tests.conformance import check, methods
from tests.fake_time import FakeTime
from tests.random_instances import random_instance
from tests.test_conformance import joint, single

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

Sizes = Callable[..., list[int]]


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> Sizes:
    """Have the process be of these sizes, one after the other, then of the last; gives what is to come."""

    def follow(*wanted: int) -> list[int]:
        rest = list(wanted)
        monkeypatch.setattr(memory_limit, "resident", lambda: rest.pop(0) if len(rest) > 1 else rest[0])
        monkeypatch.setattr(memory_limit, "EVERY", 0.0)
        return rest

    return follow


# ------------------------------------------------------------ the clock


def test_what_counts_is_by_how_much_the_process_grows(sizes: Sizes) -> None:
    sizes(1000, 900, 1050, 1101)
    limit = MemoryLimit(100)
    assert not limit.reached
    assert not limit.reached
    assert limit.reached


def test_once_reached_it_stays_reached(sizes: Sizes) -> None:
    sizes(0, 101, 0)
    limit = MemoryLimit(100)
    assert limit.reached
    assert limit.reached
    assert limit.left == 100


def test_without_a_limit_nobody_looks(sizes: Sizes) -> None:
    left = sizes(1, 2)
    limit = MemoryLimit()
    assert not limit.reached
    assert len(left) == 2


def test_it_is_looked_at_now_and_then(sizes: Sizes, monkeypatch: pytest.MonkeyPatch) -> None:
    time = FakeTime(monkeypatch, memory_limit)
    left = sizes(0, 1, 2, 3)
    monkeypatch.setattr(memory_limit, "EVERY", 1.0)
    limit = MemoryLimit(100)
    for _ in range(1000):
        assert not limit.reached
    assert left == [2, 3]
    time.advance(1.0)
    assert not limit.reached
    assert left == [3]


def test_a_clock_has_expired_beyond_it_and_so_have_those_of_its_parts(sizes: Sizes) -> None:
    sizes(0, 0, 50, 101)
    clock = Clock(1000.0, 100)
    early = clock.earlier(1.0)
    assert not clock.expired
    assert not early.expired
    assert early.expired
    assert clock.expired
    assert (clock.remaining, clock.ended) == (0.0, Termination.MEMORY_LIMIT)
    with pytest.raises(OutOfTimeError):
        clock.check_stopped()


def test_after_it_there_is_a_respite_that_ends_as_it_did(sizes: Sizes) -> None:
    sizes(0, 101)
    clock = Clock(1000.0, 100)
    respite = clock.respite(500.0)
    assert not respite.expired
    assert respite.remaining > 0
    assert respite.ended is Termination.MEMORY_LIMIT


@linux
def test_linux_tells_what_a_process_takes() -> None:
    before = resident()
    taken = bytearray(b"x" * 50_000_000)
    assert 40e6 < resident() - before < 80e6
    assert address_space() > resident() > 0
    del taken


def test_elsewhere_the_most_that_it_was_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory_limit, "STATM", tmp_path / "nothing")
    assert resident() > 10e6
    assert address_space() == 0
    monkeypatch.setitem(sys.modules, "resource", None)
    with pytest.raises(BackendError, match="memory_limit needs a system that tells what a process takes"):
        Clock(1.0, 10**9)
    assert Clock(1.0).remaining > 0


# ------------------------------------------------------------ every method


@methods()
@pytest.mark.parametrize("looks", [1, 2, 4, 8, 16])
def test_beyond_it_nothing_is_claimed_that_is_not_so(method: str, looks: int, sizes: Sizes) -> None:
    for seed in range(10):
        instance, best = single(seed)
        sizes(*[0] * looks, 10**12)
        result = finopt.solve(instance, method, memory_limit=10**9)
        check(result, best)
        assert result.termination in (Termination.MEMORY_LIMIT, Termination.COMPLETED)
        if result.status is Status.NO_SOLUTION and result.termination is Termination.MEMORY_LIMIT:
            assert result.reason.startswith("stopped without an answer: memory limit")


@methods(lambda c: c.several)
@pytest.mark.parametrize("looks", [1, 4, 32, 256])
def test_beyond_it_nothing_is_claimed_of_several(method: str, looks: int, sizes: Sizes) -> None:
    for seed in range(3):
        instance, best = joint(seed)
        sizes(*[0] * looks, 10**12)
        result = finopt.solve(instance, method, memory_limit=10**9)
        check(result, best)
        assert result.termination in (Termination.MEMORY_LIMIT, Termination.COMPLETED)


def test_a_fleet_has_an_answer_beyond_it(sizes: Sizes, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after Ctrl-C, the assignments have a respite."""
    fleet = finopt.generate_fleet(60, 30, 5, 2, seed=1)
    monkeypatch.setattr(progress, "EVERY", 0.0)
    sizes(0)

    def grow(event: finopt.Progress) -> None:
        if event.phase == "prices" and (event.round or 0) >= 3:
            sizes(10**12)

    result = finopt.solve(fleet, "fin", memory_limit=10**9, progress=grow)
    assert (result.status, result.termination) == (Status.FEASIBLE, Termination.MEMORY_LIMIT)
    assert result.reason.endswith("a higher memory limit may close it")


@methods()
def test_with_room_enough_it_changes_nothing(method: str) -> None:
    for seed in range(3):
        instance = random_instance(seed)
        free, limited = (finopt.solve(instance, method, memory_limit=limit) for limit in (None, 10**10))
        assert (free.status, free.termination) == (limited.status, limited.termination)
        assert (free.objective, free.bound, free.placement) == (
            limited.objective,
            limited.bound,
            limited.placement,
        )


# ------------------------------------------------------------ refused beforehand


def never(*_: object, **__: object) -> None:
    """What must not be called."""
    raise AssertionError


@pytest.mark.parametrize("several", [False, True])
def test_milp_builds_no_model_that_cannot_be_within_it(
    several: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finopt.formulations.scaled_solve.build", never)
    instance = joint(0)[0] if several else single(0)[0]
    result = finopt.solve(instance, "milp", memory_limit=1000)
    assert (result.status, result.termination) == (Status.NO_SOLUTION, Termination.MEMORY_LIMIT)
    assert "memory limit while the model was being built: a model of at least " in result.reason
    assert result.reason.endswith(" kB or more, the memory limit is 1 kB")


def graph() -> ResourceGraph:
    """Three arcs, of which the cheaper path is too long."""
    return ResourceGraph.build(3, [0, 0, 1], [1, 2, 2], [1, 5, 1], [[2], [1], [2]], 0, [2], [3])


@pytest.mark.parametrize("method", ["milp", "cspp"])
@pytest.mark.parametrize("reduce", [False, True])
def test_a_path_that_the_bounds_know_is_an_answer_all_the_same(
    method: str, reduce: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYOMO", "CP_SAT"):
        monkeypatch.setattr(f"finopt.formulations.{'milp' if name == 'PYOMO' else 'cspp'}.{name}", 10**12)
    result = finopt.solve(
        finopt.load("instances/orlib/rcsp1.txt"), method, reduce=reduce, memory_limit=10**10
    )
    if result.status is not Status.OPTIMAL:
        assert result.termination is Termination.MEMORY_LIMIT
        assert "takes" in result.reason
    assert result.bound is not None and result.bound <= 131


def test_the_estimate_names_both_figures() -> None:
    clock = Clock(None, 10**9)
    model_size.refuse_too_large(10**5, 1200, clock)
    with pytest.raises(model_size.TooLargeError) as caught:
        model_size.refuse_too_large(10**6, 1200, clock)
    known = "a model of at least 1000000 arcs takes 1.2 GB or more, the memory limit is 1 GB"
    assert str(caught.value) == known
    model_size.refuse_too_large(10**12, 1200, Clock())


# ------------------------------------------------------------ the command line


@pytest.mark.parametrize(
    ("text", "size"),
    [("2000", 2e3), ("2kB", 2e3), ("500 MB", 5e8), ("1.5GiB", 1.5 * 2**30), ("2g", 2e9), (".5tb", 5e11)],
)
def test_sizes_on_the_command_line(
    text: str, size: float, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = SimpleNamespace(limit=0.0)
    solve = finopt.solve

    def noted(*args: object, **options: object) -> finopt.Result:
        given.limit = options["memory_limit"]
        return solve(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("finopt.cli.main.solve", noted)
    assert run("solve", write(), "--memory-limit", text).exit_code == 0
    assert given.limit == size


@pytest.mark.parametrize("text", ["2XB", "-1", "GB", "inf", "nan", "1e9", "", "2 G B", "iB"])
def test_what_is_no_size(text: str, write: Write) -> None:
    result = run("solve", write(), "--memory-limit", text)
    assert result.exit_code == 2
    assert f"{text!r} is no size; write it like 2GB, 500MB or 1.5GiB" in result.stderr


def test_the_command_line_says_that_it_was_reached(write: Write) -> None:
    result = run("solve", write(), "--method", "milp", "--memory-limit", "1kB")
    assert result.exit_code == 1
    assert "NO_SOLUTION" in result.stdout
    assert "memory limit is 1 kB" in result.stdout
    compared = run("compare", write(), "--methods", "milp,labels", "--memory-limit", "1kB")
    assert "memory limit is 1 kB" in compared.stdout
