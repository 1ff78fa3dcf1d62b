"""Why there is no placement: what each application asks for beside the best that it could have alone."""

from __future__ import annotations

import math
from typing import NamedTuple

from finopt.problem.formatting import quantity
from finopt.problem.instance import Application, Instance
from finopt.problem.tolerances import LIMIT_FACTOR
from finopt.reporting.words import short

SHOWN = 20
"""Applications that are looked at."""

LARGEST = 200_000
"""Copies of links, one per block, up to which least latencies take hardly any time."""


class Best(NamedTuple):
    """One application alone in the network, nothing of which is used up."""

    application: str
    accuracy: str
    latency: str
    verdict: str


def best_alone(instance: Instance) -> list[Best]:
    """The first applications, with the best accuracy and latency that each could have."""
    return [_best(instance, application) for application in instance.applications[:SHOWN]]


def _best(instance: Instance, application: Application) -> Best:
    highest = max(chosen.accuracy for chosen in instance.model_of(application).configurations)
    accuracy = f"{highest:g} at most, {application.min_accuracy:g} asked for"
    name, limit = short(application.id), f"{quantity(application.max_latency, 's')} asked for"
    if not instance.admissible(application):
        return Best(name, accuracy, limit, "no configuration is accurate enough")
    if _arcs(instance, application) > LARGEST:
        return Best(name, accuracy, limit, "least latency not computed: too large")
    from finopt.graph.drivers.diagnosis import least_latency, out_of_reach

    free, kept = (least_latency(instance, application, capacities=kind) for kind in (False, True))
    least = quantity(free, "s") if math.isfinite(free) else "no way"
    verdict = _verdict(application, free, kept) or out_of_reach(instance, application)
    return Best(name, accuracy, f"{least} at least, {limit}", verdict or "each limit can be kept by itself")


def _verdict(application: Application, free: float, kept: float) -> str:
    """What keeps it from any placement in time; empty: nothing."""
    if not math.isfinite(free):
        return "some block cannot be reached or run anywhere"
    if free > application.max_latency * LIMIT_FACTOR:
        return "no placement is fast enough"
    if not math.isfinite(kept):
        return "some block fits on no node, or its data on no link"
    if kept > application.max_latency * LIMIT_FACTOR:
        return "no placement within the capacities is fast enough"
    return ""


def _arcs(instance: Instance, application: Application) -> int:
    blocks = len(instance.model_of(application).blocks)
    return blocks * (len(instance.nodes) + len(instance.directed_links))
