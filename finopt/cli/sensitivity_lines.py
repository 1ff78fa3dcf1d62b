"""What binds and what more would save, in two lines of a plan."""

from __future__ import annotations

from finopt.api.sensitivity import sensitivity
from finopt.evaluation.result import Result
from finopt.evaluation.sensitivity import OWN, Limit, Sensitivity
from finopt.evaluation.staying import HORIZON
from finopt.problem.errors import BackendError
from finopt.problem.formatting import amount
from finopt.problem.instance import Instance
from finopt.problem.status import Status, Termination

LARGEST = 20_000
"""Arcs up to which it takes hardly any time: a few exact solves of some ms each."""

CAPACITIES = "capacities"

NO_ROOM = (MemoryError, BackendError, ImportError, OSError)
"""What is raised without memory; the last two where a library finds no room to be loaded."""

TIME_LIMIT = 1.0
"""Seconds that it may take all the same; what is not known then is said to be so."""


def sensitivity_lines(instance: Instance, result: Result) -> list[str]:
    """Two lines for one application that was solved to the end; one that says where to ask if it is large."""
    if len(instance.applications) != 1 or result.termination is not Termination.COMPLETED:
        return []
    if HORIZON in result.stats:
        return []
    if _arcs(instance) > LARGEST:
        return ["  binding   not computed for so large a network; finopt.sensitivity tells"]
    try:
        found = sensitivity(instance, result, time_limit=TIME_LIMIT)
    except NO_ROOM:  # the plan is there, and must not be lost for two lines more
        return ["  binding   not computed: there is no memory for it"]
    assert isinstance(found, Sensitivity)
    return [f"  binding   {_binding(found)}", f"  savings   {_savings(found, result)}"]


def _arcs(instance: Instance) -> int:
    """About how many arcs there are: a copy of the network per block."""
    blocks = len(instance.model_of(instance.applications[0]).blocks)
    return blocks * (len(instance.nodes) + len(instance.directed_links))


def _binding(found: Sensitivity) -> str:
    names = ", ".join(f"{limit.name} ({limit.shown(limit.limit)})" for limit in found.binding)
    unknown = ", ".join(dict.fromkeys(_group(limit) for limit in found.limits if limit.binds is None))
    left = ", ".join(map(_left, _slackest(found)))
    parts = [names or ("" if unknown else "no limit by itself")]
    parts += [f"unknown of {unknown}"] if unknown else []
    parts += [f"left: {left}"] if left else []
    return "; ".join(part for part in parts if part)


def _slackest(found: Sensitivity) -> list[Limit]:
    """Of limits that do not bind: latency, accuracy, and the capacity of which the largest share is used."""
    loose = [limit for limit in found.limits if limit.binds is False]
    own = [limit for limit in loose if _group(limit) != CAPACITIES]
    others = [limit for limit in loose if limit not in own]
    return own + sorted(others, key=lambda limit: limit.slack / limit.limit)[:1]


def _group(limit: Limit) -> str:
    return limit.kind if limit.kind in OWN else CAPACITIES


def _left(limit: Limit) -> str:
    return f"{limit.name} {limit.shown(limit.slack)}"


def _savings(found: Sensitivity, result: Result) -> str:
    longer, less = _saved(found, found.millisecond), _saved(found, found.point)
    line = f"one more ms {longer}, one less point of accuracy {less}"
    if result.status is not Status.OPTIMAL and found.energy is not None:
        line += f"; counted from the optimum, {amount(found.energy, found.figure, 5)}"
    return line


def _saved(found: Sensitivity, energy: float | None) -> str:
    return "nothing" if energy == 0 else found.saving(energy)
