"""What runs in the fresh process of a run: generate, warm up, solve once with the clock running."""

from __future__ import annotations

import json
import time
from typing import Any

from harness.child import Tell, answer, carry_out, compile_at_once, timed, warm_up
from harness.second_judge import judge_again

from scale_study.plan import Run


def main(text: str) -> None:
    """Carry out the run that a JSON object describes."""
    carry_out(text, Run, _measure)


def _measure(run: Run, tell: Tell) -> None:
    began = time.perf_counter()
    from finopt.api.dispatch import solve

    compile_at_once()
    instance = _instance(run)
    links = len(instance.directed_links)
    options = {"time_limit": run.time_limit_s, "threads": 1, **json.loads(run.options)}
    start_s = time.perf_counter() - began
    before = (solve, instance) if run.warm else (warm_up,)
    _, warmup_s = timed(*before, run.method, **options)
    tell(links=links, arcs=run.blocks * (links + run.nodes), start_s=start_s, warmup_s=warmup_s)
    result, total_s = timed(solve, instance, run.method, **options)
    judge_again(instance, result)
    tell(**answer(result), total_s=total_s, compile_s=warmup_s - total_s if run.warm else None)


def _instance(run: Run) -> Any:
    from finopt.problem.generators.random_instance import generate

    return generate(
        run.nodes,
        run.blocks,
        configurations=run.configurations,
        topology=run.topology,
        tightness=run.tightness,
        seed=run.seed,
    )
