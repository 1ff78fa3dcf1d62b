"""What a simulation answers: means over replications with 95 % confidence, beside the figures of the plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from finopt.problem.formatting import counted
from finopt.problem.tolerances import LIMIT_FACTOR
from finopt.simulation.study import Study

CONFIDENCE = 0.95


@lru_cache(maxsize=64)
def _factor(count: int) -> float:
    """Student's t for the mean of so many."""
    from scipy.stats import t

    return float(t.ppf((1 + CONFIDENCE) / 2, count - 1))


@dataclass(frozen=True)
class Estimate:
    """A mean over replications; the true one is within ``half_width`` of it with 95 % confidence.

    ``mean`` is None where nothing was measured, ``half_width`` where only one replication measured it.
    """

    mean: float | None
    half_width: float | None = None

    @classmethod
    def of(cls, values: Iterable[float]) -> Estimate:
        """By Student's t over independent replications; NaN is a replication without the figure.

        Examples
        --------
        >>> found = Estimate.of([1.0, 2.0, 3.0])
        >>> found.mean, round(found.half_width, 3)
        (2.0, 2.484)
        """
        known = np.array([value for value in values if not np.isnan(value)])
        if not known.size:
            return cls(None)
        mean = float(known.mean())
        if known.size == 1:
            return cls(mean)
        return cls(mean, _factor(known.size) * float(known.std(ddof=1)) / known.size**0.5)

    @property
    def low(self) -> float:
        """The lower end of the interval; NaN if there is none."""
        return np.nan if self.mean is None or self.half_width is None else self.mean - self.half_width

    @property
    def high(self) -> float:
        """The upper end of the interval; NaN if there is none."""
        return np.nan if self.mean is None or self.half_width is None else self.mean + self.half_width


@dataclass(frozen=True)
class ExitFigures:
    """The samples that leave at one exit.

    Attributes
    ----------
    exit : str
    samples : int
        In all replications.
    share, planned_share : float
        Of the samples of the application.
    latency : Estimate
        Mean [s].
    planned_latency, alone : float
        By the plan, in which ``waiting`` stretches computing; of a sample that meets no other [s].
    """

    exit: str
    samples: int
    share: float
    planned_share: float
    latency: Estimate
    planned_latency: float
    alone: float


@dataclass(frozen=True)
class ApplicationFigures:
    """One application under load; latencies in s, energies in J.

    Attributes
    ----------
    application : str
    samples : int
        Measured in all replications.
    energy, planned_energy : Estimate, float
        Of a sample, in the mean.
    latency, planned_mean : Estimate, float
        Mean over all samples.
    p50, p95, p99 : Estimate
        Quantiles of the latency, means over replications.
    kind : {"worst", "mean"}
        What the limit is about.
    compared, planned_latency, max_latency : Estimate, float, float
        What the limit is about: the mean latency of all samples ("mean"), or of those that leave at the exit
        at which it is largest ("worst"); the figure of the plan; the limit.
    late_share : Estimate
        Share of the samples that take longer than the limit.
    exits : tuple of ExitFigures
    advice : str
        Of an application that is late: which ``max_utilisation`` would help, or why none does.
    """

    application: str
    samples: int
    energy: Estimate
    planned_energy: float
    latency: Estimate
    planned_mean: float
    p50: Estimate
    p95: Estimate
    p99: Estimate
    kind: str
    compared: Estimate
    planned_latency: float
    max_latency: float
    late_share: Estimate
    exits: tuple[ExitFigures, ...]
    advice: str = ""

    @property
    def late(self) -> bool:
        """Whether it exceeds its limit under load, with all of its interval of confidence."""
        return self._exceeds(-1)

    @property
    def unclear(self) -> bool:
        """Whether its limit lies within the interval: more samples would tell whether it is late."""
        return self._exceeds(1) and not self.late

    def _exceeds(self, side: int) -> bool:
        if self.compared.mean is None:
            return False
        end = self.compared.mean + side * (self.compared.half_width or 0.0)
        return end > self.max_latency * LIMIT_FACTOR


@dataclass(frozen=True)
class StationFigures:
    """A node or link that samples use.

    Attributes
    ----------
    kind, id : str
        "node" or "link".
    utilisation : Estimate
        Share of the time that it is busy; where each sample is alone, how many are there in the mean.
    planned_utilisation, max_utilisation : float
        By the plan, and what it may be.
    wait : Estimate
        How much longer a visit takes than alone, in the mean [s].
    backlog, left : Estimate
        Samples there in the mean, and when measuring ends.
    most : int
        Samples there at most.
    """

    kind: str
    id: str
    utilisation: Estimate
    planned_utilisation: float
    max_utilisation: float
    wait: Estimate
    backlog: Estimate
    left: Estimate
    most: int

    @property
    def overloaded(self) -> bool:
        """Whether more arrives than it manages: waiting grows with the horizon."""
        return self.planned_utilisation >= 1


@dataclass(frozen=True)
class Simulation:
    """A plan under load.

    Attributes
    ----------
    study : Study
        What was asked for.
    warm_up, horizon : float
        Seconds before measuring, and measured.
    replications : int
        That are done; all after a simulation that nobody interrupted.
    interrupted : bool
        Ctrl-C was pressed.
    applications : tuple of ApplicationFigures
        In the order of the instance.
    nodes, links : tuple of StationFigures
        Those that samples use.
    """

    study: Study
    warm_up: float
    horizon: float
    replications: int
    interrupted: bool
    applications: tuple[ApplicationFigures, ...]
    nodes: tuple[StationFigures, ...]
    links: tuple[StationFigures, ...]

    @property
    def samples(self) -> int:
        """Measured in all replications."""
        return sum(one.samples for one in self.applications)

    @property
    def late(self) -> tuple[ApplicationFigures, ...]:
        """The applications that exceed their limit under load."""
        return tuple(one for one in self.applications if one.late)

    def of(self, application: str) -> ApplicationFigures:
        """The figures of the application with this id; KeyError if there is none."""
        for one in self.applications:
            if one.application == application:
                return one
        raise KeyError(application)

    def __repr__(self) -> str:
        """Its size and verdict on one line."""
        size = f"{counted(len(self.applications), 'application')}, {counted(self.samples, 'sample')}"
        how = "interrupted after " if self.interrupted else ""
        return (
            f"<Simulation of {size}, {how}{counted(self.replications, 'replication')}: {len(self.late)} late>"
        )
