"""Instances that misbehave in the middle of being solved, for the tests of `solve_many`."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import finopt
from finopt.api import processes

serve = processes._serve
DEATHS = "FINOPT_TEST_DEATHS"
"""The variable of the environment that names a directory: each file in it is one death to die."""


def small(seed: int = 0) -> finopt.Instance:
    """A small instance."""
    return finopt.generate(4, 3, seed=seed)


class Killed(finopt.Instance):
    """The process that solves it is killed."""

    def admissible(self, application: finopt.Application) -> list[int]:
        os.kill(os.getpid(), signal.SIGKILL)
        return []


class Ended(finopt.Instance):
    """The process that solves it ends, with the exit code in `source`."""

    def admissible(self, application: finopt.Application) -> list[int]:
        os._exit(int(self.source))


class Buggy(finopt.Instance):
    """Solving it raises what is no error of finopt."""

    def admissible(self, application: finopt.Application) -> list[int]:
        raise ZeroDivisionError("a bug")


class Slow(finopt.Instance):
    """Leaves the id of its process in the file `source`, and goes on when the file `description` exists."""

    def admissible(self, application: finopt.Application) -> list[int]:
        Path(self.source).write_text(str(os.getpid()), encoding="utf-8")
        while not Path(self.description).exists():
            time.sleep(0.01)
        return super().admissible(application)


def killed_at_start(connection: Connection) -> None:
    """A worker process that is killed before it is ready, as long as there are files for it to delete."""
    for death in Path(os.environ[DEATHS]).iterdir():
        with suppress(FileNotFoundError):  # then another process took it
            death.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
    serve(connection)


class Unsendable(finopt.Instance):
    """Cannot be pickled."""

    def __reduce__(self) -> Any:
        raise TypeError("this one stays")


def misbehaving(kind: type[finopt.Instance], **fields: str) -> finopt.Instance:
    """The small instance as one of these."""
    return kind.model_validate(small().model_dump() | fields)


def wait_for(condition: Any, seconds: float = 300.0) -> Any:
    """What a condition gives, as soon as it gives something true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)
    return found


def alive(pid: int) -> bool:
    """Whether a process exists, be it only as a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
