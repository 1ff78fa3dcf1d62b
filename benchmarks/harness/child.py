"""What runs in the fresh process: generate, warm up, solve once with the clock running, report.

Two lines of JSON go to the parent: the instance and the warm-up before the clock starts, the answer
after it stopped. A child that is killed has therefore told what it was working on.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any, TextIO

from scale_study.plan import Run

TINY: dict[str, Any] = {"nodes": 4, "blocks": 3, "configurations": 3, "topology": "mesh"}
"""The instance of the warm-up; its searches pass through every compiled loop."""


def main(text: str) -> None:
    """Carry out the run that a JSON object describes."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    channel = claim_stdout()
    try:
        _measure(Run(**json.loads(text)), channel)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        send(channel, status="NO_SOLUTION", termination="ERROR", reason=reason)


def _end_with_parent() -> None:
    """End when stdin closes: the parent is gone, and nobody kills this process at its limit."""
    sys.stdin.read()
    os._exit(1)


def claim_stdout() -> TextIO:
    """Keep stdout for the report and send what solvers print there, also from C, to stderr."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return channel


def send(channel: TextIO, **figures: Any) -> None:
    channel.write(json.dumps(figures) + "\n")
    channel.flush()


def _measure(run: Run, channel: TextIO) -> None:
    began = time.perf_counter()
    from finopt.api.dispatch import solve
    from finopt.problem.generators.random_instance import generate
    from finopt.solvers import jit

    jit.PATIENCE = 0  # compile on first use, in the warm-up: the times are those of a process at work
    instance = generate(
        run.nodes,
        run.blocks,
        configurations=run.configurations,
        topology=run.topology,
        tightness=run.tightness,
        seed=run.seed,
    )
    links = len(instance.directed_links)
    options = {"time_limit": run.time_limit_s, "threads": 1, **json.loads(run.options)}
    start_s = time.perf_counter() - began
    before = (solve, instance) if run.warm else (warm_up,)
    _, warmup_s = timed(*before, run.method, **options)
    send(
        channel,
        links=links,
        arcs=run.blocks * (links + run.nodes),
        start_s=start_s,
        warmup_s=warmup_s,
    )
    result, total_s = timed(solve, instance, run.method, **options)
    send(channel, **report(result), total_s=total_s, compile_s=warmup_s - total_s if run.warm else None)


def warm_up(method: str, **options: Any) -> None:
    """Solve a tiny instance, and once more as if it were a large one."""
    from finopt.api.dispatch import solve
    from finopt.graph import layered
    from finopt.problem.generators.random_instance import generate

    few = layered.FEW
    for layered.FEW in (few, 0):
        solve(generate(**TINY), method, **options)
    layered.FEW = few


def timed(function: Any, *args: Any, **options: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    return function(*args, **options), time.perf_counter() - began


def report(result: Any) -> dict[str, Any]:
    """The columns that every benchmark has of a result."""
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
