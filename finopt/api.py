"""The front door: one function for every method, back ends imported on demand."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from finopt.errors import BackendError
from finopt.instance import Instance
from finopt.result import Result

METHODS = {
    "milp": "finopt.formulations.milp",
    "cspp": "finopt.formulations.cspp",
    "fin": "finopt.heuristics.fin",
    "labels": "finopt.graph.labels",
    "mcp": "finopt.heuristics.mcp",
}
"""Method name to the module whose ``solve`` it is."""


def solve(
    instance: Instance,
    method: str = "fin",
    *,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: bool = False,
    **options: Any,
) -> Result:
    """Place the applications of an instance with one of the methods.

    Parameters
    ----------
    instance : Instance
        What to place where.
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
        INFEASIBLE and time-outs are results with a reason, not exceptions.

    Raises
    ------
    ValueError
        An unknown method, or an option the method does not have.
    InstanceError
        The instance is not one the method can take.
    BackendError
        The back end is missing, or its answer fails the check of the cost model.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> finopt.solve(instance, method="labels").placement.applications[0].nodes
    ('device', 'device', 'device', 'edge', 'edge')
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
