"""What runs in the fresh process of a run: warm up, make the instance, solve it with the clock running."""

from __future__ import annotations

import gc
import time
from typing import Any

from harness.child import Tell, answer, carry_out, compile_at_once, timed, warm_up
from harness.second_judge import judge_again

from limits_study.plan import Run, allowed

TINY_FLEET = {"applications": 12, "devices": 4, "sites": 2, "clouds": 1, "scarcity": 0.3}
"""The instance of the warm-up for several applications, besides that for one."""


def main(text: str) -> None:
    """Carry out the run that a JSON object describes."""
    carry_out(text, Run, _measure)


def _measure(run: Run, tell: Tell) -> None:
    began = time.perf_counter()
    import finopt

    compile_at_once()
    _, warmup_s = timed(_warm_up, run)
    instance = _instance(run)
    gc.collect()
    tell(start_s=time.perf_counter() - began - warmup_s, warmup_s=warmup_s)
    result, total_s = timed(finopt.solve, instance, run.method, time_limit=run.time_limit_s)
    over_s = max(0.0, total_s - run.time_limit_s)
    judge_again(instance, result)
    tell(**answer(result), total_s=total_s, over_s=over_s, allowed_s=allowed(run.time_limit_s))


def _warm_up(run: Run) -> None:
    import finopt

    warm_up(run.method)
    if run.applications > 1:
        finopt.solve(finopt.generate_fleet(**TINY_FLEET), run.method)


def _instance(run: Run) -> Any:
    import finopt

    if run.applications > 1:
        counts = (run.applications, run.devices, run.sites, run.clouds)
        return finopt.generate_fleet(*counts, scarcity=0.4, seed=run.seed)
    return finopt.generate(run.nodes, run.blocks, topology="mesh", tightness=0.5, seed=run.seed)
