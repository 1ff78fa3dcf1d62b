"""Ctrl-C: noted at once, answered at the next look at the clock, whatever is being done."""

from __future__ import annotations

import math
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

import finopt
from finopt.api.methods import CAPABILITIES, METHODS
from finopt.problem.status import Status, Termination
from finopt.solvers import background, interruption
from finopt.solvers.clock import Clock, OutOfTimeError
from finopt.solvers.interruption import Interrupt, current, noted, once, postponed
from tests import interrupts
from tests.command_line import Write, run
from tests.conformance import named


def press() -> None:
    """Ctrl-C."""
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """Every test begins with Python's handler, no echo, and leaves the handler as it was."""
    interruption._last[0] = -math.inf
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


# ------------------------------------------------------------ the flag


def test_the_first_ctrl_c_is_noted_and_the_clock_has_expired() -> None:
    with noted() as interrupt:
        clock = Clock()
        assert not clock.expired
        press()
        assert interrupt.pressed
        assert clock.expired
        assert clock.remaining == 0
        assert clock.ended is Termination.INTERRUPTED
        with pytest.raises(OutOfTimeError):
            clock.check()
    assert not current().pressed


def test_an_echo_of_ctrl_c_does_nothing_and_a_second_one_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "ECHO", math.inf)
    with noted() as interrupt:
        press()
        press()
        assert interrupt.count == 1
        monkeypatch.setattr(interruption, "ECHO", 0.0)
        with pytest.raises(KeyboardInterrupt):
            press()


def test_blocks_inside_one_another_share_what_is_noted() -> None:
    with noted() as outer:
        with noted() as inner:
            press()
        assert inner is outer
        assert Clock().expired


def test_another_handler_and_another_thread_stay_as_they_are() -> None:
    seen = []

    def own(signum: int, frame: FrameType | None) -> None:
        seen.append(signum)

    signal.signal(signal.SIGINT, own)
    with noted() as interrupt:
        press()
    assert seen == [signal.SIGINT]
    assert not interrupt.pressed
    assert signal.getsignal(signal.SIGINT) is own
    signal.signal(signal.SIGINT, signal.default_int_handler)
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(finopt.solve(finopt.generate(5, 3))))
    thread.start()
    thread.join()
    assert results[0].status is Status.OPTIMAL


def test_what_is_postponed_comes_at_the_end() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), postponed():
        press()
        steps.append("went on")
    assert steps == ["went on"]


