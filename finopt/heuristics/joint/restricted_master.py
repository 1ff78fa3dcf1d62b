"""The restricted master: a mix of known answers per cluster that overloads nothing, at least power.

    minimise    sum_j power_j x_j + sum_g penalty_g y_g
    (1)         sum_{j of g} x_j + y_g = 1              for every cluster g of applications
    (2)         sum_j load_jk x_j <= capacity_k         for every capacity k that was ever exceeded
                x, y >= 0

A cluster is one application as long as there are not too many, else those with the same model at the same
site; its columns are what its members chose together at one round's prices. y_g is the part of a cluster that
is not placed. The duals of (2) are the prices. Rows (2) are added when a solution exceeds them, columns x_j
when their priced power is below the dual of (1), also again after the worst were set aside: the simplex takes
half the time when it only sees columns that may enter (sifting). Dantzig and Wolfe: Decomposition
principle for linear programs, Operations Research 8 (1960).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, hstack, identity, vstack

from finopt.heuristics.joint.tuning import (
    SIFTED_FROM,
    SIFTED_TO,
)
from finopt.problem.array_types import Floats, Ints
from finopt.problem.tolerances import EXCESS, REDUCED_COST
from finopt.solvers.clock import Clock, OutOfTimeError
from finopt.solvers.incremental_lp import IncrementalLp


@dataclass(frozen=True, eq=False)
class Mix:
    """A solution of the restricted master.

    Attributes
    ----------
    share : ndarray, shape (columns,)
        x of every column.
    unplaced : ndarray, shape (clusters,)
        y of every cluster.
    price : ndarray, shape (2 V + E,)
        Of every capacity [W per unit].
    convexity_dual : ndarray, shape (clusters,)
        Dual of (1): what a better column has to stay below [W].
    power : float
        Objective [W], penalties included.
    """

    share: Floats
    unplaced: Floats
    price: Floats
    convexity_dual: Floats
    power: float


class Master:
    """The columns and the linear programme over them.

    Parameters
    ----------
    capacity : ndarray, shape (2 V + E,)
    penalty : ndarray, shape (clusters,)
        Cost of not placing each cluster [W].
    unit : float
        Power of about one cluster [W]; the programme is scaled with it.
    seed : int
        Passed to HiGHS.
    """

    def __init__(self, capacity: Floats, penalty: Floats, unit: float, seed: int) -> None:
        self.unit = unit
        self.capacity = capacity
        self.clusters = penalty.size
        self.rows = np.zeros(0, np.int64)
        self.loads: Any = csr_array((0, capacity.size))
        self.cluster = np.zeros(0, np.int64)
        self.round = np.zeros(0, np.int64)
        self.power = np.zeros(0)
        self._inside = np.zeros(0, np.int64)  # the columns in the programme, in its order
        self._program = IncrementalLp(self.clusters, seed)
        self._program.add_columns(penalty / unit, csc_array(identity(self.clusters, format="csc")))

    def add(self, cluster: Ints, power: Floats, loads: Any, number: int) -> None:
        """Add columns of one round.

        Parameters
        ----------
        cluster : ndarray of int, shape (n,)
        power : ndarray, shape (n,)
        loads : csr_array, shape (n, 2 V + E)
        number : int
            Of the round.
        """
        known, size = self.cluster.size, cluster.size
        self.loads = vstack([self.loads, loads], "csr")
        self.cluster = np.concatenate([self.cluster, cluster])
        self.round = np.concatenate([self.round, np.full(size, number)])
        self.power = np.concatenate([self.power, power])
        self._admit(np.arange(known, known + size))

    def widen(self, capacity: Floats, loads: Any) -> None:
        """Further capacities, and what the known columns use of them, of shape (columns, capacities)."""
        self.capacity = np.concatenate([self.capacity, capacity])
        self.loads = csr_array(hstack([self.loads, loads], "csr"))

    def solve(self, clock: Clock) -> Mix:
        """The cheapest mix that keeps every capacity.

        Raises
        ------
        OutOfTimeError
        """
        while True:
            solved = self._program.solve(clock)
            if solved is None:
                raise OutOfTimeError
            share = np.zeros(self.cluster.size)
            share[self._inside] = solved.values[self.clusters :]
            over = np.flatnonzero(self.loads.T @ share > self.capacity * (1 + EXCESS))
            over = np.setdiff1d(over, self.rows)
            if over.size:
                self._add_rows(over)
                continue
            price = np.zeros(self.capacity.size)
            paid = np.maximum(-solved.duals[self.clusters :], 0.0)
            price[self.rows] = paid * self.unit / self.capacity[self.rows]
            convexity_dual = solved.duals[: self.clusters] * self.unit
            reduced = self.power + self.loads @ price - convexity_dual[self.cluster]
            back = np.setdiff1d(np.flatnonzero(reduced < -REDUCED_COST * self.unit), self._inside)
            if not back.size:
                break
            self._admit(back)
        if self._inside.size > SIFTED_FROM * self.clusters:
            self._set_aside(reduced)
        return Mix(share, solved.values[: self.clusters], price, convexity_dual, solved.objective * self.unit)

    def _admit(self, columns: NDArray[np.intp]) -> None:
        """Columns become part of the programme."""
        size = columns.size
        one_each = csr_array((np.ones(size), (np.arange(size), self.cluster[columns])), (size, self.clusters))
        scaled = self.loads[columns][:, self.rows] * (1 / self.capacity[self.rows])
        matrix = csc_array(hstack([one_each, scaled], "csr").T)
        self._program.add_columns(self.power[columns] / self.unit, matrix)
        self._inside = np.concatenate([self._inside, columns])

    def _set_aside(self, reduced: Floats) -> None:
        """Take the columns of the largest reduced cost out of the programme."""
        mine = reduced[self._inside]
        order = np.argsort(mine, kind="stable")[SIFTED_TO * self.clusters :]
        out = np.sort(order[mine[order] > REDUCED_COST * self.unit])  # those of the basis have none
        self._program.remove_columns(self.clusters + out)
        self._inside = np.delete(self._inside, out)

    def _add_rows(self, over: NDArray[np.intp]) -> None:
        known = (self.loads[self._inside][:, over] * (1 / self.capacity[over])).T
        matrix = csr_array(hstack([csr_array((over.size, self.clusters)), known], "csr"))
        self._program.add_rows(matrix, np.ones(over.size))
        self.rows = np.concatenate([self.rows, over])
