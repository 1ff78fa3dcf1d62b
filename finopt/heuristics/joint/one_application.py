"""One application whose capacities bind on several nodes, where labels with that many resources explode.

It goes the way of few applications together: a first placement by a beam, then the exact selection over the
arcs of its graphs (`finopt.heuristics.joint.branching.closing`).
"""

from __future__ import annotations

import math

import numpy as np

from finopt.evaluation.certify import checked, conclude
from finopt.evaluation.result import Result
from finopt.graph.drivers.diagnosis import explain
from finopt.heuristics.joint.branching.closing import Closing
from finopt.heuristics.joint.ending import with_ending
from finopt.heuristics.joint.tuning import CLOSED_UP_TO
from finopt.problem.arrays import Network
from finopt.problem.instance import Instance
from finopt.problem.status import Termination
from finopt.solvers.clock import CUT_SHORT, Clock


def closable(instance: Instance, result: Result) -> bool:
    """Whether labels gave up on an instance that the search over its arcs is for."""
    gave_up = result.termination is Termination.LIMIT and "labels" in result.stats
    return gave_up and len(instance.nodes) + len(instance.directed_links) <= CLOSED_UP_TO


def close(instance: Instance, result: Result, gap: float, seed: int, clock: Clock) -> Result:
    """The result with a better placement and bound, as far as they are found.

    Parameters
    ----------
    instance : Instance
        With one application.
    result : Result
        What labels found and proved.
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
    network = Network.of(instance)
    power = math.inf if result.objective is None else result.objective
    nothing_scarce = np.zeros(network.capacity.size)
    closing = Closing(instance, network, nothing_scarce, gap, seed, clock, power, result.bound or 0.0)
    termination = Termination.COMPLETED
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
        explain=lambda: explain(instance, instance.applications[0]),
        placement=placement,
        evaluation=None if placement is None else checked(instance, placement, result.method),
    )
    return with_ending(ended, gap, searched=True)
