"""Applications that share weights, for methods that charge each its own copy.

Memory that several applications share is no sum over them. A method that adds up loads is asked about
instances with less memory per block and exit: with none at all it bounds the optimum from below, with all of
it what it places has room, and in between its placement may have room. Every placement is checked with shared
weights; the best that has room is the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from finopt.evaluation.certify import conclude
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.result import Result
from finopt.problem.instance import Instance
from finopt.problem.model import Model
from finopt.problem.status import Status
from finopt.solvers.clock import Clock
from finopt.solvers.progress import part, report

SHARES = (0.5, 0.25, 0.125, 0.0625)
"""Parts of the memory that are tried between none and all."""

ANSWERED = (Status.OPTIMAL, Status.FEASIBLE)


def shares_weights(instance: Instance) -> bool:
    """Whether several applications run a model whose weights they share."""
    shared = {model.id for model in instance.models if model.shared_weights}
    return (
        bool(shared)
        and max(Counter(a.model for a in instance.applications if a.model in shared).values(), default=0) > 1
    )


def solve_sharing(instance: Instance, solve: Callable[[Instance], Result], clock: Clock) -> Result:
    """The best placement with shared weights that a method finds by charging each application its own copy.

    Parameters
    ----------
    instance : Instance
        With models whose weights are shared.
    solve : callable
        The method.
    clock : Clock
        Of the whole call.

    Returns
    -------
    Result
        With the bound of the instance without that memory. INFEASIBLE only where that is.
    """
    with part("shared weights without memory"):
        bound = free = solve(with_memory(instance, 0.0))
    if free.status not in ANSWERED:
        return free
    best = _with_room(instance, free)
    for share in (*SHARES, 1.0) if best is None else ():
        if clock.expired:
            break
        report("shared weights", bound=free.bound)
        with part(f"shared weights at {share:.0%}"):
            found = _with_room(instance, solve(with_memory(instance, share)))
        if found is not None and (best is None or (found.objective or 0.0) < (best.objective or 0.0)):
            best = found
    return _concluded(bound, best, clock)


def with_memory(instance: Instance, share: float) -> Instance:
    """The instance with a part of the memory of shared weights, charged to each application."""
    models = tuple(_scaled(model, share) if model.shared_weights else model for model in instance.models)
    return instance.model_copy(update={"models": models})


def _scaled(model: Model, share: float) -> Model:
    blocks = tuple(block.model_copy(update={"memory": share * block.memory}) for block in model.blocks)
    exits = tuple(exit_.model_copy(update={"memory": share * exit_.memory}) for exit_ in model.exits)
    return model.model_copy(update={"blocks": blocks, "exits": exits, "shared_weights": False})


def _with_room(instance: Instance, result: Result) -> Result | None:
    """The result with its account under shared weights, if its placement keeps every limit then."""
    if result.placement is None:
        return None
    evaluation = evaluate(instance, result.placement)
    return replace(result, evaluation=evaluation) if evaluation.feasible else None


def _concluded(free: Result, best: Result | None, clock: Clock) -> Result:
    """The best placement, with the bound that holds without the memory of shared weights."""
    reason = (
        "no placement was found that keeps the memory of nodes, whether weights are charged to each"
        " application or only in part; method 'milp' is exact"
    )
    chosen = free if best is None else best
    return conclude(
        method=chosen.method,
        solver=chosen.solver,
        termination=chosen.termination,
        bound=free.bound or 0.0,
        build=chosen.runtime.build,
        total=clock.elapsed,
        stats={} if best is None else best.stats,
        explain=str,
        placement=None if best is None else best.placement,
        evaluation=None if best is None else best.evaluation,
        explain_unplaced=lambda: reason,
    )
