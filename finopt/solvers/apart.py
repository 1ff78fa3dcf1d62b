"""A solver in a process of its own: the only way to end one that looks at no clock, or takes all memory.

A call costs what it takes to send its model, and the first one the start of the process. While a model is
small, solvers look at the clock often enough, and a thread does; of a large one a single step may take a
minute. `pays` draws the line. The answer is the same on both sides of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from finopt.solvers.background import run
from finopt.solvers.clock import Clock
from finopt.solvers.memory import is_out_of_memory
from finopt.solvers.messages import ANSWER, FOUND, Said, packed
from finopt.solvers.solver_process import NoProcessError, SolverProcess, given_back, start_one, taken
from finopt.solvers.solver_worker import Request

LARGE = 100_000
"""Coefficients from which a model is solved in a process of its own: HiGHS stopped within 0.2 s of its limit
on 66 000, and not within 0.25 s on 140 000."""

BEGUN, GIVEN_UP = "begun", "given up"


def pays(coefficients: int, clock: Clock) -> bool:
    """Whether a model of this size is solved in a process of its own.

    With a limit of memory each is: here nothing would end a solver that asks for too much.
    """
    return coefficients >= LARGE or math.isfinite(clock.memory.limit)


def prepare(coefficients: int, clock: Clock) -> None:
    """Start a process while a model of so many coefficients is still being built, if it will need one."""
    if pays(coefficients, clock):
        start_one()


class Outcome(NamedTuple):
    """What came of a call: its answer, None where there was none in time; how its process died, if it did."""

    answer: Any
    death: str = ""
    out_of_memory: bool = False


def solved_apart(
    solve: Callable[..., Any], model: Any, clock: Clock, threads: int, hear: Callable[[Any], None]
) -> Outcome:
    """Let a process solve a model, and end it when it is late.

    Parameters
    ----------
    solve : callable
        A function of a module: ``solve(model, clock, tell)``.
    model
        What it solves; anything that can be pickled.
    clock : Clock
        Of the whole call.
    threads : int
        That it may start, at most.
    hear : callable
        Is called in this thread with all that ``tell`` is told.

    Raises
    ------
    NoProcessError
        None can be started.
    Exception
        Whatever ``solve`` raised; MemoryError only where there is no limit of memory.
    """
    call = _Call(Request(solve, model, math.inf, math.inf, threads), clock)

    def pass_on() -> None:
        while call.found:
            hear(call.found.pop(0))

    try:
        ended = run(call.carry_out, call.cancel, clock, pass_on)
    finally:
        call.give_up()
    pass_on()
    return call.outcome() if ended else Outcome(None)


class _Call:
    """What is said between this process and that of a solver, in a thread of its own.

    The thread that waits takes no lock: KeyboardInterrupt may hit it anywhere.
    """

    def __init__(self, request: Request, clock: Clock) -> None:
        self.found: list[Any] = []
        self._request, self._clock = request, clock
        self._process: SolverProcess | None = None
        self._fate: dict[str, str] = {}
        self._end: list[Said | str] = []

    def carry_out(self) -> None:
        """Have it solved; nothing where it was given up before the process was ready, which stays."""
        process = taken()
        try:
            process.wait_until_ready()
        except (EOFError, OSError) as error:
            raise NoProcessError(process.buried()) from error
        self._process = process
        if self._fate.setdefault("fate", BEGUN) == BEGUN:
            self._converse(process)
        else:
            given_back(process)

    def _converse(self, process: SolverProcess) -> None:
        seconds, memory = self._clock.remaining, self._clock.memory.left
        try:
            process.ask(packed(self._request._replace(seconds=seconds, memory=memory)))
            while (said := process.hear()).kind == FOUND:
                self.found.append(said.content)
        except (EOFError, OSError):
            self._end.append(process.buried())
            return
        self._end.append(said)
        if said.usable:
            given_back(process)
        else:
            process.buried()

    def cancel(self) -> None:
        """Ask it to stop; to be done again until it does."""
        if self._process is not None:
            self._process.cancel()

    def give_up(self) -> None:
        """Whatever it still does is for nobody: end a process that works on it."""
        begun = self._fate.setdefault("fate", GIVEN_UP) == BEGUN
        if begun and not self._end and self._process is not None:
            self._process.kill()

    def outcome(self) -> Outcome:
        """What came of it."""
        limited = math.isfinite(self._clock.memory.limit)
        (end,) = self._end
        if isinstance(end, str):
            return Outcome(None, f"its process {end}", limited and not _from_outside(end))
        if end.kind == ANSWER:
            return Outcome(end.content)
        if limited and is_out_of_memory(end.content):
            return Outcome(None, "its process found no more memory", out_of_memory=True)
        raise end.content


def _from_outside(end: str) -> bool:
    """Whether a process was killed by another one; one that finds no memory aborts, or crashes."""
    return any(name in end for name in ("SIGKILL", "SIGTERM", "SIGINT"))
