"""What runs in the fresh process of a run: read the run, measure, report.

Two lines of JSON go to the parent: what is known and the warm-up before the clock starts, the answer after it
stopped. A child that is killed has therefore told what it was working on.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from harness.rows import failed

PROCESS = Path("/proc/self")

TINY: dict[str, Any] = {"nodes": 4, "blocks": 3, "configurations": 3, "topology": "mesh"}
"""The instance of the warm-up; its searches pass through every compiled loop."""

Tell = Callable[..., None]
"""Sends the figures that it is given by name to the parent."""


def carry_out(text: str, kind: Callable[..., Any], measure: Callable[[Any, Tell], None]) -> None:
    """Measure the run of some kind that a JSON object describes."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    channel = _claim_stdout()

    def tell(**figures: Any) -> None:
        channel.write(json.dumps(figures) + "\n")
        channel.flush()

    try:
        measure(kind(**json.loads(text)), tell)
    except Exception as error:
        tell(**failed("ERROR", f"{type(error).__name__}: {error}"))


def _end_with_parent() -> None:
    """End when stdin closes: the parent is gone, and nobody kills this process at its limit."""
    sys.stdin.read()
    os._exit(1)


def _claim_stdout() -> TextIO:
    """Keep stdout for the report and send what solvers print there, also from C, to stderr."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return channel


def compile_at_once() -> None:
    """Compile loops on first use, in the warm-up: the times are those of a process at work."""
    from finopt.solvers import jit

    jit.PATIENCE = 0


def warm_up(method: str, **options: Any) -> None:
    """Solve a tiny instance, and once more as if it were a large one."""
    from finopt.api.dispatch import solve
    from finopt.graph import layered
    from finopt.problem.generators.random_instance import generate

    few = layered.FEW
    for layered.FEW in (few, 0):
        solve(generate(**TINY), method, **options)
    layered.FEW = few


def timed(function: Callable[..., Any], *args: Any, **options: Any) -> tuple[Any, float]:
    """What a function returns, and the seconds it took."""
    began = time.perf_counter()
    return function(*args, **options), time.perf_counter() - began


def answer(result: Any) -> dict[str, Any]:
    """The columns that every study has of a result."""
    return {
        "status": str(result.status),
        "termination": str(result.termination),
        "reason": result.reason,
        "objective": result.objective,
        "bound": result.bound,
        "gap": result.gap,
        "build_s": result.runtime.build,
        "solve_s": result.runtime.solve,
        "solver": result.solver,
    }


# --- memory of a run alone: making an instance can take more than solving it ---


def forget_peak_memory() -> float | None:
    """Hand back what is free and forget the largest resident size so far; the present one [10^6 byte].

    None where the system does not tell: only Linux does.
    """
    with contextlib.suppress(OSError, AttributeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    try:
        (PROCESS / "clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return None
    return _memory("VmRSS")


def peak_memory() -> float | None:
    """Largest resident size since `forget_peak_memory` [10^6 byte]."""
    return _memory("VmHWM")


def _memory(name: str) -> float | None:
    try:
        lines = (PROCESS / "status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(found[0]) * 1024 / 1e6 if found else None
