"""The method ``labels``: exact label setting after the reduction, the reference that needs no solver."""

from __future__ import annotations

from finopt.evaluation.result import Result
from finopt.graph.drivers.single import solve_single
from finopt.graph.label_setting import MAX_LABELS, find_path
from finopt.graph.layered import LayeredGraph
from finopt.graph.path import PathAnswer
from finopt.graph.resource import ResourceGraph
from finopt.problem.instance import Instance
from finopt.solvers.call import Call
from finopt.solvers.clock import Clock


def solve(instance: Instance | ResourceGraph, call: Call, *, max_labels: int = MAX_LABELS) -> Result:
    """Solve one application, or a ResourceGraph with any number of resources, to proven optimality.

    No random numbers are drawn, and one thread is used.

    Parameters
    ----------
    max_labels : int
        Labels kept at most, about 28 bytes each; beyond them the answer is FEASIBLE with a bound.

    Returns
    -------
    Result
        OPTIMAL or INFEASIBLE, unless a limit was reached first. ``stats`` counts arcs and labels.

    Notes
    -----
    The number of labels is exponential at worst (the path is NP-hard to find) and small after reduction on
    placements met so far.

    Examples
    --------
    >>> import finopt
    >>> finopt.solve(finopt.load("instances/orlib/rcsp5.txt"), method="labels").path
    (0, 60, 93, 99)
    """

    def search(graph: ResourceGraph | LayeredGraph, cutoff: float, clock: Clock) -> PathAnswer:
        return find_path(graph, cutoff, clock, max_labels)

    return solve_single(instance, "labels", "finopt label setting", search, call.clock, layered=True)
