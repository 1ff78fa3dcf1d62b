"""The best assignment among candidates, exactly, where there are few: a mixed-integer programme.

    minimise    sum_c power_c x_c + sum_h penalty_h y_h
    (1)         sum_{c of h} x_c + y_h = 1              for every application h
    (2)         sum_c load_ck x_c <= 1                  for every capacity k that could be exceeded
                x, y binary

Loads are shares of capacities; y_h = 1 leaves application h out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, hstack, identity, vstack

from finopt.heuristics.joint.annealing import Candidates
from finopt.heuristics.joint.tuning import (
    SEARCH_NODES,
    SELECTION_PENALTY,
)
from finopt.problem.array_types import Floats
from finopt.problem.tolerances import FULL, SOLVER_MARGIN
from finopt.solvers import highs
from finopt.solvers.clock import Clock
from finopt.solvers.progress import report

ROOMS = (1.0, SOLVER_MARGIN)
"""Shares of a capacity that may be filled: HiGHS may exceed its rows by a millionth, and then tries again."""


def select(candidates: Candidates, weight: Floats, gap: float, clock: Clock, seed: int) -> bool:
    """Replace what is chosen by the best selection that HiGHS finds.

    Parameters
    ----------
    candidates : Candidates
    weight : ndarray, shape (N,)
        Of the applications, when not all can be placed.
    gap : float
        Relative gap at which it may stop.
    clock : Clock
    seed : int

    Returns
    -------
    bool
        Whether it found one within the capacities; otherwise nothing changes.
    """
    before = candidates.chosen.copy()
    column = np.flatnonzero(np.isfinite(candidates.power))
    for room in ROOMS:
        model = _linear(candidates, column, weight, room)
        start = _values(candidates, column)
        answer = highs.minimise(
            model,
            clock,
            gap=gap,
            threads=1,
            seed=seed,
            start=start,
            presolve=True,
            nodes=SEARCH_NODES,
            tell=lambda nodes, *_: report("selection", nodes),
        )
        if answer.values is not None:
            taken = column[answer.values[: column.size] > 0.5]
            candidates.chosen[:] = -1
            candidates.chosen[candidates.assignments.application[taken]] = taken
            candidates.recount()
            if not candidates.overloaded.size:
                return True
        candidates.chosen[:] = before
        candidates.recount()
    return False


def _values(candidates: Candidates, column: NDArray[np.intp]) -> Floats:
    """What is chosen, as values of the programme's columns."""
    taken = np.isin(column, candidates.chosen[candidates.chosen >= 0])
    return np.concatenate([taken, candidates.chosen < 0]).astype(float)


def _linear(
    candidates: Candidates, column: NDArray[np.intp], weight: Floats, room: float
) -> highs.LinearModel:
    power, loads = candidates.power[column], csr_array(candidates.loads[column])
    size, count = candidates.chosen.size, column.size
    rows = np.flatnonzero(np.asarray(loads.sum(axis=0)).ravel() > FULL)
    owner = candidates.assignments.application[column]
    one_each: Any = csr_array((np.ones(count), (owner, np.arange(count))), (size, count))
    top = hstack([one_each, identity(size, format="csr")])
    bottom = hstack([csr_array(loads[:, rows]).T, csr_array((rows.size, size))])
    dearest = float(power.max(initial=0.0)) or 1.0
    unit = float(power.mean()) if power.any() else 1.0
    return highs.LinearModel(
        cost=np.concatenate([power, SELECTION_PENALTY * dearest * weight / weight.max()]) / unit,
        matrix=csc_array(vstack([top, bottom], "csc")),
        row_lower=np.concatenate([np.ones(size), np.full(rows.size, -np.inf)]),
        row_upper=np.concatenate([np.ones(size), np.full(rows.size, room)]),
        lower=np.zeros(count + size),
        upper=np.ones(count + size),
        integer=np.ones(count + size, bool),
    )
