"""What binds an answer and what more would save: exact answers to the same question with one limit moved."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from weakref import ref

from finopt.api.pareto import NO_LIMIT, cheapest
from finopt.evaluation.account import Evaluation
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.result import ASK, Result
from finopt.evaluation.sensitivity import JointSensitivity, Limit, Sensitivity
from finopt.evaluation.staying import HORIZON
from finopt.problem.fields import SMALLEST
from finopt.problem.instance import Application, Instance
from finopt.problem.network import Node
from finopt.problem.objective import LIMIT_OF
from finopt.problem.options import checked
from finopt.problem.status import Status
from finopt.problem.tolerances import PROVEN
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.interruption import noted
from finopt.solvers.memory import out_of_memory_told

LONGER = 1e-3
"""How much longer the latency limit is made [s]."""

LESS = Decimal("0.01")
"""How much lower the accuracy target is made."""

CAPACITIES = ("compute", "memory", "bandwidth")

HARDLY_ANY = 1e-9
"""Share of the rate at which an application loads nothing."""

MOVING = "the result was charged for moving blocks: what limits save is known of plans without that alone"

NOTHING_HELD = "the result holds no placement that a limit could bind"

USED_UP = 1 - 1e-9
"""A capacity binds from this share of it on."""


def sensitivity(
    instance: Instance, result: Result, *, time_limit: float | None = None
) -> Sensitivity | JointSensitivity:
    """What limits an answer, how much is left of the other limits, and what more would save.

    Parameters
    ----------
    instance : Instance
        What was solved.
    result : Result
        Its answer, of any method. ``result.sensitivity`` is the same as long as the instance is alive.
    time_limit : float, optional
        Seconds; what is not proven until then is None.

    Returns
    -------
    Sensitivity or JointSensitivity
        For one application which limits bind, and what a latency limit 1 ms longer and an accuracy target
        0.01 lower would save, exactly. For several the prices of what is scarce and the applications whose
        latency limit binds.

    Raises
    ------
    ValueError
        The result has no placement, was charged for moving blocks, or a ``time_limit`` below 0.
    TypeError
        The ``time_limit`` is no number.
    BackendError
        There is no memory for it.

    Notes
    -----
    The limit on latency or accuracy binds when the optimum without it costs less; a capacity when it is used
    up to 1e-9, or when the optimum without any capacities costs less and exceeds it. There may be placements
    that cost less only without two limits at once: then neither binds by itself. Whether the bandwidth of a
    link with slices binds is not looked for.

    What is used is that of the result's placement; savings and what binds are those of the optimum, which it
    is if the result is OPTIMAL. Each figure takes an exact solve by label setting.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> found = finopt.sensitivity(instance, finopt.solve(instance))
    >>> found
    <Sensitivity: latency (5 ms), accuracy (0.8) bind; 1 ms more saves 16.56 mJ (16.5 %), 0.01 accuracy 0 J>
    >>> [(limit.kind, limit.binds, round(limit.slack, 6)) for limit in found.limits[:2]]
    [('latency', True, 0.000309), ('accuracy', True, 0.0595)]
    """
    if result.placement is None:
        raise ValueError(f"{NOTHING_HELD}, it is {result.status}")
    if HORIZON in result.stats:
        raise ValueError(MOVING)
    seconds = checked({"time_limit": time_limit})["time_limit"]
    if result.placement.applications[0].application not in instance.application_by_id:
        raise ValueError("the result is not one of this instance")
    instance = instance.minimising(result.minimised)
    evaluation = result.evaluation or evaluate(instance, result.placement)
    with noted(), out_of_memory_told("the sensitivity", "or ask for it in a process of its own"):
        if len(instance.applications) == 1:
            return _Alone(instance, result, evaluation, Clock(seconds)).found()
        return _of_several(instance, result, Clock(seconds))


def analysis_of(instance: Instance) -> Callable[[Result], Sensitivity | JointSensitivity]:
    """A function from the instance's results to their sensitivity, which does not keep the instance alive."""
    alive = ref(instance)

    def analyse(result: Result) -> Sensitivity | JointSensitivity:
        known = alive()
        if known is None:
            raise AttributeError(f"the result's instance is gone, keep it in a variable or {ASK}")
        if result.placement is None:
            raise AttributeError(
                f"the result holds no placement that a limit could bind, it is {result.status}"
            )
        if HORIZON in result.stats:
            raise AttributeError(MOVING)
        return sensitivity(known, result)

    return analyse


def _of_several(instance: Instance, result: Result, clock: Clock) -> JointSensitivity:
    from finopt.heuristics.joint.latency_prices import bound_by_latency  # loads numpy

    prices = tuple(result.stats.get("prices", ()))
    if instance.has_slices:  # which have no prices
        return JointSensitivity(prices, None)
    try:
        rows = bound_by_latency(instance, prices, clock)
    except CUT_SHORT as stop:
        clock.ended_by(stop)
        return JointSensitivity(prices, None)
    return JointSensitivity(prices, tuple(instance.applications[row].id for row in rows))


