"""HiGHS on the bare arc-flow model, passed as arrays.

    minimise    sum over a of cost[a] x[a]
    subject to  out(v) - in(v) + end(v) = 1 at the source, 0 elsewhere      (end only at targets)
                sum over a of resource[a] x[a] <= limit
                x, end in {0, 1}

The objective is divided by the cost of the fastest path and the last row by its limit, both times 1e4, as in
``finopt.formulations.arcflow``: HiGHS' tolerances are absolute. Relative gap 0.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from finopt.graph.resource import ResourceGraph
from peer_study.outcome import Answer, Peer, first_guess, used_path

SCALE = 1e4
FEASIBILITY = 1e-9
"""Tolerance of rows and of integrality; with HiGHS' own, late paths would pass."""


def build(graph: ResourceGraph, presolve: str) -> Any:
    """The model in HiGHS."""
    import highspy

    lp = highspy.HighsLp()
    matrix, row_lower, row_upper = rows(graph)
    unit = first_guess(graph)
    lp.num_row_, lp.num_col_ = matrix.shape
    ends = np.zeros(graph.targets.size)
    lp.col_cost_ = np.concatenate([np.minimum(graph.cost, 2 * unit) * (SCALE / unit), ends])
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.ones(lp.num_col_)
    lp.row_lower_, lp.row_upper_ = row_lower, row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    lp.integrality_ = [highspy.HighsVarType.kInteger] * lp.num_col_
    highs = highspy.Highs()
    for name, value in _options(presolve).items():
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    return graph, highs


def _options(presolve: str) -> dict[str, Any]:
    tolerances = ("mip_feasibility_tolerance", "primal_feasibility_tolerance", "dual_feasibility_tolerance")
    return {
        "output_flag": False,
        "presolve": presolve,
        "threads": 1,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.0,
        **dict.fromkeys(tolerances, FEASIBILITY),
    }


def rows(graph: ResourceGraph) -> tuple[sparse.csc_array, np.ndarray, np.ndarray]:
    """Matrix and bounds of the rows: one per vertex, then the budget; columns: arcs, then ends."""
    arcs, ends = np.arange(graph.arcs), graph.arcs + np.arange(graph.targets.size)
    limit = float(graph.limit[0])
    share = np.minimum(graph.resource[:, 0], 2 * limit) * (SCALE / limit)
    row = np.concatenate([graph.tail, graph.head, graph.targets, np.full(graph.arcs, graph.vertices)])
    column = np.concatenate([arcs, arcs, ends, arcs])
    value = np.concatenate([np.ones(graph.arcs), -np.ones(graph.arcs), np.ones(ends.size), share])
    size = (graph.vertices + 1, graph.arcs + ends.size)
    matrix = sparse.csc_array((value, (row, column)), shape=size)
    matrix.eliminate_zeros()
    upper = np.zeros(graph.vertices + 1)
    upper[graph.source], upper[-1] = 1.0, SCALE
    lower = upper.copy()
    lower[-1] = -np.inf
    return matrix, lower, upper


def search(model: Any, seconds: float) -> Answer:
    """Let HiGHS search."""
    graph, highs = model
    highs.setOptionValue("time_limit", seconds)
    highs.run()
    status = highs.modelStatusToString(highs.getModelStatus())
    if status == "Infeasible":
        return Answer(None, True)
    solution = highs.getSolution()
    path = None
    if solution.value_valid and highs.getInfo().primal_solution_status == 2:  # kSolutionStatusFeasible
        path = used_path(graph, np.array(solution.col_value[: graph.arcs]) > 0.5)
    return Answer(path, status == "Optimal")


PEER = Peer("highs", partial(build, presolve="on"), search)
WITHOUT_PRESOLVE = Peer("highs-nopresolve", partial(build, presolve="off"), search)
