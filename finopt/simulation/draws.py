"""When samples arise, and at which exit each will leave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from finopt.problem.array_types import Floats
from finopt.simulation.flows import Flow, Numbers
from finopt.simulation.study import Study

GOLDEN = (math.sqrt(5) - 1) / 2
"""Multiples of it, modulo 1, lie evenly however many there are."""


class Samples(NamedTuple):
    """The samples of a replication by the time at which they arise [s], and the flow that each belongs to."""

    time: Floats
    flow: Numbers


def draw(study: Study, replication: int, rates: Floats, flows: Sequence[Flow], end: float) -> Samples:
    """The samples of one replication; the same for the same seed and number of the replication."""
    random = np.random.default_rng([study.seed, replication])
    if study.arrivals == "poisson":
        counts = random.poisson(rates * end)
        times = random.random(int(counts.sum())) * end
    else:
        begin = random.random(rates.size) / rates
        counts = np.maximum(np.ceil((end - begin) * rates), 0).astype(np.int64)
        times = np.repeat(begin, counts) + _turns(counts) / np.repeat(rates, counts)
    chance = random.random(int(counts.sum()))
    if study.even:
        chance = (np.repeat(random.random(rates.size), counts) + _turns(counts) * GOLDEN) % 1.0
    flow = _flow_of(np.repeat(np.arange(rates.size), counts), chance, flows)
    order = np.argsort(times, kind="stable")
    order = order[times[order] < end]
    return Samples(times[order], flow[order])


def _turns(counts: Numbers) -> Numbers:
    """0, 1, 2 ... for each application."""
    first: Numbers = np.repeat(np.cumsum(counts) - counts, counts)
    return np.arange(first.size) - first


def _flow_of(application: Numbers, chance: Floats, flows: Sequence[Flow]) -> Numbers:
    """The flow of each sample: that of its application on whose share the chance falls."""
    owner = np.array([flow.application for flow in flows])
    upto = np.cumsum([flow.share for flow in flows])
    first = np.searchsorted(owner, np.arange(owner[-1] + 1))
    before = np.concatenate([[0.0], upto])[first]
    last = np.searchsorted(owner, np.arange(owner[-1] + 1), side="right") - 1
    whole = upto[last] - before
    upto = owner + np.minimum((upto - before[owner]) / whole[owner], 1.0)
    found: Numbers = np.searchsorted(upto, application + chance, side="right")
    return np.clip(found, first[application], last[application])
