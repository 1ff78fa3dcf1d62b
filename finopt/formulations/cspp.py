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
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.evaluation.result import Result
from finopt.graph import bounds
from finopt.graph.drivers.sequential import solve_sequential
from finopt.graph.drivers.sharing import shares_weights, solve_sharing
from finopt.graph.drivers.single import solve_single
from finopt.graph.layered import LayeredGraph
from finopt.graph.path import PathAnswer, path_among
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Floats, Ints
from finopt.problem.errors import BackendError
from finopt.problem.instance import Instance
from finopt.problem.status import Termination
from finopt.solvers import back_end
from finopt.solvers.background import IN_TIME, run
from finopt.solvers.call import Call
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.progress import listened_to, report

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
        return solve_sequential(several, "cspp", version(), search, call.clock, layered=reduce)

    if isinstance(instance, Instance) and shares_weights(instance):
        return solve_sharing(instance, place, call.clock)
    if isinstance(instance, Instance) and len(instance.applications) > 1:
        return place(instance)
    return solve_single(instance, "cspp", version(), search, call.clock, layered=reduce)


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
    unit = known or float(kept.cost.max(initial=0.0))
    try:
        report("CP-SAT", bound=state.lower, best=state.upper)
        path, bound, termination = _cp_sat(kept, unit or 1.0, clock, threads, seed)
    except CUT_SHORT as stop:
        path, bound, termination = None, 0.0, clock.ended_by(stop)
    scales = {"cost": COST_SCALE, "resource": RESOURCE_SCALE}
    stats = state.stats() | {f"{name}_scale": _scale(most, kept.arcs) for name, most in scales.items()}
    if not reduce:
        return PathAnswer(path, bound, termination, stats)
    if path is not None:
        state.offer(kept.path_cost(path), path)
    # What was dropped costs at least the incumbent or the cut-off.
    return PathAnswer(state.path, max(state.lower, min(bound, state.upper)), termination, stats)


def version() -> str:
    """Like ``OR-Tools CP-SAT 9.15.6755``."""
    _cp_model()
    import ortools

    return f"OR-Tools CP-SAT {ortools.__version__}"


def _cp_model() -> Any:
    return back_end.load("ortools.sat.python.cp_model", "OR-Tools", "install ortools>=9.11")


def _scale(most: int, arcs: int) -> int:
    return min(most, LARGEST_SUM // (4 * max(arcs, 1)))


def _cp_sat(
    graph: ResourceGraph, unit: float, clock: Clock, threads: int, seed: int
) -> tuple[Ints | None, float, Termination]:
    """Path, bound, and why it stopped."""
    cp_model = _cp_model()
    scale = _scale(COST_SCALE, graph.arcs)
    model = cp_model.CpModel()
    x = [model.new_bool_var(f"x{a}") for a in clock.through(range(graph.arcs))]
    _add_flow(model, x, graph, clock)
    _add_limits(model, x, graph)
    clock.check()
    # An arc that alone costs more than the known answer is in no better one.
    costs = np.rint(np.minimum(graph.cost, 2 * unit) * (scale / unit)).astype(np.int64)
    model.minimize(cp_model.LinearExpr.weighted_sum(x, costs.tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = threads
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.catch_sigint_signal = False
    # Comparing constraints with each other, the presolve of 9.15 goes wrong on coefficients of this size.
    solver.parameters.presolve_inclusion_work_limit = 0
    if math.isfinite(clock.remaining):
        solver.parameters.max_time_in_seconds = IN_TIME * clock.remaining
    statuses: list[Any] = []
    watch = _watched(solver, unit / scale) if listened_to() else lambda: None
    if not run(lambda: statuses.append(solver.solve(model)), solver.stop_search, clock, watch):
        return None, 0.0, clock.ended
    path, bound, termination = _read(solver, solver.status_name(statuses[0]), graph, x, unit / scale)
    return path, bound, clock.ended if clock.interrupted else termination


def _watched(solver: Any, step: float) -> Callable[[], None]:
    """Note the bounds that CP-SAT finds, in its own threads; calling the result tells the last one."""
    noted: list[float] = []
    solver.best_bound_callback = lambda bound: noted.append(bound * step)
    return lambda: report("CP-SAT", bound=noted[-1] if noted else None)


def _add_flow(model: Any, x: list[Any], graph: ResourceGraph, clock: Clock) -> None:
    out: list[list[Any]] = [[] for _ in range(graph.vertices)]
    into: list[list[Any]] = [[] for _ in range(graph.vertices)]
    for a, (tail, head) in enumerate(zip(graph.tail, graph.head, strict=True)):
        out[tail].append(x[a])
        into[head].append(x[a])
    ends = []
    for target in graph.targets.tolist():
        end = model.new_bool_var(f"end{target}")
        out[target].append(end)
        ends.append(end)
    into[graph.source].append(1)
    model.add_exactly_one(ends)
    for v in clock.through(range(graph.vertices)):
        if out[v] or into[v]:
            model.add(sum(out[v]) == sum(into[v]))


def _add_limits(model: Any, x: list[Any], graph: ResourceGraph) -> None:
    steps = _scale(RESOURCE_SCALE, graph.arcs)
    for r, limit in enumerate(graph.limit):
        use = _rounded_up(graph.resource[:, r], float(limit), steps)
        model.add(sum(int(use[a]) * x[a] for a in np.flatnonzero(use)) <= steps)


def _rounded_up(use: Floats, limit: float, steps: int) -> NDArray[np.int64]:
    """Use in steps of limit / steps, rounded up; what alone exceeds the limit becomes steps + 1."""
    if limit <= 0:
        return np.where(use > 0, steps + 1, 0)
    share = np.ceil(np.minimum(use / limit, 2.0) * steps)
    return np.where(use > limit, steps + 1, np.minimum(share, steps)).astype(np.int64)


def _read(
    solver: Any, status: str, graph: ResourceGraph, x: list[Any], step: float
) -> tuple[Ints | None, float, Termination]:
    # The status first: without a solution CP-SAT still reports an objective and values.
    if status == "INFEASIBLE":
        return None, math.inf, Termination.COMPLETED
    if status not in ("OPTIMAL", "FEASIBLE", "UNKNOWN"):
        raise BackendError(f"CP-SAT stopped with status {status!r}")
    termination = Termination.COMPLETED if status == "OPTIMAL" else Termination.TIME_LIMIT
    rounding = 0.5 * graph.vertices  # a path has fewer arcs than vertices, each rounded by half a step
    bound = max(0.0, (solver.best_objective_bound - rounding) * step)
    if status == "UNKNOWN":
        return None, bound, termination
    used = np.array([a for a, variable in enumerate(x) if solver.value(variable)], np.int32)
    path = path_among(graph, used)
    return path, graph.path_cost(path) if status == "OPTIMAL" else bound, termination