@dataclass
class _Alone:
    """One application: the optima with one limit moved or left out."""

    instance: Instance
    result: Result
    evaluation: Evaluation
    clock: Clock

    def found(self) -> Sensitivity:
        latency, accuracy = self._latency(), self._accuracy()
        longer = 0.0 if latency.binds is False else self._saved(max_latency=latency.limit + LONGER)
        less = 0.0 if accuracy.binds is False else self._saved(min_accuracy=_lower(accuracy.limit))
        limits = (latency, accuracy, *self._further(), *self._capacities())
        return Sensitivity(self.least, limits, longer, less, self.instance.objective)

    @property
    def application(self) -> Application:
        return self.instance.applications[0]

    @cached_property
    def least(self) -> float | None:
        """The least energy per inference [J], or carbon or cost."""
        if self.result.status is Status.OPTIMAL:
            return _taken(self.evaluation, self.instance)
        return self._taken(self._optimum())

    def _taken(self, result: Result) -> float | None:
        """What an optimum takes per inference; None: it is not proven."""
        if result.status is not Status.OPTIMAL or result.evaluation is None:
            return None
        return _taken(result.evaluation, self.instance)

    def _optimum(self, **change: float) -> Result:
        limits = {"min_accuracy": self.application.min_accuracy, "max_latency": self.application.max_latency}
        limits |= change
        return cheapest(self.instance, limits["min_accuracy"], limits["max_latency"], self.clock)

    def _saved(self, **change: float) -> float | None:
        """What another limit saves; nothing if it is within the proof."""
        return _difference(self.least, self._taken(self._optimum(**change)))

    def _latency(self) -> Limit:
        application, used = self.application, self.evaluation.applications[0].latency
        binds = _positive(self._saved(max_latency=max(NO_LIMIT, application.max_latency)))
        return Limit("latency", application.id, application.max_latency, used, binds)

    def _accuracy(self) -> Limit:
        application, used = self.application, self.evaluation.applications[0].accuracy
        binds = _positive(self._saved(min_accuracy=0.0))
        return Limit("accuracy", application.id, application.min_accuracy, used, binds)

    def _further(self) -> Iterator[Limit]:
        """Limits on energy, carbon and cost."""
        application, account = self.application, self.evaluation.applications[0]
        for figure, most in application.limits.items():
            free = application.model_copy(update={LIMIT_OF[figure]: None})
            without = self.instance.model_copy(update={"applications": (free,)})
            result = cheapest(without, free.min_accuracy, free.max_latency, self.clock)
            binds = _positive(_difference(self.least, self._taken(result)))
            yield Limit(figure, application.id, most, getattr(account, figure), binds)

    def _capacities(self) -> Iterator[Limit]:
        """Those in use, and those that cheaper placements would exceed."""
        exceeded = self._exceeded()
        for kind in CAPACITIES:
            for name, load in getattr(self.evaluation, kind).items():
                keeps_off = None if exceeded is None else (kind, name) in exceeded
                if load.capacity is not None and (load.used or keeps_off):
                    binds = load.used > USED_UP * load.capacity or keeps_off
                    if self._reserved(kind, name):  # more than is needed may fill it and bind nothing
                        binds = keeps_off if kind == "compute" else None
                    yield Limit(kind, name, load.capacity, load.used, binds)

    def _reserved(self, kind: str, name: str) -> bool:
        """Whether a load is what slices reserve."""
        if kind == "bandwidth":
            return bool(self.instance.link_by_id[name].bandwidth_slices)
        return kind == "compute" and bool(self.instance.node(name).slices)

    def _exceeded(self) -> set[tuple[str, str]] | None:
        """The capacities that the optimum without any exceeds, if it is cheaper; None: there was no time."""
        nodes = [node.model_copy(update=_boundless(node)) for node in self.instance.nodes]
        rate = max(HARDLY_ANY * self.application.rate, SMALLEST)
        hardly = self.application.model_copy(update={"rate": rate})
        free = self.instance.model_copy(update={"nodes": tuple(nodes), "applications": (hardly,)})
        result = cheapest(free, hardly.min_accuracy, hardly.max_latency, self.clock)
        saved = _difference(self.least, self._taken(result))
        if not saved or result.placement is None:
            return None if saved is None else set()
        broken = evaluate(self.instance, result.placement).violations
        return {(one.rule, one.object_id) for one in broken if one.rule in CAPACITIES}


def _taken(evaluation: Evaluation, instance: Instance) -> float:
    """What the one application takes per inference of what is minimised."""
    figure: float = getattr(evaluation.applications[0], instance.objective)
    return figure


def _boundless(node: Node) -> dict[str, float | None]:
    """The fields of a node that bound what it holds; of one with slices also how many are reserved."""
    return {"memory": None, **({"max_utilisation": NO_LIMIT} if node.slices else {})}


def _energy(result: Result) -> float | None:
    """The energy of an optimum [J]; None: it is not proven."""
    if result.status is not Status.OPTIMAL or result.evaluation is None:
        return None
    return result.evaluation.applications[0].energy


def _difference(more: float | None, less: float | None) -> float | None:
    """0 within what is proven; None if either is unknown."""
    if more is None or less is None:
        return None
    return 0.0 if math.isclose(more, less, rel_tol=PROVEN) else max(more - less, 0.0)


def _positive(saved: float | None) -> bool | None:
    return None if saved is None else saved > 0


def _lower(accuracy: float) -> float:
    """The target as written less one point: 0.81 gives 0.8 and not what floats make of it."""
    return max(float(Decimal(repr(float(accuracy))) - LESS), 0.0)
