"""The exact method: the arc-flow model of `finopt.formulations.arcflow`, solved by HiGHS with gap 0.

One model holds all applications, all admissible configurations and all capacities that can bind. An answer
that breaks a limit by less than the solver can tell is cut off, and the model solved again; the same when
the objective turns out far below the scale that was chosen for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from finopt.evaluation.account import Evaluation
from finopt.evaluation.certify import checked, conclude
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.result import Result
from finopt.formulations.alone import Alone
from finopt.formulations.arcflow import SCALE, ArcFlow, Compiled, Cut, build, compile_model
from finopt.graph import bounds
from finopt.graph.drivers.diagnosis import explain_all
from finopt.graph.drivers.single import solve_single
from finopt.graph.extended import Capacity, ExtendedGraph, extended_graph, network_pattern
from finopt.graph.path import PathAnswer, path_among
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Floats, Ints
from finopt.problem.errors import BackendError, InstanceError, Problem
from finopt.problem.instance import Instance
from finopt.problem.options import with_checked_options
from finopt.problem.placement import Placement
from finopt.problem.status import Termination
from finopt.problem.tolerances import PROVEN, SOLVER_GAP
from finopt.solvers import highs
from finopt.solvers.clock import CUT_SHORT, Clock

COARSEST, FINEST = 1e2, 1e-3
"""The model is scaled anew when the objective, in units of the guess, comes out beyond these."""

BUILDING = "the model was being built"

NOTHING_BUILT = {"columns": 0, "rows": 0, "solves": 0}

Paths = list[tuple[int, Ints]]
"""The chosen k with their paths by arcs."""


@with_checked_options
def solve(
    instance: Instance | ResourceGraph,
    *,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: bool = False,
    gap: float = 0.0,
    reduce: bool = False,
) -> Result:
    """Solve to proven optimality with HiGHS.

    Parameters
    ----------
    instance : Instance or ResourceGraph
        Any number of applications, or a resource-constrained shortest path.
    time_limit : float, optional
        Seconds for everything.
    seed, threads : int
        Passed to HiGHS.
    progress : bool
        Accepted by every method; this one shows nothing.
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
    clock = Clock(time_limit)
    tuning = _Tuning(gap, threads, seed)
    if reduce and isinstance(instance, Instance) and len(instance.applications) > 1:
        rule = "reduce=True solves one application; leave it out for the joint model"
        raise InstanceError([Problem("applications", rule, str(len(instance.applications)))], "instance")
    if isinstance(instance, ResourceGraph) or reduce:

        def search(graph: ResourceGraph, cutoff: float, clock: Clock) -> PathAnswer:
            return find_path(graph, cutoff, clock, tuning, reduce)

        return solve_single(instance, "milp", highs.version(), search, clock)
    return _solve_jointly(instance, tuning, clock)


@dataclass(frozen=True)
class _Tuning:
    gap: float = 0.0
    threads: int = 1
    seed: int = 0


def find_path(
    graph: ResourceGraph, cutoff: float, clock: Clock, tuning: _Tuning, reduce: bool = True
) -> PathAnswer:
    """The cheapest path within every budget by the arc-flow model, if it is cheaper than the cut-off."""
    state = bounds.reduce(graph, cutoff, clock)
    if state.infeasible or (reduce and state.closed):
        return PathAnswer(state.path, state.lower, stats=state.stats())
    kept = state.graph if reduce else graph

    def check(paths: Paths) -> tuple[float, list[Cut]]:
        path = paths[0][1]
        fits = (kept.path_resource(path) <= kept.limit).all()
        return kept.path_cost(path), [] if fits else [[(0, int(a)) for a in path]]

    unit = state.upper if math.isfinite(state.upper) else max(state.lower, graph.cost.max(initial=0.0))
    search = _Search(ArcFlow([kept], [0]), check, unit or 1.0, tuning, clock)
    search.run()
    path, cost = state.path, state.upper
    if search.paths is not None and (search.objective < cost or not reduce):
        path = search.paths[0][1]
        path = state.arcs[path] if reduce else path
    bound = max(search.bound, state.lower) if reduce else search.bound
    if reduce and (path is not None or math.isfinite(cutoff)):
        bound = min(bound, state.upper)  # what was dropped costs at least the incumbent
    return PathAnswer(path, bound, search.termination, state.stats() | search.stats)


