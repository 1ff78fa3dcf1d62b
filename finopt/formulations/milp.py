"""The exact method: the arc-flow model of `finopt.formulations.arcflow`, solved by HiGHS with gap 0.

One model holds all applications, all admissible configurations and all capacities that can bind. An answer
that breaks a limit by less than the solver can tell is cut off, and the model solved again; the same when
the objective turns out far below the scale that was chosen for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from finopt.evaluation.account import Evaluation
from finopt.evaluation.certify import checked, conclude
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.result import Result
from finopt.formulations.alone import Alone
from finopt.formulations.arcflow import ArcFlow, Cut, SharedPart
from finopt.formulations.model_size import PYOMO, TooLargeError, refuse_too_large
from finopt.formulations.scaled_solve import BUILDING, NOTHING_BUILT, Paths, ScaledSolve, Tuning
from finopt.graph import bounds
from finopt.graph.drivers.diagnosis import explain_all
from finopt.graph.drivers.sharing import shares_weights
from finopt.graph.drivers.single import solve_single
from finopt.graph.extended import Capacity, ExtendedGraph, network_pattern
from finopt.graph.path import PathAnswer
from finopt.graph.resource import ResourceGraph
from finopt.graph.sliced import SlicedGraph, arc_graph
from finopt.problem.array_types import Floats
from finopt.problem.coefficients import enabled_parts
from finopt.problem.errors import BackendError, InstanceError, Problem
from finopt.problem.instance import Instance
from finopt.problem.model import Model
from finopt.problem.placement import Placement
from finopt.problem.status import Termination
from finopt.problem.tolerances import PROVEN
from finopt.solvers import highs
from finopt.solvers.call import Call
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.progress import report

Graph = ExtendedGraph | SlicedGraph
"""Of an application in a configuration, without or with slices."""


def solve(
    instance: Instance | ResourceGraph, call: Call, *, gap: float = 0.0, reduce: bool = False
) -> Result:
    """Solve to proven optimality with HiGHS, which takes the call's seed and threads.

    Parameters
    ----------
    gap : float
        Relative gap at which HiGHS may stop.
    reduce : bool
        Solve configuration after configuration on reduced graphs (one application only). The default is
        the bare model of everything, a cross-check of the other methods.

    Returns
    -------
    Result
        OPTIMAL, INFEASIBLE, or the incumbent with its bound.

    Raises
    ------
    BackendError
        highspy is missing or fails.

    Examples
    --------
    >>> import finopt
    >>> result = finopt.solve(finopt.load("instances/paper/b-alexnet-cifar10.json"), method="milp")
    >>> result.status.value, round(result.objective, 4)
    ('OPTIMAL', 0.1001)
    """
    tuning = Tuning(gap, call.threads, call.seed)
    if reduce and isinstance(instance, Instance) and len(instance.applications) > 1:
        rule = "reduce=True solves one application; leave it out for the joint model"
        raise InstanceError([Problem("applications", rule, str(len(instance.applications)))], "instance")
    if isinstance(instance, ResourceGraph) or reduce:

        def search(graph: ResourceGraph, cutoff: float, clock: Clock) -> PathAnswer:
            return find_path(graph, cutoff, clock, tuning, reduce)

        return solve_single(instance, "milp", highs.version(), search, call.clock)
    return _solve_jointly(instance, tuning, call.clock)


def find_path(
    graph: ResourceGraph, cutoff: float, clock: Clock, tuning: Tuning, reduce: bool = True
) -> PathAnswer:
    """The cheapest path within every budget by the arc-flow model, if it is cheaper than the cut-off."""
    state = bounds.reduce(graph, cutoff, clock)
    if state.infeasible or (reduce and state.closed):
        return PathAnswer(state.path, state.lower, stats=state.stats())
    kept = state.graph if reduce else graph
    try:
        refuse_too_large(kept.arcs, PYOMO, clock)
    except TooLargeError as error:
        bound = state.lower if reduce else 0.0
        return PathAnswer(state.path, bound, Termination.MEMORY_LIMIT, state.stats(), str(error))

    def check(paths: Paths) -> tuple[float, list[Cut]]:
        path = paths[0][1]
        fits = (kept.path_resource(path) <= kept.limit).all()
        return kept.path_cost(path), [] if fits else [[(0, int(a)) for a in path]]

    unit = state.upper if math.isfinite(state.upper) else max(state.lower, graph.cost.max(initial=0.0))
    solving = ScaledSolve(ArcFlow([kept], [0]), check, unit or 1.0, tuning, clock)
    solving.run()
    path, cost = state.path, state.upper
    if solving.paths is not None and (solving.objective < cost or not reduce):
        path = solving.paths[0][1]
        path = state.arcs[path] if reduce else path
    bound = max(solving.bound, state.lower) if reduce else solving.bound
    if reduce and (path is not None or math.isfinite(cutoff)):
        bound = min(bound, state.upper)  # what was dropped costs at least the incumbent
    return PathAnswer(path, bound, solving.termination, state.stats() | solving.stats, solving.reason)


def _solve_jointly(instance: Instance, tuning: Tuning, clock: Clock) -> Result:
    begin = clock.elapsed
    try:
        flow = arc_flow(instance, clock)
    except CUT_SHORT as stop:
        return _unbuilt(clock.ended_by(stop), clock.elapsed)
    except TooLargeError as error:
        return _unbuilt(Termination.MEMORY_LIMIT, clock.elapsed, str(error))
    building = clock.elapsed - begin

    def placement(paths: Paths) -> Placement:
        placed = {flow.owner[k]: flow.graphs[k].placement(path) for k, path in paths}  # type: ignore[attr-defined]
        return Placement(tuple(placed[h] for h in sorted(placed)))

    def check(paths: Paths) -> tuple[float, list[Cut]]:
        evaluation = evaluate(instance, placement(paths))
        return evaluation.objective, _cuts(instance, flow, paths, evaluation)

    solving = ScaledSolve(flow, check, 1.0, tuning, clock, build=building)
    if len(set(flow.owner)) < len(instance.applications):
        solving.bound = math.inf
        return _result(instance, solving, placement)
    alone = Alone.each(flow, clock)
    solving.unit = alone.power or 1.0
    solving.run()
    if not alone.missing:
        _compare(solving, alone)
    elif solving.termination is not Termination.COMPLETED:
        solving.bound = max(solving.bound, alone.bound)
    return _result(instance, solving, placement)


def arc_flow(instance: Instance, clock: Clock) -> ArcFlow:
    """The sets and data of the joint model: a graph per application and admissible configuration.

    Raises
    ------
    OutOfTimeError
    TooLargeError
        It can't be within the limit of memory.
    """
    graphs, owner, arcs = [], [], 0
    for h, application in enumerate(instance.applications):
        clock.check()
        report("building graphs", h)
        pattern = network_pattern(instance, application)
        for configuration in instance.admissible(application):
            graphs.append(arc_graph(instance, application, configuration, pattern=pattern))
            owner.append(h)
            arcs += graphs[-1].arcs
        refuse_too_large(arcs, PYOMO, clock)
    binding = _binding(graphs, owner, clock)
    loads: dict[Capacity, list[tuple[int, Floats]]] = {}
    for capacity in binding:
        users = [(k, graph) for k, graph in enumerate(graphs) if capacity in graph.pattern.position]
        loads[capacity] = [(k, graph.load(capacity)) for k, graph in clock.through(users)]
    shared = _shared_parts(instance, graphs, loads) if shares_weights(instance) else {}
    return ArcFlow(list(graphs), owner, loads, binding, shared)


def _shared_parts(
    instance: Instance, graphs: list[Graph], loads: dict[Capacity, list[tuple[int, Floats]]]
) -> dict[Capacity, list[SharedPart]]:
    """Row (7): the parts of shared weights in the memory of each node, taken out of the loads."""
    found: dict[Capacity, list[SharedPart]] = {}
    for capacity in [c for c in loads if c.kind == "memory"]:
        parts: dict[tuple[str, str, str], SharedPart] = {}
        for place, (k, load) in enumerate(loads[capacity]):
            model = instance.model_of(graphs[k].application)
            if model.shared_weights:
                _add_parts(parts, model, k, graphs[k], capacity.id)
                loads[capacity][place] = k, np.zeros_like(load)
        found[capacity] = list(parts.values())
    return found


def _add_parts(
    parts: dict[tuple[str, str, str], SharedPart], model: Model, k: int, graph: Graph, node: str
) -> None:
    """Which of the arcs that compute on a node need which parts of the model."""
    for stage, own in enumerate(enabled_parts(model, graph.configuration)):
        here = graph.computed_on(node, stage)
        for part in own:
            key = (model.id, type(part).__name__, part.id)
            parts.setdefault(key, SharedPart(part.memory, [])).users.append((k, here))


def _binding(graphs: list[Graph], owner: list[int], clock: Clock) -> dict[Capacity, float]:
    """Rows (6) to (8): the capacities that all applications together could exceed, with their limits."""
    most: dict[int, dict[str, float]] = {}
    for h, graph in clock.through(zip(owner, graphs, strict=True)):
        worst = most.setdefault(h, dict.fromkeys(("compute", "memory", "bandwidth"), 0.0))
        for kind in worst:
            worst[kind] = max(worst[kind], graph.most(kind))
    total: dict[Capacity, float] = {}
    limit: dict[Capacity, float] = {}
    for h, graph in clock.through(dict(zip(owner, graphs, strict=True)).items()):
        for capacity in graph.pattern.position:
            total[capacity] = total.get(capacity, 0.0) + most[h][capacity.kind]
            limit[capacity] = graph.pattern.size(capacity)
    return {capacity: limit[capacity] for capacity, used in total.items() if used > limit[capacity]}


def _compare(solving: ScaledSolve, alone: Alone) -> None:
    """Hold what HiGHS says against the placement of the bounds.

    Where HiGHS stopped early, that placement and its bound stand in. Where HiGHS claims to have proven
    more than a placement that exists, it is wrong.
    """
    paths = [alone.paths[h] for h in sorted(alone.paths)]
    objective, cuts = solving.check(paths)
    if not cuts and solving.bound > objective * (1 + PROVEN):
        claim = (
            "that there is no placement"
            if solving.bound == math.inf
            else f"a bound of {solving.bound:.12g} W"
        )
        raise BackendError(f"HiGHS claims {claim}, but one of {objective:.12g} W exists; try method 'labels'")
    if solving.termination is not Termination.COMPLETED:
        solving.bound = max(solving.bound, alone.bound)
        if not cuts and objective < solving.objective:
            solving.objective, solving.paths = objective, paths


def _cuts(instance: Instance, flow: ArcFlow, paths: Paths, evaluation: Evaluation) -> list[Cut]:
    """One cut per violated limit, over the arcs that use it."""
    cuts: list[Cut] = []
    for violation in evaluation.violations:
        if violation.rule == "latency":
            late = violation.object_id
            cuts += [
                [(k, int(a)) for a in path]
                for k, path in paths
                if instance.applications[flow.owner[k]].id == late
            ]
        elif violation.rule in ("compute", "memory", "bandwidth"):
            capacity = Capacity(violation.rule, violation.object_id)
            loads = dict(flow.loads[capacity])
            users = {
                (k, int(a)) for part in flow.shared.get(capacity, ()) for k, arcs in part.users for a in arcs
            }
            used = [(k, int(a)) for k, path in paths for a in path]
            cuts.append([(k, a) for k, a in used if (k, a) in users or (k in loads and loads[k][a] > 0)])
        else:
            raise BackendError(f"the answer of method 'milp' fails the check: {violation}")
    return cuts


def _result(instance: Instance, solving: ScaledSolve, placement: Callable[[Paths], Placement]) -> Result:
    placed = placement(solving.paths) if solving.paths is not None else None
    evaluation = checked(instance, placed, "milp") if placed else None
    return conclude(
        method="milp",
        solver=highs.version(),
        termination=solving.termination,
        bound=solving.bound,
        build=solving.build,
        total=solving.clock.elapsed,
        stats=solving.stats,
        explain=lambda: explain_all(instance),
        placement=placed,
        evaluation=evaluation,
        during=solving.during,
        cut_short=solving.reason,
    )


def _unbuilt(termination: Termination, seconds: float, reason: str = "") -> Result:
    """The result when not even the graphs were made."""
    return conclude(
        method="milp",
        solver=highs.version(),
        termination=termination,
        bound=0.0,
        build=seconds,
        total=seconds,
        stats=NOTHING_BUILT,
        explain=str,
        during=BUILDING,
        cut_short=reason,
    )