def test_a_command_is_interrupted_once_and_not_in_an_import(tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "imported.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGINT)\nwhole = True\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    again = []
    monkeypatch.setattr(interruption._thread, "start_new_thread", lambda work, _: again.append(work))
    with once():
        import imported  # type: ignore[import-not-found]

        assert imported.whole
        assert again == [interruption._once_more]
        with pytest.raises(KeyboardInterrupt):
            press()
        press()  # an echo


# ------------------------------------------------------------ every method


class Looks:
    """Presses Ctrl-C at one of the looks at the clock, and counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: float = math.inf) -> None:
        self.count = 0
        pressed = Interrupt.pressed

        def look(interrupt: Interrupt) -> bool:
            self.count += 1
            if self.count == at:
                press()
            return pressed.__get__(interrupt)

        monkeypatch.setattr(Interrupt, "pressed", property(look))
        monkeypatch.setattr(background, "POLL", 600.0)  # or waiting looks as often as time lets it


SEVERAL = finopt.generate_fleet(8, 8, 2, 1, scarcity=0.3, seed=1)

CALLS = [(method, 1) for method in METHODS] + [(method, 8) for method in named(lambda c: c.several)]


@pytest.mark.parametrize(("method", "applications"), CALLS)
def test_every_method_answers_ctrl_c_with_the_best_so_far(
    method: str, applications: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = finopt.generate(12, 5, tightness=0.3, seed=2)
    instance = one if applications == 1 else SEVERAL
    best = finopt.solve(instance, "milp").objective
    with monkeypatch.context() as patch:
        whole = Looks(patch)
        assert finopt.solve(instance, method).termination is not Termination.INTERRUPTED
    looks = sorted({1, 2, 3, *(round(whole.count * share) for share in (0.1, 0.25, 0.5, 0.75, 0.9))})
    for at in (look for look in looks if 1 <= look <= whole.count):
        with monkeypatch.context() as patch:
            Looks(patch, at)
            interruption._last[0] = -math.inf
            with pytest.raises(finopt.Interrupted) as caught:
                finopt.solve(instance, method)
        result = caught.value.result
        assert result.termination is Termination.INTERRUPTED, at
        assert result.bound is not None or not CAPABILITIES[method].bounded
        assert result.bound is None or result.bound <= best * (1 + 1e-9)
        if result.objective is not None:
            assert result.objective >= best * (1 - 1e-9)
            assert finopt.evaluate(instance, result.placement).feasible
        else:
            assert result.status is Status.NO_SOLUTION
            assert "interrupted" in result.reason
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert capsys.readouterr().out == ""


def test_a_second_ctrl_c_that_nobody_catches_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "ECHO", 0.0)

    def impatient(*arguments: Any, **options: Any) -> None:
        press()
        press()

    monkeypatch.setattr("finopt.heuristics.fin.solve", impatient)
    with pytest.raises(KeyboardInterrupt):
        finopt.solve(finopt.generate(5, 3))


def test_pareto_answers_ctrl_c_with_the_points_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = finopt.generate(12, 5, seed=2)
    with monkeypatch.context() as patch:
        whole = Looks(patch)
        points = {p.latency for front in finopt.pareto(instance) for p in front.points}
    found = set()
    for share in (0.0, 0.3, 0.6, 0.9):
        with monkeypatch.context() as patch:
            Looks(patch, 1 + round(share * whole.count))
            interruption._last[0] = -math.inf
            fronts = finopt.pareto(instance, on_interrupt="return")
        assert fronts[-1].termination is Termination.INTERRUPTED
        assert not fronts[-1].complete
        found.add(len({p.latency for front in fronts for p in front.points}))
        assert {p.latency for front in fronts for p in front.points} <= points
    assert len(found) > 1


def test_a_loop_of_calls_ends_at_ctrl_c_with_the_answer_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    instance, answers = finopt.generate(12, 5, seed=2), []
    Looks(monkeypatch, 30)
    with pytest.raises(KeyboardInterrupt, match=r"the answer so far is in \.result: <Result") as caught:
        for _ in range(1000):
            answers.append(finopt.solve(instance))
    assert len(answers) < 1000
    assert caught.value.result.termination is Termination.INTERRUPTED  # type: ignore[attr-defined]


def test_where_it_is_asked_for_the_answer_so_far_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = finopt.generate(12, 5, seed=2)
    Looks(monkeypatch, 1)
    assert finopt.solve(instance, on_interrupt="return").termination is Termination.INTERRUPTED


def test_an_interrupted_front_is_raised_with_its_points(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = finopt.generate(12, 5, seed=2)
    Looks(monkeypatch, 3)
    with pytest.raises(finopt.Interrupted) as caught:
        finopt.pareto(instance)
    assert caught.value.result[-1].termination is Termination.INTERRUPTED


# ------------------------------------------------------------ commands


def test_sigterm_is_like_ctrl_c_for_a_command_and_nothing_of_ours_elsewhere() -> None:
    default = signal.getsignal(signal.SIGTERM)
    with noted():
        assert signal.getsignal(signal.SIGTERM) is default
    with once():
        with noted() as interrupt:
            signal.raise_signal(signal.SIGTERM)
        assert interrupt.count == 1
        interruption._last[0] = -math.inf
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is default


def test_an_interrupted_solve_prints_its_answer(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    Looks(monkeypatch, 1)
    result = run("solve", write(), "--json")
    assert result.exit_code == 130
    assert '"INTERRUPTED"' in result.stdout


def test_an_interrupted_comparison_ends_with_the_results_so_far(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    Looks(monkeypatch, 1)
    result = run("compare", write(), "--methods", "fin,labels")
    assert result.exit_code == 130
    assert "fin" in result.stdout
    assert "labels" not in result.stdout


def test_an_interrupted_front_says_so(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    Looks(monkeypatch, 1)
    result = run("pareto", write())
    assert result.exit_code == 130
    assert "cut short" in result.stdout


# ------------------------------------------------------------ milp looks at the clock while it builds


def test_milp_says_that_time_ran_out_while_it_was_building(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At whatever look at the clock it happens, and Pyomo prints nothing about it."""
    instance, looks = SEVERAL, [0]
    elapsed = Clock.elapsed

    def counting(at: float) -> property:
        def look(clock: Clock) -> float:
            looks[0] += 1
            return math.inf if looks[0] >= at else elapsed.__get__(clock)

        return property(look)

    monkeypatch.setattr(Clock, "elapsed", counting(math.inf))
    assert finopt.solve(instance, "milp", time_limit=1e6).status is Status.OPTIMAL
    most, reasons = looks[0], set()
    assert most > 200
    for share in (0.0, 0.02, 0.1, 0.2, 0.4, 0.6):
        looks[0] = 0
        monkeypatch.setattr(Clock, "elapsed", counting(1 + share * most))
        result = finopt.solve(instance, "milp", time_limit=1e6)
        assert result.termination is Termination.TIME_LIMIT
        assert result.bound is not None
        reasons.add(result.reason)
    assert "stopped without an answer: time limit while the model was being built" in reasons
    assert capsys.readouterr().out == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
def test_at_random_moments_nothing_goes_wrong() -> None:
    assert interrupts.main(count=12) == 0
