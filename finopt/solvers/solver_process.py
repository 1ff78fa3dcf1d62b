"""Processes for solvers: started when they are first needed, kept for the next call, ended with this one.

They are started with ``python -m``: a process of `multiprocessing` would run a script without a main guard
once more. One that loses its parent sees the end of its input, and ends.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from io import RawIOBase
from pathlib import Path
from typing import Any, cast

from finopt.solvers.child_process import ONE_THREAD, how_ended
from finopt.solvers.messages import CANCEL, Said, receive, send, unpacked

WORKER = "finopt.solvers.solver_worker"

KEPT = 1
"""Processes that wait for the next call, at most; more are started where calls come at one time."""

ENDING = 5.0
"""Seconds that a process which closed its output has to end by itself."""

LAST_WORDS = 200
"""Characters of what a process said at its end."""


class NoProcessError(Exception):
    """No process can be started: what it was to do can only be done here."""


class SolverProcess:
    """One process.

    Raises
    ------
    OSError
        It cannot be started.
    """

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._popen = subprocess.Popen(
            [sys.executable, "-P", "-m", WORKER],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=ONE_THREAD | os.environ | {"PYTHONPATH": _path()},
            **_away_from_ctrl_c(),
        )
        self._requests = cast(RawIOBase, self._popen.stdin)
        self._answers = cast(RawIOBase, self._popen.stdout)
        self._sending = threading.Lock()
        self._is_ready = False
        _all.add(self)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._popen.poll() is None

    def wait_until_ready(self) -> None:
        """Until it takes calls; EOFError: it ends before."""
        if not self._is_ready:
            self.hear()
            self._is_ready = True

    def ask(self, message: bytes) -> None:
        """Send it a call."""
        with self._sending:
            send(self._requests, message)

    def cancel(self) -> None:
        """Ask it to stop; nothing while its call is still being sent, so ask again."""
        if self._sending.acquire(blocking=False):
            try:
                with suppress(OSError, ValueError):
                    send(self._requests, CANCEL)
            finally:
                self._sending.release()

    def hear(self) -> Said:
        """What it says next; EOFError: nothing any more."""
        return Said(*unpacked(receive(self._answers)))

    def kill(self) -> None:
        """End it now."""
        self._popen.kill()

    def buried(self) -> str:
        """How it ended, in words; it must be ending."""
        try:
            self._popen.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        _all.discard(self)
        for stream in (self._requests, self._answers):
            stream.close()
        with self._errors:
            self._errors.seek(0)
            words = self._errors.read().decode(errors="replace").split()
        last = " ".join(words)[-LAST_WORDS:]
        return how_ended(self._popen.returncode) + (f" ({last})" if last else "")


def start_one() -> None:
    """Start a process for the next call unless one waits; where none can be started, that call finds out."""
    if not _idle:
        with suppress(NoProcessError):
            _idle.append(_started())


def taken() -> SolverProcess:
    """A process for one call: one that waits, or a new one.

    Raises
    ------
    NoProcessError
    """
    while True:
        try:
            process = _idle.pop()
        except IndexError:
            break
        if process.alive:
            return process
        process.buried()
    return _started()


def _started() -> SolverProcess:
    if not sys.executable:
        raise NoProcessError("nobody knows where Python is")
    try:
        return SolverProcess()
    except OSError as error:
        raise NoProcessError(str(error)) from error


def given_back(process: SolverProcess) -> None:
    """Keep a process for the next call, or end it."""
    if len(_idle) < KEPT and process.alive:
        _idle.append(process)
    else:
        process.kill()
        process.buried()


def _path() -> str:
    """Where the process finds modules: where this one does."""
    return os.pathsep.join(path or str(Path.cwd()) for path in sys.path)


def _away_from_ctrl_c() -> dict[str, Any]:
    """Ctrl-C on a terminal reaches all processes of a group, and is for this one to decide."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


_idle: list[SolverProcess] = []
_all: set[SolverProcess] = set()


@atexit.register
def _end_all() -> None:
    """Those that wait are buried here, those at work by the threads that talk to them."""
    for process in list(_all):
        process.kill()
    while _idle:
        _idle.pop().buried()


def _forget_all() -> None:
    """In a fork: they are the other process's."""
    _idle.clear()
    _all.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
