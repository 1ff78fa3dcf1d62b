"""HiGHS on arrays: what it found and claims is read here, how it ended in `finopt.solvers.highs_status`.

The only module that imports highspy. Callers scale their models so that coefficients are about 1 to 1e4
(HiGHS calls wrong answers optimal when they are 1e-6) and check every answer in exact arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.problem.errors import BackendError
from finopt.problem.status import Termination
from finopt.problem.tolerances import INTEGER_TOLERANCE, SIMPLEX_TOLERANCE
from finopt.solvers import back_end
from finopt.solvers.apart import Outcome, pays, solved_apart
from finopt.solvers.background import IN_TIME, run
from finopt.solvers.clock import Clock
from finopt.solvers.highs_status import Ending, ending
from finopt.solvers.progress import listened_to
from finopt.solvers.solver_process import NoProcessError

if TYPE_CHECKING:
    from scipy.sparse import csc_array

Floats = NDArray[np.float64]

Tell = Callable[[int, float, float], None]
"""Is told nodes of the search tree, bound and best objective; the latter may be infinite."""

LARGEST_COEFFICIENT = 1e12
"""From about 1e15 on HiGHS drops rows without a word; nothing near it is ever passed on."""


class Columns(NamedTuple):
    """A matrix by columns in plain arrays: a process that is sent one need not load scipy."""

    shape: tuple[int, int]
    indptr: NDArray[Any]
    indices: NDArray[Any]
    data: Floats


@dataclass(frozen=True)
class LinearModel:
    """Minimise cost . x subject to row_lower <= matrix x <= row_upper and lower <= x <= upper.

    Attributes
    ----------
    cost, lower, upper : ndarray, shape (n,)
        Objective and bounds of the columns.
    matrix : csc_array or Columns, shape (m, n)
        Coefficients.
    row_lower, row_upper : ndarray, shape (m,)
        Bounds of the rows, may be infinite.
    integer : ndarray of bool, shape (n,)
        Which columns must be integers.
    """

    cost: Floats
    matrix: csc_array | Columns
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]


@dataclass(frozen=True)
class HighsAnswer:
    """Values (None: none found), proven bound (inf: infeasible), and why it stopped, in words if need be."""

    values: Floats | None
    bound: float
    termination: Termination
    reason: str = ""


@dataclass(frozen=True)
class Options:
    """How HiGHS is to solve a model; see `minimise`."""

    gap: float
    threads: int
    seed: int
    start: Floats | None = None
    presolve: bool = False
    nodes: int | None = None


@dataclass
class Found:
    """How far HiGHS is: nodes of its tree, bound, objective and values of the best (None: none found)."""

    nodes: int = 0
    bound: float = -math.inf
    best: float = math.inf
    values: Floats | None = None

    def answer(self, termination: Termination, reason: str = "") -> HighsAnswer:
        """What is left when HiGHS does not come to an end."""
        bound = self.bound if math.isfinite(self.bound) else -math.inf
        return HighsAnswer(self.values, bound, termination, reason)


def minimise(
    model: LinearModel,
    clock: Clock,
    *,
    gap: float,
    threads: int,
    seed: int,
    start: Floats | None = None,
    presolve: bool = False,
    nodes: int | None = None,
    tell: Tell | None = None,
    apart: bool = False,
) -> HighsAnswer:
    """Solve a mixed-integer model, from a solution if there is one; at most so many nodes of the search tree.

    Presolve only pays, and is only safe, on small models: on 100 000 columns it takes a minute and looks at
    no clock and no Ctrl-C. Meanwhile ``tell`` is called now and then, if someone listens to the progress.

    With ``apart`` a large model is solved in a process of its own, which is ended when it is late; then the
    best solution and bound so far are the answer.

    Raises
    ------
    BackendError
        highspy is missing, a coefficient is beyond what HiGHS can represent, or it reports an error.
    """
    if clock.expired:
        return HighsAnswer(None, -math.inf, clock.ended)
    load_highspy()
    matrix = model.matrix
    plain = replace(model, matrix=Columns(matrix.shape, matrix.indptr, matrix.indices, matrix.data))
    task, found = (plain, Options(gap, threads, seed, start, presolve, nodes)), Found()

    def hear(news: Found) -> None:
        vars(found).update(vars(news), values=found.values if news.values is None else news.values)
        if tell is not None:
            tell(found.nodes, found.bound, found.best)

    if apart and pays(matrix.data.size, clock):
        with suppress(NoProcessError):
            return _from_apart(solved_apart(solve_here, task, clock, threads, hear), found, clock)
    watched = apart or (tell is not None and listened_to())
    answer = solve_here(task, clock, hear if watched else None)
    return answer if answer is not None else found.answer(clock.ended)


def _from_apart(outcome: Outcome, found: Found, clock: Clock) -> HighsAnswer:
    """The answer of a process, or what it told before it was ended or died."""
    if outcome.death:
        termination = Termination.MEMORY_LIMIT if outcome.out_of_memory else Termination.ERROR
        return found.answer(clock.ended if clock.expired else termination, f"HiGHS: {outcome.death}")
    answer: HighsAnswer | None = outcome.answer
    if answer is None:
        return found.answer(clock.ended)
    asked_to_stop = clock.stopped or answer.termination is Termination.INTERRUPTED
    return replace(answer, termination=clock.ended) if asked_to_stop else answer


def solve_here(
    task: tuple[LinearModel, Options], clock: Clock, tell: Callable[[Found], None] | None
) -> HighsAnswer | None:
    """Solve a model in this process, and tell meanwhile what is found; None: it was left alone."""
    model, options = task
    highs = _load(model)
    _set_options(highs, options, clock)
    if options.start is not None:
        solution = load_highspy().HighsSolution()
        solution.col_value = options.start
        highs.setSolution(solution)
    highs.HandleUserInterrupt = True
    watch = _watched(highs, tell) if tell is not None else lambda: None
    ended = run(highs.solve, highs.cancelSolve, clock, watch)
    watch()
    if not ended:
        return None
    answer = _read(highs, clock)
    highs.resetGlobalScheduler(True)  # or threads of a cancelled search abort the process at its end
    return answer


def _set_options(highs: Any, options: Options, clock: Clock) -> None:
    limit = IN_TIME * clock.remaining  # HiGHS overruns its limit: what is left less a margin
    named = {
        "output_flag": False,
        "presolve": "on" if options.presolve else "off",
        "mip_rel_gap": options.gap,
        "mip_abs_gap": 0.0,
        "mip_feasibility_tolerance": INTEGER_TOLERANCE,
        "primal_feasibility_tolerance": SIMPLEX_TOLERANCE,
        "dual_feasibility_tolerance": SIMPLEX_TOLERANCE,
        "threads": options.threads,
        "random_seed": options.seed % 2**31,
    }
    if options.nodes is not None:
        named["mip_max_nodes"] = options.nodes
    if math.isfinite(limit):
        named["time_limit"] = limit
    for name, value in named.items():
        if highs.setOptionValue(name, value) != load_highspy().HighsStatus.kOk:
            raise BackendError(f"HiGHS refuses {name} = {value}")


def _watched(highs: Any, tell: Callable[[Found], None]) -> Callable[[], None]:
    """Note what HiGHS says of its search, in its own threads; what is returned tells what is new."""
    noted: list[Found] = []
    solutions: list[Floats] = []

    def note(event: Any) -> None:
        found = event.data_out
        noted[:] = [Found(int(found.mip_node_count), found.mip_dual_bound, found.mip_primal_bound)]

    def keep(event: Any) -> None:
        solutions[:] = [np.array(event.data_out.mip_solution)]
        note(event)

    highs.cbMipInterrupt.subscribe(note)  # called often, and also where there is no log
    highs.cbMipImprovingSolution.subscribe(keep)

    def watch() -> None:
        while noted:
            found = noted.pop()
            tell(replace(found, values=solutions.pop() if solutions else None))

    return watch


def version() -> str:
    """Like ``HiGHS 1.13.1``."""
    return f"HiGHS {load_highspy().Highs().version()}"


def load_highspy() -> Any:
    """The module; imported here and nowhere else."""
    hint = "install highspy>=1.12,<1.14; it cannot be imported together with some releases of ortools"
    return back_end.load("highspy", "HiGHS", hint)


def _load(model: LinearModel) -> Any:
    largest = max((abs(values).max(initial=0.0) for values in (model.cost, model.matrix.data)), default=0.0)
    if not largest <= LARGEST_COEFFICIENT:
        raise BackendError(f"a coefficient of {largest:g} is beyond what HiGHS can represent")
    highspy = load_highspy()
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = model.matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = model.matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = model.matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = model.matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[integer] for integer in model.integer.astype(int)]
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    status = highs.passModel(lp)
    if status == highspy.HighsStatus.kError or (highs.getNumRow(), highs.getNumCol()) != model.matrix.shape:
        raise BackendError("HiGHS did not take the model")
    return highs


TERMINATIONS = {
    Ending.SOLVED: Termination.COMPLETED,
    Ending.INFEASIBLE: Termination.COMPLETED,
    Ending.TIME_LIMIT: Termination.TIME_LIMIT,
    Ending.LIMIT: Termination.LIMIT,
    Ending.MEMORY_LIMIT: Termination.MEMORY_LIMIT,
    Ending.NOT_BEGUN: Termination.TIME_LIMIT,
}


def _read(highs: Any, clock: Clock) -> HighsAnswer:
    ended = ending(highs)
    termination = clock.ended if clock.stopped else TERMINATIONS[ended]
    if ended is Ending.INFEASIBLE:
        return HighsAnswer(None, math.inf, termination)
    if ended is Ending.NOT_BEGUN:
        return HighsAnswer(None, -math.inf, termination)
    info = highs.getInfo()
    solution = highs.getSolution()
    found = solution.value_valid and info.primal_solution_status == 2  # kSolutionStatusFeasible
    values = np.array(solution.col_value) if found else None
    bound = info.mip_dual_bound if math.isfinite(info.mip_dual_bound) else -math.inf
    return HighsAnswer(values, bound, termination)
