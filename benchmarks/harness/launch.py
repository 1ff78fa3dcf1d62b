"""One fresh process per run, watched from outside: whatever the child does, a row comes back."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from harness.rows import Row, Table, failed

START_LIMIT = 300.0
"""Seconds for process start, imports, generating the instance and a warm-up that may have to compile."""

ONE_THREAD = {f"{pool}_NUM_THREADS": "1" for pool in ("OMP", "OPENBLAS", "MKL", "NUMBA")}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a process is to do; each study adds what names its instances and methods.

    The fields are columns of the row. ``warm``: the warm-up solves the instance of the run itself.
    """

    time_limit_s: float = 60.0
    warm: bool = False


@dataclass(frozen=True)
class Launcher:
    """Starts the processes of one study.

    Attributes
    ----------
    script : Path
        The command of the study; with ``--child`` and a run it carries out this run.
    table : Table
        The columns of its rows.
    grace : float
        Seconds after a run's own time limit until its process is killed.
    """

    script: Path
    table: Table
    grace: float = 10.0

    def row(self, run: Run, *flags: str) -> Row:
        """Carry out a run in a process of its own, which gets these flags too."""
        return self.table.stamped(launch(run, child_command(self.script, run, *flags), grace=self.grace))

    def unmeasured(self, run: Run, row: Row) -> Row:
        """The row of a run that gave no figures; what is given says why."""
        return self.table.stamped({**asdict(run), **row})


def child_command(script: Path, run: Run, *flags: str) -> list[str]:
    """The command line of a run's process."""
    return [sys.executable, str(script), "--child", json.dumps(asdict(run)), *flags]


def run_checkout(tree: Path, script: str, *arguments: str) -> None:
    """Run a script of a checkout with the package of that checkout.

    Raises
    ------
    subprocess.CalledProcessError
        It ends with an exit code other than 0.
    """
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, str(tree / script), *arguments]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)


def launch(
    run: Run,
    command: Sequence[str],
    *,
    grace: float = 10.0,
    start_limit: float = START_LIMIT,
) -> Row:
    """Carry out a run in a process of its own and give its row, whatever happens to the process.

    Parameters
    ----------
    run : Run
        What to run.
    command : sequence of str
        The process, see `child_command`.
    grace : float
        Seconds after the run's own time limit until the process is killed.
    start_limit : float
        Seconds until the child must have warmed up.

    Returns
    -------
    dict
        The run's parameters and what was measured. ``termination`` is KILLED when the time ran out
        from outside, ERROR when the child raised or died.
    """
    run_limit = run.time_limit_s + grace
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # closes when this process ends, however it does: the child listens
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **ONE_THREAD, "PYTHONHASHSEED": "0"},
            start_new_session=True,  # so that its own children can be killed with it
        )
        try:
            measured = _listen(process, start_limit + (run_limit if run.warm else 0.0), run_limit)
        finally:
            peak_memory_mb = _end(process)
        if "termination" not in measured:
            measured |= failed("ERROR", _last_words(process.returncode, errors))
    return {**asdict(run), **measured, "peak_memory_mb": peak_memory_mb}


def _listen(process: subprocess.Popen[str], start_limit: float, run_limit: float) -> dict[str, Any]:
    """Collect what the child tells, until it is done, dead or late."""
    assert process.stdout is not None
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_forward, args=(process.stdout, lines), daemon=True).start()
    told: dict[str, Any] = {}
    for phase, limit in (("start and warm-up", start_limit), ("the run", run_limit)):
        began = time.perf_counter()
        try:
            line = lines.get(timeout=limit)
        except queue.Empty:
            late = {"total_s": time.perf_counter() - began} if told else {}
            return told | late | failed("KILLED", f"killed: {phase} took more than {limit:g} s")
        told |= json.loads(line) if line is not None else {}
        if line is None or "termination" in told:
            break
    return told


def _forward(stream: Iterable[str], lines: queue.SimpleQueue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _end(process: subprocess.Popen[str]) -> float:
    """Make sure that the process and its children are gone; its peak memory [MB]."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    # wait4 tells the peak memory of a killed child too. The kernel counts what the parent held when it
    # started the child, so the parent loads no solver and no plotting before the last run.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stdin is not None:
        process.stdin.close()
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit / 1e6


def _last_words(code: int, errors: IO[bytes]) -> str:
    errors.seek(0)
    text = errors.read().decode(errors="replace").strip()
    end = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"the process ended with {end}: {text[-500:]}"
