"""The energy / latency front of one application, for every accuracy level: certified, not sampled.

From the cheapest placement on, the latency limit is set just below the latency of the last point, and the
exact method answers again, until it proves that nothing is faster (the epsilon-constraint method: Haimes,
Lasdon, Wismer, On a bicriterion formulation of the problems of integrated system identification and system
optimization, IEEE Trans. Systems, Man, and Cybernetics 1(3), 1971). Each point is proven to be the cheapest
at its latency, so between two points there is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from finopt.api.interrupted import Interrupted
from finopt.evaluation.result import Result
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.formatting import counted, quantity
from finopt.problem.instance import Application, Instance
from finopt.problem.notebook import ROWS, html_table, rest
from finopt.problem.options import NUMBER, OnInterrupt, Rule, checked
from finopt.problem.placement import Placement
from finopt.problem.status import Status, Termination
from finopt.problem.tolerances import LIMIT_FACTOR, PROVEN
from finopt.solvers.call import Call
from finopt.solvers.clock import Clock
from finopt.solvers.interruption import noted
from finopt.solvers.memory import out_of_memory_told
from finopt.solvers.progress import Listener, part, report, told_to

STEP = 1e-8
"""A limit is set this much below the last latency, relative; limits count as met up to 1e-9."""

LEVEL = Rule(NUMBER, high=1)
"""What an accuracy level may be."""

NO_LIMIT = 1e15
"""Latency limit of the cheapest placement, where none is given [s]."""


@dataclass(frozen=True)
class FrontPoint:
    """A placement that no other one beats in both energy and latency.

    Attributes
    ----------
    latency : float
        Of the kind that the application limits [s].
    energy : float
        Per inference [J]; the least of all placements with at most this latency.
    accuracy : float
    placement : Placement
    """

    latency: float
    energy: float
    accuracy: float
    placement: Placement

    def __repr__(self) -> str:
        """Its figures on one line."""
        figures = f"{quantity(self.latency, 's')}, {quantity(self.energy, 'J')}"
        return f"<FrontPoint: {figures}, accuracy {self.accuracy:g}>"


@dataclass(frozen=True)
class Front:
    """All breakpoints at one accuracy level, fastest first.

    Attributes
    ----------
    min_accuracy : float
        Every configuration with at least this accuracy may be used.
    points : tuple of FrontPoint
        Latencies rise, energies fall. Within a limit between two latencies the energy of the faster one is
        the least there is.
    complete : bool
        Whether nothing is missing: below the first latency there is proven to be no placement. Otherwise
        the search was cut short, and faster points may be missing; those that are listed are proven.
    termination : Termination
        Why the search for this level ended.
    """

    min_accuracy: float
    points: tuple[FrontPoint, ...]
    complete: bool
    termination: Termination

    def __repr__(self) -> str:
        """Which level, and how many points."""
        end = "complete" if self.complete else f"cut short ({self.termination})"
        return f"<Front at accuracy {self.min_accuracy:g}: {counted(len(self.points), 'point')}, {end}>"

    def _repr_html_(self) -> str:
        """Its first points, for notebooks."""
        rows = [
            (quantity(point.latency, "s"), quantity(point.energy, "J"), f"{point.accuracy:g}")
            for point in self.points[:ROWS]
        ]
        end = "" if self.complete else f", cut short ({self.termination})"
        title = f"Front at accuracy {self.min_accuracy:g}: {counted(len(self.points), 'point')}{end}"
        return html_table(title, [*rows, *rest(len(self.points), 3)], ("latency", "energy", "accuracy"))

    def energy_within(self, latency: float) -> float:
        """The least energy per inference within a latency limit [J]; inf: there is none, or none is known.

        Examples
        --------
        >>> import finopt
        >>> front, *_ = finopt.pareto(finopt.load("instances/paper/b-alexnet-cifar10.json"), [0.8])
        >>> round(front.energy_within(0.005), 4), front.energy_within(0.001)
        (0.1001, inf)
        """
        within = [point.energy for point in self.points if point.latency <= latency * LIMIT_FACTOR]
        return min(within, default=math.inf)


def pareto(
    instance: Instance,
    accuracies: Sequence[float] | None = None,
    *,
    max_latency: float | None = None,
    time_limit: float | None = None,
    progress: bool | Listener = False,
    on_interrupt: OnInterrupt = "raise",
) -> tuple[Front, ...]:
    """The exact energy / latency front of an instance's one application, per accuracy level.

    Parameters
    ----------
    instance : Instance
        With one application; its latency limit and accuracy target do not count, all else does, also limits
        on energy, carbon and cost. What falls along a front is energy; there is none of carbon or cost.
    accuracies : sequence of float, optional
        Levels; default: every accuracy that a configuration of its model has.
    max_latency : float, optional
        Points slower than this are of no interest [s].
    time_limit : float, optional
        Seconds for all levels.
    progress : bool or callable
        As in :func:`finopt.solve`; counts the points of each level.
    on_interrupt : {"raise", "return"}
        As in :func:`finopt.solve`.

    Returns
    -------
    tuple of Front
        One per level, lowest accuracy first. Empty and complete where nothing is feasible. Points whose
        latencies differ by less than 1e-8 relative count as one. After Ctrl-C the points that were found so
        far: fronts that are not complete say so, and have INTERRUPTED as their termination.

    Raises
    ------
    InstanceError
        The instance has not exactly one application.
    ValueError
        An accuracy outside [0, 1], a ``max_latency`` that is not above 0, a ``time_limit`` below 0.
    TypeError
        One of them is no number.
    BackendError
        An answer fails the check of the cost model, or there is no memory for it.
    Interrupted
        Ctrl-C was pressed; its ``result`` are the fronts so far.

    Notes
    -----
    One exact solve by label setting per point and one to end each level; a point that is accurate enough for
    the next level is not sought again.

    Examples
    --------
    >>> import finopt
    >>> fronts = finopt.pareto(finopt.load("instances/paper/b-alexnet-cifar10.json"))
    >>> [front.min_accuracy for front in fronts]
    [0.5637, 0.7805, 0.8595]
    >>> [f"{point.latency * 1e3:.2f} ms: {point.energy * 1e3:.1f} mJ" for point in fronts[0].points]
    ['2.06 ms: 12.3 mJ']
    """
    if len(instance.applications) != 1:
        rule = "a front is of one application; take the others out of the instance"
        raise InstanceError([Problem("applications", rule, str(len(instance.applications)))], "instance")
    instance = instance.minimising("energy").after(None)  # a front is of energy, whatever else is asked of it
    application = instance.applications[0]
    levels = _levels(instance, application, accuracies)
    limits = {"max_latency": max_latency, "time_limit": time_limit}
    options = checked({**limits, "progress": progress, "on_interrupt": on_interrupt})
    room = out_of_memory_told("the front", "or ask for fewer accuracies")
    with noted() as interrupt, told_to(options["progress"]) as channel, room:
        clock = Clock(options["time_limit"])
        fronts: list[Front] = []
        for level in levels:
            known = fronts[-1].points if fronts else ()
            fronts.append(_front(instance, level, options["max_latency"] or NO_LIMIT, clock, known))
        channel.end(None, None)
    if interrupt.pressed and options["on_interrupt"] == "raise":
        raise Interrupted(tuple(fronts))
    return tuple(fronts)


def _levels(instance: Instance, application: Application, accuracies: Sequence[float] | None) -> list[float]:
    if accuracies is None:
        return sorted({c.accuracy for c in instance.model_of(application).configurations})
    return sorted({LEVEL.checked("an accuracy level", accuracy) for accuracy in accuracies})


def _front(
    instance: Instance, level: float, limit: float, clock: Clock, known: Sequence[FrontPoint]
) -> Front:
    """The front of one level; ``known`` is that of the level below, whose points stay if accurate enough."""
    points: list[FrontPoint] = []
    while limit > 0:  # nothing is faster than no time at all
        point = max((p for p in known if p.latency <= limit), key=lambda p: p.latency, default=None)
        if point is None or point.accuracy < level:
            if clock.interrupted:
                return Front(level, _efficient(points), False, clock.ended)
            name = f"front at accuracy {level:g}"
            report(name, len(points))
            with part(name):
                result = cheapest(instance, level, limit, clock)
            if result.status is not Status.OPTIMAL:
                ended = result.status is Status.INFEASIBLE
                return Front(level, _efficient(points), ended, result.termination)
            point = _point(result)
        points.append(point)
        limit = point.latency * (1 - STEP)
    return Front(level, _efficient(points), True, Termination.COMPLETED)


def cheapest(instance: Instance, level: float, limit: float, clock: Clock) -> Result:
    """The exact answer with another accuracy target and latency limit."""
    from finopt.graph.drivers.labels import solve  # loads numpy

    change = {"min_accuracy": level, "max_latency": limit}
    application = instance.applications[0].model_copy(update=change)
    return solve(instance.model_copy(update={"applications": (application,)}), Call(clock))


def _point(result: Result) -> FrontPoint:
    assert result.evaluation is not None and result.placement is not None
    account = result.evaluation.applications[0]
    return FrontPoint(account.latency, account.energy, account.accuracy, result.placement)


def _efficient(points: Sequence[FrontPoint]) -> tuple[FrontPoint, ...]:
    """Those that no faster one equals or beats in energy, fastest first; they come slowest first."""
    kept: list[FrontPoint] = []
    for point in reversed(points):
        if not kept or point.energy < kept[-1].energy * (1 - PROVEN):
            kept.append(point)
    return tuple(kept)
