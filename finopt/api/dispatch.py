"""The front door: one function for every method, back ends imported on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from finopt.api.interrupted import Interrupted
from finopt.api.methods import OTHERWISE, method_named, refuse_beyond
from finopt.api.sensitivity import analysis_of
from finopt.evaluation.result import Result
from finopt.evaluation.staying import after_previous
from finopt.problem.instance import Instance
from finopt.problem.moving import Before, Moving
from finopt.problem.objective import WEIGHT, Figure
from finopt.problem.options import OnInterrupt, OptionError, checked
from finopt.problem.placement import Placement
from finopt.problem.status import Status, Termination
from finopt.solvers.call import Call
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.interruption import noted
from finopt.solvers.memory import BEGIN, out_of_memory_told, reserve
from finopt.solvers.progress import BEGINNING, Listener, report, told_to
from finopt.solvers.workers import cores

if TYPE_CHECKING:
    from finopt.graph.resource import ResourceGraph


def solve(
    instance: Instance | ResourceGraph,
    method: str = "fin",
    *,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: bool | Listener = False,
    on_interrupt: OnInterrupt = "raise",
    objective: Figure = "energy",
    previous: Result | Placement | None = None,
    moving: Moving | None = None,
    **options: Any,
) -> Result:
    """Place the applications of an instance, or find a path in a graph, with one of the methods.

    Parameters
    ----------
    instance : Instance or ResourceGraph
        What to place where, or a resource-constrained shortest path.
    method : {"fin", "fin-published", "milp", "cspp", "labels", "mcp"}
        See the table of methods in the README for what each may claim.
    time_limit : float, optional
        Seconds for building, solving and checking together; at least 0.
    memory_limit : float, optional
        Bytes that the call may take beyond what the process has when it begins; at least 0. A model of "milp"
        or "cspp" whose size shows that it needs more is not even built. Beyond the limit a call ends as at
        its time limit, with termination MEMORY_LIMIT and the best answer so far, if there is one.
    seed : int
        Of methods that draw random numbers; at least 0.
    threads : int
        For methods and solvers that can use several, at most 1024; 0: as many as there are cores.
    progress : bool or callable
        True: show phase, round, bound, best, gap and seconds on a line of standard error, rewritten in place
        once the call has taken half a second. A callable is given the same figures as
        `finopt.Progress`, at most every 0.1 s, and those of the answer at the end; it changes no answer. One
        that raises is not called again, and a RuntimeWarning says so at the end; KeyboardInterrupt, raised in
        it, is like Ctrl-C. Each event is also logged to ``logging.getLogger("finopt")`` where its level is
        INFO.
    on_interrupt : {"raise", "return"}
        At Ctrl-C, raise :class:`finopt.Interrupted`, which carries the answer so far, or return that.
    objective : {"energy", "carbon", "cost"}
        What to find the least of, for an instance: power [W], carbon [g/s] or cost [currency/s], by the
        ``carbon`` and ``price`` of nodes and links. The other two are reported. Applications may limit any
        of them per inference, whatever is minimised (``max_energy``, ``max_carbon``, ``max_cost``).
    previous : Result or Placement, optional
        What runs now. Its prices of scarce capacity are the first ones of a joint solve, ``stats["moved"]``
        counts the blocks that run on nodes that did not hold them, and where it still keeps every limit and
        costs less than what is found, it is the answer.
    moving : Moving, optional
        What bringing blocks to other nodes than in ``previous`` is charged with: their memory travels there,
        paid over its horizon, as part of the objective (docs/model.md, row (15)).
    **options
        Of the method, for example ``gap``, ``gamma``, ``lam``, ``reduce``; see its module's ``solve``.

    Returns
    -------
    Result
        INFEASIBLE and time-outs are results with a reason, not exceptions. For a ResourceGraph ``path`` lists
        the vertices and ``arcs`` the arcs, counted from 0.

    Raises
    ------
    TypeError
        What is to be solved is neither an Instance nor a ResourceGraph, for example the name of a file, or an
        option is of another type than it should be; see :mod:`finopt.problem.options`.
    ValueError
        An unknown method, an option the method does not have, or a value that the option cannot take; an
        ``objective`` that is 0 everywhere, for no node or link has a weight for it.
    InstanceError
        The instance is not one the method can take: several applications for one that takes one, more than
        two resources for "fin" and "fin-published".
    BackendError
        The back end is missing, it runs out of memory, or its answer fails the check of the cost model.
    Interrupted
        Ctrl-C was pressed; a KeyboardInterrupt with the best answer so far as its ``result``.
    KeyboardInterrupt
        Ctrl-C was pressed again, more than a second after the first one.

    Notes
    -----
    Ctrl-C ends the call as a time limit does: the answer so far has its bound, and its termination is
    INTERRUPTED. Where the handler of Ctrl-C (SIGINT) is not Python's own, or in another than
    the main thread, it stays as it is.

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
    target = following(asked(instance, objective), previous, moving)
    general = {"progress": progress, "on_interrupt": on_interrupt}
    limits = {"time_limit": time_limit, "memory_limit": memory_limit}
    common = {**limits, "seed": seed, "threads": threads, **general}

    def prepared() -> Callable[[Call], Result]:
        run = method_named(method, options)
        _refuse_other_types(target)
        own = checked(options)
        refuse_beyond(method, target)
        return lambda call: run(target, call, **own)

    def analysed(result: Result) -> Result:
        if not isinstance(instance, Instance):
            return result
        result = replace(result, minimised=target.objective)
        if target.before is not None:
            result = after_previous(target, result, _placement_of(previous))
        return result.with_analysis(analysis_of(instance))

    return called(method, prepared, common, analysed)


