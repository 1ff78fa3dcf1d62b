"""A day of changing demands: the same network and applications at other rates, step by step.

Every application has a quiet and a busy time: its rate follows a power of a cosine between a share of its
rate at night and the whole of it at its peak, with some noise. Peaks lie around the evening, some in the
morning. Every figure is rounded when it is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

from finopt.problem.application_table import ApplicationTable
from finopt.problem.fields import SMALLEST
from finopt.problem.instance import Instance
from finopt.problem.options import ABOVE_ZERO, WHOLE, OptionError, Rule

EVENING, MORNING = 20 / 24, 9 / 24
"""When most applications, and a third of them, have their peak, in days."""

SPREAD = 2.5 / 24
"""Standard deviation of the peaks, in days."""

STEEP = 2
"""Power of the cosine: the busy hours are fewer than the quiet ones."""

NOISE = 0.1
"""Standard deviation of a rate around its curve, relative to it."""


def generate_day(
    instance: Instance, steps: int = 24, *, night: float = 0.2, seed: int = 0
) -> Iterator[Instance]:
    """The instance at the rates of each step of a day, one after the other.

    Parameters
    ----------
    instance : Instance
        Its rates are those of the busiest moment of each application: no step has more, so what has room for
        all of them has it all day.
    steps : int
        How many instances, evenly over the day.
    night : float
        Share of its rate that an application has at its quietest moment, above 0 and at most 1.
    seed : int
        Of the random generator, at least 0.

    Raises
    ------
    ValueError
        An argument out of its range.
    TypeError
        One of another type.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.generate_fleet(applications=20, devices=4, sites=2, clouds=1, seed=1)
    >>> day = list(finopt.generate_day(instance, steps=4, seed=1))
    >>> [round(sum(one.rate for one in hour.applications)) for hour in day]
    [1912, 1222, 1827, 2726]
    """
    Rule(WHOLE, 1).checked("steps", steps)
    Rule(WHOLE).checked("seed", seed)
    if ABOVE_ZERO.checked("night", night) > 1:
        raise OptionError(f"night must be at most 1, got {night!r}")
    return _day(instance, steps, night, Random(seed))


def _day(instance: Instance, steps: int, night: float, rng: Random) -> Iterator[Instance]:
    table = ApplicationTable.of(instance.applications)
    peaks = [rng.gauss(EVENING if rng.random() < 2 / 3 else MORNING, SPREAD) for _ in range(len(table))]
    for step in range(steps):
        levels = [_level(step / steps - peak, night) * rng.gauss(1.0, NOISE) for peak in peaks]
        rates = [
            _rounded(rate * min(1.0, max(night, level)))
            for rate, level in zip(table.rate.tolist(), levels, strict=True)
        ]
        columns = {name: getattr(table, name) for name in table.columns}
        hour = ApplicationTable(**{**columns, "rate": rates})
        given = hour if isinstance(instance.applications, ApplicationTable) else tuple(hour)
        yield instance.model_copy(update={"applications": given, "name": _name(instance, step, steps)})


def _level(days: float, night: float) -> float:
    """Share of the rate so many days after the peak."""
    return night + (1 - night) * ((1 + math.cos(2 * math.pi * days)) / 2) ** STEEP


def _rounded(rate: float) -> float:
    """Down to four digits, so that it is never above what it was drawn from."""
    scale = 10.0 ** (3 - math.floor(math.log10(rate)))
    return max(float(f"{math.floor(rate * scale) / scale:.4g}"), SMALLEST)


def _name(instance: Instance, step: int, steps: int) -> str:
    return f"{instance.name} step {step + 1} of {steps}".strip()
