"""Results of searches path by path, with their gap closed by the exact selection over whole graphs.

For one application whose capacities bind on several nodes, where labels with that many resources explode, and
for few applications with budgets of their own for early exits, which are placed one after the other. Nothing
has a price then; a first placement comes from a beam (`finopt.heuristics.joint.branching.closing`).
"""

from __future__ import annotations

import math

import numpy as np

from finopt.evaluation.certify import checked, conclude
from finopt.evaluation.result import Result
from finopt.graph.drivers.diagnosis import explain_all
from finopt.heuristics.joint.branching.closing import Closing
from finopt.heuristics.joint.ending import with_ending
from finopt.heuristics.joint.tuning import CLOSED_UP_TO, EXACT_UP_TO
from finopt.problem.arrays import Network
from finopt.problem.instance import Instance
from finopt.problem.status import Status
from finopt.solvers.clock import CUT_SHORT, Clock


def close(instance: Instance, result: Result, gap: float, seed: int, clock: Clock) -> Result:
    """The result with a better placement and bound, as far as they are found.

    Parameters
    ----------
    instance : Instance
        With too many applications or arcs, nothing is searched.
    result : Result
        What is known.
    gap : float
        Relative gap to reach.
    seed : int
        Of HiGHS.
    clock : Clock
        Of the whole call.

    Raises
    ------
    BackendError
        HiGHS fails, or the answer fails the check of the cost model.
    """
    count, arcs = len(instance.applications), len(instance.nodes) + len(instance.directed_links)
    if count > EXACT_UP_TO or count * arcs > CLOSED_UP_TO or clock.expired:
        return with_ending(result, gap, searched=False)
    if result.status is Status.INFEASIBLE:
        return result
    network = Network.of(instance)
    power = math.inf if result.objective is None else result.objective
    nothing_scarce = np.zeros(network.capacity.size)
    closing = Closing(instance, network, nothing_scarce, gap, seed, clock, power, result.bound or 0.0)
    try:
        closing.run(result.placement)
        termination = closing.termination
    except CUT_SHORT as stop:
        termination = clock.ended_by(stop)
    placement = closing.placement or result.placement
    ended = conclude(
        method=result.method,
        solver=result.solver,
        termination=termination,
        bound=closing.bound,
        build=result.runtime.build,
        total=clock.elapsed,
        stats={**result.stats, **closing.stats},
        explain=lambda: explain_all(instance),
        placement=placement,
        explain_unplaced=lambda: result.reason or "no placement was found",
        evaluation=None if placement is None else checked(instance, placement, result.method),
    )
    return with_ending(ended, gap, searched=True)
