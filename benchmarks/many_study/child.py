"""What runs in the fresh process: warm up, load the instance, solve it with the clock running, check."""

from __future__ import annotations

import gc
import json
import math
import statistics
import time
from functools import partial
from typing import Any

from harness.child import Tell, answer, carry_out, compile_at_once, timed
from harness.second_judge import judge_again

from many_study.plan import Run

TINY = {"applications": 12, "devices": 4, "sites": 2, "clouds": 1, "scarcity": 0.3}
"""The instance of the warm-up."""

SHORT, REPEATS = 1.0, 5
"""Solves below so many seconds are repeated, and the median of so many counts: single ones are noise."""

STATS = ("rounds", "columns", "pricing_s", "master_s", "rounding_s")
"""Figures of the method that have a column; empty where a method has none."""


def main(text: str, path: str) -> None:
    """Carry out the run that a JSON object describes, on the instance of a file."""
    carry_out(text, Run, partial(_measure, path))


def _measure(path: str, run: Run, tell: Tell) -> None:
    began = time.perf_counter()
    import finopt

    compile_at_once()
    options = {"time_limit": run.time_limit_s, "threads": 1, "seed": run.seed, **json.loads(run.options)}
    tiny = finopt.generate_fleet(**TINY)
    start_s = time.perf_counter() - began
    _, warmup_s = timed(finopt.solve, tiny, run.method, **options)
    instance, load_s = timed(finopt.load, path)
    gc.collect()  # or the instance's many objects are looked through in the middle of the run
    known = {"nodes": len(instance.nodes), "links": len(instance.directed_links)}
    tell(**known, start_s=start_s, warmup_s=warmup_s, load_s=load_s)
    result, total_s = timed(finopt.solve, instance, run.method, **options)
    if total_s < SHORT:
        again = [timed(finopt.solve, instance, run.method, **options)[1] for _ in range(REPEATS - 1)]
        total_s = statistics.median([total_s, *again])
    tell(**answer(result), **_checked(instance, result), **_stats(result), total_s=total_s)


def _stats(result: Any) -> dict[str, Any]:
    return {name: result.stats.get(name) for name in STATS}


def _checked(instance: Any, result: Any) -> dict[str, Any]:
    """Evaluate the answer once more, from the instance and the placement alone."""
    import finopt

    if result.placement is None:
        return {}
    evaluation, check_s = timed(finopt.evaluate, instance, result.placement)
    if not math.isclose(evaluation.objective, result.objective, rel_tol=1e-9):
        raise ValueError(
            f"the answer costs {evaluation.objective!r} W, the result says {result.objective!r} W"
        )
    judge_again(instance, result)
    return {"check_s": check_s, "violations": len(evaluation.violations)}
