"""The register of methods: where each is implemented, what it takes, and what it may claim."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import Parameter, signature
from typing import TYPE_CHECKING

from finopt.evaluation.result import Result
from finopt.problem.errors import BackendError, InstanceError, Problem
from finopt.problem.instance import Instance
from finopt.solvers.memory import MODULES, out_of_memory_told, reserve

if TYPE_CHECKING:
    from finopt.graph.resource import ResourceGraph

METHODS = {
    "milp": "finopt.formulations.milp",
    "cspp": "finopt.formulations.cspp",
    "fin": "finopt.heuristics.fin",
    "fin-published": "finopt.heuristics.published_fin",
    "labels": "finopt.graph.drivers.labels",
    "mcp": "finopt.heuristics.mcp",
}
"""Method name to the module whose ``solve`` it is; see `finopt.solvers.call` for how that is called."""

COMMON = ("time_limit", "memory_limit", "seed", "threads", "progress")
"""Options of every method; see `finopt.solvers.call.Call`."""

QUESTION = ("objective", "previous", "moving")
"""Options that are part of what is asked, and not of how; see `finopt.api.dispatch.solve`."""


@dataclass(frozen=True)
class Capabilities:
    """What a method takes and promises; ``tests/test_conformance.py`` holds it to this.

    Attributes
    ----------
    several : bool
        Takes instances with several applications on shared capacity.
    resources : int or None
        Most resources of a `ResourceGraph`; None: any number.
    complete : bool
        Finds an answer to one application wherever there is one, or proves that there is none; where a
        capacity binds it may end without an answer, but then with a bound.
    optimal : bool
        Proves the optimum of one application, unless a capacity binds.
    jointly_optimal : bool
        Proves the optimum also where capacities bind, for all applications together.
    bounded : bool
        Gives a lower bound with every answer.
    """

    several: bool
    resources: int | None
    complete: bool
    optimal: bool
    jointly_optimal: bool
    bounded: bool


CAPABILITIES = {
    "milp": Capabilities(
        several=True, resources=None, complete=True, optimal=True, jointly_optimal=True, bounded=True
    ),
    "cspp": Capabilities(
        several=True, resources=None, complete=True, optimal=True, jointly_optimal=False, bounded=True
    ),
    "fin": Capabilities(
        several=True, resources=2, complete=True, optimal=False, jointly_optimal=False, bounded=True
    ),
    "fin-published": Capabilities(
        several=False, resources=2, complete=False, optimal=False, jointly_optimal=False, bounded=False
    ),
    "labels": Capabilities(
        several=False, resources=None, complete=True, optimal=True, jointly_optimal=False, bounded=True
    ),
    "mcp": Capabilities(
        several=False, resources=None, complete=False, optimal=False, jointly_optimal=False, bounded=True
    ),
}
"""Method name to what it can do."""

FOR_SEVERAL = "use method 'fin', 'cspp' or 'milp' for several"
FOR_MORE_RESOURCES = "use 'labels', 'milp' or 'cspp'"
"""The advice of refusals, best first; the methods are those with the capability and an answer to promise."""

OTHERWISE = "or take a smaller instance or method 'fin', which needs the least"
"""What helps a method that runs out of memory, besides more memory."""


def method_named(method: str, options: Iterable[str]) -> Callable[..., Result]:
    """The ``solve`` of a method, which must have these options beside the common ones.

    Raises
    ------
    ValueError
        An unknown method, or an option the method does not have.
    BackendError
        A package that the method needs is not installed, or there is no memory to load it.
    """
    run = _loaded(method)
    known = options_of(method)
    unknown = [name for name in options if name not in known]
    if unknown:
        has = f"its options are {', '.join(known)}" if known else "it has none of its own"
        raise ValueError(f"method {method!r} has no option {', '.join(map(repr, unknown))}; {has}")
    return run


def options_of(method: str) -> tuple[str, ...]:
    """The options that a method has beside the common ones; loads its module.

    Raises
    ------
    ValueError
        An unknown method.
    BackendError
        A package that the method needs is not installed, or there is no memory to load it.

    Examples
    --------
    >>> options_of("milp")
    ('gap', 'reduce')
    """
    return _keywords(_loaded(method))


@cache
def _keywords(function: Callable[..., Result]) -> tuple[str, ...]:
    parameters = signature(function).parameters.values()
    return tuple(one.name for one in parameters if one.kind is Parameter.KEYWORD_ONLY)


def _loaded(method: str) -> Callable[..., Result]:
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"unknown method {method!r}, known: {', '.join(METHODS)}")
    try:
        with out_of_memory_told(f"method {method!r}", OTHERWISE):
            if METHODS[method] not in sys.modules:
                reserve(MODULES, "load its module")
            run: Callable[..., Result] = import_module(METHODS[method]).solve
            return run
    except ImportError as error:
        raise BackendError(f"method {method!r} needs a package that is not installed: {error}") from error


def refuse_beyond(method: str, target: Instance | ResourceGraph) -> None:
    """Refuse what is more than the method's capabilities.

    Raises
    ------
    InstanceError
        Several applications for a method that takes one, or a graph with more resources than it takes.
    """
    able = CAPABILITIES[method]
    if isinstance(target, Instance):
        count = len(target.applications)
        if count > 1 and not able.several:
            rule = f"method {method!r} places one application; {FOR_SEVERAL}"
            raise InstanceError([Problem("applications", rule, str(count))], "instance")
    elif able.resources is not None and target.resources > able.resources:
        most = {1: "one resource", 2: "one or two resources"}.get(
            able.resources, f"up to {able.resources} resources"
        )
        rule = f"method {method!r} has levels for {most}; {FOR_MORE_RESOURCES}"
        raise InstanceError([Problem("resources", rule, str(target.resources))], "ResourceGraph")
