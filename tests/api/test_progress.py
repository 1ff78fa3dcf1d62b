"""Progress of whole calls: every method tells it, and no answer depends on who listens."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

import finopt
from finopt import Progress, Result, Termination
from finopt.api.methods import CAPABILITIES
from finopt.cli import progress as cli_progress
from finopt.solvers import progress
from finopt.solvers.progress import END
from tests.command_line import Write, run
from tests.conformance import methods

PAPER = "instances/paper/b-alexnet-cifar10.json"
ORLIB = "instances/orlib/rcsp5.txt"


@pytest.fixture(autouse=True)
def all_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every report is an event."""
    monkeypatch.setattr(progress, "EVERY", 0.0)


def told(instance: Any, method: str, **options: Any) -> tuple[Result, list[Progress]]:
    """The answer and the events; it is the same as when nobody listens."""
    threads: set[int] = set()
    events: list[Progress] = []

    def listener(event: Progress) -> None:
        threads.add(threading.get_ident())
        events.append(event)

    result = finopt.solve(instance, method, progress=listener, **options)
    alone = finopt.solve(instance, method, **options)
    for name in ("status", "termination", "placement", "path", "objective", "bound"):
        assert getattr(result, name) == getattr(alone, name), name
    assert threads == {threading.get_ident()}
    check(result, events)
    return result, events


def check(result: Result, events: list[Progress]) -> None:
    assert [event.phase == END for event in events] == [False] * (len(events) - 1) + [True]
    assert len(events) > 1
    last = events[-1]
    assert (last.best, last.bound, last.gap) == (result.objective, result.bound, result.gap)
    assert all(a.seconds <= b.seconds for a, b in pairwise(events))
    limit = (result.objective or 0.0) * (1 + 1e-6)
    assert all(event.bound is None or event.bound <= limit for event in events)


def phases(events: list[Progress]) -> set[str]:
    return {event.phase.split(", ")[-1] for event in events}


@methods()
def test_every_method_tells_its_progress(method: str) -> None:
    told(finopt.load(PAPER), method)


@methods()
def test_every_method_tells_its_progress_on_a_path_problem(method: str) -> None:
    if CAPABILITIES[method].resources is None:
        told(finopt.load(ORLIB), method)


@pytest.mark.parametrize(
    ("method", "options", "phase"),
    [
        ("labels", {}, "label setting"),
        ("cspp", {"reduce": False}, "CP-SAT"),
        ("milp", {}, "HiGHS"),
        ("fin", {}, "levels"),
    ],
)
def test_long_phases_of_one_application(method: str, options: dict[str, Any], phase: str) -> None:
    instance = finopt.generate(9, 6, seed=3)
    _, events = told(instance, method, **options)
    assert phase in phases(events) or method in ("labels", "fin")  # the reduction may have closed the gap
    assert "reduction" in phases(events)


def test_labels_count() -> None:
    _, events = told(finopt.load(ORLIB), "labels")
    counts = [event.round for event in events if event.phase == "label setting"]
    assert counts == sorted(counts, key=lambda count: count or 0)
    assert all(event.best is not None for event in events if event.phase == "label setting")


def test_several_applications_by_prices() -> None:
    fleet = finopt.generate_fleet(60, 8, 3, 1, seed=2)
    _, events = told(fleet, "fin")
    assert {"building", "prices", "bound", "assignments", "annealing"} <= phases(events)
    rounds = [event.round for event in events if event.phase == "prices" and event.bound is not None]
    assert rounds == sorted(rounds, key=lambda count: count or 0)
    best = [event.best for event in events if event.best is not None]
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in pairwise(best))


def test_several_applications_in_turns() -> None:
    _, events = told(finopt.generate(6, 4, applications=3, seed=2), "cspp")
    assert [event.round for event in events if event.phase == "applications"][:3] == [0, 1, 2]


def test_several_applications_in_one_model() -> None:
    _, events = told(finopt.generate(5, 4, applications=3, seed=2), "milp")
    assert {"building graphs", "bounds of applications", "building the model", "HiGHS"} <= phases(events)


def raising(error: BaseException) -> Callable[[Progress], None]:
    def listener(event: Progress) -> None:
        raise error

    return listener


@methods()
def test_a_callable_that_raises_costs_no_answer(method: str) -> None:
    instance = finopt.load(PAPER)
    with pytest.warns(RuntimeWarning, match="progress raised ZeroDivisionError: by zero"):
        result = finopt.solve(instance, method, progress=raising(ZeroDivisionError("by zero")))
    assert result.placement == finopt.solve(instance, method).placement


def test_the_warning_points_at_the_call() -> None:
    with pytest.warns(RuntimeWarning) as caught:
        finopt.solve(finopt.load(PAPER), progress=raising(ZeroDivisionError("by zero")))
    assert caught[0].filename == __file__


def test_keyboard_interrupt_in_the_callable_ends_the_call_like_ctrl_c() -> None:
    fleet = finopt.generate_fleet(60, 8, 3, 1, seed=2)

    def enough(event: Progress) -> None:
        if event.best is not None and event.phase != END:
            raise KeyboardInterrupt

    result = finopt.solve(fleet, "fin", progress=enough, on_interrupt="return")
    assert result.termination is Termination.INTERRUPTED
    assert result.placement is not None


def test_a_call_within_the_callable_is_not_heard() -> None:
    instance = finopt.load(PAPER)
    events: list[Progress] = []

    def listener(event: Progress) -> None:
        events.append(event)
        finopt.solve(instance, "labels")

    finopt.solve(instance, "mcp", progress=listener)
    assert [event.phase == END for event in events].count(True) == 1


def test_points_of_a_front() -> None:
    events: list[Progress] = []
    instance = finopt.load(PAPER)
    fronts = finopt.pareto(instance, [0.8], progress=events.append)
    assert fronts == finopt.pareto(instance, [0.8])
    counts = [event.round for event in events if event.phase == "front at accuracy 0.8"]
    assert counts == list(range(len(fronts[0].points) + 1))
    assert events[-1].phase == END
    assert {event.best for event in events} == {None}


@pytest.mark.parametrize("wrong", ["yes", 1, None])
def test_progress_is_a_flag_or_a_callable(wrong: Any) -> None:
    with pytest.raises(TypeError, match="progress must be True or False or a callable"):
        finopt.solve(finopt.load(PAPER), progress=wrong)


def test_many_have_a_bar_only() -> None:
    with pytest.raises(TypeError, match="progress must be True or False, got"):
        finopt.solve_many([], progress=print)  # type: ignore[arg-type]


@pytest.mark.parametrize("command", ["solve", "compare", "pareto"])
def test_a_pipe_is_silent_and_verbose_logs_a_line_per_event(command: str, write: Write) -> None:
    file = write()
    assert run(command, file).stderr == ""
    verbose = run(command, file, "-v")
    assert verbose.exit_code == 0
    lines = verbose.stderr.splitlines()
    assert len(lines) > 1
    assert all(line.endswith(" s") for line in lines)
    assert lines[-1].startswith(f"{END}, ")
    assert run(command, file).stderr == ""


def test_the_json_of_a_verbose_call_is_clean(write: Write) -> None:
    assert run("solve", write(), "-v", "--json").stdout.startswith('{\n  "format": "finopt-result"')


def test_a_terminal_shows_a_line_unless_it_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal in (True, False):
        monkeypatch.setattr(sys.stderr, "isatty", lambda is_one=terminal: is_one, raising=False)
        with cli_progress.shown(False) as line:
            assert line is terminal
        with cli_progress.shown(True) as line:
            assert line is False
