"""What energy and latency of one application are made of: every block it computes, every hop it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from finopt.evaluation.exact_sums import Ratio
from finopt.evaluation.step_sums import Computing, Sending, Step
from finopt.evaluation.steps import WHOLE, Returned, last_back, returned, steps_of
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance

NONE = (0, 1)
"""The share of no samples."""


class Contribution(NamedTuple):
    """One block on a node, or one hop of data or of a result over a link.

    Attributes
    ----------
    kind : {"computing", "sending", "returning"}
    where : str
        Id of the node or directed link.
    stage : int
        Number of the block: that is computed, that data are sent to, or whose result returns.
    energy : Fraction
        Expected per inference [J]; all of them are the energy of the application.
    seconds : Fraction
        Of the latency that its limit is about, 0 off the way that takes longest; all of them are the latency.
    """

    kind: Literal["computing", "sending", "returning"]
    where: str
    stage: int
    energy: Fraction
    seconds: Fraction


def contributions(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> list[Contribution]:
    """Everything one application does, in order, results last; the sums are those of `account`, exactly."""
    steps = list(steps_of(instance.model_of(application), placed))
    results = list(returned(instance, application, placed))
    weights, back = _weights(instance, application, steps, results)
    found = []
    for stage, (step, weight) in enumerate(zip(steps, weights, strict=True)):
        hops = _hops(instance, step.route, step.bits, step.share, weight, step.route_slices)
        found += [Contribution("sending", link, stage, *figures) for link, *figures in hops]
        found.append(_computed(instance, application, stage, step, weight))
    for result, weight in zip(results, back, strict=True):
        share = result.share.as_integer_ratio()
        hops = _hops(instance, result.route.links, result.bits, share, weight)
        found += [Contribution("returning", link, result.block, *figures) for link, *figures in hops]
    return found


def _weights(
    instance: Instance, application: Application, steps: Sequence[Step], results: Sequence[Returned]
) -> tuple[list[Ratio], list[Ratio]]:
    """How much of every step and of every way back counts in the latency."""
    if application.latency == "mean":
        return [step.share for step in steps], [result.share.as_integer_ratio() for result in results]
    if not results:
        return [WHOLE] * len(steps), []
    last = last_back(instance, instance.model_of(application), steps, results)
    weights = [WHOLE if stage <= last.block else NONE for stage in range(len(steps))]
    return weights, [WHOLE if result is last else NONE for result in results]


def _computed(
    instance: Instance, application: Application, stage: int, step: Step, weight: Ratio
) -> Contribution:
    """A block with the enabled classifiers behind it."""
    model = instance.model_of(application)
    expected, limited = Computing(instance, model), Computing(instance, model)
    expected.add(step, step.share)
    limited.add(step, weight)
    energy = sum(expected.energy().values(), Fraction(0))
    return Contribution("computing", step.node, stage, energy, limited.seconds())


def _hops(
    instance: Instance,
    route: Sequence[str],
    bits: float,
    share: Ratio,
    weight: Ratio,
    slices: Sequence[float | None] = (),
) -> Iterator[tuple[str, Fraction, Fraction]]:
    """Every link of a route, or slice of one, with its joules and seconds."""
    for link, size in zip(route, slices or [None] * len(route), strict=True):
        expected, limited = Sending(instance), Sending(instance)
        expected.add([link], share, bits, [size])
        limited.add([link], weight, bits, [size])
        yield link, sum(expected.energy().values(), Fraction(0)), limited.seconds()