def _solve_jointly(instance: Instance, tuning: _Tuning, clock: Clock) -> Result:
    begin = clock.elapsed
    try:
        flow = arc_flow(instance, clock)
    except CUT_SHORT as stop:
        return _unbuilt(clock.ended_by(stop), clock.elapsed)
    building = clock.elapsed - begin

    def placement(paths: Paths) -> Placement:
        placed = {flow.owner[k]: flow.graphs[k].placement(path) for k, path in paths}  # type: ignore[attr-defined]
        return Placement(tuple(placed[h] for h in sorted(placed)))

    def check(paths: Paths) -> tuple[float, list[Cut]]:
        evaluation = evaluate(instance, placement(paths))
        return evaluation.objective, _cuts(instance, flow, paths, evaluation)

    search = _Search(flow, check, 1.0, tuning, clock, build=building)
    if len(set(flow.owner)) < len(instance.applications):
        search.bound = math.inf
        return _result(instance, search, placement)
    alone = Alone.each(flow, clock)
    search.unit = alone.power or 1.0
    search.run()
    if not alone.missing:
        _compare(search, alone)
    elif search.termination is not Termination.COMPLETED:
        search.bound = max(search.bound, alone.bound)
    return _result(instance, search, placement)


def arc_flow(instance: Instance, clock: Clock) -> ArcFlow:
    """The sets and data of the joint model: a graph per application and admissible configuration.

    Raises
    ------
    OutOfTimeError
    """
    graphs, owner = [], []
    for h, application in enumerate(instance.applications):
        clock.check()
        pattern = network_pattern(instance, application)
        for configuration in instance.admissible(application):
            graphs.append(extended_graph(instance, application, configuration, pattern=pattern))
            owner.append(h)
    binding = _binding(graphs, owner, clock)
    loads: dict[Capacity, list[tuple[int, Floats]]] = {}
    for capacity in binding:
        users = [(k, graph) for k, graph in enumerate(graphs) if capacity in graph.pattern.position]
        loads[capacity] = [(k, graph.load(capacity)) for k, graph in clock.through(users)]
    return ArcFlow(list(graphs), owner, loads, binding)


def _binding(graphs: list[ExtendedGraph], owner: list[int], clock: Clock) -> dict[Capacity, float]:
    """Rows (6) to (8): the capacities that all applications together could exceed, with their limits."""
    most: dict[int, dict[str, float]] = {}
    for h, graph in zip(owner, graphs, strict=True):
        worst = most.setdefault(h, dict.fromkeys(("compute", "memory", "bandwidth"), 0.0))
        for kind in worst:
            worst[kind] = max(worst[kind], graph.most(kind))
    total: dict[Capacity, float] = {}
    limit: dict[Capacity, float] = {}
    for h, graph in clock.through(dict(zip(owner, graphs, strict=True)).items()):
        for capacity in graph.pattern.position:
            total[capacity] = total.get(capacity, 0.0) + most[h][capacity.kind]
            limit[capacity] = graph.capacity(capacity)
    return {capacity: limit[capacity] for capacity, used in total.items() if used > limit[capacity]}


def _compare(search: _Search, alone: Alone) -> None:
    """Hold what HiGHS says against the placement of the bounds.

    Where HiGHS stopped early, that placement and its bound stand in. Where HiGHS claims to have proven
    more than a placement that exists, it is wrong.
    """
    paths = [alone.paths[h] for h in sorted(alone.paths)]
    objective, cuts = search.check(paths)
    if cuts:
        return
    if search.bound > objective * (1 + PROVEN):
        claim = (
            "that there is no placement" if search.bound == math.inf else f"a bound of {search.bound:.12g} W"
        )
        raise BackendError(f"HiGHS claims {claim}, but one of {objective:.12g} W exists; try method 'labels'")
    if search.termination is not Termination.COMPLETED:
        search.bound = max(search.bound, alone.bound)
        if objective < search.objective:
            search.objective, search.paths = objective, paths


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
            loads = dict(flow.loads[Capacity(violation.rule, violation.object_id)])
            cuts.append([(k, int(a)) for k, path in paths for a in path if k in loads and loads[k][a] > 0])
        else:
            raise BackendError(f"the answer of method 'milp' fails the check: {violation}")
    return cuts


