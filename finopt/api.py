"""The front door: one function for every method, back ends imported on demand."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from finopt.errors import BackendError
from finopt.instance import Instance
from finopt.result import Result

if TYPE_CHECKING:
    from finopt.graph.resource import ResourceGraph

METHODS = {
    "milp": "finopt.formulations.milp",
    "cspp": "finopt.formulations.cspp",
    "fin": "finopt.heuristics.fin",
    "labels": "finopt.graph.labels",
    "mcp": "finopt.heuristics.mcp",
}
"""Method name to the module whose ``solve`` it is."""


def solve(
    instance: Instance | ResourceGraph,
    method: str = "fin",
    *,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: bool = False,
    **options: Any,
) -> Result:
    """Place the applications of an instance, or find a path in a graph, with one of the methods.

    Parameters
    ----------
    instance : Instance or ResourceGraph
        What to place where, or a resource-constrained shortest path.
    method : {"fin", "milp", "cspp", "labels", "mcp"}
        See the table of methods in the README for what each may claim.
    time_limit : float, optional
        Seconds for building, solving and checking together.
    seed : int
        Of methods that draw random numbers.
    threads : int
        For solvers that can use several.
    progress : bool
        Show how far the method is on a terminal.
    **options
        Of the method, for example ``gap``, ``gamma``, ``lam``, ``reduce``; see its module's ``solve``.

    Returns
    -------
    Result
        INFEASIBLE and time-outs are results with a reason, not exceptions. For a ResourceGraph ``path`` lists
        the vertices, counted from 0.

    Raises
    ------
    ValueError
        An unknown method, or an option the method does not have.
    InstanceError
        The instance is not one the method can take: several applications for another than "milp", more than
        two resources for "fin".
    BackendError
        The back end is missing, or its answer fails the check of the cost model.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> finopt.solve(instance, method="labels").placement.applications[0].nodes
    ('device', 'device', 'device', 'edge', 'edge')
    >>> result = finopt.solve(finopt.load("instances/orlib/rcsp1.txt"))
    >>> result.objective, result.path[0], result.path[-1]
    (131.0, 0, 99)
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}, known: {', '.join(METHODS)}")
    try:
        module = import_module(METHODS[method])
    except ImportError as error:
        raise BackendError(f"method {method!r} needs a package that is not installed: {error}") from error
    result: Result = module.solve(
        instance, time_limit=time_limit, seed=seed, threads=threads, progress=progress, **options
    )
    return result
