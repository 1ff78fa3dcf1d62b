"""OR-Tools CP-SAT on arrays: the cheapest path within limits, all in whole numbers.

    minimise    sum over a of cost[a] x[a]
    subject to  out(v) - in(v) = 1 at the source, 0 in between, -1 over the targets together
                sum over a of use[a, r] x[a] <= steps         for every resource r
                x[a] in {0, 1}

The only module that imports ortools. Callers scale costs and uses, and read the path among the arcs used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.problem.errors import BackendError
from finopt.problem.status import Termination
from finopt.solvers import back_end
from finopt.solvers.apart import Outcome, pays, solved_apart
from finopt.solvers.background import IN_TIME, run
from finopt.solvers.clock import Clock, OutOfTimeError
from finopt.solvers.solver_process import NoProcessError

Whole = NDArray[np.int64]
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class PathModel:
    """A graph in whole numbers.

    Attributes
    ----------
    vertices, source : int
    targets : ndarray of int32
    tail, head : ndarray of int32, shape (A,)
    cost : ndarray of int64, shape (A,)
    use : ndarray of int64, shape (A, R)
        Of every resource.
    steps : int
        The limit of each.
    """

    vertices: int
    source: int
    targets: Ints
    tail: Ints
    head: Ints
    cost: Whole
    use: Whole
    steps: int


@dataclass(frozen=True)
class Options:
    """Passed to CP-SAT."""

    threads: int
    seed: int


@dataclass
class CpSatAnswer:
    """Arcs used (None: none found), bound on their cost (inf: infeasible), and why it stopped.

    ``optimal``: nothing is cheaper, as far as whole numbers tell.
    """

    used: Ints | None = None
    bound: float = 0.0
    termination: Termination = Termination.TIME_LIMIT
    reason: str = ""
    optimal: bool = False


@dataclass(frozen=True)
class Found:
    """What CP-SAT found on the way: a bound, the arcs of a better path, or both."""

    bound: float | None = None
    used: Ints | None = None


Tell = Callable[[float], None]
"""Is told the bound."""


def cheapest_path(
    model: PathModel, clock: Clock, *, threads: int, seed: int, tell: Tell | None = None
) -> CpSatAnswer:
    """The cheapest path within the limits; a large model is solved in a process of its own.

    Raises
    ------
    BackendError
        ortools is missing or fails.
    """
    if clock.expired:
        return CpSatAnswer(termination=clock.ended)
    load_cp_model()
    task, found = (model, Options(threads, seed)), CpSatAnswer()

    def hear(news: Found) -> None:
        found.used = found.used if news.used is None else news.used
        if news.bound is not None:
            found.bound = max(found.bound, news.bound)
            if tell is not None:
                tell(found.bound)

    def until_now(termination: Termination, reason: str = "") -> CpSatAnswer:
        return CpSatAnswer(found.used, found.bound, termination, reason)

    if pays(model.tail.size * (2 + model.use.shape[1]), clock):
        try:
            outcome = solved_apart(solve_here, task, clock, threads, hear)
        except NoProcessError:
            pass
        else:
            return _from_apart(outcome, until_now, clock)
    return solve_here(task, clock, hear) or until_now(clock.ended)


def _from_apart(
    outcome: Outcome, until_now: Callable[[Termination, str], CpSatAnswer], clock: Clock
) -> CpSatAnswer:
    """The answer of a process, or what it told before it was ended or died."""
    if outcome.death:
        termination = Termination.MEMORY_LIMIT if outcome.out_of_memory else Termination.ERROR
        return until_now(clock.ended if clock.expired else termination, f"CP-SAT: {outcome.death}")
    answer: CpSatAnswer | None = outcome.answer
    if answer is None:
        return until_now(clock.ended, "")
    if clock.stopped or answer.termination is Termination.INTERRUPTED:
        answer.termination = clock.ended
    return answer


def solve_here(
    task: tuple[PathModel, Options], clock: Clock, tell: Callable[[Found], None]
) -> CpSatAnswer | None:
    """Solve a model in this process, and tell meanwhile what is found; None: it was left alone."""
    model, options = task
    cp_model = load_cp_model()
    try:
        problem, x = _problem(cp_model, model, clock)
    except OutOfTimeError:
        return CpSatAnswer(termination=clock.ended)
    solver = _solver(cp_model, options, clock)
    noted: list[Found] = []
    solver.best_bound_callback = lambda bound: noted.append(Found(bound=_rounded(bound, model)))
    keep = _keeper(cp_model, x, noted)

    def watch() -> None:
        while noted:
            tell(noted.pop(0))

    statuses: list[Any] = []
    if not run(lambda: statuses.append(solver.solve(problem, keep)), solver.stop_search, clock, watch):
        watch()
        return None
    watch()
    return _read(solver, solver.status_name(statuses[0]), model, x, clock)


def _problem(cp_model: Any, model: PathModel, clock: Clock) -> tuple[Any, list[Any]]:
    """The model as CP-SAT takes it, and its variables x."""
    problem = cp_model.CpModel()
    x = [problem.new_bool_var(f"x{a}") for a in clock.through(range(model.tail.size))]
    _add_flow(problem, x, model, clock)
    _add_limits(problem, x, model, clock)
    clock.check()
    problem.minimize(cp_model.LinearExpr.weighted_sum(x, model.cost.tolist()))
    return problem, x


def _solver(cp_model: Any, options: Options, clock: Clock) -> Any:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = options.threads
    solver.parameters.random_seed = options.seed % 2**31
    solver.parameters.catch_sigint_signal = False
    # Comparing constraints with each other, the presolve of 9.15 goes wrong on coefficients of this size.
    solver.parameters.presolve_inclusion_work_limit = 0
    if math.isfinite(clock.remaining):
        solver.parameters.max_time_in_seconds = IN_TIME * clock.remaining
    return solver


def _keeper(cp_model: Any, x: list[Any], noted: list[Found]) -> Any:
    """A callback that notes the arcs of every better path, in the threads of CP-SAT."""

    class Keeper(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
        def on_solution_callback(self) -> None:
            used = [a for a, variable in enumerate(x) if self.SolutionBooleanValue(variable.index)]
            noted.append(Found(used=np.array(used, np.int32)))

    return Keeper()


def _add_flow(problem: Any, x: list[Any], model: PathModel, clock: Clock) -> None:
    out: list[list[Any]] = [[] for _ in range(model.vertices)]
    into: list[list[Any]] = [[] for _ in range(model.vertices)]
    for a, (tail, head) in enumerate(zip(model.tail, model.head, strict=True)):
        out[tail].append(x[a])
        into[head].append(x[a])
    ends = []
    for target in model.targets.tolist():
        end = problem.new_bool_var(f"end{target}")
        out[target].append(end)
        ends.append(end)
    into[model.source].append(1)
    problem.add_exactly_one(ends)
    for v in clock.through(range(model.vertices)):
        if out[v] or into[v]:
            problem.add(sum(out[v]) == sum(into[v]))


def _add_limits(problem: Any, x: list[Any], model: PathModel, clock: Clock) -> None:
    for use in model.use.T:
        used = clock.through(np.flatnonzero(use))
        problem.add(sum(int(use[a]) * x[a] for a in used) <= model.steps)


def _read(solver: Any, status: str, model: PathModel, x: list[Any], clock: Clock) -> CpSatAnswer:
    # The status first: without a solution CP-SAT still reports an objective and values.
    if status not in ("OPTIMAL", "FEASIBLE", "INFEASIBLE", "UNKNOWN"):
        raise BackendError(f"CP-SAT stopped with status {status!r}")
    completed = status in ("OPTIMAL", "INFEASIBLE")
    termination = Termination.COMPLETED if completed else Termination.TIME_LIMIT
    termination = clock.ended if clock.stopped else termination
    if status == "INFEASIBLE":
        return CpSatAnswer(None, math.inf, termination)
    bound = _rounded(solver.best_objective_bound, model)
    if status == "UNKNOWN":
        return CpSatAnswer(None, bound, termination)
    used = np.array([a for a, variable in enumerate(x) if solver.value(variable)], np.int32)
    return CpSatAnswer(used, bound, termination, optimal=status == "OPTIMAL")


def _rounded(bound: float, model: PathModel) -> float:
    """What a bound proves of costs before rounding: a path has fewer arcs than vertices, each off by half."""
    return max(0.0, bound - 0.5 * model.vertices)


def load_cp_model() -> Any:
    """The module; imported here and nowhere else."""
    return back_end.load("ortools.sat.python.cp_model", "OR-Tools", "install ortools>=9.11")


def version() -> str:
    """Like ``OR-Tools CP-SAT 9.15.6755``."""
    load_cp_model()
    import ortools

    return f"OR-Tools CP-SAT {ortools.__version__}"