def _result(instance: Instance, search: _Search, placement: Callable[[Paths], Placement]) -> Result:
    placed = placement(search.paths) if search.paths is not None else None
    evaluation = checked(instance, placed, "milp") if placed else None
    return conclude(
        method="milp",
        solver=highs.version(),
        termination=search.termination,
        objective=evaluation.objective if evaluation else None,
        bound=search.bound,
        build=search.build,
        total=search.clock.elapsed,
        stats=search.stats,
        explain=lambda: explain_all(instance),
        placement=placed,
        evaluation=evaluation,
        during=search.during,
    )


def _unbuilt(termination: Termination, seconds: float) -> Result:
    """The result when not even the graphs were made."""
    return conclude(
        method="milp",
        solver=highs.version(),
        termination=termination,
        objective=None,
        bound=0.0,
        build=seconds,
        total=seconds,
        stats=NOTHING_BUILT,
        explain=str,
        during=BUILDING,
    )


@dataclass
class _Search:
    """The best answer so far, and what HiGHS has proven."""

    flow: ArcFlow
    check: Callable[[Paths], tuple[float, list[Cut]]]
    unit: float
    tuning: _Tuning
    clock: Clock
    largest: float = math.inf
    cuts: list[Cut] = field(default_factory=list)
    paths: Paths | None = None
    objective: float = math.inf
    bound: float = 0.0
    build: float = 0.0
    termination: Termination = Termination.COMPLETED
    during: str = ""
    stats: dict[str, int] = field(default_factory=NOTHING_BUILT.copy)

    def run(self) -> None:
        """Solve until an answer passes the check on a scale that suits it."""
        again = True
        while again:
            try:
                again = self._solve(self._build()) and self.termination is Termination.COMPLETED
            except CUT_SHORT as stop:
                self.termination = self.clock.ended_by(stop)
                return

    def _build(self) -> Compiled:
        begin, self.during = self.clock.elapsed, BUILDING
        largest = min(self.largest, COARSEST * COARSEST * self.unit)
        try:
            model = compile_model(build(self.flow, self.unit, largest, self.cuts, self.clock), self.clock)
        finally:
            self.build += self.clock.elapsed - begin
        rows, columns = model.linear.matrix.shape
        self.stats |= {"columns": columns, "rows": rows}
        self.clock.check()
        self.during = ""
        return model

    def _solve(self, model: Compiled) -> bool:
        """One call of HiGHS; whether the model must be solved again."""
        self.stats["solves"] += 1
        tuning = self.tuning
        answer = highs.minimise(
            model.linear, self.clock, gap=tuning.gap, threads=tuning.threads, seed=tuning.seed
        )
        self.termination = answer.termination
        if answer.bound > -math.inf:
            self.bound = max(self.bound, answer.bound / SCALE * self.unit)
        if answer.values is None:
            return False
        used = model.used(answer.values)
        paths = [(k, path_among(self.flow.graphs[k], arcs)) for k, arcs in used.items()]
        objective, cuts = self.check(paths)
        if cuts:
            self.cuts += cuts
            return True
        if objective < self.objective:
            self.objective, self.paths = objective, paths
        completed = answer.termination is Termination.COMPLETED
        if completed and tuning.gap == 0 and objective - self.bound <= SOLVER_GAP * objective:
            self.bound = objective  # proven, as far as HiGHS tells fractions from integers
        suits = FINEST * self.unit <= objective <= COARSEST * self.unit
        if suits or objective == 0 or self.largest <= 2 * objective:
            return False
        self.unit, self.largest = objective, 2 * objective
        return True
