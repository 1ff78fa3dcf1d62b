"""Solvers that misbehave, for the processes of `finopt.solvers.apart`: ``solve(model, clock, tell)``.

As HiGHS they take ``(model, options)`` and tell `finopt.solvers.highs.Found`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from finopt.solvers import highs
from finopt.solvers.clock import Clock

CHUNK = 2**23
"""Bytes that are taken at a time."""


def says(model: Any, clock: Clock, tell: Any) -> Any:
    """Tells its number, and gives back what it got."""
    tell(os.getpid())
    return model


def loaded(model: Any, clock: Clock, tell: Any) -> list[str]:
    """The packages that its process has loaded."""
    return [name for name in sys.modules if "." not in name]


def obeys(model: Any, clock: Clock, tell: Any) -> str:
    """Works until its clock has expired."""
    tell("begun")
    while not clock.expired:
        time.sleep(0.001)
    return str(clock.ended)


def ignores(model: Any, clock: Clock, tell: Any) -> None:
    """Works for ever, whatever it is asked."""
    tell(os.getpid())
    while True:
        time.sleep(60)


def dies(model: Any, clock: Clock, tell: Any) -> None:
    """Is killed by a signal after it has found something."""
    tell("something")
    os.kill(os.getpid(), model)


def aborts_in_words(model: Any, clock: Clock, tell: Any) -> None:
    """Ends as compiled code does that finds no memory."""
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def raises(model: Any, clock: Clock, tell: Any) -> None:
    """Raises what it is given."""
    raise model


def takes_all(model: Any, clock: Clock, tell: Any) -> int:
    """Takes half a gigabyte, if it gets that, and looks at no clock."""
    taken = []
    while len(taken) < 64:
        taken.append(np.ones(CHUNK, np.uint8))
    return len(taken)


def grows(model: Any, clock: Clock, tell: Any) -> str:
    """Takes memory and looks at its clock."""
    taken = []
    while not clock.expired:
        taken.append(np.ones(CHUNK, np.uint8))
        time.sleep(0.001)
    return str(clock.ended)


def finds_and_ignores(task: Any, clock: Clock, tell: Any) -> None:
    """HiGHS that has found the best solution with a bound below it, and looks at no clock from then on."""
    answer = highs.solve_here(task, clock, None)
    tell(highs.Found(1, answer.bound / 2, answer.bound, answer.values))
    while True:
        time.sleep(60)


def finds_and_dies(task: Any, clock: Clock, tell: Any) -> None:
    """HiGHS that is killed after it has found the best solution."""
    answer = highs.solve_here(task, clock, None)
    tell(highs.Found(1, answer.bound / 2, answer.bound, answer.values))
    os.kill(os.getpid(), signal.SIGKILL)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, buried or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