def asked(target: Any, objective: Figure) -> Any:
    """What is to be solved, with the objective as part of the question.

    Raises
    ------
    OptionError
        An unknown objective, one for a graph, whose arcs have a single cost, or one that is 0 everywhere.
    """
    figure = checked({"objective": objective})["objective"]
    if not isinstance(target, Instance):
        if figure != "energy":
            raise OptionError(f"objective {figure!r} is for an instance; a graph has one cost per arc")
        return target
    if figure not in target.basis.figures:
        field = WEIGHT[figure]
        raise OptionError(
            f"objective {figure!r} is 0 everywhere: no node or link of the instance has a {field!r} above 0"
        )
    return target.minimising(figure)


def following(target: Any, previous: Result | Placement | None, moving: Moving | None) -> Any:
    """What is to be solved, after what was placed before.

    Raises
    ------
    TypeError
        ``previous`` is neither a Result nor a Placement, or ``moving`` no Moving.
    OptionError
        ``previous`` holds no placement, one of the two is for a graph, or ``moving`` comes without it.
    """
    if moving is not None and not isinstance(moving, Moving):
        raise TypeError(f"moving must be a finopt.Moving or None, got {type(moving).__name__}")
    if previous is None:
        if moving is not None:
            raise OptionError("moving needs previous: the result or placement that blocks move away from")
        return target
    placement = _placement_of(previous)
    if not isinstance(target, Instance):
        raise OptionError("previous is for an instance; nothing is moved in a graph")
    if placement is None:
        raise OptionError("previous holds no placement that anything could be moved from")
    prices = previous.stats.get("prices", ()) if isinstance(previous, Result) else ()
    return target.after(Before.of(target, placement, moving, tuple(prices)))


def _placement_of(previous: Result | Placement | None) -> Placement | None:
    if not isinstance(previous, Result | Placement | None):
        what = f"previous must be a Result or Placement, got {type(previous).__name__}"
        raise TypeError(f"{what}; read a file with finopt.load")
    return previous.placement if isinstance(previous, Result) else previous


def called(
    method: str,
    prepared: Callable[[], Callable[[Call], Result]],
    options: Mapping[str, Any],
    finished: Callable[[Result], Result] = lambda result: result,
) -> Result:
    """Make a call of a method: its clock, what is told on the way, and Ctrl-C.

    Parameters
    ----------
    method : str
    prepared : callable
        Checks everything and returns what the call is to do.
    options : mapping
        Those of every method, see `finopt.api.methods.COMMON`, and ``on_interrupt``.
    finished : callable
        What is done with the result before it is given or raised.

    Raises
    ------
    Interrupted
        Ctrl-C was pressed and ``on_interrupt`` is "raise".
    """
    with noted() as interrupt:  # also while modules are imported, which Ctrl-C would leave half done
        run = prepared()
        common = checked(options)
        heard, answer_to_ctrl_c = common.pop("progress"), common.pop("on_interrupt")
        common["threads"] = common["threads"] or cores()
        call = Call(Clock(common.pop("time_limit"), common.pop("memory_limit", None)), **common)
        with told_to(heard) as channel:
            report(BEGINNING)
            try:
                with out_of_memory_told(f"method {method!r}", OTHERWISE):
                    reserve(BEGIN, "begin")
                    result = run(call)
            except CUT_SHORT as stop:
                if interrupt.count > 1:
                    raise KeyboardInterrupt from None
                result = _nothing_found(method, call.clock.ended_by(stop))
            channel.end(result.bound, result.objective)
    if interrupt.pressed:
        result = replace(result, termination=Termination.INTERRUPTED)
    result = finished(result)
    if result.termination is Termination.INTERRUPTED and answer_to_ctrl_c == "raise":
        raise Interrupted(result)
    return result


def _nothing_found(method: str, termination: Termination) -> Result:
    reason = f"stopped without an answer: {termination.value.lower().replace('_', ' ')}"
    return Result(Status.NO_SOLUTION, termination, method, bound=0.0, reason=reason)


def _refuse_other_types(given: object) -> None:
    if isinstance(given, Instance):
        return
    from finopt.graph.resource import ResourceGraph  # loads numpy

    if not isinstance(given, ResourceGraph):
        what = f"solve takes an Instance or ResourceGraph, got {type(given).__name__}"
        raise TypeError(f"{what}; read a file with finopt.load")
