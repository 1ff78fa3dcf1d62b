"""An application that is placed by itself: what it takes, and how tight its limit is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from finopt.graph.drivers.diagnosis import least_latency
from finopt.graph.drivers.residual import CapacityUse, loads_of
from finopt.graph.drivers.single import Run
from finopt.graph.drivers.smallest_slices import with_smallest_slices
from finopt.graph.extended import Pattern
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance


@dataclass(frozen=True)
class Placed:
    """A place of one application, what it costs [W] and what it uses."""

    placement: ApplicationPlacement
    cost: float
    loads: CapacityUse

    @classmethod
    def of(cls, instance: Instance, application: Application, run: Run) -> Placed | None:
        """What a search found, without reserving more than it needs."""
        if run.best is None:
            return None
        placed = with_smallest_slices(instance, application, run.best)
        return cls(placed, run.cost, loads_of(instance, application, placed))


@dataclass
class Alone:
    """An application, the network it may use, and its optimum on it."""

    instance: Instance
    application: Application
    pattern: Pattern
    run: Run

    @cached_property
    def optimum(self) -> Placed:
        """Its cheapest place if it were alone."""
        placed = Placed.of(self.instance, self.application, self.run)
        assert placed is not None
        return placed

    @cached_property
    def tightness(self) -> float:
        """Its least latency as a share of its limit."""
        least = least_latency(self.instance, self.application, capacities=True)
        return least / self.application.max_latency
