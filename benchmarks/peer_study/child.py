"""What runs in the fresh process of a run: build the instance, warm up, solve once with the clock running."""

from __future__ import annotations

import gc
import pickle
import time
from typing import Any

from harness.child import Tell, carry_out, compile_at_once, forget_peak_memory, peak_memory, timed

from peer_study.plan import FINOPT, Run


def main(text: str) -> None:
    """Carry out the run that a JSON object describes."""
    carry_out(text, Run, _measure)


def _measure(run: Run, tell: Tell) -> None:
    began = time.perf_counter()
    from numba.core import event

    compile_at_once()
    # Compiling and reading from numba's cache both hold this lock.
    compiling = event.TimingListener()
    event.register("numba:compiler_lock", compiling)
    if run.family == "growth":
        _grow(run, tell, compiling, began)
        return
    from peer_study.instances import problem
    from peer_study.methods import solve

    made = problem(run)
    size, given = _size(made), _forgetful(made)
    del made
    known = {**size, "start_s": time.perf_counter() - began}
    _, warmup_s = timed(_warm_up, run)
    compile_s = _duration(compiling)
    gc.collect()  # or the instance's many objects are looked through in the middle of somebody's run
    tell(**known, warmup_s=warmup_s, compile_s=compile_s, before_mb=forget_peak_memory())
    row = solve(run.method, given, run.time_limit_s)
    late = _duration(compiling) - compile_s
    tell(**row, late_compile_s=late, run_peak_mb=peak_memory())


def _size(given: Any) -> dict[str, int]:
    """Vertices and arcs."""
    from peer_study.instances import graph_of

    graph = graph_of(given)
    return {"vertices": graph.vertices, "arcs": graph.arcs}


def _forgetful(given: Any) -> Any:
    """The same without what was computed from it, which instances and their copies remember."""
    return pickle.loads(pickle.dumps(given))


def _grow(run: Run, tell: Tell, compiling: Any, began: float) -> None:
    from peer_study import growth

    start_s = time.perf_counter() - began
    _, warmup_s = timed(growth.warm_up, run.method)
    compile_s = _duration(compiling)
    tell(start_s=start_s, warmup_s=warmup_s, compile_s=compile_s, before_mb=forget_peak_memory())
    points = growth.series(run.size, run.method, run.seed)
    late = _duration(compiling) - compile_s
    known = {"late_compile_s": late, "run_peak_mb": peak_memory()}
    tell(points=points, **known, status="", termination="COMPLETED")


def _warm_up(run: Run) -> None:
    """Pass through every loop and library that the run will need, on two tiny instances."""
    from peer_study.instances import graph_of, layers, mesh
    from peer_study.methods import solve

    for given in (mesh(4, 3, 0), layers(4, 6, seed=0)):
        solve(run.method, given, run.time_limit_s)
    if run.method in FINOPT:
        from finopt.graph.bounds import reduce
        from finopt.graph.feasible_graph import cheapest
        from finopt.graph.layered import layered_graph
        from finopt.solvers.clock import Clock

        instance = mesh(4, 3, 0)  # too small to be layered of itself; without time no loop is left out
        reduce(layered_graph(instance, instance.applications[0], 0), clock=Clock(0))
        graph = graph_of(given)
        order = graph.forward(1.0, reduce(graph).multiplier).distance
        for single in (False, True):
            cheapest(graph, 64, up=True, order=order, single=single)


def _duration(listener: Any) -> float:
    return float(listener.duration) if listener.done else 0.0
