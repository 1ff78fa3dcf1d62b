"""An incremental linear programme in HiGHS: columns and rows are added, and every solve starts from the last.

The restricted master of column generation. Callers scale costs and rows to about 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.problem.errors import BackendError
from finopt.problem.tolerances import SIMPLEX_TOLERANCE
from finopt.solvers.background import run
from finopt.solvers.clock import Clock
from finopt.solvers.highs import load_highspy
from finopt.solvers.highs_status import Ending, ending, is_unsettled

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

Floats = NDArray[np.float64]

WIDER_TOLERANCE = 1e-7
"""That of HiGHS itself. A mix and prices found with it are as good: what is proven and placed does not
rest on them."""


class Solved(NamedTuple):
    """Values of the columns, duals of the rows, and the objective."""

    values: Floats
    duals: Floats
    objective: float


class IncrementalLp:
    """Minimise cost . x, x >= 0, with ``equalities`` rows that sum to 1 and later rows with upper limits.

    Parameters
    ----------
    equalities : int
        Number of rows of the form a . x = 1; they come first.
    seed : int
        Passed to HiGHS.
    """

    def __init__(self, equalities: int, seed: int) -> None:
        highspy = load_highspy()
        self._infinity = highspy.kHighsInf
        self._highs: Any = highspy.Highs()
        for name, value in {
            "output_flag": False,
            "threads": 1,
            "simplex_strategy": 4,
            "random_seed": seed % 2**31,
        }.items():
            self._highs.setOptionValue(name, value)
        self._highs.HandleUserInterrupt = True
        self.columns, self.rows = 0, 0
        ones = np.ones(equalities)
        self._add_rows(ones, ones, np.zeros(equalities + 1, np.int32), np.zeros(0, np.int32), np.zeros(0))

    def add_columns(self, cost: Floats, matrix: csc_array) -> None:
        """Add columns with their coefficients in all rows, shape (rows, k)."""
        size = cost.size
        self._expect(
            self._highs.addCols(
                size,
                cost,
                np.zeros(size),
                np.full(size, self._infinity),
                matrix.nnz,
                matrix.indptr[:-1].astype(np.int32),
                matrix.indices.astype(np.int32),
                matrix.data,
            )
        )
        self.columns += size

    def remove_columns(self, columns: NDArray[np.intp]) -> None:
        """Remove columns that are not part of the basis; later ones move up."""
        self._expect(self._highs.deleteCols(columns.size, columns.astype(np.int32)))
        self.columns -= columns.size

    def add_rows(self, matrix: csr_array, upper: Floats) -> None:
        """Add rows of at most ``upper`` with their coefficients in all columns, shape (k, columns)."""
        lower = np.full(upper.size, -self._infinity)
        self._add_rows(lower, upper, matrix.indptr, matrix.indices, matrix.data)

    def _add_rows(
        self, lower: Floats, upper: Floats, start: NDArray[Any], index: NDArray[Any], value: Floats
    ) -> None:
        size = lower.size
        self._expect(
            self._highs.addRows(
                size,
                lower,
                upper,
                value.size,
                start[:-1].astype(np.int32),
                index.astype(np.int32),
                value,
            )
        )
        self.rows += size

    def solve(self, clock: Clock) -> Solved | None:
        """Optimal values and duals; None when time ran out or Ctrl-C was pressed first.

        After None the programme must not be used again.

        Raises
        ------
        BackendError
            HiGHS ended in any other way.
        """
        if clock.expired:
            return None
        if math.isfinite(clock.limit):
            self._highs.setOptionValue("time_limit", self._highs.getRunTime() + clock.remaining)
        if not self._run(clock):
            return None
        ended = ending(self._highs)
        if ended in (Ending.TIME_LIMIT, Ending.NOT_BEGUN):
            return None
        shape = self._highs.getNumRow(), self._highs.getNumCol()
        if ended is not Ending.SOLVED or shape != (self.rows, self.columns):
            raise BackendError(f"HiGHS left the restricted master of shape {shape} {ended.value}")
        solution = self._highs.getSolution()
        objective = float(self._highs.getInfo().objective_function_value)
        return Solved(np.array(solution.col_value), np.array(solution.row_dual), objective)

    def _run(self, clock: Clock) -> bool:
        """Solve from the last basis; if rounding is in the way, anew, and then with a wider tolerance."""
        for attempt, tolerance in enumerate((SIMPLEX_TOLERANCE, SIMPLEX_TOLERANCE, WIDER_TOLERANCE)):
            if attempt:
                self._highs.clearSolver()
            self._set_tolerance(tolerance)
            if not run(self._highs.solve, self._highs.cancelSolve, clock):
                return False
            self._highs.resetGlobalScheduler(True)
            if not is_unsettled(self._highs):
                break
        return True

    def _set_tolerance(self, tolerance: float) -> None:
        for of in ("primal", "dual"):
            self._highs.setOptionValue(f"{of}_feasibility_tolerance", tolerance)

    def _expect(self, status: Any) -> None:
        if status == load_highspy().HighsStatus.kError:
            raise BackendError("HiGHS did not take a part of the restricted master")
