"""The constrained shortest path on what the reduction leaves, solved by OR-Tools CP-SAT.

    minimise    sum over a of cost[a] x[a]
    subject to  out(v) - in(v) = 1 at the source, 0 in between, -1 over the targets together
                sum over a of use[a, r] x[a] <= limit[r]      for every resource r
                x[a] in {0, 1}

CP-SAT takes integers only. Each resource is counted in steps of limit / RESOURCE_SCALE and rounded up, so
an answer never breaks a limit; costs are counted in steps of the incumbent / COST_SCALE and rounded to the
nearest. OR-Tools' Python has no constrained shortest path of its own.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from finopt.evaluation.result import Result
from finopt.formulations.model_size import CP_SAT, TooLargeError, refuse_too_large
from finopt.graph import bounds
from finopt.graph.drivers.sequential import solve_sequential
from finopt.graph.drivers.sharing import shares_weights, solve_sharing
from finopt.graph.drivers.single import solve_single
from finopt.graph.layered import LayeredGraph
from finopt.graph.path import PathAnswer, path_among
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Floats
from finopt.problem.instance import Instance
from finopt.problem.status import Termination
from finopt.solvers import cp_sat
from finopt.solvers.call import Call
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.cp_sat import CpSatAnswer, PathModel
from finopt.solvers.progress import report

RESOURCE_SCALE = 10**13
"""Steps of a limit. Rounding up costs at most a step per arc, far less than the tolerance 1e-9 of limits."""

COST_SCALE = 10**12
"""Steps of the incumbent's cost; two answers closer than arcs / COST_SCALE, relative, are not told apart."""

LARGEST_SUM = 2**62
"""CP-SAT refuses sums that could exceed 64 bits; scales shrink when there are very many arcs."""


def solve(instance: Instance | ResourceGraph, call: Call, *, reduce: bool = True) -> Result:
    """Place applications one after the other, or solve a ResourceGraph with any resources, with CP-SAT.

    Several applications take turns on the capacity that is left, see `finopt.graph.drivers.sequential`.
    CP-SAT takes the call's seed and threads; one thread and a fixed seed give the same answer every time.

    Parameters
    ----------
    reduce : bool
        False: the bare model, a cross-check of the reduction.

    Returns
    -------
    Result
        OPTIMAL (up to the integer scale in ``stats``), INFEASIBLE, or the incumbent with its bound. For
        several applications the bound is the sum of what each would cost alone; an answer that costs no more
        is OPTIMAL, INFEASIBLE means that one has no place even alone, NO_SOLUTION names those without room.

    Raises
    ------
    BackendError
        ortools is missing or fails.
    """

    def search(graph: ResourceGraph | LayeredGraph, cutoff: float, clock: Clock) -> PathAnswer:
        return find_path(graph, cutoff, clock, threads=call.threads, seed=call.seed, reduce=reduce)

    def place(several: Instance) -> Result:
        return solve_sequential(several, "cspp", cp_sat.version(), search, call.clock, layered=reduce)

    if isinstance(instance, Instance) and shares_weights(instance):
        return solve_sharing(instance, place, call.clock)
    if isinstance(instance, Instance) and len(instance.applications) > 1:
        return place(instance)
    return solve_single(instance, "cspp", cp_sat.version(), search, call.clock, layered=reduce)


def find_path(
    graph: ResourceGraph | LayeredGraph,
    cutoff: float = math.inf,
    clock: Clock | None = None,
    *,
    threads: int = 1,
    seed: int = 0,
    reduce: bool = True,
) -> PathAnswer:
    """The cheapest path within every budget, if it is cheaper than the cut-off."""
    clock = clock or Clock()
    state = bounds.reduce(graph, cutoff, clock)
    if state.infeasible or (reduce and state.closed):
        return PathAnswer(state.path, state.lower, stats=state.stats())
    kept = state.graph if reduce or isinstance(graph, LayeredGraph) else graph
    known = state.upper if math.isfinite(state.upper) else 0.0
    unit = known or float(kept.cost.max(initial=0.0)) or 1.0
    step = unit / _scale(COST_SCALE, kept.arcs)
    report("CP-SAT", bound=state.lower, best=state.upper)
    try:
        refuse_too_large(kept.arcs, CP_SAT, clock)
        answer = cp_sat.cheapest_path(
            _model(kept, unit),
            clock,
            threads=threads,
            seed=seed,
            tell=lambda bound: report("CP-SAT", bound=bound * step),
        )
    except CUT_SHORT as stop:
        answer = CpSatAnswer(termination=clock.ended_by(stop))
    except TooLargeError as error:
        answer = CpSatAnswer(termination=Termination.MEMORY_LIMIT, reason=str(error))
    path = None if answer.used is None else path_among(kept, answer.used)
    bound = kept.path_cost(path) if path is not None and answer.optimal else answer.bound * step
    scales = {"cost": COST_SCALE, "resource": RESOURCE_SCALE}
    stats = state.stats() | {f"{name}_scale": _scale(most, kept.arcs) for name, most in scales.items()}
    ended = answer.termination, stats, answer.reason
    if not reduce:
        return PathAnswer(path, bound, *ended)
    if path is not None:
        state.offer(kept.path_cost(path), path)
    # What was dropped costs at least the incumbent or the cut-off.
    return PathAnswer(state.path, max(state.lower, min(bound, state.upper)), *ended)


def _scale(most: int, arcs: int) -> int:
    return min(most, LARGEST_SUM // (4 * max(arcs, 1)))


def _model(graph: ResourceGraph, unit: float) -> PathModel:
    """The graph in whole numbers."""
    scale, steps = _scale(COST_SCALE, graph.arcs), _scale(RESOURCE_SCALE, graph.arcs)
    # An arc that alone costs more than the known answer is in no better one.
    cost = np.rint(np.minimum(graph.cost, 2 * unit) * (scale / unit)).astype(np.int64)
    use = [_rounded_up(graph.resource[:, r], float(limit), steps) for r, limit in enumerate(graph.limit)]
    return PathModel(
        vertices=graph.vertices,
        source=graph.source,
        targets=graph.targets,
        tail=graph.tail,
        head=graph.head,
        cost=cost,
        use=np.array(use, np.int64).reshape(len(use), graph.arcs).T,
        steps=steps,
    )


def _rounded_up(use: Floats, limit: float, steps: int) -> NDArray[np.int64]:
    """Use in steps of limit / steps, rounded up; what alone exceeds the limit becomes steps + 1."""
    if limit <= 0:
        return np.where(use > 0, steps + 1, 0)
    share = np.ceil(np.minimum(use / limit, 2.0) * steps)
    return np.where(use > limit, steps + 1, np.minimum(share, steps)).astype(np.int64)
