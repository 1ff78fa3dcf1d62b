"""The figures of one replication, from its visits: latencies, waiting, use of nodes and links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from finopt.problem.array_types import Bools, Floats
from finopt.problem.tolerances import LIMIT_FACTOR
from finopt.simulation.draws import Samples
from finopt.simulation.flows import LINK, NOBODY, Flows, Numbers
from finopt.simulation.replication import Visits

CLOCK = 8
"""Waiting below so many units in the last place of the clock is rounding."""

QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class Figures:
    """Of one replication; NaN where there was no sample.

    Attributes
    ----------
    samples : ndarray, shape (flows,)
        Measured samples of each flow.
    latency, link_wait : ndarray, shape (flows,)
        Mean latency, and mean waiting for links in it [s].
    mean, energy, late : ndarray, shape (applications,)
        Mean latency [s], mean energy [J], share of the samples later than the limit.
    quantiles : ndarray, shape (3, applications)
        p50, p95, p99 of the latency [s].
    utilisation, backlog, most, left, wait : ndarray, shape (stations,)
        Share of the time that it is busy; samples there in the mean, at most and at the end; mean waiting
        of a visit [s].
    """

    samples: Numbers
    latency: Floats
    link_wait: Floats
    mean: Floats
    energy: Floats
    late: Floats
    quantiles: Floats
    utilisation: Floats
    backlog: Floats
    most: Floats
    left: Floats
    wait: Floats


class Tables:
    """The flows in arrays, the same for all replications."""

    def __init__(self, flows: Flows, limits: Floats, *, even: bool, shared: dict[str, bool]) -> None:
        self.applications, self.stations = limits.size, len(flows.stations)
        self.limits, self.even = limits, even
        self.owner = np.array([flow.application for flow in flows.flows])
        self.share = np.array([flow.share for flow in flows.flows])
        self.alone = np.array([flow.alone for flow in flows.flows])
        self.energy = np.array([flow.energy for flow in flows.flows])
        legs = [leg for flow in flows.flows for leg in flow.legs]
        self.leg_station = np.array([leg.station for leg in legs], np.int64)
        self.leg_work = np.array([leg.work for leg in legs], np.float64)
        is_link = np.array([station.kind == LINK for station in flows.stations], bool)
        self.leg_on_link = (self.leg_station != NOBODY) & is_link[self.leg_station] if legs else is_link[:0]
        self.single = np.array([shared[station.kind] for station in flows.stations], bool)
        """Stations that work for one second per second at most: not those where each sample is alone."""


def figures(tables: Tables, samples: Samples, visits: Visits, window: tuple[float, float]) -> Figures:
    """What was measured between the begin and the end of the window."""
    waited = waiting(visits, tables.leg_work)
    on_link = tables.leg_on_link[visits.leg]
    count = samples.time.size
    latency: Floats = tables.alone[samples.flow] + np.bincount(visits.sample, waited, count)
    link_wait: Floats = np.bincount(visits.sample[on_link], waited[on_link], count).astype(float)
    kept = (samples.time >= window[0]) & (samples.time < window[1])
    by_flow = _FlowMeans(tables, samples.flow[kept])
    own = tables.owner[samples.flow[kept]]
    return Figures(
        samples=by_flow.count,
        latency=by_flow.mean(latency[kept]),
        link_wait=by_flow.mean(link_wait[kept]),
        mean=by_flow.by_application(by_flow.mean(latency[kept])),
        energy=by_flow.by_application(tables.energy),
        late=by_flow.by_application(by_flow.mean(latency[kept] > tables.limits[own] * LIMIT_FACTOR)),
        quantiles=_quantiles(own, latency[kept], tables.applications),
        **_use(tables, visits, waited, window),
    )


def waiting(visits: Visits, leg_work: Floats) -> Floats:
    """How much longer each visit took than its work; 0 where the clock could not tell."""
    waited = visits.end - visits.begin - leg_work[visits.leg]
    return np.where(waited > CLOCK * np.spacing(visits.end), waited, 0.0)


class _FlowMeans:
    """Means over the samples of each flow, and over the flows of each application."""

    def __init__(self, tables: Tables, flow: Numbers) -> None:
        self.tables, self.flow = tables, flow
        self.count: Numbers = np.bincount(flow, minlength=tables.owner.size)

    def mean(self, figure: Floats | Bools) -> Floats:
        """Of each flow."""
        total = np.bincount(self.flow, figure, self.count.size)
        found: Floats = np.divide(total, self.count, out=np.full(total.size, np.nan), where=self.count > 0)
        return found

    def by_application(self, mean: Floats) -> Floats:
        """Means of each application; flows count with their samples, or with their planned shares."""
        tables = self.tables
        weight = np.where(self.count > 0, tables.share, 0.0) if tables.even else self.count.astype(float)
        total = np.bincount(tables.owner, weight * np.where(self.count > 0, mean, 0.0), tables.applications)
        whole = np.bincount(tables.owner, weight, tables.applications)
        found: Floats = np.divide(total, whole, out=np.full(total.size, np.nan), where=whole > 0)
        return found


def _quantiles(owner: Numbers, latency: Floats, applications: int) -> Floats:
    """Of each application, in the middle between samples where they fall there; shape (3, applications)."""
    found = np.full((len(QUANTILES), applications), np.nan)
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(applications + 1))
    for number in np.flatnonzero(np.diff(bounds)):
        found[:, number] = np.quantile(latency[order[bounds[number] : bounds[number + 1]]], QUANTILES)
    return found


def _use(tables: Tables, visits: Visits, waited: Floats, window: tuple[float, float]) -> dict[str, Floats]:
    """What each station had to do in the window."""
    station = tables.leg_station[visits.leg]
    order = np.lexsort((visits.begin, station))
    bounds = np.searchsorted(station[order], np.arange(tables.stations + 1))
    begin, end = np.clip(visits.begin[order], *window), np.clip(visits.end[order], *window)
    seconds = window[1] - window[0]
    still = (visits.begin[order] < window[1]) & (visits.end[order] > window[1])

    def each(figure: Callable[[slice], float]) -> Floats:
        return np.array([figure(slice(a, b)) for a, b in pairwise(bounds)])

    backlog = each(lambda own: float((end[own] - begin[own]).sum()) / seconds)
    busy = each(lambda own: _covered(begin[own], end[own]) / seconds)
    waited = waited[order]
    return {
        "utilisation": np.where(tables.single, busy, backlog),
        "backlog": backlog,
        "most": each(lambda own: _most(begin[own], end[own])),
        "left": each(lambda own: float(still[own].sum())),
        "wait": each(lambda own: float(waited[own].mean()) if own.start < own.stop else np.nan),
    }


def _covered(begin: Floats, end: Floats) -> float:
    """Length of the union of intervals, by rising begin."""
    if not begin.size:
        return 0.0
    upto = np.maximum.accumulate(end)
    gaps = np.maximum(begin[1:] - upto[:-1], 0.0)
    return float(upto[-1] - begin[0] - gaps.sum())


def _most(begin: Floats, end: Floats) -> float:
    """The largest number of intervals that overlap."""
    inside = end > begin
    times = np.concatenate([end[inside], begin[inside]])
    change = np.repeat([-1, 1], inside.sum())
    order = np.lexsort((change, times))  # who leaves goes before who comes
    return float(np.cumsum(change[order]).max(initial=0))
