"""Work in a thread of its own, which Ctrl-C asks to stop and never cuts off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from finopt.solvers import background
from finopt.solvers.clock import Clock
from finopt.solvers.interruption import noted
from finopt.solvers.jit import Kernel


class Solver:
    """Stands for a solver that works until it is asked to stop."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.ended = threading.Event()

    def solve(self) -> None:
        self.asked.wait(60)
        self.ended.set()

    def cancel(self) -> None:
        self.asked.set()


def test_ctrl_c_asks_a_solver_to_stop_and_waits_for_it() -> None:
    solver = Solver()
    with noted():
        signal.raise_signal(signal.SIGINT)
        assert background.run(solver.solve, solver.cancel, Clock())
    assert solver.ended.is_set()


def test_a_solver_that_does_not_stop_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "PATIENCE", 0.0)
    monkeypatch.setattr(background, "left_alone", [])
    solver, asked = Solver(), []
    assert not background.run(solver.solve, lambda: asked.append(True), Clock(0))
    assert asked
    assert background.still_at_work()
    solver.cancel()
    background._wait_for_all()
    assert not background.still_at_work()


def test_what_the_work_raises_is_raised() -> None:
    def work() -> None:
        raise ValueError("of the work")

    with pytest.raises(ValueError, match="of the work"):
        background.run(work, lambda: None, Clock())


def interrupted_at(step: int, call: Callable[[], Any]) -> tuple[Any, bool]:
    """What a call returns when KeyboardInterrupt hits it at so many instructions; whether it did."""
    count = [0]

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != background.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            count[0] += 1
            if count[0] == step:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return call(), count[0] >= step
    finally:
        sys.settrace(before)


def test_keyboard_interrupt_at_any_instruction_never_loses_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The work has ended when `run` returns, though it was interrupted while it was started or waited for."""
    step, hit, outside = 1, True, 0
    while hit:
        solver, clock = Solver(), Clock(600.0)
        monkeypatch.setattr(background, "left_alone", [])
        threading.Timer(0.02, solver.cancel).start()
        try:
            ended, hit = interrupted_at(step, partial(background.run, solver.solve, solver.cancel, clock))
        except KeyboardInterrupt:  # before the work began, or after it ended
            outside += 1
            solver.cancel()
            background._wait_for_all()
            assert not background.left_alone
        else:
            assert ended
            assert solver.ended.is_set()
            assert clock.interrupted == hit
        step += 1
    assert step > 100
    assert outside > 0


def test_a_compiler_at_work_is_left_alone_at_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def double(x: float) -> float:
        return 2 * x

    kernel = Kernel(double)
    monkeypatch.setattr(background, "run", lambda work, cancel, clock: False)
    with pytest.raises(KeyboardInterrupt):
        kernel(10**9, 1.0)
    monkeypatch.undo()
    assert kernel(10**9, 1.0) == 2.0


def test_what_ctrl_c_makes_of_a_compiled_loop_is_keyboard_interrupt() -> None:
    def interrupted(x: float) -> float:
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()

    kernel = Kernel(abs)
    kernel._ready, kernel._compiled = True, interrupted
    with pytest.raises(KeyboardInterrupt):
        kernel(10**9, 1.0)


def test_a_loop_stays_python_where_numba_is_switched_off() -> None:
    asked = (
        "from finopt.solvers.jit import Kernel; k = Kernel(lambda x: 2 * x); print(k(10**9, 1), k._compiled)"
    )
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["2", "None"]
